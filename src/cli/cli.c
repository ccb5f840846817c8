#include "cli/cli.h"

#include "cli/commands.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct usage_option before[] = {
	{.name = "config",
		.value = "FILE",
		.help = "The settings to read instead of /etc/hospitaller/hospitaller.yaml."},
	{.name = "state", .value = "DIR", .help = "The state folder: the same as --set state=DIR."},
	{.name = "set",
		.value = "KEY=VALUE",
		.help = "One setting of hospitaller.yaml(5), instead of the file's; may stand several times, the last one counts."},
	{0},
};

static const struct usage_option shared[] = {
	{.name = "json", .help = "Answers in JSON; an error is one JSON object on standard error."},
	{0},
};

static const struct usage_status statuses[] = {
	{EXIT_FINE, "Fine."},
	{EXIT_NOT_WHOLE, "What was verified is not whole, or what was asked for was not found."},
	{EXIT_WRONG_USE, "Wrong use: nothing was done."},
	{EXIT_UNREACHABLE, "No server answers at this state folder's socket."},
	{EXIT_REFUSED, "The server refused."},
	{0},
};

const struct usage_program cli_program = {
	.name = "hospitaller",
	.summary = "protects patient information: the server, and the command that speaks to it",
	.help = "Most commands ask the running server over its local socket, which only root and the group hospitaller may open; they are decided by the policy as the role local, and are on the trail like everybody's requests. The others work without a server on what it left.\n\n"
		"A command line is read strictly: what is not understood is refused before anything is done.",
	.before = before,
	.shared = shared,
	.statuses = statuses,
};

const char *option_of(const struct invocation *invocation, const char *name)
{
	return usage_value(&invocation->given, name);
}

const char *argument_of(const struct invocation *invocation, int number)
{
	return usage_argument(&invocation->given, number);
}

// ---- What went wrong.

int fail_with(
	const struct invocation *invocation, int status, const char *code, const char *message)
{
	json_t *json = invocation->json ? json_pack("{s:s, s:s, s:i}", "error", code, "message",
						  message, "status", status)
					: NULL;
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	if (text)
		fprintf(stderr, "%s\n", text);
	else // a message that is not UTF-8 is no JSON either
		fprintf(stderr, "hospitaller: %s\n", message);
	free(text);
	json_decref(json);
	return status;
}

static const char *code_of(int status)
{
	return status == EXIT_NOT_WHOLE     ? "not-found"
	       : status == EXIT_WRONG_USE   ? "wrong-use"
	       : status == EXIT_UNREACHABLE ? "no-server"
					    : "refused";
}

