// The trail on the command line: searching through the server, verifying without it.
#include "cli/talk.h"

#include "common/base/text.h"
#include "common/base/time.h"
#include "common/format/trail.h"
#include "vault/ledger/verify.h"

#include <errno.h>
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

// ---- Searching.

static const char *wrong_action(const char *value)
{
	return trail_action_find(value) ? NULL : "there is no such action";
}

static const char *wrong_outcome(const char *value)
{
	return trail_outcome_find(value)
		       ? NULL
		       : "an outcome is allowed, denied, failed, intended or aborted";
}

static const char *wrong_time(const char *value)
{
	char full[64];
	int64_t at;
	bool day = !strchr(value, 'T');
	snprintf(full, sizeof full, "%.40s%s", value, day ? "T00:00:00Z" : "");
	return time_parse(full, &at) ? "a time is written 2026-02-03 or 2026-02-03T04:05:06Z"
				     : NULL;
}

struct hunt {
	struct door_param params[8];
	size_t param_count, found, wanted;
	char place[32], left[32];
	json_t *all; // for --json
};

static void hunt_begin(const struct invocation *invocation, struct hunt *h)
{
	static const char *const names[] = {
		"patient", "who", "action", "outcome", "since", "until"};
	const char *before = option_of(invocation, "before");
	*h = (struct hunt){
		.wanted = usage_number(&invocation->given, "count"), .all = json_array()};
	snprintf(h->place, sizeof h->place, "%s", before ? before : "");
	for (size_t n = 0; n < sizeof names / sizeof *names; n++)
		if (option_of(invocation, names[n]))
			h->params[h->param_count++] =
				(struct door_param){names[n], option_of(invocation, names[n])};
	h->params[h->param_count++] = (struct door_param){"before", h->place};
	h->params[h->param_count++] = (struct door_param){"_count", h->left};
}

static int hunt_page(const struct invocation *invocation, struct hunt *h)
{
	json_t *answer = NULL;
	const struct client_ask ask = {.method = DOOR_GET,
		.path = "/api/trail",
		.params = h->params,
		.param_count = h->param_count};
	snprintf(h->left, sizeof h->left, "%zu", h->wanted - h->found);
	int result = talk(invocation, &ask, &answer);
	h->found += json_array_size(json_object_get(answer, "entries"));
	snprintf(h->place, sizeof h->place, "%lld",
		(long long)json_integer_value(json_object_get(answer, "next")));
	if (invocation->json) {
		json_array_extend(h->all, json_object_get(answer, "entries"));
	} else {
		talk_tame(answer);
		show_entries(answer);
	}
	json_decref(answer);
	return result;
}

// A page of the server looks at so many entries and no more: the search goes on until enough were
// found, or nothing is left.
static int run_search(const struct invocation *invocation)
{
	struct hunt h;
	int result;
	hunt_begin(invocation, &h);
	do
		result = hunt_page(invocation, &h);
	while (!result && h.found < h.wanted && strcmp(h.place, "0") != 0);
	json_t *shown = json_pack("{s:o}", "entries", h.all);
	if (strcmp(h.place, "0") != 0)
		json_object_set_new(shown, "next", json_integer(atoll(h.place)));
	if (!result && invocation->json)
		print_json(shown);
	json_decref(shown);
	return result;
}

const struct command command_trail_search = {
	.usage = {.words = "trail search",
		.summary = "Searches the trail, newest entries first.",
		.help = "The search is on the trail, too. What is given narrows it; without anything it shows the newest entries. With --json, next says where a further search goes on: --before.",
		.options = {{.name = "patient",
				    .value = "ID",
				    .help = "Only what concerned this patient."},
			{.name = "who", .value = "LOGIN", .help = "Only what this account did."},
			{.name = "action",
				.value = "ACTION",
				.wrong = wrong_action,
				.help = "Only this: read, search, create, update, break-glass, sign-in, trail-search, start … as entries name it."},
			{.name = "outcome",
				.value = "OUTCOME",
				.wrong = wrong_outcome,
				.help = "Only what was allowed, denied, failed, intended (a write, before its commit) or aborted."},
			{.name = "since",
				.value = "TIME",
				.wrong = wrong_time,
				.help = "From then on: 2026-02-03 or 2026-02-03T04:05:06Z."},
			{.name = "until",
				.value = "TIME",
				.wrong = wrong_time,
				.help = "Until then."},
			{.name = "before",
				.value = "NUMBER",
				.wrong = usage_wrong_number,
				.help = "Only entries with smaller numbers: goes on where a search ended."},
			{.name = "count",
				.value = "NUMBER",
				.otherwise = "50",
				.wrong = usage_wrong_count,
				.help = "How many entries to find."}}},
	.run = run_search,
};

