// hospitaller: one program. `hospitaller run` is the parent; it starts this program again for each
// role; every other command is a person's.
#include "cli/cli.h"
#include "guard/guard.h"
#include "parent/parent.h"
#include "vault/vault.h"
#include "watch/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef HOSPITALLER_VERSION
#define HOSPITALLER_VERSION "0"
#endif

static void print_help(void)
{
	puts("Usage: hospitaller [--config FILE] [--state DIR] [--set KEY=VALUE]… COMMAND [--json] [--help]\n");
	printf("  %-30s %s\n", "run", "Starts the server in the foreground.");
	for (size_t i = 0; i < command_count; i++)
		printf("  %-30s %s\n", commands[i].words, commands[i].summary);
	printf("  %-30s %s\n", "version", "Prints the version.");
	puts("\nExit status: 0 fine, 1 not whole or not found, 2 wrong use, 3 no server answers, 4 refused.");
}

static void print_command_help(const struct command *command)
{
	printf("Usage: hospitaller %s %s [--json]\n\n%s\n", command->words, command->usage,
		command->summary);
	if (command->help)
		printf("\n%s\n", command->help);
}

// How many of the arguments are the command's words; 0 when they are not.
static int words_match(const char *words, int argc, char **argv)
{
	int count = 0;
	while (*words) {
		size_t length = strcspn(words, " ");
		if (count == argc || strlen(argv[count]) != length ||
			strncmp(argv[count], words, length) != 0)
			return 0;
		count++;
		words += length + (words[length] == ' ');
	}
	return count;
}

static bool has_word(int argc, char **argv, const char *word)
{
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], word) == 0)
			return true;
	return false;
}

static int run_command(const struct config *config, int argc, char **argv)
{
	for (size_t i = 0; i < command_count; i++) {
		int words = words_match(commands[i].words, argc, argv);
		if (!words)
			continue;
		if (has_word(argc, argv, "--help")) {
			print_command_help(&commands[i]);
			return EXIT_FINE;
		}
		const struct invocation invocation = {.config = config,
			.argc = argc - words,
			.argv = argv + words,
			.json = has_word(argc, argv, "--json")};
		return commands[i].run(&invocation);
	}
	fprintf(stderr, "hospitaller: there is no command '%s'; see --help\n", argv[0]);
	return EXIT_WRONG_USE;
}

static int run_role(const struct config *config, const char *name)
{
	if (strcmp(name, "vault") == 0)
		return vault_main(config);
	if (strcmp(name, "guard") == 0)
		return guard_main(config);
	return strcmp(name, "watch") == 0 ? watch_main(config) : EXIT_WRONG_USE;
}

static int wrong(const char *where, const struct config_problem *problem)
{
	if (problem->line)
		fprintf(stderr, "hospitaller: %s:%u: %s\n", where, problem->line, problem->text);
	else
		fprintf(stderr, "hospitaller: %s: %s\n", where, problem->text);
	return EXIT_WRONG_USE;
}

// Options before the command. Returns how many arguments were taken, or -1 when they are wrong.
static int read_options(struct config *config, int argc, char **argv)
{
	struct config_problem problem = {0};
	int at = 1;
	for (; at < argc && strncmp(argv[at], "--", 2) == 0 && strcmp(argv[at], "--help") != 0;
		at += 2) {
		if (at + 1 == argc)
			return fprintf(stderr, "hospitaller: %s needs a value\n", argv[at]), -1;
		char *value = argv[at + 1], *equals = strchr(value, '=');
		enum err err = OK;
		if (strcmp(argv[at], "--config") == 0)
			continue; // read before
		if (strcmp(argv[at], "--state") == 0) {
			err = config_set(config, "state", value, &problem);
		} else if (strcmp(argv[at], "--set") == 0 && equals) {
			*equals = 0;
			err = config_set(config, value, equals + 1, &problem);
		} else {
			return fprintf(stderr, "hospitaller: there is no option '%s'; see --help\n",
				       argv[at]),
			       -1;
		}
		if (err)
			return wrong(argv[at], &problem), -1;
	}
	return at;
}

static int read_config(struct config *config, int argc, char **argv, struct arena *arena)
{
	struct config_problem problem;
	const char *path = NULL;
	for (int i = 1; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2)
		if (strcmp(argv[i], "--config") == 0)
			path = argv[i + 1];
	const char *file = path ? path : "/etc/hospitaller/hospitaller.yaml";
	return config_read(config, file, !path, arena, &problem) ? wrong(file, &problem)
								 : EXIT_FINE;
}

int main(int argc, char **argv)
{
	struct config config;
	struct arena *arena = arena_new();
	char self[4096];
	config_defaults(&config);
	int result = read_config(&config, argc, argv, arena);
	int at = result ? -1 : read_options(&config, argc, argv);
	if (at < 0)
		return EXIT_WRONG_USE;
	if (at == argc || strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "help") == 0) {
		print_help();
		return at == argc ? EXIT_WRONG_USE : EXIT_FINE;
	}
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
	self[length > 0 ? length : 0] = 0;
	if (strcmp(argv[at], "run") == 0)
		result = parent_main(&config, self);
	else if (strcmp(argv[at], "role") == 0 && at + 1 < argc)
		result = run_role(&config, argv[at + 1]);
	else if (strcmp(argv[at], "version") == 0)
		result = printf("hospitaller %s\n", HOSPITALLER_VERSION) < 0;
	else
		result = run_command(&config, argc - at, argv + at);
	arena_free(arena);
	return result;
}
