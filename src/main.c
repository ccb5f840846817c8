// hospitaller: one program. `hospitaller run` is the parent; it starts this program again for each
// role; every other command is a person's.
#include "cli/cli.h"
#include "common/io/turned.h"
#include "courier/courier.h"
#include "guard/guard.h"
#include "parent/parent.h"
#include "vault/vault.h"
#include "watch/watch.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef HOSPITALLER_VERSION
#define HOSPITALLER_VERSION "0"
#endif

// Only for tests and demonstrations: see common/io/turned.h. False: it was wanted, and cannot be.
static bool take_clock(const struct config *config)
{
	char path[512], problem[TURNED_PROBLEM_BYTES];
	if (!config_test(config, TURNED_OPTION))
		return true;
	snprintf(path, sizeof path, "%s/%s", config->state, TURNED_FILE);
	if (turned_follow(path, problem) == OK)
		return true;
	fprintf(stderr, "hospitaller: the clock cannot be turned: %s\n", problem);
	return false;
}

static int run_parent(const struct invocation *invocation)
{
	char self[4096];
	if (!take_clock(invocation->config))
		return 1;
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
	self[length > 0 ? length : 0] = 0;
	return parent_main(invocation->config, self);
}

static const struct command command_run = {
	.usage = {.words = "run",
		.summary = "Starts the server in the foreground.",
		.help = "Needs root, and leaves it: each role runs under a user of its own. SIGTERM and Ctrl-C stop it in order; SIGHUP takes up a new certificate.",
		.plain = true},
	.run = run_parent,
};

static int run_role(const struct invocation *invocation)
{
	const char *name = argument_of(invocation, 0);
	if (!take_clock(invocation->config))
		return 1;
	if (strcmp(name, "vault") == 0)
		return vault_main(invocation->config);
	if (strcmp(name, "watch") == 0)
		return watch_main(invocation->config);
	if (strcmp(name, "courier") == 0)
		return courier_main(invocation->config);
	if (strcmp(name, "guard") == 0)
		return guard_main(invocation->config);
	return fail(invocation, EXIT_WRONG_USE, "there is no role '%s'", name);
}

static const struct command command_role = {
	.usage = {.words = "role",
		.summary = "Is one of the roles; the parent starts it.",
		.arguments = {{.name = "NAME", .help = "vault, watch, courier or guard."}},
		.plain = true},
	.run = run_role,
	.hidden = true,
};

static int run_version(const struct invocation *invocation)
{
	const char *form = invocation->json ? "{\"version\": \"%s\"}\n" : "hospitaller %s\n";
	return printf(form, HOSPITALLER_VERSION) < 0 ? EXIT_NOT_WHOLE : EXIT_FINE;
}

static const struct command command_version = {
	.usage = {.words = "version", .summary = "Prints the version."},
	.run = run_version,
	.no_config = true,
};

// Every command there is, in the order in which --help and the manual show them.
static const struct command *const commands[] = {
	&command_run,
	&command_status,
	&command_import,
	&command_account_add,
	&command_account_list,
	&command_account_lock,
	&command_account_unlock,
	&command_account_reset_password,
	&command_account_reset_second_factor,
	&command_account_token,
	&command_session_list,
	&command_session_revoke,
	&command_trail_search,
	&command_trail_explain,
	&command_trail_verify,
	&command_trail_key,
	&command_queue_list,
	&command_queue_review,
	&command_findings,
	&command_incidents_list,
	&command_incidents_show,
	&command_incidents_open,
	&command_incidents_assign,
	&command_incidents_note,
	&command_incidents_task,
	&command_incidents_contain,
	&command_incidents_verdict,
	&command_incidents_assess,
	&command_incidents_questions,
	&command_incidents_evidence,
	&command_incidents_letter,
	&command_incidents_close,
	&command_behaviour_who,
	&command_behaviour_status,
	&command_intelligence_status,
	&command_intelligence_look,
	&command_intelligence_import,
	&command_intelligence_share,
	&command_rules_record,
	&command_rules_test,
	&command_rules_unexcept,
	&command_rules_except,
	&command_rules_exceptions,
	&command_rules_fields,
	&command_playbooks_list,
	&command_playbooks_runs,
	&command_playbooks_show,
	&command_playbooks_approve,
	&command_playbooks_refuse,
	&command_playbooks_undo,
	&command_playbooks_measures,
	&command_playbooks_lift,
	&command_playbooks_dry_run,
	&command_playbooks_check,
	&command_playbooks_export,
	&command_guard_list,
	&command_guard_block,
	&command_guard_unblock,
	&command_guard_quarantine,
	&command_guard_release,
	&command_guard_apply,
	&command_guard_confirm,
	&command_guard_rollback,
	&command_guard_check,
	&command_courier_list,
	&command_courier_test,
	&command_records_verify,
	&command_key_rotate,
	&command_lure_list,
	&command_lure_make,
	&command_lure_remove,
	&command_patient_forget,
	&command_leak_report,
	&command_policy_show,
	&command_config_show,
	&command_demo,
	&command_manual,
	&command_help,
	&command_version,
	&command_role,
	NULL,
};

int main(int argc, char **argv)
{
	return cli_main(commands, argc, argv);
}
