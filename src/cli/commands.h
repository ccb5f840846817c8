// commands: finding one in the table by its words, telling what may have been meant, and the lists
// that --help prints.
#pragma once

#include "cli/cli.h"

#include <stdio.h>

// Takes the command's words off the front; NULL when there is none of this name.
const struct command *commands_find(
	const struct command *const *commands, struct usage_words *words);
// The words are no command: suggests some. `trail --help` shows those of the trail.
int commands_unknown(const struct invocation *invocation, struct usage_words words);
void commands_print_all(const struct command *const *commands, FILE *to);
void commands_print_help(const struct command *command);
