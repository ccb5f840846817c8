#include "../unit.h"

#include "common/base/usage.h"

#include <stdio.h>
#include <string.h>

static const char *wrong_colour(const char *value)
{
	return strcmp(value, "red") == 0 ? NULL : "only red will do";
}

static const struct usage_option before[] = {{.name = "state", .value = "DIR", .help = "Folder."},
	{.name = "loud", .help = "Loud."}, {0}};
static const struct usage_option shared[] = {
	{.name = "json", .help = "JSON."}, {.name = "key", .value = "KEY", .help = "Key."}, {0}};
static const struct usage_status statuses[] = {{0, "Fine."}, {2, "Wrong use."}, {0}};
static const struct usage_program program = {.name = "tool",
	.summary = "does things",
	.before = before,
	.shared = shared,
	.statuses = statuses};

static const struct usage search = {.words = "search",
	.summary = "Searches.",
	.options = {{.name = "patient", .value = "ID", .help = "Whom."},
		{.name = "colour", .value = "C", .help = "Which.", .wrong = wrong_colour},
		{.name = "count",
			.value = "N",
			.help = "How many.",
			.otherwise = "50",
			.wrong = usage_wrong_count},
		{.name = "all", .help = "All of it."}}};
static const struct usage add = {.words = "add",
	.summary = "Adds.",
	.options = {{.name = "name", .value = "NAME", .help = "Name.", .required = true}},
	.arguments = {{.name = "LOGIN", .help = "Who."},
		{.name = "MORE", .help = "More.", .optional = true}},
	.plain = true};
static const struct usage import = {.words = "import",
	.summary = "Imports.",
	.arguments = {{.name = "FILE", .help = "What.", .many = true}}};
static const struct usage needing = {.words = "", .summary = "Needs a key."};

static struct usage_given given;
static struct usage_problem problem;
static char room[10][200];
static char *argv[10];

static struct usage_words words_of(const char *line)
{
	struct usage_words words = {argv, 0};
	char copy[400], *save = NULL;
	snprintf(copy, sizeof copy, "%s", line);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		snprintf(room[words.count], sizeof room[0], "%s", strcmp(w, "''") == 0 ? "" : w);
		argv[words.count] = room[words.count];
		words.count++;
	}
	return words;
}

static enum err parse(const struct usage *usage, const char *line)
{
	problem = (struct usage_problem){0};
	return usage_parse(&program, usage, words_of(line), &given, &problem);
}

static void what_is_declared_is_taken(void **state)
{
	assert_ok(parse(&search, "--patient 7 --colour=red --json --all"));
	assert_string_equal(usage_value(&given, "patient"), "7");
	assert_string_equal(usage_value(&given, "colour"), "red");
	assert_non_null(usage_value(&given, "json"));
	assert_non_null(usage_value(&given, "all"));
	assert_null(usage_value(&given, "key"));
	assert_int_equal(usage_number(&given, "count"), 50); // what holds otherwise
	assert_ok(parse(&search, "--count 7 --key=a=b"));
	assert_int_equal(usage_number(&given, "count"), 7);
	assert_string_equal(usage_value(&given, "key"), "a=b");
	assert_ok(parse(&search, ""));
	assert_null(usage_value(&given, "all"));
}

static void arguments_stand_anywhere(void **state)
{
	assert_ok(parse(&add, "--name Anna dr.berg"));
	assert_string_equal(usage_argument(&given, 0), "dr.berg");
	assert_null(usage_argument(&given, 1));
	assert_ok(parse(&add, "dr.berg --name Anna two"));
	assert_string_equal(usage_argument(&given, 1), "two");
	assert_ok(parse(&import, "a b --json c"));
	assert_int_equal(given.arguments.count, 3);
	assert_string_equal(usage_argument(&given, 2), "c");
	assert_ok(parse(&import, "-- --json -x --"));
	assert_int_equal(given.arguments.count, 3);
	assert_string_equal(usage_argument(&given, 0), "--json");
	assert_null(usage_value(&given, "json"));
	assert_ok(parse(&import, "-")); // by custom a name like any other
}

