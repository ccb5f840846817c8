// hospital-sim: an invented hospital. See sim/README.md and hospital-sim(1).
#include "accounts.h"
#include "make.h"
#include "misuse.h"
#include "story.h"
#include "work.h"

#include "common/base/manual.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct usage_status statuses[] = {
	{0, "Done."},
	{1, "It could not be done: no server, a file, an account, unexpected answers."},
	{2, "Wrong use: nothing was done."},
	{0},
};

static const struct usage_program program = {
	.name = "hospital-sim",
	.summary = "an invented hospital, its records and its staff at work",
	.help = "Invents a hospital from a seed: the same seed gives the same bytes. It feeds demonstrations, tests and benchmarks, and knows nothing of how anything is detected.",
	.statuses = statuses,
};

struct sim_command {
	struct usage usage;
	int (*run)(const struct usage_given *given);
};

// ---- make

static int make(const struct usage_given *given)
{
	const struct town_wish wish = {.seed = usage_number(given, "seed"),
		.patients = (unsigned)usage_number(given, "patients"),
		.staff = (unsigned)usage_number(given, "staff"),
		.days = (int)usage_number(given, "days")};
	if (!make_allows(&wish)) {
		fputs("hospital-sim: make takes 1 to 1000000 patients, 12 to 100000 staff, 1 to 3650 days\n",
			stderr);
		return 2;
	}
	return make_files(&wish, usage_value(given, "out"));
}

static const char *wrong_size(const char *value)
{
	return usage_wrong_count(value) || strlen(value) > 7
		       ? "a number from 1 to 9999999 is expected"
		       : NULL;
}

static const struct sim_command command_make = {
	{.words = "make",
		.summary = "Invents a hospital.",
		.help = "Writes FHIR bundles, who may be given an account, and for whoever measures later who is related to whom and who was on which shift.",
		.options = {{.name = "out",
				    .value = "DIR",
				    .required = true,
				    .help = "The folder to write."},
			{.name = "seed",
				.value = "NUMBER",
				.otherwise = "1",
				.wrong = usage_wrong_number,
				.help = "Another number, another hospital."},
			{.name = "patients",
				.value = "NUMBER",
				.otherwise = "60",
				.wrong = wrong_size,
				.help = "1 to 1000000."},
			{.name = "staff",
				.value = "NUMBER",
				.otherwise = "40",
				.wrong = wrong_size,
				.help = "12 to 100000."},
			{.name = "days",
				.value = "NUMBER",
				.otherwise = "60",
				.wrong = wrong_size,
				.help = "How many days of rosters and care: 1 to 3650."}}},
	make,
};

// ---- accounts

static int accounts(const struct usage_given *given)
{
	const struct accounts_wish wish = {.dir = usage_value(given, "dir"),
		.state = usage_value(given, "state"),
		.url = usage_value(given, "url"),
		.hospitaller = usage_value(given, "hospitaller"),
		.clock = usage_value(given, "clock"),
		.care = usage_value(given, "care") != NULL,
		.demo = usage_value(given, "demo") != NULL};
	return accounts_make(&wish);
}

static const struct sim_command command_accounts = {
	{.words = "accounts",
		.summary = "Gives its staff and one patient accounts, by the real way in.",
		.help = "Makes each by the server's command, signs it in, chooses a password and enrols a second factor; the secrets are in DIR/accounts-with-secrets.json and, readable, in DIR/sign-in.txt.",
		.options = {{.name = "state",
				    .value = "STATE",
				    .required = true,
				    .help = "The server's state folder."},
			{.name = "dir",
				.value = "DIR",
				.required = true,
				.help = "The folder that make wrote."},
			{.name = "url",
				.value = "URL",
				.required = true,
				.help = "Where the server is: https://localhost:8443."},
			{.name = "hospitaller",
				.value = "PROGRAM",
				.required = true,
				.help = "The hospitaller program, with its folder."},
			{.name = "demo", .help = "Makes only the first account of each role."},
			{.name = "care",
				.help = "Only those who treat, nurse and receive patients."},
			{.name = "clock",
				.value = "FILE",
				.help = "STATE/clock of a server that was started with it."}}},
	accounts,
};

