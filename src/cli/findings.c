// What watch found, and trying rules out before they are given to it.
#include "cli/talk.h"

#include "common/base/text.h"
#include "common/format/ocsf.h"
#include "common/format/sigma.h"
#include "watch/detect/trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void show_findings(const json_t *answer)
{
	json_t *one;
	size_t i;
	json_array_foreach(json_object_get(answer, "findings"), i, one)
	{
		printf("%lld  %s  %-13s %s\n    %s\n    entries",
			(long long)json_integer_value(json_object_get(one, "id")),
			json_word(one, "time"), json_word(one, "level"), json_word(one, "title"),
			json_word(one, "sentence"));
		json_t *seq;
		size_t at;
		json_array_foreach(json_object_get(one, "evidence"), at, seq)
			printf(" %lld", (long long)json_integer_value(seq));
		json_t *reason;
		json_array_foreach(json_object_get(one, "reasons"), at, reason)
			printf("\n    reason given: %s", json_string_value(reason));
		printf("\n    %s\n", json_word(one, "advice"));
	}
	const json_t *detect = json_object_get(answer, "detect");
	json_array_foreach(json_object_get(detect, "problems"), i, one)
		printf("refused: %s:%lld: %s\n", json_word(one, "file"),
			(long long)json_integer_value(json_object_get(one, "line")),
			json_word(one, "text"));
	json_array_foreach(json_object_get(detect, "exceptions"), i,
		one) if (json_is_true(json_object_get(one, "ended")))
		printf("ended on %s: the exception for %s (%s)\n", json_word(one, "until"),
			json_word(one, "rule"), json_word(one, "reason"));
	if (json_object_get(answer, "next"))
		printf("there are more: --before %lld\n",
			(long long)json_integer_value(json_object_get(answer, "next")));
}

static const char *wrong_level(const char *value)
{
	for (int level = 0; level < SIGMA_LEVELS; level++)
		if (strcmp(sigma_level_text((enum sigma_level)level), value) == 0)
			return NULL;
	return "a level is informational, low, medium, high or critical";
}

static int run_findings(const struct invocation *invocation)
{
	static const char *const names[] = {"before", "level", "rule"};
	struct door_param params[3];
	struct client_ask ask = {.method = DOOR_GET, .path = "/api/findings", .params = params};
	for (size_t i = 0; i < 3; i++)
		if (option_of(invocation, names[i]))
			params[ask.param_count++] =
				(struct door_param){names[i], option_of(invocation, names[i])};
	return talk_and_show(invocation, &ask, show_findings);
}

const struct command command_findings = {
	.usage = {.words = "findings",
		.summary =
			"Shows what watch found last, with the entries of the trail that prove it.",
		.help = "Each begins with its number, which incidents open and playbooks dry-run want. Rules that were refused and exceptions that have ended stand at the end, when nothing is left out. The look is itself on the trail.",
		.options = {{.name = "before",
				    .value = "NUMBER",
				    .wrong = usage_wrong_count,
				    .help = "Only older ones: goes on where a list ended."},
			{.name = "level",
				.value = "LEVEL",
				.wrong = wrong_level,
				.help = "Only these and worse: informational, low, medium, high, critical."},
			{.name = "rule",
				.value = "ID",
				.help = "Only of this rule or detector; several with commas between them."}}},
	.run = run_findings,
};

static int act(const struct invocation *invocation, struct client_ask ask, json_t *json,
	void (*show)(const json_t *answer))
{
	char *body = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	if (!body)
		return fail(invocation, EXIT_WRONG_USE, "this is not UTF-8");
	ask.body = bytes_text(body);
	int result = talk_and_show(invocation, &ask, show);
	free(body);
	return result;
}

static void show_made(const json_t *answer)
{
	printf("exception %s\n", json_word(answer, "id"));
}

static int run_except(const struct invocation *invocation)
{
	const struct client_ask ask = {.method = DOOR_POST, .path = "/api/exceptions"};
	return act(invocation, ask,
		json_pack("{s:s, s:s, s:s, s:s}", "rule", argument_of(invocation, 0), "when",
			option_of(invocation, "when"), "reason", option_of(invocation, "reason"),
			"until", option_of(invocation, "until")),
		show_made);
}

static const char *wrong_when(const char *value)
{
	const char *is = strchr(value, '=');
	return is && is != value && is[1] ? NULL : "write field=value";
}

const struct command command_rules_except = {
	.usage = {.words = "rules except",
		.summary = "Has a detection rule not count something, until a day.",
		.help = "It counts at once, and is on the trail before. A person stands as a login or an id; watch itself sees a number.",
		.arguments = {{.name = "RULE",
			.help = "The rule's id, as findings --json shows it."}},
		.options = {{.name = "when",
				    .value = "FIELD=VALUE",
				    .required = true,
				    .wrong = wrong_when,
				    .help = "A field of rules fields, and its value."},
			{.name = "reason",
				.value = "TEXT",
				.required = true,
				.help = "Why it is fine; it stays on the trail."},
			{.name = "until",
				.value = "DATE",
				.required = true,
				.help = "The last day, 2027-01-31."}}},
	.run = run_except,
};

