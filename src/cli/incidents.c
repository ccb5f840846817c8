// Incidents on the command line.
#include "cli/talk.h"

#include "common/format/assess.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *wrong_number(const char *value)
{
	size_t digits = strspn(value, "0123456789");
	return digits == 4 && value[4] == '-' && value[5] &&
			       strspn(value + 5, "0123456789") == strlen(value + 5)
		       ? NULL
		       : "an incident's number is written 2026-0007";
}

#define NUMBER                                                                                     \
	{                                                                                          \
		.name = "NUMBER", .help = "As incidents list shows it.", .wrong = wrong_number     \
	}

// ---- Looking.

static void show_list(const json_t *answer)
{
	json_t *one;
	size_t i;
	json_array_foreach(json_object_get(answer, "incidents"), i, one)
	{
		const json_t *clock = json_object_get(one, "clock");
		printf("%s  %-9s %-8s %s\n    opened %.16s; %lld findings",
			json_word(one, "number"), json_word(one, "state"),
			json_word(one, "severity"), json_word(one, "title"),
			json_word(one, "opened"),
			(long long)json_integer_value(json_object_get(one, "findings")));
		if (json_object_get(one, "who"))
			printf("; %s", json_word(json_object_get(one, "who"), "name"));
		if (*json_word(one, "assigned"))
			printf("; %s has it", json_word(one, "assigned"));
		if (*json_word(one, "verdict"))
			printf("; verdict: %s", json_word(one, "verdict"));
		if (clock)
			printf("; %s (%s): %s", json_word(clock, "title"), json_word(clock, "law"),
				json_word(clock, "words"));
		puts("");
	}
	if (*json_word(answer, "next"))
		printf("more: --before %s\n", json_word(answer, "next"));
}

static const char *wrong_state(const char *value)
{
	static const char *const all[] = {"open", "assigned", "contained", "closed", "all"};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (strcmp(all[i], value) == 0)
			return NULL;
	return "a state is open, assigned, contained, closed or all";
}

static int run_list(const struct invocation *invocation)
{
	struct door_param params[2];
	struct client_ask ask = {.method = DOOR_GET, .path = "/api/incidents", .params = params};
	static const char *const names[] = {"state", "before"};
	for (size_t i = 0; i < 2; i++)
		if (option_of(invocation, names[i]))
			params[ask.param_count++] =
				(struct door_param){names[i], option_of(invocation, names[i])};
	return talk_and_show(invocation, &ask, show_list);
}

const struct command command_incidents_list = {
	.usage = {.words = "incidents list",
		.summary = "Shows the incidents that are not closed, the newest first.",
		.help = "With --json also the record of each rule: how often it fired, and was right or wrong.",
		.options = {{.name = "state",
				    .value = "STATE",
				    .wrong = wrong_state,
				    .help = "open, assigned, contained, closed or all."},
			{.name = "before",
				.value = "NUMBER",
				.wrong = wrong_number,
				.help = "Only older ones: goes on where a list ended."}}},
	.run = run_list,
};

static void show_timeline(const json_t *answer)
{
	json_t *one;
	size_t i;
	json_array_foreach(json_object_get(answer, "timeline"), i, one)
	{
		const char *who = json_word(json_object_get(one, "who"), "name");
		bool finding = strcmp(json_word(one, "kind"), "finding") == 0;
		printf("  %.19s  %-9s %s%s%s%s\n", json_word(one, "time"), json_word(one, "kind"),
			*json_word(one, "text") ? json_word(one, "text") : json_word(one, "value"),
			finding || !*who ? "" : " (", finding ? "" : who,
			finding || !*who ? "" : ")");
	}
	json_int_t more = json_integer_value(json_object_get(answer, "timeline_left_out"));
	if (more)
		printf("  and %lld findings more; of each kind the newest stand here\n",
			(long long)more);
}

static void show_work(const json_t *answer)
{
	json_t *one;
	size_t i;
	const char *key;
	json_array_foreach(json_object_get(answer, "tasks"), i, one) printf("task %lld, %s: %s\n",
		(long long)json_integer_value(json_object_get(one, "number")),
		json_is_true(json_object_get(one, "done")) ? "done" : "open",
		json_word(one, "text"));
	json_object_foreach(json_object_get(answer, "assessment"), key, one)
		printf("%s: %s\n", key, json_word(one, "value"));
	json_array_foreach(json_object_get(answer, "clocks"), i, one)
		printf("%s %s: %s: %s\n", json_word(one, "law"), json_word(one, "article"),
			json_word(one, "title"), json_word(one, "words"));
	json_array_foreach(json_object_get(answer, "proposals"), i, one)
		printf("an exception that would fit (%s):\n  %s\n", json_word(one, "title"),
			json_word(one, "text"));
}