// ---- The key, and verifying.

static int trail_state(const struct invocation *invocation, json_t **ret)
{
	const struct client_ask ask = {.method = DOOR_GET, .path = "/api/trail/state"};
	return talk(invocation, &ask, ret);
}

static void show_key(const json_t *answer)
{
	printf("%s\n\n%s", json_word(answer, "key"),
		json_word(json_object_get(answer, "checkpoint"), "text"));
}

static int run_key(const struct invocation *invocation)
{
	const struct client_ask ask = {.method = DOOR_GET, .path = "/api/trail/state"};
	return talk_and_show(invocation, &ask, show_key);
}

const struct command command_trail_key = {
	.usage = {.words = "trail key",
		.summary =
			"Prints the trail's public key and its newest checkpoint, to keep elsewhere.",
		.help = "The key is the first line; the checkpoint follows an empty one. What was kept is given to trail verify or trail-verify(1)."},
	.run = run_key,
};

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
		const char *key = option_of(invocation, "key") ? "given" : "the server's";
		json_t *json = json_pack("{s:b, s:I, s:I, s:I, s:s, s:s}", "whole", r->whole,
			"entries", (json_int_t)r->entries, "checkpoints",
			(json_int_t)r->checkpoints, "unsigned", (json_int_t)r->unsigned_entries,
			"problem", problem, "key", key);
		print_json(json);
		json_decref(json);
	} else if (r->whole) {
		printf("The trail is whole: %llu %s, %llu signed %s; %llu %s came after the "
		       "last one.\n",
			(unsigned long long)r->entries, text_plural(r->entries, "entry", "entries"),
			(unsigned long long)r->checkpoints,
			text_plural(r->checkpoints, "checkpoint", "checkpoints"),
			(unsigned long long)r->unsigned_entries,
			text_plural(r->unsigned_entries, "entry", "entries"));
	} else {
		printf("The trail is BROKEN: %s.\n", problem);
	}
}

// Without --key the server is believed about its own key, and it is said so.
static int ask_key(const struct invocation *invocation, char ret_vkey[NOTE_VKEY_BYTES])
{
	json_t *answer = NULL;
	int result = trail_state(invocation, &answer);
	snprintf(ret_vkey, NOTE_VKEY_BYTES, "%s", json_word(answer, "key"));
	json_decref(answer);
	if (!invocation->json && result)
		fputs("hospitaller: without a server give --key KEY\n", stderr);
	else if (!invocation->json)
		fputs("Using the key that the server names; give --key to trust nobody.\n", stderr);
	return result;
}

// The key as it is, or the first line of the file that it names, as trail-verify(1) takes it.
static int take_key(
	const struct invocation *invocation, const char *key, char ret_vkey[NOTE_VKEY_BYTES])
{
	char line[NOTE_VKEY_BYTES + 2] = "";
	if (!strchr(key, '+')) {
		FILE *file = fopen(key, "re");
		if (!file)
			return fail(invocation, EXIT_WRONG_USE, "%s: %s", key, strerror(errno));
		bool fine = fgets(line, sizeof line, file) && strchr(line, '+');
		fclose(file);
		if (!fine)
			return fail(invocation, EXIT_WRONG_USE,
				"%s: its first line is not a public key", key);
	} else {
		snprintf(line, sizeof line, "%s", key);
	}
	snprintf(ret_vkey, NOTE_VKEY_BYTES, "%.*s", (int)strcspn(line, "\r\n"), line);
	return EXIT_FINE;
}