static const struct refusal {
	const struct usage *usage;
	const char *line, *words;
} refusals[] = {
	{&search, "--patint x", "there is no option '--patint' (perhaps --patient)"},
	{&search, "--jsno", "(perhaps --json)"},
	{&search, "--frobnicate", "there is no option '--frobnicate'"},
	{&search, "--frobnicate=1 --patient 1", "there is no option '--frobnicate=1'"},
	{&search, "-patient 1", "there is no option '-patient' (perhaps --patient)"},
	{&search, "---patient 1", "there is no option '---patient'"},
	{&search, "-x", "there is no option '-x'"},
	{&search, "--patien 1", "there is no option '--patien'"}, // no beginnings either
	{&search, "--patient 1 --patient 2", "--patient stands there twice"},
	{&search, "--patient=1 --patient=1", "--patient stands there twice"},
	{&search, "--json --json", "--json stands there twice"},
	{&search, "--patient", "--patient needs a value: --patient ID"},
	{&search, "--patient --all", "--patient needs a value"},
	{&search, "--patient=", "--patient needs a value"},
	{&search, "--patient ''", "--patient needs a value"},
	{&search, "--all=1", "--all takes no value"},
	{&search, "--colour blue", "--colour blue: only red will do"},
	{&search, "--count 0", "a number from 1"},
	{&search, "--count -1", "a number from 1"},
	{&search, "--count 1x", "a number from 1"},
	{&search, "--count 9999999999999999999", "a number from 1"},
	{&search, "x", "'x' is one word too many"},
	{&search, "--state x", "--state stands before the command"},
	{&add, "--name Anna", "LOGIN is needed"},
	{&add, "berg", "--name NAME is needed"},
	{&add, "berg --name", "--name needs a value"},
	{&add, "berg two three --name Anna", "'three' is one word too many"},
	{&add, "'' --name Anna", "LOGIN '': it is empty"},
	{&add, "berg --name Anna --json", "there is no option '--json'"}, // it is plain
	{&import, "", "FILE is needed"},
	{&import, "a ''", "it is empty"},
	{&import, "--", "FILE is needed"},
};

static void everything_else_is_refused_in_one_sentence(void **state)
{
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		given = (struct usage_given){0};
		assert_err(parse(refusals[i].usage, refusals[i].line), ERR_INVALID);
		if (!strstr(problem.text, refusals[i].words))
			print_error("%s: %s\n", refusals[i].line, problem.text);
		assert_non_null(strstr(problem.text, refusals[i].words));
		assert_null(strchr(problem.text, '\n'));
		assert_null(given.usage); // nothing was written
	}
}

static void a_shared_option_can_be_needed(void **state)
{
	static const struct usage_option key[] = {
		{.name = "key", .value = "KEY", .help = "Key.", .required = true}, {0}};
	const struct usage_program strict = {.name = "t", .shared = key, .statuses = statuses};
	assert_err(usage_parse(&strict, &needing, words_of(""), &given, &problem), ERR_INVALID);
	assert_string_equal(problem.text, "--key KEY is needed");
	assert_ok(usage_parse(&strict, &needing, words_of("--key 1"), &given, &problem));
	assert_string_equal(usage_value(&given, "key"), "1");
}

static void help_comes_before_everything(void **state)
{
	assert_ok(parse(&add, "--frobnicate --help"));
	assert_true(given.help);
	assert_ok(parse(&add, "-h"));
	assert_true(given.help);
	assert_ok(parse(&import, "-- --help")); // here it is a file's name
	assert_false(given.help);
}

static void options_before_the_command(void **state)
{
	const struct usage_option *option;
	const char *value;
	struct usage_words words = words_of("--state /x --loud run --json");
	assert_ok(usage_take(before, &words, &option, &value, &problem));
	assert_string_equal(option->name, "state");
	assert_string_equal(value, "/x");
	assert_ok(usage_take(before, &words, &option, &value, &problem));
	assert_string_equal(option->name, "loud");
	assert_int_equal(words.count, 2);
	assert_string_equal(words.at[0], "run");
	words = words_of("--stat /x");
	assert_err(usage_take(before, &words, &option, &value, &problem), ERR_INVALID);
	assert_non_null(strstr(problem.text, "(perhaps --state)"));
	words = words_of("--state");
	assert_err(usage_take(before, &words, &option, &value, &problem), ERR_INVALID);
}

static void what_is_near(void **state)
{
	assert_true(usage_is_near("serach", "search"));
	assert_true(usage_is_near("sea", "search"));
	assert_true(usage_is_near("verfy", "verify"));
	assert_false(usage_is_near("se", "search"));
	assert_false(usage_is_near("verify", "search"));
	assert_false(usage_is_near("", "search"));
	char long_word[300];
	memset(long_word, 'a', sizeof long_word - 1);
	long_word[sizeof long_word - 1] = 0;
	assert_false(usage_is_near(long_word, "search"));
}

static void help_names_everything_within_the_width(void **state)
{
	struct buf out = {0};
	usage_help(&program, &search, &out);
	put_u8(&out, 0);
	const char *text = (const char *)out.at;
	static const char *const words[] = {"Usage: tool search [--patient ID]", "Searches.",
		"--colour C", "How many. When it is not given: 50.", "--json", "--help",
		"  2  Wrong use."};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		assert_non_null(strstr(text, words[i]));
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 100);
	buf_done(&out);
	usage_help(&program, &add, &out);
	put_u8(&out, 0);
	text = (const char *)out.at;
	assert_non_null(strstr(text, "tool add LOGIN [MORE] --name NAME\n"));
	assert_null(strstr(text, "--json"));
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_declared_is_taken),
		cmocka_unit_test(arguments_stand_anywhere),
		cmocka_unit_test(everything_else_is_refused_in_one_sentence),
		cmocka_unit_test(a_shared_option_can_be_needed),
		cmocka_unit_test(help_comes_before_everything),
		cmocka_unit_test(options_before_the_command),
		cmocka_unit_test(what_is_near),
		cmocka_unit_test(help_names_everything_within_the_width),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
