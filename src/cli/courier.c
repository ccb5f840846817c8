// hospitaller courier: where it may go, what came of it, and whether a destination works.
#include "cli/talk.h"

#include <stdio.h>
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

int command_courier_list(const struct invocation *invocation)
{
	json_t *answer = NULL, *one;
	size_t i;
	int result = ask_courier(invocation, &answer);
	if (result)
		return result;
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
	fprintf(stderr, "hospitaller: nothing came of it within %d seconds\n", WAIT_S);
	return EXIT_NOT_WHOLE;
}

int command_courier_test(const struct invocation *invocation)
{
	int at = 0;
	json_t *answer = NULL;
	struct buf text = {0};
	const char *name = argument_next(invocation, &at);
	if (!name) {
		fprintf(stderr, "hospitaller: which destination?\n");
		return EXIT_WRONG_USE;
	}
	json_t *body = json_pack("{s:s}", "destination", name);
	char *packed = json_dumps(body, JSON_COMPACT);
	buf_add_text(&text, packed ? packed : "{}");
	const struct client_ask ask = {
		.method = DOOR_POST, .path = "/api/courier/test", .body = buf_bytes(&text)};
	int result = talk(invocation, &ask, &answer);
	free(packed);
	json_decref(body);
	buf_done(&text);
	if (result)
		return result;
	json_int_t id = json_integer_value(json_object_get(answer, "id"));
	json_decref(answer);
	return await(invocation, id);
}
