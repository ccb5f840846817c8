// cli: the command `hospitaller`. Every command is one constant struct with its own help.
#pragma once

#include "common/config/config.h"

#include <jansson.h>

// Exit statuses that mean something.
enum {
	EXIT_FINE = 0,
	EXIT_NOT_WHOLE = 1, // what was asked to be verified is not, or was not found
	EXIT_WRONG_USE = 2,
	EXIT_UNREACHABLE = 3, // no server answers at this state's socket
	EXIT_REFUSED = 4,     // the server said no
};

struct invocation {
	const struct config *config;
	int argc;
	char **argv; // after the command's words; options that are its own
	bool json;
};

struct command {
	const char *words;   // "trail search"
	const char *usage;   // "[--patient ID] [--who LOGIN]"
	const char *summary; // one sentence
	const char *help;    // more, or NULL
	int (*run)(const struct invocation *invocation);
};

extern const struct command commands[];
extern const size_t command_count;

// The value behind --name, or NULL. Leaves argv alone.
const char *option_of(const struct invocation *invocation, const char *name);
// The arguments that are neither options nor their values, one at a time from *at = 0.
const char *argument_next(const struct invocation *invocation, int *at);

int command_account_add(const struct invocation *invocation);
int command_account_list(const struct invocation *invocation);
int command_account_lock(const struct invocation *invocation);
int command_account_unlock(const struct invocation *invocation);
int command_account_reset_password(const struct invocation *invocation);
int command_account_reset_second_factor(const struct invocation *invocation);
int command_account_token(const struct invocation *invocation);
int command_config_show(const struct invocation *invocation);
int command_guard(const struct invocation *invocation);
int command_import(const struct invocation *invocation);
int command_key_rotate(const struct invocation *invocation);
int command_leak_report(const struct invocation *invocation);
int command_patient_forget(const struct invocation *invocation);
int command_policy_show(const struct invocation *invocation);
int command_records_verify(const struct invocation *invocation);
int command_session_list(const struct invocation *invocation);
int command_session_revoke(const struct invocation *invocation);
int command_status(const struct invocation *invocation);
int command_trail_key(const struct invocation *invocation);
int command_trail_search(const struct invocation *invocation);
int command_trail_verify(const struct invocation *invocation);
