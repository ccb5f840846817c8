// hospitaller playbooks: what is done when something was found. `check` and `export` work offline.
#include "cli/talk.h"

#include "common/base/text.h"
#include "common/format/cacao.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int post(const struct invocation *invocation, const char *path, json_t *body,
	void (*show)(const json_t *answer))
{
	char *packed = json_dumps(body, JSON_COMPACT);
	const struct client_ask ask = {
		.method = DOOR_POST, .path = path, .body = bytes_text(packed ? packed : "{}")};
	int result = talk_and_show(invocation, &ask, show);
	free(packed);
	json_decref(body);
	return result;
}

static bool is_number(const char *text)
{
	return *text && strlen(text) < 18 && strspn(text, "0123456789") == strlen(text);
}

// ---- Offline.

static enum err read_playbook(const char *path, struct arena *arena, struct cacao **ret,
	json_t **ret_json, struct cacao_problem *ret_problem)
{
	FILE *file = fopen(path, "re");
	char *text = arena_alloc(arena, CACAO_BYTES + 1);
	*ret_problem = (struct cacao_problem){.text = "cannot be read"};
	if (!file)
		return ERR_IO;
	size_t size = fread(text, 1, CACAO_BYTES + 1, file);
	bool failed = ferror(file);
	fclose(file);
	return failed ? ERR_IO
		      : cacao_read(bytes_of(text, size), arena, ret, ret_json, ret_problem);
}

static int run_check(const struct invocation *invocation)
{
	const char *path = argument_of(invocation, 0);
	struct arena *arena = arena_new();
	struct cacao_problem problem;
	struct cacao *p;
	int result = EXIT_FINE;
	if (read_playbook(path, arena, &p, NULL, &problem))
		result = fail(
			invocation, EXIT_NOT_WHOLE, "%s:%u: %s", path, problem.line, problem.text);
	else if (invocation->json)
		printf("{\"name\": \"%s\", \"steps\": %zu}\n", p->name, p->step_count);
	else
		printf("%s: %zu %s\n", p->name, p->step_count,
			text_plural(p->step_count, "step", "steps"));
	arena_free(arena);
	return result;
}

const struct command command_playbooks_check = {
	.usage = {.words = "playbooks check",
		.summary = "Reads a playbook, in YAML or CACAO's JSON, and says what is wrong.",
		.help = "Ends with 1 when it would be refused. Works without a server.",
		.arguments = {{.name = "FILE", .help = "The playbook."}}},
	.run = run_check,
};

