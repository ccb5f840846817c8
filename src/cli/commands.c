#include "cli/commands.h"

#include <string.h>

// How many of the words are the command's; 0 when they are not.
static int words_match(const char *name, struct usage_words words)
{
	int count = 0;
	while (*name) {
		size_t length = strcspn(name, " ");
		if (count == words.count || strlen(words.at[count]) != length ||
			strncmp(words.at[count], name, length) != 0)
			return 0;
		count++;
		name += length + (name[length] == ' ');
	}
	return count;
}

const struct command *commands_find(
	const struct command *const *commands, struct usage_words *words)
{
	for (; *commands; commands++) {
		int count = words_match((*commands)->usage.words, *words);
		if (!count)
			continue;
		words->at += count;
		words->count -= count;
		return *commands;
	}
	return NULL;
}

static bool begins_with(const struct command *command, const char *word)
{
	size_t length = strlen(word);
	return strncmp(command->usage.words, word, length) == 0 &&
	       command->usage.words[length] == ' ';
}

static bool is_near(const struct command *command, struct usage_words words)
{
	const char *name = command->usage.words, *second = strchr(name, ' ');
	char both[120];
	bool two = words.count > 1 && words.at[1][0] != '-';
	snprintf(both, sizeof both, "%s%s%s", words.at[0], two ? " " : "", two ? words.at[1] : "");
	if (two && begins_with(command, words.at[0]))
		return usage_is_near(words.at[1], second + 1);
	return usage_is_near(both, name) || usage_is_near(words.at[0], name) ||
	       (second && strcmp(words.at[0], second + 1) == 0);
}

// Those that are near by their letters; else those that begin with the same word.
static void suggest(const struct invocation *invocation, struct usage_words words, struct buf *out)
{
	for (int wide = 0; wide < 2 && !out->size; wide++)
		for (const struct command *const *c = invocation->commands; *c; c++)
			if (!(*c)->hidden &&
				(wide ? begins_with(*c, words.at[0]) : is_near(*c, words)))
				buf_printf(out, "%s%s", out->size ? ", " : " (perhaps ",
					(*c)->usage.words);
	buf_add_text(out, out->size ? ")" : "");
	put_u8(out, 0);
}

// What is said when only the first word of some commands is there, with --help.
static bool print_group(const struct invocation *invocation, const char *word)
{
	struct buf out = {0};
	bool any = false;
	for (const struct command *const *c = invocation->commands; *c; c++)
		if (!(*c)->hidden && begins_with(*c, word)) {
			usage_list_add(&cli_program, &(*c)->usage, &out);
			any = true;
		}
	fwrite(out.at, 1, out.size, stdout);
	buf_done(&out);
	return any;
}

int commands_unknown(const struct invocation *invocation, struct usage_words words)
{
	struct buf near = {0};
	if (usage_help_wanted(words) && print_group(invocation, words.at[0]))
		return EXIT_FINE;
	suggest(invocation, words, &near);
	bool two = words.count > 1 && words.at[1][0] != '-';
	fail(invocation, EXIT_WRONG_USE,
		"there is no command '%.60s%s%.60s'%.600s; see hospitaller --help", words.at[0],
		two ? " " : "", two ? words.at[1] : "", (const char *)near.at);
	buf_done(&near);
	return EXIT_WRONG_USE;
}

void commands_print_all(const struct command *const *commands, FILE *to)
{
	struct buf out = {0};
	usage_list_begin(&cli_program, NULL, &out);
	for (; *commands; commands++)
		if (!(*commands)->hidden)
			usage_list_add(&cli_program, &(*commands)->usage, &out);
	usage_list_end(&cli_program, &out);
	fwrite(out.at, 1, out.size, to);
	buf_done(&out);
}

void commands_print_help(const struct command *command)
{
	struct buf out = {0};
	usage_help(&cli_program, &command->usage, &out);
	fwrite(out.at, 1, out.size, stdout);
	buf_done(&out);
}

static int run_help(const struct invocation *invocation)
{
	struct usage_words words = invocation->given.arguments;
	if (!words.count)
		return commands_print_all(invocation->commands, stdout), EXIT_FINE;
	const struct command *command = commands_find(invocation->commands, &words);
	if (command)
		commands_print_help(command);
	else if (!print_group(invocation, words.at[0]))
		return commands_unknown(invocation, words);
	return EXIT_FINE;
}

const struct command command_help = {
	.usage = {.words = "help",
		.summary = "Prints the list of commands, or the help of one.",
		.arguments = {{.name = "COMMAND",
			.help = "The words of a command.",
			.optional = true,
			.many = true}},
		.plain = true},
	.run = run_help,
	.no_config = true,
};
