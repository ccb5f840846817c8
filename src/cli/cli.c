#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

const struct command commands[] = {
	{"status", "[--json]", "Shows each role, how it is confined, queues and lag.", NULL,
		command_status},
	{"import", "FILE…", "Stores FHIR bundles; what is there already stays as it is.",
		"Each FILE is a Bundle, or a folder of them. Every bundle is stored whole or not at all, so\n"
		"an import that was interrupted can simply be run again.",
		command_import},
	{"account add", "--login LOGIN --name NAME --role ROLE [--person REFERENCE]",
		"Makes an account and prints its one-time password.",
		"ROLE is clinician, nurse, front-desk, privacy-officer, security-officer, administrator,\n"
		"application or patient. REFERENCE is Practitioner/ID or Patient/ID.",
		command_account_add},
	{"account list", "[TEXT]", "Lists accounts.", NULL, command_account_list},
	{"account lock", "LOGIN", "Locks an account and ends its sessions.", NULL,
		command_account_lock},
	{"account unlock", "LOGIN", "Lets an account sign in again.", NULL, command_account_unlock},
	{"account reset-password", "LOGIN", "Prints a new one-time password.", NULL,
		command_account_reset_password},
	{"account reset-second-factor", "LOGIN", "Lets a lost second factor be enrolled again.",
		NULL, command_account_reset_second_factor},
	{"account token", "LOGIN --label TEXT", "Makes a bearer token for an application.", NULL,
		command_account_token},
	{"session list", "[--account LOGIN]", "Lists sessions.", NULL, command_session_list},
	{"session revoke", "HANDLE", "Ends a session.", NULL, command_session_revoke},
	{"trail search",
		"[--patient ID] [--who LOGIN] [--action A] [--outcome O] [--since T] [--until T] "
		"[--before N] [--count N]",
		"Searches the trail; the search is on the trail, too.", NULL, command_trail_search},
	{"trail verify", "[--key VKEY] [--checkpoint FILE]",
		"Checks offline that the trail is whole.",
		"Reads the files under the state folder; the server may run or not. The key is the one that\n"
		"`hospitaller trail key` printed; keep it, and now and then a checkpoint, elsewhere.",
		command_trail_verify},
	{"trail key", "", "Prints the public key and the last checkpoint, to keep elsewhere.", NULL,
		command_trail_key},
	{"records verify", "", "Opens every stored version of every record.", NULL,
		command_records_verify},
	{"key rotate", "", "Wraps every data key under a new key-encryption key.",
		"The door stays open meanwhile. Should it be interrupted, run it again: it goes on.",
		command_key_rotate},
	{"patient forget", "ID --reason TEXT --sure ID", "Destroys a patient's key, for ever.",
		"What was sealed under it can be read by nobody any more. Backups made before still hold the\n"
		"wrapped key until they expire. The act stays on the trail, with its reason.",
		command_patient_forget},
	{"guard",
		"list|block|unblock|quarantine|release|apply|confirm|rollback|check [ADDRESS|FILE] [--for 1h] [--reason TEXT] [--case ID] [--confirm-within 60s]",
		"Contains: blocks, quarantine, zones of the network.",
		"list                    what is blocked, for how long, and what was dropped\n"
		"block ADDRESS --for 1h --reason TEXT [--case ID]    drops all from and to it, for a time\n"
		"unblock ADDRESS         lifts it\n"
		"quarantine ADDRESS --for 1h --reason TEXT           cuts a host off from all but a few\n"
		"release ADDRESS         lifts that\n"
		"apply [--confirm-within 60s]    applies the zones file; undone unless confirmed in time\n"
		"confirm, rollback       keeps it, or undoes it at once\n"
		"check FILE              prints the ruleset that a zones file makes; needs no server",
		command_guard},
	{"leak-report", "", "Measures what the records' disk tells somebody without a key.",
		"Reads the database under the state folder, as a thief of the disk would; needs no key.",
		command_leak_report},
	{"policy show", "[TYPE]", "Checks the policy, and shows what each role may do.",
		"TYPE is a resource type; Observation when none is given. The server loads the policy when it\n"
		"starts: this tells beforehand whether it will.",
		command_policy_show},
	{"config show", "", "Prints every option, its value and what it is for.", NULL,
		command_config_show},
};
const size_t command_count = sizeof commands / sizeof *commands;

const char *option_of(const struct invocation *invocation, const char *name)
{
	size_t length = strlen(name);
	for (int i = 0; i < invocation->argc; i++) {
		const char *at = invocation->argv[i];
		if (strncmp(at, "--", 2) != 0 || strncmp(at + 2, name, length) != 0)
			continue;
		if (at[2 + length] == '=')
			return at + 3 + length;
		if (!at[2 + length] && i + 1 < invocation->argc)
			return invocation->argv[i + 1];
	}
	return NULL;
}

const char *argument_next(const struct invocation *invocation, int *at)
{
	while (*at < invocation->argc) {
		const char *word = invocation->argv[(*at)++];
		if (strncmp(word, "--", 2) != 0)
			return word;
		bool has_value = strcmp(word, "--json") != 0 && !strchr(word, '=');
		if (has_value)
			(*at)++;
	}
	return NULL;
}

int command_config_show(const struct invocation *invocation)
{
	json_t *json = json_object();
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *o = &config_options[i];
		const char *value =
			*(const char *const *)((const char *)invocation->config + o->offset);
		if (invocation->json)
			json_object_set_new(json, o->key, json_string(value));
		else
			printf("%-16s %-40s %s\n", o->key, value, o->help);
	}
	char *text = invocation->json ? json_dumps(json, JSON_INDENT(2)) : NULL;
	if (text)
		puts(text);
	free(text);
	json_decref(json);
	return EXIT_FINE;
}