static int run_verify(const struct invocation *invocation)
{
	char dir[512], vkey[NOTE_VKEY_BYTES] = "";
	int shown = -1;
	const char *key = option_of(invocation, "key");
	struct verify_report report;
	int result = key ? take_key(invocation, key, vkey) : ask_key(invocation, vkey);
	if (result)
		return result;
	snprintf(dir, sizeof dir, "%s/trail", invocation->config->state);
	const struct verify_options options = {.dir = dir,
		.vkey = vkey,
		.checkpoint = option_of(invocation, "checkpoint"),
		.progress = invocation->json ? NULL : show_progress,
		.context = &shown};
	enum err err = ledger_verify(&options, &report);
	if (shown >= 0)
		fprintf(stderr, "\r               \r");
	if (err)
		return fail(invocation, EXIT_WRONG_USE, "%s", report.first_break.what);
	print_report(invocation, &report);
	return report.whole ? EXIT_FINE : EXIT_NOT_WHOLE;
}

const struct command command_trail_verify = {
	.usage = {.words = "trail verify",
		.summary = "Checks that the trail is whole, from its files alone.",
		.help = "Reads every byte under the state folder; the server may run or not. Says in which file, at which byte and with which entry the trail breaks.\n\n"
			"Whoever does not trust this program either takes trail-verify(1).",
		.options = {{.name = "key",
				    .value = "KEY",
				    .help = "The public key that trail key printed, or a file whose first line it is. Without it the running server is asked, and believed."},
			{.name = "checkpoint",
				.value = "FILE",
				.help = "A signed checkpoint that was kept elsewhere, which the trail must extend."}}},
	.run = run_verify,
};

static void show_check(const json_t *answer, int *shown)
{
	json_int_t all = json_integer_value(json_object_get(answer, "all"));
	json_int_t done = json_integer_value(json_object_get(answer, "versions")) +
			  json_integer_value(json_object_get(answer, "entries"));
	int now = all > 0 && done < all ? (int)(done * 100 / all) : 100;
	if (now == *shown || !isatty(STDERR_FILENO))
		return;
	*shown = now;
	fprintf(stderr, "\rchecking %3d%%", now);
}

static void print_check(const struct invocation *invocation, const json_t *answer, bool whole)
{
	if (invocation->json)
		print_json(answer);
	else if (whole)
		printf("The records are whole: %lld stored versions, each as the trail says that it "
		       "was written; %lld entries were read.\n",
			(long long)json_integer_value(json_object_get(answer, "versions")),
			(long long)json_integer_value(json_object_get(answer, "entries")));
	else
		printf("The records are BROKEN: %s.\n", json_word(answer, "detail"));
}

// The server looks at some at a time and answers others in between.
static int run_records(const struct invocation *invocation)
{
	char from[32] = "0";
	const struct door_param params[] = {{"from", from}};
	const struct client_ask ask = {.method = DOOR_GET,
		.path = "/api/records/check",
		.params = params,
		.param_count = 1};
	bool whole = true;
	int shown = -1;
	json_t *answer = NULL;
	do {
		json_decref(answer);
		answer = NULL;
		int result = talk(invocation, &ask, &answer);
		if (result)
			return result;
		whole = strcmp(json_word(answer, "result"), "whole") == 0;
		snprintf(from, sizeof from, "%s", json_word(answer, "next"));
		if (!invocation->json)
			show_check(answer, &shown);
	} while (whole && *from);
	if (shown >= 0)
		fprintf(stderr, "\r               \r");
	print_check(invocation, answer, whole);
	json_decref(answer);
	return whole ? EXIT_FINE : EXIT_NOT_WHOLE;
}

const struct command command_records_verify = {
	.usage = {.words = "records verify",
		.summary =
			"Opens every stored version of every record, and compares it with the trail.",
		.help = "Each must be at its place, unchanged, and be the one that the trail says was written; no version may be missing that the trail names, and none be there that it does not. A key that is gone must have been destroyed by an entry of the trail. The running server does it, some at a time, and answers others in between."},
	.run = run_records,
};