static void show_one(const json_t *answer)
{
	const json_t *patients = json_object_get(answer, "patients"),
		     *risk = json_object_get(answer, "risk"), *who = json_object_get(answer, "who");
	printf("%s  %s, %s\n%s\n%s\n", json_word(answer, "number"), json_word(answer, "state"),
		json_word(answer, "severity"), json_word(answer, "title"),
		json_word(answer, "why"));
	if (*json_word(answer, "assigned"))
		printf("assigned to %s\n", json_word(answer, "assigned"));
	if (*json_word(answer, "verdict"))
		printf("verdict: %s\n", json_word(answer, "verdict"));
	if (who)
		printf("person: %s (%s), risk %lld\n", json_word(who, "name"),
			json_word(who, "role"),
			(long long)json_integer_value(json_object_get(risk, "points")));
	printf("patients: %lld%s%s; entries that prove it: %zu\n",
		(long long)json_integer_value(json_object_get(patients, "count")),
		*json_word(answer, "kinds") ? ", " : "", json_word(answer, "kinds"),
		json_array_size(json_object_get(answer, "evidence")));
	show_timeline(answer);
	show_work(answer);
}

static int run_show(const struct invocation *invocation)
{
	char path[80];
	snprintf(path, sizeof path, "/api/incidents/%.20s", argument_of(invocation, 0));
	const struct client_ask ask = {.method = DOOR_GET, .path = path};
	return talk_and_show(invocation, &ask, show_one);
}

const struct command command_incidents_show = {
	.usage = {.words = "incidents show",
		.summary = "Shows an incident: timeline, patients, tasks, assessment, clocks.",
		.help = "The look is on the trail.",
		.arguments = {NUMBER}},
	.run = run_show,
};

// ---- Doing.

static int post(const struct invocation *invocation, const char *path, json_t *json)
{
	char *body = json_dumps(json, JSON_COMPACT);
	const struct client_ask ask = {.method = DOOR_POST, .path = path, .body = bytes_text(body)};
	int result = talk_and_show(invocation, &ask, show_one);
	json_decref(json);
	free(body);
	return result;
}

static int act(const struct invocation *invocation, const char *what, json_t *json)
{
	char path[120];
	snprintf(path, sizeof path, "/api/incidents/%.20s/%s", argument_of(invocation, 0), what);
	return post(invocation, path, json);
}

static json_t *one_text(const char *key, const char *value)
{
	return value ? json_pack("{s:s}", key, value) : json_object();
}

static int run_open(const struct invocation *invocation)
{
	return post(invocation, "/api/incidents",
		json_pack("{s:I}", "finding",
			(json_int_t)strtoll(argument_of(invocation, 0), NULL, 10)));
}

const struct command command_incidents_open = {
	.usage = {.words = "incidents open",
		.summary = "Opens an incident from a finding that no incident has.",
		.arguments = {{.name = "FINDING",
			.help = "Its number, with which findings begins its line.",
			.wrong = usage_wrong_count}}},
	.run = run_open,
};

static int run_assign(const struct invocation *invocation)
{
	return act(invocation, "assign", one_text("to", argument_of(invocation, 1)));
}

const struct command command_incidents_assign = {
	.usage = {.words = "incidents assign",
		.summary = "Says who works on an incident.",
		.arguments = {NUMBER, {.name = "LOGIN", .help = "Of an account."}}},
	.run = run_assign,
};

static int run_note(const struct invocation *invocation)
{
	return act(invocation, "note", one_text("text", argument_of(invocation, 1)));
}

const struct command command_incidents_note = {
	.usage = {.words = "incidents note",
		.summary = "Adds a note to an incident.",
		.help = "The words stand on the trail, sealed, and nowhere else.",
		.arguments = {NUMBER, {.name = "TEXT", .help = "At most 1000 bytes."}}},
	.run = run_note,
};

static int run_task(const struct invocation *invocation)
{
	const char *done = option_of(invocation, "done"), *add = option_of(invocation, "add");
	if (!done == !add)
		return fail(invocation, EXIT_WRONG_USE, "give either --add or --done");
	return add ? act(invocation, "task", one_text("text", add))
		   : act(invocation, "task-done",
			     json_pack("{s:I}", "task", (json_int_t)strtoll(done, NULL, 10)));
}

const struct command command_incidents_task = {
	.usage = {.words = "incidents task",
		.summary = "Adds a task to an incident, or says that one is done.",
		.arguments = {NUMBER},
		.options = {{.name = "add", .value = "TEXT", .help = "What is to be done."},
			{.name = "done",
				.value = "TASK",
				.wrong = usage_wrong_count,
				.help = "The number of the task."}}},
	.run = run_task,
};

static int run_contain(const struct invocation *invocation)
{
	return act(invocation, "contain", one_text("text", option_of(invocation, "text")));
}

const struct command command_incidents_contain = {
	.usage = {.words = "incidents contain",
		.summary = "Says that nothing more can happen for now.",
		.help = "Only says so; what contains is hospitaller guard, account lock and session revoke.",
		.arguments = {NUMBER},
		.options = {{.name = "text", .value = "TEXT", .help = "How."}}},
	.run = run_contain,
};

