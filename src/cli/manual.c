// The manual: pages for man(1), made from the tables of commands, settings and the policy's words.
#include "cli/cli.h"

#include "common/base/manual.h"
#include "common/format/trail.h"
#include "vault/policy/words.h"

#include <stdio.h>
#include <string.h>

static void add_commands(const struct invocation *invocation, struct buf *out)
{
	for (const struct command *const *c = invocation->commands; *c; c++)
		if (!(*c)->hidden)
			manual_command(out, &cli_program, &(*c)->usage);
}

// ---- hospitaller(1)

static void page_command(const struct invocation *invocation, struct buf *out)
{
	manual_begin(out, "hospitaller", 1, cli_program.summary);
	manual_section(out, "SYNOPSIS");
	buf_add_text(out,
		"\\fBhospitaller\\fR [\\fB\\-\\-config\\ \\fIFILE\\fR] [\\fB\\-\\-state\\ \\fIDIR\\fR] "
		"[\\fB\\-\\-set\\ \\fIKEY=VALUE\\fR]\\[u2026] \\fICOMMAND\\fR \\[u2026]\n");
	manual_section(out, "DESCRIPTION");
	manual_text(out, cli_program.help);
	manual_section(out, "OPTIONS");
	manual_text(out, "Before the command:");
	manual_options(out, cli_program.before);
	manual_text(out, "Behind it, each command takes its own and");
	manual_options(out, cli_program.shared);
	manual_item(out, "--help", "Prints what may stand behind the command.");
	manual_text(out,
		"A value is never empty; one that begins with -- is written --name=VALUE. After a lone -- everything is an argument.");
	manual_section(out, "COMMANDS");
	add_commands(invocation, out);
	manual_section(out, "ACTIONS OF THE TRAIL");
	manual_text(out, "What trail search --action can look for:");
	buf_add_text(out, ".PP\n");
	for (int action = 1; action < TRAIL_ACTIONS; action++)
		buf_printf(out, "%s%s\n", trail_action_text((enum trail_action)action),
			action + 1 < TRAIL_ACTIONS ? "," : ".");
	manual_section(out, "ERRORS IN JSON");
	manual_text(out,
		"With --json an error is one object in one line on standard error. Its members: error, a code for programs (wrong-use, not-found, not-whole, no-server, refused, not-stored, or what the server answered); message, a sentence; status, the exit status.");
	manual_example(out,
		"{\"error\":\"wrong-use\",\"message\":\"--role ROLE is needed; see hospitaller account add --help\",\"status\":2}");
	manual_statuses(out, &cli_program);
	manual_section(out, "FILES");
	manual_item(out, "/etc/hospitaller/hospitaller.yaml", "The settings.");
	manual_item(out, "/var/lib/hospitaller", "The state folder, unless state names another.");
	manual_item(out, "STATE/run/hospitaller.sock", "The local socket.");
	manual_section(out, "SEE ALSO");
	manual_text(out,
		"hospitaller.yaml(5), hospitaller-policy(5), trail-verify(1), hospital-sim(1)");
}

// ---- hospitaller.yaml(5)

static void add_setting(struct buf *out, const struct config_option *o)
{
	struct buf help = {0};
	buf_printf(
		&help, "%s %s%s", o->help, *o->value ? "Default: " : "Default: empty.", o->value);
	put_u8(&help, 0);
	manual_item(out, o->key, (const char *)help.at);
	buf_done(&help);
}

static void page_settings(const struct invocation *invocation, struct buf *out)
{
	(void)invocation;
	manual_begin(out, "hospitaller.yaml", 5, "settings of hospitaller");
	manual_section(out, "DESCRIPTION");
	manual_text(out,
		"One key: value a line, in YAML; # begins a remark. What does not stand there keeps its default, and the file may be missing. An unknown key, a key that stands twice and a value that does not fit are refused with their line, and the server does not start.\n\nOn the command line --set key=value counts more than the file. hospitaller config show prints what is in force. The server reads the settings when it starts.");
	manual_section(out, "SETTINGS");
	for (size_t i = 0; i < config_option_count; i++)
		add_setting(out, &config_options[i]);
	manual_section(out, "EXAMPLE");
	manual_example(out,
		"name: Sankt Anna\nlisten: '[::]:443'\npassphrase: /media/key/passphrase\nwitness: /mnt/elsewhere/checkpoint");
	manual_section(out, "FILES");
	manual_item(out, "/etc/hospitaller/hospitaller.yaml",
		"Where it is looked for; hospitaller --config FILE names another.");
	manual_section(out, "SEE ALSO");
	manual_text(out, "hospitaller(1), hospitaller-policy(5)");
}

