// The reviewer's queue on the command line.
#include "cli/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long long whole(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

static void show_looks(const json_t *item)
{
	json_t *one;
	size_t i;
	json_array_foreach(json_object_get(item, "looks"), i, one)
		printf("    %.19s  entry %lld: %s\n", json_word(one, "time"), whole(one, "seq"),
			json_word(one, "sentence"));
}

static void show_item(const json_t *item)
{
	const json_t *who = json_object_get(item, "who");
	json_t *why;
	size_t i;
	printf("%-6s %s%s  weight %lld  ", json_word(item, "queue"), json_word(item, "day"),
		json_is_true(json_object_get(item, "closed")) ? "" : ", not over yet",
		whole(item, "score"));
	if (strcmp(json_word(item, "queue"), "record") == 0)
		printf("a record, %lld persons\n", whole(item, "persons"));
	else
		printf("%s (%s)  account %s\n", json_word(who, "name"), json_word(who, "role"),
			json_word(who, "account"));
	json_array_foreach(json_object_get(item, "why"), i, why)
		printf("    %s\n", json_string_value(why));
	show_looks(item);
}

static void show_queue(const json_t *answer)
{
	json_t *item;
	size_t i;
	if (!json_is_true(json_object_get(answer, "ready")))
		puts("Watch has not told anything yet; ask again in a moment.");
	json_array_foreach(json_object_get(answer, "items"), i, item) show_item(item);
	if (whole(answer, "incidents"))
		printf("%lld opened today as incidents come first\n", whole(answer, "incidents"));
	printf("%zu to decide about; %lld accesses wait to be explained\n",
		json_array_size(json_object_get(answer, "items")), whole(answer, "waiting"));
}

static int run_list(const struct invocation *invocation)
{
	const struct client_ask ask = {.method = DOOR_GET, .path = "/api/queue"};
	return talk_and_show(invocation, &ask, show_queue);
}

const struct command command_queue_list = {
	.usage = {.words = "queue list",
		.summary = "Shows whose accesses a reviewer should look at, and why.",
		.help = "worst: a day on which somebody opened what nothing explains. slow: what adds up over weeks. record: a record that three or more opened; each of them is decided about, as worst of the day of their look. The look is itself on the trail."},
	.run = run_list,
};

static void show_done(const json_t *answer)
{
	const char *number = json_word(answer, "number");
	if (!json_object_get(answer, "days")) {
		printf("%lld records are to be decided about again\n", whole(answer, "records"));
		return;
	}
	printf("decided about %lld records on %lld days", whole(answer, "records"),
		whole(answer, "days"));
	if (*number)
		printf("; incident %s%s", number,
			json_is_true(json_object_get(answer, "joined")) ? ", which was there before"
									: "");
	puts("");
}

static int run_review(const struct invocation *invocation)
{
	const char *verdict = argument_of(invocation, 2), *queue = option_of(invocation, "queue"),
		   *reason = option_of(invocation, "reason");
	json_t *json = json_pack("{s:s, s:s, s:s, s:s}", "account", argument_of(invocation, 0),
		"day", argument_of(invocation, 1), "verdict", verdict, "queue",
		queue ? queue : "worst");
	if (json && reason)
		json_object_set_new(json, "reason", json_string(reason));
	char *body = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	if (!body)
		return fail(invocation, EXIT_WRONG_USE, "this is not UTF-8");
	const struct client_ask ask = {
		.method = DOOR_POST, .path = "/api/queue", .body = bytes_text(body)};
	int result = talk_and_show(invocation, &ask, show_done);
	free(body);
	return result;
}

static const char *wrong_verdict(const char *value)
{
	return strcmp(value, "fine") == 0 || strcmp(value, "incident") == 0 ||
			       strcmp(value, "again") == 0
		       ? NULL
		       : "a verdict is fine, incident or again";
}

static const char *wrong_queue(const char *value)
{
	return strcmp(value, "worst") == 0 || strcmp(value, "slow") == 0
		       ? NULL
		       : "a queue is worst or slow";
}

const struct command command_queue_review = {
	.usage = {.words = "queue review",
		.summary =
			"Decides about somebody in the queue: it was fine, or it is an incident.",
		.help = "They are shown no more, and what was decided about does not count again. The decision is on the trail first.",
		.arguments = {{.name = "LOGIN", .help = "Whom: the account, or its login."},
			{.name = "DAY", .help = "As queue list shows it, 2026-11-25."},
			{.name = "VERDICT",
				.help = "fine or incident; again takes it back, as long as it is kept.",
				.wrong = wrong_verdict}},
		.options = {{.name = "queue",
				    .value = "QUEUE",
				    .wrong = wrong_queue,
				    .help = "worst (unless said otherwise) or slow."},
			{.name = "reason",
				.value = "TEXT",
				.help = "Why; needed where it is fine. It stays on the trail."}}},
	.run = run_review,
};

// ---- Why an access may have been.

static void show_explanation(const json_t *answer)
{
	json_t *one;
	size_t i;
	bool explained = json_is_true(json_object_get(answer, "explained"));
	bool path = json_array_size(json_object_get(answer, "path")) > 0;
	if (explained || path)
		printf("%s: %s, strength %lld of 100\n",
			explained ? "It is explained" : "The best there is does not explain it",
			json_word(answer, "text"), whole(answer, "strength"));
	else
		puts("Nothing in the hospital's data leads from this person to this patient.");
	json_array_foreach(json_object_get(answer, "path"), i, one)
	{
		const char *resource = json_word(one, "resource");
		if (*resource)
			printf("    %s", resource);
		else
			printf("    entry %lld", whole(one, "seq"));
		printf("  %s %s\n", json_word(one, "words"), json_word(one, "name"));
	}
	json_array_foreach(json_object_get(answer, "flags"), i, one)
		printf("noticeable: %s\n", json_word(one, "text"));
}

static int run_explain(const struct invocation *invocation)
{
	char path[80];
	const struct door_param params[] = {{"patient", option_of(invocation, "patient")}};
	snprintf(path, sizeof path, "/api/trail/%.20s/explanation", argument_of(invocation, 0));
	const struct client_ask ask = {.method = DOOR_GET,
		.path = path,
		.params = params,
		.param_count = params[0].value != NULL};
	return talk_and_show(invocation, &ask, show_explanation);
}

const struct command command_trail_explain = {
	.usage = {.words = "trail explain",
		.summary = "Shows what in the hospital's own data explains an access, as a path.",
		.help = "With what is known now. The look is itself on the trail.",
		.arguments = {{.name = "ENTRY",
			.help = "Its number, as trail search or queue list shows it.",
			.wrong = usage_wrong_count}},
		.options = {{.name = "patient",
			.value = "ID",
			.help = "Which of the patients of this access; else the first."}}},
	.run = run_explain,
};