// ---- work

static const char *wrong_speed(const char *value)
{
	char *end;
	double speed = strtod(value, &end);
	return strcmp(value, "max") == 0 || (!*end && speed > 0 && speed < 1e9)
		       ? NULL
		       : "a number above 0, or max, is expected";
}

static const char *wrong_connections(const char *value)
{
	return usage_wrong_count(value) || strlen(value) > 3 || atoi(value) > WORK_CONNECTIONS
		       ? "a number from 1 to 512 is expected"
		       : NULL;
}

static int work(const struct usage_given *given)
{
	const char *speed = usage_value(given, "speed");
	struct work_wish wish = {.dir = usage_value(given, "dir"),
		.url = usage_value(given, "url"),
		.seed = usage_number(given, "seed"),
		.days = (int)usage_number(given, "days"),
		.speed = strcmp(speed, "max") == 0 ? 0 : strtod(speed, NULL),
		.connections = (unsigned)usage_number(given, "connections"),
		.dry_run = usage_value(given, "dry-run") != NULL,
		.json = usage_value(given, "json") != NULL};
	if (!misuse_parse(usage_value(given, "misuse"), &wish.misuse))
		return 2;
	if (!wish.url == !wish.dry_run) {
		fputs("hospital-sim: give either --url or --dry-run; see hospital-sim work --help\n",
			stderr);
		return 2;
	}
	return work_do(&wish);
}

static const struct sim_command command_work = {
	{.words = "work",
		.summary =
			"Does what its staff would do in the hospital's last days, through the server.",
		.help = "Needs --url, or --dry-run to write down only what all of the staff would do. Each request is a line of DIR/truth/work.jsonl, with its reason.",
		.options = {{.name = "dir",
				    .value = "DIR",
				    .required = true,
				    .help = "The folder that make wrote."},
			{.name = "url",
				.value = "URL",
				.help = "Where the server is: https://127.0.0.1:8443."},
			{.name = "dry-run", .help = "Sends nothing."},
			{.name = "days",
				.value = "NUMBER",
				.otherwise = "1",
				.wrong = wrong_size,
				.help = "The last days, at most those of make."},
			{.name = "speed",
				.value = "NUMBER",
				.otherwise = "60",
				.wrong = wrong_speed,
				.help = "60 makes a minute of an hour; max waits for nothing."},
			{.name = "misuse",
				.value = "KINDS",
				.otherwise = "none",
				.help = "Kinds of misuse, by commas, or all: hospital-sim --help lists them."},
			{.name = "seed",
				.value = "NUMBER",
				.otherwise = "1",
				.wrong = usage_wrong_number,
				.help = "Another number, other work."},
			{.name = "connections",
				.value = "NUMBER",
				.otherwise = "16",
				.wrong = wrong_connections,
				.help = "How many at once with --speed max: 1 to 512."},
			{.name = "json", .help = "Prints the report as one JSON object."}}},
	work,
};

// ---- story

static int story(const struct usage_given *given)
{
	const struct story_wish wish = {.name = usage_argument(given, 0),
		.dir = usage_value(given, "dir"),
		.url = usage_value(given, "url"),
		.login = usage_value(given, "login"),
		.clock = usage_value(given, "clock"),
		.quick = usage_value(given, "quick") != NULL};
	return story_play(&wish);
}