static int run_export(const struct invocation *invocation)
{
	const char *name = argument_of(invocation, 0);
	char path[700];
	struct arena *arena = arena_new();
	struct cacao_problem problem;
	struct cacao *p;
	json_t *json;
	int result = EXIT_FINE;
	if (strchr(name, '/') || strstr(name, ".yaml") || strstr(name, ".json"))
		snprintf(path, sizeof path, "%s", name);
	else
		snprintf(
			path, sizeof path, "%s/playbooks/%s.yaml", invocation->config->rules, name);
	if (read_playbook(path, arena, &p, &json, &problem)) {
		result = fail(
			invocation, EXIT_NOT_WHOLE, "%s:%u: %s", path, problem.line, problem.text);
	} else {
		json_dumpf(json, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(json);
	}
	arena_free(arena);
	return result;
}

const struct command command_playbooks_export = {
	.usage = {.words = "playbooks export",
		.summary = "Prints a playbook as CACAO 2.0 JSON.",
		.help = "Works without a server.",
		.arguments = {{.name = "NAME", .help = "Of RULES/playbooks, or a file."}}},
	.run = run_export,
};

// ---- With the server.

static void show_list(const json_t *answer)
{
	json_t *one;
	size_t i;
	json_array_foreach(json_object_get(answer, "playbooks"), i, one)
	{
		json_t *action;
		size_t k;
		printf("%-14s %s\n              ", json_word(one, "name"),
			json_word(one, "description"));
		json_array_foreach(json_object_get(one, "actions"), k, action)
			printf(" %s", json_string_value(action));
		printf("\n");
	}
	json_array_foreach(json_object_get(answer, "problems"), i, one)
		printf("refused: %s\n", json_string_value(one));
	if (json_integer_value(json_object_get(answer, "left_out")))
		printf("left out: %lld runs, for too many waited\n",
			(long long)json_integer_value(json_object_get(answer, "left_out")));
}

static int run_list(const struct invocation *invocation)
{
	const struct client_ask ask = {.method = DOOR_GET, .path = "/api/playbooks"};
	return talk_and_show(invocation, &ask, show_list);
}

const struct command command_playbooks_list = {
	.usage = {.words = "playbooks list",
		.summary = "Shows the playbooks, and which files were refused."},
	.run = run_list,
};

static void show_steps(const json_t *run)
{
	json_t *step;
	size_t i;
	json_array_foreach(json_object_get(run, "steps"), i, step)
	{
		printf("    %lld. %-16s %-9s %s\n",
			(long long)json_integer_value(json_object_get(step, "step")),
			json_word(step, "action"), json_word(step, "state"),
			json_word(step, "words"));
		if (*json_word(step, "role"))
			printf("       the %s is asked until %s; nobody answering: %s\n",
				json_word(step, "role"), json_word(step, "due"),
				json_word(step, "on_timeout"));
		if (*json_word(step, "until"))
			printf("       until %s\n", json_word(step, "until"));
	}
}

static void show_run(const json_t *run)
{
	const json_t *who = json_object_get(run, "who");
	printf("%lld  %s  %-12s %-8s %s%s%s\n",
		(long long)json_integer_value(json_object_get(run, "id")),
		json_word(run, "started"), json_word(run, "playbook"), json_word(run, "state"),
		json_word(run, "title"), who ? ": " : "", json_word(who, "name"));
	show_steps(run);
}

static void show_runs(const json_t *answer)
{
	json_t *one;
	size_t i;
	json_array_foreach(json_object_get(answer, "runs"), i, one) show_run(one);
}

static int run_runs(const struct invocation *invocation)
{
	const struct client_ask ask = {.method = DOOR_GET, .path = "/api/playbooks/runs"};
	return talk_and_show(invocation, &ask, show_runs);
}

const struct command command_playbooks_runs = {
	.usage = {.words = "playbooks runs",
		.summary = "Shows the newest runs of playbooks, step by step.",
		.help = "The look is itself on the trail."},
	.run = run_runs,
};

static int run_show(const struct invocation *invocation)
{
	char path[80];
	const char *run = argument_of(invocation, 0);
	if (!is_number(run))
		return fail(invocation, EXIT_WRONG_USE, "a run is a number");
	snprintf(path, sizeof path, "/api/playbooks/runs/%s", run);
	const struct client_ask ask = {.method = DOOR_GET, .path = path};
	return talk_and_show(invocation, &ask, show_run);
}

const struct command command_playbooks_show = {
	.usage = {.words = "playbooks show",
		.summary = "Shows one run, step by step.",
		.arguments = {{.name = "RUN", .help = "Its number."}}},
	.run = run_show,
};

static void show_message(const json_t *answer)
{
	puts(json_word(answer, "message"));
}

static int decide(const struct invocation *invocation, const char *verb)
{
	char path[80];
	const char *run = argument_of(invocation, 0), *step = argument_of(invocation, 1);
	const char *reason = option_of(invocation, "reason");
	if (!is_number(run) || !is_number(step))
		return fail(invocation, EXIT_WRONG_USE, "a run and a step are numbers");
	snprintf(path, sizeof path, "/api/playbooks/runs/%s/%s", run, verb);
	json_t *body = json_pack("{s:I}", "step", (json_int_t)atoll(step));
	if (reason)
		json_object_set_new(body, "reason", json_string(reason));
	return post(invocation, path, body, show_message);
}

static int run_approve(const struct invocation *invocation)
{
	return decide(invocation, "approve");
}

static int run_refuse(const struct invocation *invocation)
{
	return decide(invocation, "refuse");
}

static int run_undo(const struct invocation *invocation)
{
	return decide(invocation, "undo");
}

#define RUN_AND_STEP                                                                               \
	{.name = "RUN", .help = "Its number."},                                                    \
	{                                                                                          \
		.name = "STEP", .help = "Its number in the run."                                   \
	}
#define REASON                                                                                     \
	{                                                                                          \
		.name = "reason", .value = "TEXT", .help = "Why; it stays on the trail."           \
	}

const struct command command_playbooks_approve = {
	.usage = {.words = "playbooks approve",
		.summary = "Approves a step that waits for a person.",
		.help = "It is on the trail, as root's on this server.",
		.options = {REASON},
		.arguments = {RUN_AND_STEP}},
	.run = run_approve,
};

const struct command command_playbooks_refuse = {
	.usage = {.words = "playbooks refuse",
		.summary = "Refuses a step that waits for a person; the run goes on without it.",
		.options = {REASON},
		.arguments = {RUN_AND_STEP}},
	.run = run_refuse,
};

const struct command command_playbooks_undo = {
	.usage = {.words = "playbooks undo",
		.summary = "Takes back what a step did.",
		.options = {REASON},
		.arguments = {RUN_AND_STEP}},
	.run = run_undo,
};

// ---- What the vault holds, which it ends by itself and lifts also while watch is away.

static void show_measures(const json_t *answer)
{
	json_t *one;
	size_t i;
	json_array_foreach(json_object_get(answer, "measures"), i, one)
	{
		const char *whom = json_word(one, "account");
		whom = *whom ? whom : json_word(one, "patient");
		whom = *whom ? whom : json_word(one, "session");
		printf("%s  %-16s %s\n    until %s; entry %lld\n", json_word(one, "key"),
			json_word(one, "action"), whom, json_word(one, "until"),
			(long long)json_integer_value(json_object_get(one, "entry")));
	}
	if (!json_array_size(json_object_get(answer, "measures")))
		puts("Nothing holds.");
}

static int run_measures(const struct invocation *invocation)
{
	const struct client_ask ask = {.method = DOOR_GET, .path = "/api/measures"};
	return talk_and_show(invocation, &ask, show_measures);
}

const struct command command_playbooks_measures = {
	.usage = {.words = "playbooks measures",
		.summary = "Shows what playbooks have the vault hold now: locks, step-up, tokens.",
		.help = "Each begins with its key, which playbooks lift wants. Blocks of the network are in guard list."},
	.run = run_measures,
};

static const char *wrong_measure(const char *value)
{
	return strlen(value) < 100 && !strpbrk(value, "/?#% ") ? NULL : "that is no measure's key";
}

static int run_lift(const struct invocation *invocation)
{
	char path[160];
	const char *reason = option_of(invocation, "reason");
	snprintf(path, sizeof path, "/api/measures/%s/lift", argument_of(invocation, 0));
	return post(invocation, path, json_pack("{s:s}", "reason", reason ? reason : ""),
		show_message);
}

const struct command command_playbooks_lift = {
	.usage = {.words = "playbooks lift",
		.summary = "Ends a measure at once, also while watch is away.",
		.arguments = {{.name = "KEY",
			.help = "As playbooks measures shows it.",
			.wrong = wrong_measure}},
		.options = {REASON}},
	.run = run_lift,
};

static int run_dry(const struct invocation *invocation)
{
	char path[160];
	const char *name = argument_of(invocation, 0), *finding = option_of(invocation, "finding");
	if (!finding || !is_number(finding))
		return fail(invocation, EXIT_WRONG_USE, "say which finding, by its number");
	if (strlen(name) > 80 ||
		strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") != strlen(name))
		return fail(invocation, EXIT_WRONG_USE, "that is no name of a playbook");
	snprintf(path, sizeof path, "/api/playbooks/%s/dry-run", name);
	return post(invocation, path, json_pack("{s:I}", "finding", (json_int_t)atoll(finding)),
		show_run);
}

const struct command command_playbooks_dry_run = {
	.usage = {.words = "playbooks dry-run",
		.summary = "Shows step by step what a playbook would do about a finding.",
		.help = "Nothing is done. Of each step the vault says whether it would refuse it now, and why: the never-touch list, accounts and entries that are not there, the ceilings. The steps after it are shown as if it were done. Guard's own list of what is never blocked is asked only in earnest.",
		.options = {{.name = "finding",
			.value = "ID",
			.help = "Its number, with which findings begins its line."}},
		.arguments = {{.name = "NAME", .help = "Of the playbook."}}},
	.run = run_dry,
};
