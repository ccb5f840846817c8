// The trail on the command line: searching through the server, verifying without it.
#include "cli/talk.h"
#include "vault/ledger/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void show_entries(const json_t *answer)
{
	size_t i;
	json_t *e;
	json_array_foreach(json_object_get(answer, "entries"), i, e)
		printf("%8lld  %s  %s\n", (long long)json_integer_value(json_object_get(e, "seq")),
			json_word(e, "time"), json_word(e, "sentence"));
}

// A page of the server looks at so many entries and no more: the search goes on until enough were
// found, or nothing is left.
int command_trail_search(const struct invocation *invocation)
{
	static const char *const names[] = {
		"patient", "who", "action", "outcome", "since", "until"};
	struct door_param params[8];
	size_t count = 0, found = 0;
	const char *most = option_of(invocation, "count"),
		   *before = option_of(invocation, "before");
	char place[32], left[32];
	json_t *all = json_array();
	int result = 0;
	size_t wanted = most ? strtoul(most, NULL, 10) : 50;
	snprintf(place, sizeof place, "%s", before ? before : "");
	for (size_t n = 0; n < sizeof names / sizeof *names; n++)
		if (option_of(invocation, names[n]))
			params[count++] =
				(struct door_param){names[n], option_of(invocation, names[n])};
	params[count++] = (struct door_param){"before", place};
	params[count++] = (struct door_param){"_count", left};
	do {
		json_t *answer = NULL;
		const struct client_ask ask = {.method = DOOR_GET,
			.path = "/api/trail",
			.params = params,
			.param_count = count};
		snprintf(left, sizeof left, "%zu", wanted - found);
		result = talk(invocation, &ask, &answer);
		found += json_array_size(json_object_get(answer, "entries"));
		snprintf(place, sizeof place, "%lld",
			(long long)json_integer_value(json_object_get(answer, "next")));
		if (invocation->json)
			json_array_extend(all, json_object_get(answer, "entries"));
		else
			show_entries(answer);
		json_decref(answer);
	} while (!result && found < wanted && strcmp(place, "0") != 0);
	json_t *shown = json_pack("{s:o}", "entries", all);
	if (strcmp(place, "0") != 0)
		json_object_set_new(shown, "next", json_integer(atoll(place)));
	if (!result && invocation->json)
		print_json(shown);
	json_decref(shown);
	return result;
}

static int trail_state(const struct invocation *invocation, json_t **ret)
{
	const struct client_ask ask = {.method = DOOR_GET, .path = "/api/trail/state"};
	return talk(invocation, &ask, ret);
}

int command_trail_key(const struct invocation *invocation)
{
	json_t *answer = NULL;
	int result = trail_state(invocation, &answer);
	if (!result && invocation->json)
		print_json(answer);
	else if (!result)
		printf("%s\n\n%s", json_word(answer, "key"),
			json_word(json_object_get(answer, "checkpoint"), "text"));
	json_decref(answer);
	return result;
}

static void show_progress(void *context, const struct verify_progress *progress)
{
	uint64_t all = progress->bytes_total;
	int *shown = context, now = all ? (int)(progress->bytes * 100 / all) : 100;
	if (now == *shown || !isatty(STDERR_FILENO))
		return;
	*shown = now;
	fprintf(stderr, "\rverifying %3d%%", now);
}

static void print_report(const struct invocation *invocation, const struct verify_report *r)
{
	const struct verify_break *b = &r->first_break;
	char problem[VERIFY_WHAT_BYTES + VERIFY_FILE_BYTES + 64] = "";
	if (!r->whole)
		snprintf(problem, sizeof problem, "%s (%s, byte %llu, entry %llu)", b->what,
			b->file, (unsigned long long)b->offset, (unsigned long long)b->seq);
	if (invocation->json) {
		json_t *json = json_pack("{s:b, s:I, s:I, s:I, s:s}", "whole", r->whole, "entries",
			(json_int_t)r->entries, "checkpoints", (json_int_t)r->checkpoints,
			"unsigned", (json_int_t)r->unsigned_entries, "problem", problem);
		print_json(json);
		json_decref(json);
	} else if (r->whole) {
		printf("The trail is whole: %llu entries, %llu signed checkpoints; %llu entries came after the "
		       "last one.\n",
			(unsigned long long)r->entries, (unsigned long long)r->checkpoints,
			(unsigned long long)r->unsigned_entries);
	} else {
		printf("The trail is BROKEN: %s.\n", problem);
	}
}

int command_trail_verify(const struct invocation *invocation)
{
	char dir[512], vkey[NOTE_VKEY_BYTES] = "";
	int shown = -1;
	const char *key = option_of(invocation, "key");
	json_t *answer = NULL;
	struct verify_report report;
	if (!key) { // then the server is believed about its own key, and is told so
		int result = trail_state(invocation, &answer);
		if (result) {
			fprintf(stderr, "hospitaller: without a server give --key VKEY\n");
			return result;
		}
		snprintf(vkey, sizeof vkey, "%s", json_word(answer, "key"));
		json_decref(answer);
		fprintf(stderr,
			"Using the key that the server names; give --key to trust nobody.\n");
	}
	snprintf(dir, sizeof dir, "%s/trail", invocation->config->state);
	const struct verify_options options = {.dir = dir,
		.vkey = key ? key : vkey,
		.checkpoint = option_of(invocation, "checkpoint"),
		.progress = show_progress,
		.context = &shown};
	enum err err = ledger_verify(&options, &report);
	if (shown >= 0)
		fprintf(stderr, "\r               \r");
	if (err) {
		fprintf(stderr, "hospitaller: %s\n", report.first_break.what);
		return EXIT_WRONG_USE;
	}
	print_report(invocation, &report);
	return report.whole ? EXIT_FINE : EXIT_NOT_WHOLE;
}

// The server opens some at a time and answers others in between.
int command_records_verify(const struct invocation *invocation)
{
	char from[32] = "0";
	const struct door_param params[] = {{"from", from}};
	const struct client_ask ask = {.method = DOOR_GET,
		.path = "/api/records/check",
		.params = params,
		.param_count = 1};
	json_int_t versions = 0;
	bool whole = true, more = true;
	json_t *answer = NULL;
	while (whole && more) {
		json_decref(answer);
		answer = NULL;
		int result = talk(invocation, &ask, &answer);
		if (result)
			return result;
		whole = strcmp(json_word(answer, "result"), "whole") == 0;
		more = *json_word(answer, "next") != 0;
		versions += json_integer_value(json_object_get(answer, "versions"));
		snprintf(from, sizeof from, "%s", json_word(answer, "next"));
	}
	json_object_set_new(answer, "versions", json_integer(versions));
	if (invocation->json)
		print_json(answer);
	else
		printf("%lld versions were opened; the records are %s%s.\n", (long long)versions,
			whole ? "whole" : "BROKEN: ", whole ? "" : json_word(answer, "detail"));
	json_decref(answer);
	return whole ? EXIT_FINE : EXIT_NOT_WHOLE;
}