static const struct sim_command command_story = {
	{.words = "story",
		.summary = "Plays one misuse from beginning to end, to be watched.",
		.help = "snoop: somebody curious opens the records of a celebrity, a colleague, a relative. exfiltrate: a program copies records with a stolen sign-in. takeover: an account is taken over from outside. slow: somebody takes one or two records a week, while all who have an account work; it plays all the days that make was given, and turns the server's clock to each (--clock). Each act is a line on standard output.",
		.arguments = {{.name = "STORY", .help = "snoop, exfiltrate, takeover or slow."}},
		.options = {{.name = "dir",
				    .value = "DIR",
				    .required = true,
				    .help = "The folder that make wrote, with accounts."},
			{.name = "url",
				.value = "URL",
				.required = true,
				.help = "Where the server is: https://127.0.0.1:8443."},
			{.name = "login",
				.value = "LOGIN",
				.help = "Who does it; without, the first who suits the story."},
			{.name = "clock",
				.value = "FILE",
				.help = "For slow: STATE/clock of a server that was started with it."},
			{.name = "quick", .help = "Without pauses."}}},
	story,
};

// ---- manual

static int manual(const struct usage_given *given);

static const struct sim_command command_manual = {
	{.words = "manual", .summary = "Prints hospital-sim(1), as man(1) reads it."},
	manual,
};

static const struct sim_command *const commands[] = {
	&command_make,
	&command_accounts,
	&command_work,
	&command_story,
	&command_manual,
	NULL,
};

static int manual(const struct usage_given *given)
{
	struct buf out = {0};
	(void)given;
	manual_begin(&out, program.name, 1, program.summary);
	manual_section(&out, "SYNOPSIS");
	for (const struct sim_command *const *c = commands; *c; c++)
		manual_synopsis(&out, &program, &(*c)->usage);
	manual_section(&out, "DESCRIPTION");
	manual_text(&out, program.help);
	manual_section(&out, "COMMANDS");
	for (const struct sim_command *const *c = commands; *c; c++)
		manual_command(&out, &program, &(*c)->usage);
	manual_section(&out, "MISUSE");
	for (size_t i = 0; i < misuse_kind_count; i++)
		manual_item(&out, why_texts[misuse_kinds[i].why], misuse_kinds[i].help);
	manual_statuses(&out, &program);
	manual_section(&out, "SEE ALSO");
	manual_text(&out,
		"hospitaller(1), and sim/README.md for what is written and how it was thought.");
	bool written = fwrite(out.at, 1, out.size, stdout) == out.size && fflush(stdout) == 0;
	buf_done(&out);
	return written ? 0 : 1;
}

static void print(const struct buf *text, FILE *to)
{
	fwrite(text->at, 1, text->size, to);
}

static void print_all(FILE *to)
{
	struct buf out = {0};
	usage_list_begin(&program, NULL, &out);
	for (const struct sim_command *const *c = commands; *c; c++)
		usage_list_add(&program, &(*c)->usage, &out);
	buf_add_text(&out, "\nKinds of misuse, for work:\n");
	for (size_t i = 0; i < misuse_kind_count; i++)
		buf_printf(
			&out, "  %-10s %s\n", why_texts[misuse_kinds[i].why], misuse_kinds[i].help);
	usage_list_end(&program, &out);
	print(&out, to);
	buf_done(&out);
}

static int run(const struct sim_command *command, struct usage_words words)
{
	struct usage_given given;
	struct usage_problem problem;
	struct buf out = {0};
	if (usage_parse(&program, &command->usage, words, &given, &problem)) {
		fprintf(stderr, "hospital-sim: %s; see hospital-sim %s --help\n", problem.text,
			command->usage.words);
		return 2;
	}
	if (!given.help)
		return command->run(&given);
	usage_help(&program, &command->usage, &out);
	print(&out, stdout);
	buf_done(&out);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return print_all(stderr), 2;
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return print_all(stdout), 0;
	for (const struct sim_command *const *c = commands; *c; c++)
		if (strcmp((*c)->usage.words, argv[1]) == 0)
			return run(*c, (struct usage_words){argv + 2, argc - 2});
	fprintf(stderr,
		"hospital-sim: there is no command '%.60s': make, accounts or work; see --help\n",
		argv[1]);
	return 2;
}
