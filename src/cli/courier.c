// hospitaller courier: where it may go, what came of it, and whether a destination works.
#include "cli/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	WAIT_S = 60,
	POLL_MS = 200
};

static int ask_courier(const struct invocation *invocation, json_t **ret)
{
	const struct client_ask ask = {.method = DOOR_GET, .path = "/api/courier"};
	return talk(invocation, &ask, ret);
}

static void print_destination(const json_t *d)
{
	printf("%-20s %-8s %7lld %9lld %7lld  %-9s %-24s %s\n", json_word(d, "name"),
		json_word(d, "kind"), (long long)json_integer_value(json_object_get(d, "waiting")),
		(long long)json_integer_value(json_object_get(d, "delivered")),
		(long long)json_integer_value(json_object_get(d, "failed")), json_word(d, "last"),
		json_word(d, "last_time"), json_word(d, "words"));
}

static int run_list(const struct invocation *invocation)
{
	json_t *answer = NULL, *one;
	size_t i;
	int result = ask_courier(invocation, &answer);
	if (result)
		return result;
	if (!invocation->json)
		talk_tame(answer);
	const char *problem = json_word(answer, "problem");
	if (invocation->json) {
		print_json(answer);
		result = *problem ? EXIT_NOT_WHOLE : EXIT_FINE;
		json_decref(answer);
		return result;
	}
	if (*problem)
		printf("nobody is a destination until this is repaired: %s\n\n", problem);
	printf("%-20s %-8s %7s %9s %7s  %-9s %-24s %s\n", "destination", "kind", "waiting",
		"delivered", "failed", "last", "at", "because");
	json_array_foreach(json_object_get(answer, "destinations"), i, one) print_destination(one);
	printf("\nqueue     %lld errands, %lld KB\n",
		(long long)json_integer_value(json_object_get(answer, "queued")),
		(long long)json_integer_value(json_object_get(answer, "queued_bytes")) / 1024);
	json_array_foreach(json_object_get(answer, "refused"), i, one) printf(
		"refused   %s  %s: %s (%s)\n", json_word(one, "time"),
		json_word(one, "destination"), json_word(one, "words"), json_word(one, "reason"));
	result = *problem ? EXIT_NOT_WHOLE : EXIT_FINE;
	json_decref(answer);
	return result;
}

const struct command command_courier_list = {
	.usage = {.words = "courier list",
		.summary = "Shows where the courier may go, and what waits.",
		.help = "Ends with 1 when the destinations' file is wrong: then nothing goes out."},
	.run = run_list,
};

static json_t *errand_of(const json_t *answer, json_int_t id)
{
	size_t i;
	json_t *one;
	json_array_foreach(json_object_get(answer, "errands"), i,
		one) if (json_integer_value(json_object_get(one, "id")) == id) return one;
	return NULL;
}

static bool is_over(const json_t *errand)
{
	const char *state = json_word(errand, "state");
	return strcmp(state, "delivered") == 0 || strcmp(state, "failed") == 0 ||
	       strcmp(state, "refused") == 0 || strcmp(state, "retrying") == 0;
}

// What came of the errand; it stays the courier's when this ends.
static int await(const struct invocation *invocation, json_int_t id)
{
	for (int i = 0; i < WAIT_S * 1000 / POLL_MS; i++) {
		json_t *answer = NULL;
		int result = ask_courier(invocation, &answer);
		if (result)
			return result;
		json_t *errand = errand_of(answer, id);
		if (errand && is_over(errand)) {
			const char *state = json_word(errand, "state");
			const char *words = json_word(errand, "words");
			if (invocation->json)
				print_json(errand);
			else
				printf("%s%s%s\n", state, *words ? ": " : "", words);
			result = strcmp(state, "delivered") == 0 ? EXIT_FINE : EXIT_NOT_WHOLE;
			json_decref(answer);
			return result;
		}
		json_decref(answer);
		usleep(POLL_MS * 1000);
	}
	return fail(invocation, EXIT_NOT_WHOLE, "nothing came of it within %d seconds", WAIT_S);
}

static int run_test(const struct invocation *invocation)
{
	json_t *answer = NULL;
	json_t *body = json_pack("{s:s}", "destination", argument_of(invocation, 0));
	char *packed = json_dumps(body, JSON_COMPACT);
	const struct client_ask ask = {.method = DOOR_POST,
		.path = "/api/courier/test",
		.body = bytes_text(packed ? packed : "{}")};
	int result = talk(invocation, &ask, &answer);
	json_int_t id = json_integer_value(json_object_get(answer, "id"));
	free(packed);
	json_decref(body);
	json_decref(answer);
	return result ? result : await(invocation, id);
}

const struct command command_courier_test = {
	.usage = {.words = "courier test",
		.summary = "Sends a test errand to a destination.",
		.help = "Waits up to a minute for what comes of it. Ends with 1 when it was not delivered.",
		.arguments = {{.name = "DESTINATION", .help = "As courier list shows it."}}},
	.run = run_test,
};
