// cli: the command `hospitaller`. Every command is one constant struct, which says what may stand
// behind it; reading, --help and the manual follow from that (common/base/usage.h).
//
// With --json what a command answers is JSON on standard output, and what went wrong is one object
// in one line on standard error: {"error": code, "message": sentence, "status": exit status}.
#pragma once

#include "common/base/usage.h"
#include "common/config/config.h"

#include <jansson.h>

// Exit statuses that mean something; cli_program has them in words.
enum {
	EXIT_FINE = 0,
	EXIT_NOT_WHOLE = 1, // what was asked to be verified is not, or was not found
	EXIT_WRONG_USE = 2,
	EXIT_UNREACHABLE = 3, // no server answers at this state's socket
	EXIT_REFUSED = 4,     // the server said no
};

struct command;

struct invocation {
	const struct command *command;
	const struct command *const *commands; // all there are; ends with NULL
	const struct config *config;
	struct usage_given given;
	bool json;
};

struct command {
	struct usage usage;
	int (*run)(const struct invocation *invocation);
	bool hidden;    // for the program itself: in no list
	bool no_config; // runs before the configuration is read
};

extern const struct usage_program cli_program;

// The whole of main(): options, the command, its words, the configuration; then it runs.
int cli_main(const struct command *const *commands, int argc, char **argv);

const char *option_of(const struct invocation *invocation, const char *name); // or NULL
const char *argument_of(const struct invocation *invocation, int number);     // or NULL
// Says what went wrong, as words or as JSON, and returns the exit status.
[[gnu::format(printf, 3, 4)]] int fail(
	const struct invocation *invocation, int status, const char *format, ...);
int fail_with(
	const struct invocation *invocation, int status, const char *code, const char *message);

extern const struct command command_account_add, command_account_list, command_account_lock,
	command_account_reset_password, command_account_reset_second_factor, command_account_token,
	command_account_unlock, command_config_show, command_courier_list, command_courier_test,
	command_behaviour_status, command_behaviour_who, command_demo, command_findings,
	command_guard_apply, command_guard_block, command_guard_check, command_guard_confirm,
	command_guard_list, command_guard_quarantine, command_guard_release, command_guard_rollback,
	command_guard_unblock, command_help, command_import, command_incidents_assess,
	command_incidents_assign, command_incidents_close, command_incidents_contain,
	command_incidents_evidence, command_incidents_letter, command_incidents_list,
	command_incidents_note, command_incidents_open, command_incidents_questions,
	command_incidents_show, command_incidents_task, command_incidents_verdict,
	command_intelligence_import, command_intelligence_look, command_intelligence_share,
	command_intelligence_status, command_key_rotate, command_leak_report, command_lure_list,
	command_lure_make, command_lure_remove, command_manual, command_patient_forget,
	command_playbooks_approve, command_playbooks_check, command_playbooks_dry_run,
	command_playbooks_export, command_playbooks_lift, command_playbooks_list,
	command_playbooks_measures, command_playbooks_refuse, command_playbooks_runs,
	command_playbooks_show, command_playbooks_undo, command_policy_show, command_queue_list,
	command_queue_review, command_records_verify, command_rules_except,
	command_rules_exceptions, command_rules_fields, command_rules_record, command_rules_test,
	command_rules_unexcept, command_session_list, command_session_revoke, command_status,
	command_trail_explain, command_trail_key, command_trail_search, command_trail_verify;