int fail(const struct invocation *invocation, int status, const char *format, ...)
{
	char message[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	return fail_with(invocation, status, code_of(status), message);
}

// ---- Settings.

static int wrong_config(const struct invocation *invocation, const char *where,
	const struct config_problem *problem)
{
	return problem->line ? fail(invocation, EXIT_WRONG_USE, "%s:%u: %s", where, problem->line,
				       problem->text)
			     : fail(invocation, EXIT_WRONG_USE, "%s: %s", where, problem->text);
}

struct set {
	const char *name; // config, state or set
	char *value;
};

static int apply_one(
	const struct invocation *invocation, struct config *config, const struct set *set)
{
	struct config_problem problem = {0};
	const char *key = set->name, *value = set->value;
	if (strcmp(set->name, "config") == 0)
		return EXIT_FINE;
	if (strcmp(set->name, "set") == 0) {
		char *equals = strchr(set->value, '=');
		if (!equals)
			return fail(invocation, EXIT_WRONG_USE, "--set is written --set KEY=VALUE");
		*equals = 0;
		key = set->value;
		value = equals + 1;
	}
	char where[64];
	snprintf(where, sizeof where, "--%s %.40s", set->name, key == set->name ? "" : key);
	return config_set(config, key, value, &problem) ? wrong_config(invocation, where, &problem)
							: EXIT_FINE;
}

struct sets {
	struct set at[64];
	size_t count;
};

// A program that was not installed has its rules beside it: ./start puts them there.
static void find_rules(struct config *config, struct arena *arena)
{
	char self[4096];
	if (access(config->rules, X_OK) == 0)
		return;
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
	self[length > 0 ? length : 0] = 0;
	char *slash = strrchr(self, '/');
	const char *beside =
		slash ? arena_printf(arena, "%.*s/rules", (int)(slash - self), self) : NULL;
	if (beside && access(beside, X_OK) == 0)
		config->rules = beside;
}

// The file first, then what stands on the command line.
static int read_config(const struct invocation *invocation, const struct sets *sets,
	struct config *config, struct arena *arena)
{
	struct config_problem problem;
	const char *path = NULL;
	for (size_t i = 0; i < sets->count; i++)
		if (strcmp(sets->at[i].name, "config") == 0)
			path = sets->at[i].value;
	const char *file = path ? path : "/etc/hospitaller/hospitaller.yaml";
	find_rules(config, arena);
	if (config_read(config, file, !path, arena, &problem))
		return wrong_config(invocation, file, &problem);
	int result = EXIT_FINE;
	for (size_t i = 0; i < sets->count && !result; i++)
		result = apply_one(invocation, config, &sets->at[i]);
	return result;
}

// ---- Reading.

static bool stands_already(const struct sets *sets, const char *name)
{
	for (size_t i = 0; i < sets->count; i++)
		if (strcmp(sets->at[i].name, name) == 0 && strcmp(name, "set") != 0)
			return true;
	return false;
}

// The options before the command.
static int read_before(
	const struct invocation *invocation, struct usage_words *words, struct sets *sets)
{
	struct usage_problem problem;
	const struct usage_option *option;
	const char *value;
	while (words->count && words->at[0][0] == '-') {
		if (usage_take(before, words, &option, &value, &problem))
			return fail(invocation, EXIT_WRONG_USE, "%s; see hospitaller --help",
				problem.text);
		if (stands_already(sets, option->name))
			return fail(invocation, EXIT_WRONG_USE, "--%s stands there twice",
				option->name);
		if (sets->count == sizeof sets->at / sizeof *sets->at)
			return fail(invocation, EXIT_WRONG_USE, "there are too many settings");
		sets->at[sets->count++] = (struct set){option->name, (char *)value};
	}
	return EXIT_FINE;
}

static bool has_word(struct usage_words words, const char *word)
{
	for (int i = 0; i < words.count; i++)
		if (strcmp(words.at[i], word) == 0)
			return true;
	return false;
}

static int run_command(
	struct invocation *invocation, struct usage_words words, const struct sets *sets)
{
	const struct command *command = invocation->command;
	struct usage_problem problem;
	struct config config;
	if (usage_parse(&cli_program, &command->usage, words, &invocation->given, &problem))
		return fail(invocation, EXIT_WRONG_USE, "%s; see hospitaller %s --help",
			problem.text, command->usage.words);
	if (invocation->given.help) {
		commands_print_help(command);
		return EXIT_FINE;
	}
	struct arena *arena = arena_new();
	config_defaults(&config);
	invocation->config = &config;
	int result = command->no_config ? EXIT_FINE : read_config(invocation, sets, &config, arena);
	if (!result)
		result = command->run(invocation);
	arena_free(arena);
	return result;
}

int cli_main(const struct command *const *commands, int argc, char **argv)
{
	struct usage_words words = {argv + 1, argc - 1};
	struct invocation invocation = {.commands = commands, .json = has_word(words, "--json")};
	struct sets sets = {0};
	if (words.count && (strcmp(words.at[0], "--help") == 0 || strcmp(words.at[0], "-h") == 0))
		return commands_print_all(commands, stdout), EXIT_FINE;
	int result = read_before(&invocation, &words, &sets);
	if (result)
		return result;
	if (!words.count)
		return commands_print_all(commands, stderr), EXIT_WRONG_USE;
	invocation.command = commands_find(commands, &words);
	if (!invocation.command)
		return commands_unknown(&invocation, words);
	return run_command(&invocation, words, &sets);
}