// ---- hospitaller-policy(5)

static void add_words(
	struct buf *out, const char *title, const struct policy_word *words, size_t count)
{
	manual_section(out, title);
	for (size_t i = 0; i < count; i++)
		manual_item(out, words[i].text, words[i].help);
}

static const char example[] = "groups:\n"
			      "  person: [Patient, RelatedPerson]\n"
			      "second-factor: [clinician]\n"
			      "rules:\n"
			      "  - name: care relationship\n"
			      "    why: They take part in this patient's care.\n"
			      "    roles: [clinician, nurse]\n"
			      "    resources: [person, clinical]\n"
			      "    actions: [read, search, create, update]\n"
			      "    when: relationship\n"
			      "    break-glass: true\n"
			      "work:\n"
			      "  privacy-officer: [trail-search]";

static void page_policy(const struct invocation *invocation, struct buf *out)
{
	(void)invocation;
	manual_begin(out, "hospitaller-policy", 5, "who may do what");
	manual_section(out, "DESCRIPTION");
	manual_text(out,
		"policy/hospital.yaml in the folder of the rules is the whole policy, in YAML. What no rule allows is refused. A rule allows its roles its actions on its resources when its condition holds; the order of the rules decides nothing but which name the trail tells when several allow.\n\nThe server reads the file when it starts, and does not start when a word in it is unknown; hospitaller policy show checks it beforehand and shows what follows for each role.");
	add_words(out, "KEYS OF THE FILE", policy_keys, POLICY_KEYS);
	add_words(out, "KEYS OF A RULE", policy_rule_keys, POLICY_RULE_KEYS);
	add_words(out, "KEYS OF A RULE OF RISK", policy_caution_keys, POLICY_CAUTION_KEYS);
	add_words(out, "ROLES", policy_roles + 1, POLICY_ROLES - 1);
	add_words(out, "ACTIONS", policy_actions, POLICY_ACTIONS);
	add_words(out, "CONDITIONS", policy_conditions, GLASS);
	add_words(out, "WORK", policy_verb_words, POLICY_VERBS);
	manual_section(out, "EXAMPLE");
	manual_example(out, example);
	manual_section(out, "SEE ALSO");
	manual_text(out, "hospitaller(1), hospitaller.yaml(5)");
}

// ---- The command.

static const struct page {
	const char *name;
	void (*write)(const struct invocation *invocation, struct buf *out);
} pages[] = {
	{"hospitaller", page_command},
	{"hospitaller.yaml", page_settings},
	{"hospitaller-policy", page_policy},
};
enum {
	PAGES = sizeof pages / sizeof *pages
};

static const struct page *find_page(const char *name)
{
	for (size_t i = 0; i < PAGES; i++)
		if (strcmp(pages[i].name, name) == 0)
			return &pages[i];
	return NULL;
}

static const char *wrong_page(const char *value)
{
	return find_page(value) ? NULL : "there is no such page";
}

static int run_manual(const struct invocation *invocation)
{
	const char *name = argument_of(invocation, 0);
	struct buf out = {0};
	find_page(name ? name : pages[0].name)->write(invocation, &out);
	bool written = fwrite(out.at, 1, out.size, stdout) == out.size && fflush(stdout) == 0;
	buf_done(&out);
	return written ? EXIT_FINE : EXIT_NOT_WHOLE;
}

const struct command command_manual = {
	.usage = {.words = "manual",
		.summary = "Prints a page of the manual, as man(1) reads it.",
		.help = "To read it: hospitaller manual hospitaller.yaml | man -l -",
		.arguments = {{.name = "PAGE",
			.optional = true,
			.wrong = wrong_page,
			.help = "hospitaller, hospitaller.yaml or hospitaller-policy; the first when it is not given."}},
		.plain = true},
	.run = run_manual,
	.no_config = true,
};
