// The trail on the command line: searching through the server, verifying without it.
#include "cli/talk.h"
#include "vault/ledger/verify.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

int command_trail_search(const struct invocation *invocation)
{
	static const char *const names[] = {"patient", "who", "action", "outcome", "since", "until", "before", "count"};
	struct door_param params[8];
	size_t count = 0, i;
	json_t *answer = NULL, *e;
	for (size_t n = 0; n < 8; n++) {
		const char *value = option_of(invocation, names[n]);
		if (value)
			params[count++] = (struct door_param){n == 7 ? "_count" : names[n], value};
	}
	const struct client_ask ask = {
		.method = DOOR_GET, .path = "/api/trail", .params = params, .param_count = count};
	int result = talk(invocation, &ask, &answer);
	if (!result && invocation->json)
		print_json(answer);
	else if (!result)
		json_array_foreach (json_object_get(answer, "entries"), i, e)
			printf("%8lld  %s  %s\n", (long long)json_integer_value(json_object_get(e, "seq")),
				json_word(e, "time"), json_word(e, "sentence"));
	json_decref(answer);
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
		snprintf(problem, sizeof problem, "%s (%s, byte %llu, entry %llu)", b->what, b->file,
			(unsigned long long)b->offset, (unsigned long long)b->seq);
	if (invocation->json) {
		json_t *json = json_pack("{s:b, s:I, s:I, s:I, s:s}", "whole", r->whole, "entries",
			(json_int_t)r->entries, "checkpoints", (json_int_t)r->checkpoints, "unsigned",
			(json_int_t)r->unsigned_entries, "problem", problem);
		print_json(json);
		json_decref(json);
	} else if (r->whole) {
		printf("The trail is whole: %llu entries, %llu signed checkpoints; %llu entries came after the "
		       "last one.\n", (unsigned long long)r->entries, (unsigned long long)r->checkpoints,
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
		fprintf(stderr, "Using the key that the server names; give --key to trust nobody.\n");
	}
	snprintf(dir, sizeof dir, "%s/trail", invocation->config->state);
	const struct verify_options options = {.dir = dir, .vkey = key ? key : vkey,
		.checkpoint = option_of(invocation, "checkpoint"), .progress = show_progress, .context = &shown};
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

int command_records_verify(const struct invocation *invocation)
{
	json_t *answer = NULL;
	const struct client_ask ask = {.method = DOOR_GET, .path = "/api/records/check"};
	int result = talk(invocation, &ask, &answer);
	if (result)
		return result;
	bool whole = strcmp(json_word(answer, "result"), "whole") == 0;
	if (invocation->json)
		print_json(answer);
	else
		printf("%lld versions were opened; the records are %s%s%s.\n",
			(long long)json_integer_value(json_object_get(answer, "versions")),
			whole ? "whole" : "BROKEN: ", whole ? "" : json_word(answer, "detail"), "");
	json_decref(answer);
	return whole ? EXIT_FINE : EXIT_NOT_WHOLE;
}