static const char *wrong_verdict(const char *value)
{
	static const char *const all[] = {"true", "false-alarm", "policy-violation", "accident"};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (strcmp(all[i], value) == 0)
			return NULL;
	return "a verdict is true, false-alarm, policy-violation or accident";
}

static int run_verdict(const struct invocation *invocation)
{
	json_t *json = one_text("text", option_of(invocation, "text"));
	json_object_set_new(json, "verdict", json_string(argument_of(invocation, 1)));
	return act(invocation, "verdict", json);
}

const struct command command_incidents_verdict = {
	.usage = {.words = "incidents verdict",
		.summary = "Says what it was; this teaches.",
		.help = "After a false alarm its findings are no risk any more, and exceptions are proposed.",
		.arguments = {NUMBER,
			{.name = "VERDICT",
				.help = "true, false-alarm, policy-violation or accident.",
				.wrong = wrong_verdict}},
		.options = {{.name = "text", .value = "TEXT", .help = "Why."}}},
	.run = run_verdict,
};

static const char *wrong_key(const char *value)
{
	return assess_find(value) ? NULL
				  : "there is no such question; incidents questions lists them";
}

static int run_assess(const struct invocation *invocation)
{
	json_t *json = json_pack("{s:s, s:s}", "key", option_of(invocation, "key"), "value",
		option_of(invocation, "value"));
	return act(invocation, "assess", json);
}

const struct command command_incidents_assess = {
	.usage = {.words = "incidents assess",
		.summary = "Answers a question of the assessment; the clocks follow.",
		.help = "hospitaller incidents questions lists them. Words stand on the trail and nowhere else.",
		.arguments = {NUMBER},
		.options = {{.name = "key",
				    .value = "QUESTION",
				    .required = true,
				    .wrong = wrong_key,
				    .help = "Which question: breach, harm, factor-nature …"},
			{.name = "value",
				.value = "ANSWER",
				.required = true,
				.help = "Its answer: words, a date, a number or a choice."}}},
	.run = run_assess,
};

static int run_questions(const struct invocation *invocation)
{
	json_t *list = json_array();
	for (size_t i = 0; i < assess_question_count; i++) {
		const struct assess_question *asked = &assess_questions[i];
		json_array_append_new(
			list, json_pack("{s:s, s:s}", "key", asked->key, "help", asked->help));
		if (invocation->json)
			continue;
		printf("%-17s %s", asked->key, asked->help);
		for (size_t c = 0; asked->choices[c]; c++)
			printf("%s%s", c ? ", " : " One of: ", asked->choices[c]);
		puts("");
	}
	if (invocation->json)
		print_json(list);
	json_decref(list);
	return EXIT_FINE;
}

const struct command command_incidents_questions = {
	.usage = {.words = "incidents questions",
		.summary = "Lists the questions of an assessment."},
	.run = run_questions,
};

static int run_close(const struct invocation *invocation)
{
	return act(invocation, option_of(invocation, "reopen") ? "reopen" : "close",
		one_text("text", option_of(invocation, "text")));
}

const struct command command_incidents_close = {
	.usage = {.words = "incidents close",
		.summary = "Closes an incident that has a verdict.",
		.arguments = {NUMBER},
		.options = {{.name = "text", .value = "TEXT", .help = "What came of it."},
			{.name = "reopen", .help = "Opens a closed one again."}}},
	.run = run_close,
};

// ---- Letters.

static void show_letter(const json_t *answer)
{
	fputs(json_word(answer, "text"), stdout);
}

static int run_letter(const struct invocation *invocation)
{
	char path[120];
	const struct door_param params[] = {{"patient", option_of(invocation, "patient")}};
	snprintf(path, sizeof path, "/api/incidents/%.20s/letters/%.40s",
		argument_of(invocation, 0), argument_of(invocation, 1));
	const struct client_ask ask = {.method = DOOR_GET,
		.path = path,
		.params = params,
		.param_count = params[0].value != NULL};
	return talk_and_show(invocation, &ask, show_letter);
}

static const char *wrong_kind(const char *value)
{
	return strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(value)
		       ? NULL
		       : "a kind is the name of a file of letters/, without its .md";
}

const struct command command_incidents_letter = {
	.usage = {.words = "incidents letter",
		.summary = "Prepares a letter from an incident.",
		.help = "From RULES/letters/KIND.md, with the hospital's facts of RULES/incidents.yaml. What is not known is a marked blank: [TO FILL IN: …].",
		.arguments = {NUMBER,
			{.name = "KIND",
				.help = "authority, hhs, patient, internal, or one of your own.",
				.wrong = wrong_kind}},
		.options = {{.name = "patient",
			.value = "ID",
			.help = "Whom it is for: one whom the evidence concerns."}}},
	.run = run_letter,
};