static void show_exceptions(const json_t *answer)
{
	json_t *one;
	size_t i;
	json_array_foreach(json_object_get(answer, "exceptions"), i, one)
	{
		const char *name = json_word(json_object_get(one, "who"), "name");
		bool added = json_is_true(json_object_get(one, "added"));
		bool ended = json_is_true(json_object_get(one, "ended"));
		printf("%s  %s%s\n    %s=%s%s%s%s\n    %s; used %lld times%s\n",
			json_word(one, "id"), ended ? "ended on " : "until ",
			json_word(one, "until"), json_word(one, "field"), json_word(one, "value"),
			*name ? " (" : "", name, *name ? ")" : "", json_word(one, "reason"),
			(long long)json_integer_value(json_object_get(one, "used")),
			added ? "" : "; from exceptions.yaml");
		printf("    %s  %s\n", json_word(one, "rule"), json_word(one, "title"));
	}
	if (json_object_get(answer, "next"))
		puts("There are more: --json and --from.");
}

static int run_exceptions(const struct invocation *invocation)
{
	const char *from = option_of(invocation, "from");
	const struct door_param params[] = {{"from", from ? from : "0"}};
	const struct client_ask ask = {
		.method = DOOR_GET, .path = "/api/exceptions", .params = params, .param_count = 1};
	return talk_and_show(invocation, &ask, show_exceptions);
}

const struct command command_rules_exceptions = {
	.usage = {.words = "rules exceptions",
		.summary = "Lists what detection rules do not count, why, and how often that was.",
		.options = {{.name = "from",
			.value = "N",
			.help = "Go on here, where the page before ended."}}},
	.run = run_exceptions,
};

static int run_unexcept(const struct invocation *invocation)
{
	char path[100];
	snprintf(path, sizeof path, "/api/exceptions/%.32s", argument_of(invocation, 0));
	const struct client_ask ask = {.method = DOOR_DELETE, .path = path};
	json_t *answer = NULL;
	int result = talk(invocation, &ask, &answer);
	json_decref(answer);
	if (!result)
		puts(invocation->json ? "{}" : "It counts again.");
	return result;
}

const struct command command_rules_unexcept = {
	.usage = {.words = "rules unexcept",
		.summary = "Has a detection rule count something again.",
		.arguments = {{.name = "ID",
			.help = "The exception, as rules exceptions shows it."}}},
	.run = run_unexcept,
};

static void show_record(const json_t *answer)
{
	json_t *one;
	size_t i;
	printf("%8s %8s %8s\n", "fired", "true", "false");
	json_array_foreach(json_object_get(answer, "rules"), i, one)
		printf("%8lld %8lld %8lld  %s\n                            %s\n",
			(long long)json_integer_value(json_object_get(one, "fired")),
			(long long)json_integer_value(json_object_get(one, "true")),
			(long long)json_integer_value(json_object_get(one, "false")),
			json_word(one, "title"), json_word(one, "rule"));
	if (!json_array_size(json_object_get(answer, "rules")))
		puts("No rule has found anything yet.");
}

static int run_record(const struct invocation *invocation)
{
	const struct door_param params[] = {{"state", "all"}};
	const struct client_ask ask = {
		.method = DOOR_GET, .path = "/api/incidents", .params = params, .param_count = 1};
	if (!invocation->json)
		return talk_and_show(invocation, &ask, show_record);
	json_t *answer = NULL;
	int result = talk(invocation, &ask, &answer);
	if (!result) {
		json_t *json = json_pack("{s:O?}", "rules", json_object_get(answer, "rules"));
		print_json(json);
		json_decref(json);
	}
	json_decref(answer);
	return result;
}

const struct command command_rules_record = {
	.usage = {.words = "rules record",
		.summary = "Shows how often each rule or detector fired, and was right or wrong.",
		.help = "Right and wrong are the verdicts on incidents. What has found nothing is not listed."},
	.run = run_record,
};

static void say(void *context, const char *words)
{
	json_array_append_new(context, json_string(words));
}

static int run_test(const struct invocation *invocation)
{
	char path[600];
	json_t *wrong = json_array(), *one;
	const char *folder = argument_of(invocation, 0);
	size_t i;
	snprintf(path, sizeof path, "%s/detect", invocation->config->rules);
	struct trial trial = trial_run(folder ? folder : path, say, wrong);
	json_t *json = json_pack("{s:I, s:I, s:I, s:o}", "rules", (json_int_t)trial.rules, "cases",
		(json_int_t)trial.cases, "failed", (json_int_t)trial.failed, "problems", wrong);
	if (invocation->json) {
		print_json(json);
	} else {
		json_array_foreach(wrong, i, one) puts(json_string_value(one));
		printf("%zu %s, %zu %s, %zu failed\n", trial.rules,
			text_plural(trial.rules, "rule", "rules"), trial.cases,
			text_plural(trial.cases, "case", "cases"), trial.failed);
	}
	json_decref(json);
	return trial.failed ? EXIT_NOT_WHOLE : EXIT_FINE;
}

const struct command command_rules_test = {
	.usage = {.words = "rules test",
		.summary = "Reads detection rules and tries them on the events beside them.",
		.help = "Needs no server. Each rule that makes findings has a file tests/ID.json with events that must and must not match; docs/rules.md says how it looks. Without a folder it tries those of the configuration.",
		.arguments = {{.name = "FOLDER",
			.help = "A folder with *.yml files, lists/, tests/ and exceptions.yaml.",
			.optional = true}}},
	.run = run_test,
};

static int run_fields(const struct invocation *invocation)
{
	struct buf out = {0};
	(void)invocation;
	ocsf_fields_markdown(&out);
	fwrite(out.at, 1, out.size, stdout);
	buf_done(&out);
	return EXIT_FINE;
}

const struct command command_rules_fields = {
	.usage = {.words = "rules fields",
		.summary = "Prints the fields that a detection rule may name, as Markdown.",
		.plain = true},
	.run = run_fields,
};
