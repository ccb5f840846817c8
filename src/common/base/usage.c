#include "common/base/usage.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct usage_option none[] = {{0}};

[[gnu::format(printf, 2, 3)]] static enum err wrong(
	struct usage_problem *problem, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(problem->text, sizeof problem->text, format, args);
	va_end(args);
	return ERR_INVALID;
}

// ---- What may have been meant.

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

// How many letters must be changed, added, dropped or swapped with their neighbour.
static size_t distance(const char *a, const char *b)
{
	enum {
		MOST = 40
	};
	size_t row[MOST + 1][MOST + 1], n = strlen(a), m = strlen(b);
	if (n > MOST || m > MOST)
		return MOST;
	for (size_t i = 0; i <= n; i++)
		for (size_t j = 0; j <= m; j++) {
			if (!i || !j) {
				row[i][j] = i + j;
				continue;
			}
			row[i][j] = least(row[i - 1][j - 1] + (a[i - 1] != b[j - 1]),
				least(row[i - 1][j], row[i][j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[i][j] = least(row[i][j], row[i - 2][j - 2] + 1);
		}
	return row[n][m];
}

bool usage_is_near(const char *word, const char *other)
{
	size_t length = strlen(word);
	if (length >= 3 && strncmp(word, other, length) == 0)
		return true;
	return distance(word, other) <= (length < 4 ? 1 : 2);
}

// ---- Reading.

struct found {
	const struct usage_option *option;
	size_t place; // in usage_given.values
};

static struct found find(const struct usage_option *options, const char *name, size_t length)
{
	for (size_t i = 0; options[i].name; i++)
		if (strlen(options[i].name) == length && memcmp(options[i].name, name, length) == 0)
			return (struct found){&options[i], i};
	return (struct found){0};
}

static const char *near_option(const struct usage_option *options, const char *name)
{
	for (size_t i = 0; options[i].name; i++)
		if (usage_is_near(name, options[i].name))
			return options[i].name;
	return NULL;
}

// The value of an option whose word is at the front; takes both.
static enum err take_value(const struct usage_option *option, struct usage_words *words,
	const char **ret_value, struct usage_problem *problem)
{
	const char *equals = strchr(words->at[0], '='), *value = equals ? equals + 1 : NULL;
	int taken = 1;
	if (!option->value && value)
		return wrong(problem, "--%s takes no value", option->name);
	if (option->value && !value && words->count > 1 && strncmp(words->at[1], "--", 2) != 0) {
		value = words->at[1];
		taken = 2;
	}
	if (option->value && (!value || !*value))
		return wrong(problem, "--%s needs a value: --%s %s", option->name, option->name,
			option->value);
	const char *why = option->wrong && value ? option->wrong(value) : NULL;
	if (why)
		return wrong(problem, "--%s %.100s: %s", option->name, value, why);
	words->at += taken;
	words->count -= taken;
	*ret_value = value ? value : option->name;
	return OK;
}

static enum err unknown(struct usage_problem *problem, const char *word, const char *near)
{
	return wrong(problem,
		near ? "there is no option '%.100s' (perhaps --%s)" : "there is no option '%.100s'",
		word, near);
}

enum err usage_take(const struct usage_option *options, struct usage_words *words,
	const struct usage_option **ret_option, const char **ret_value,
	struct usage_problem *ret_problem)
{
	const char *word = words->at[0], *name = word + strspn(word, "-");
	struct found found = find(options, name, strcspn(name, "="));
	if (name - word != 2 || !found.option)
		return unknown(ret_problem, word, near_option(options, name));
	enum err err = take_value(found.option, words, ret_value, ret_problem);
	if (!err)
		*ret_option = found.option;
	return err;
}

static const struct usage_option *shared_of(
	const struct usage_program *program, const struct usage *usage)
{
	return usage->plain || !program->shared ? none : program->shared;
}

static enum err parse_option(
	struct usage_given *given, struct usage_words *words, struct usage_problem *problem)
{
	const struct usage_option *own = given->usage->options;
	const struct usage_option *shared = shared_of(given->program, given->usage);
	const struct usage_option *before = given->program->before ? given->program->before : none;
	const char *word = words->at[0], *name = word + strspn(word, "-"), *value;
	size_t length = strcspn(name, "=");
	struct found found = find(own, name, length);
	if (!found.option) {
		found = find(shared, name, length);
		found.place += USAGE_OPTIONS;
	}
	if (name - word != 2 || !found.option) {
		if (name - word == 2 && find(before, name, length).option)
			return wrong(
				problem, "--%.*s stands before the command", (int)length, name);
		const char *near = near_option(own, name);
		return unknown(problem, word, near ? near : near_option(shared, name));
	}
	if (given->values[found.place])
		return wrong(problem, "--%s stands there twice", found.option->name);
	enum err err = take_value(found.option, words, &value, problem);
	if (!err)
		given->values[found.place] = value;
	return err;
}

static enum err check_options(const struct usage_given *given, struct usage_problem *problem)
{
	const struct usage_option *own = given->usage->options;
	const struct usage_option *shared = shared_of(given->program, given->usage);
	const struct usage_option *lacking = NULL;
	for (size_t i = 0; own[i].name; i++)
		if (!lacking && own[i].required && !given->values[i])
			lacking = &own[i];
	for (size_t i = 0; shared[i].name; i++)
		if (!lacking && shared[i].required && !given->values[USAGE_OPTIONS + i])
			lacking = &shared[i];
	return lacking ? wrong(problem, "--%s %s is needed", lacking->name, lacking->value) : OK;
}

static enum err check_arguments(const struct usage_given *given, struct usage_problem *problem)
{
	const struct usage_argument *arguments = given->usage->arguments;
	int at = 0;
	for (size_t i = 0; arguments[i].name; i++) {
		const struct usage_argument *a = &arguments[i];
		if (at == given->arguments.count && !a->optional)
			return wrong(problem, "%s is needed", a->name);
		for (bool more = true; more && at < given->arguments.count; more = a->many) {
			const char *value = given->arguments.at[at++];
			const char *why = !*value    ? "it is empty"
					  : a->wrong ? a->wrong(value)
						     : NULL;
			if (why)
				return wrong(problem, "%s '%.100s': %s", a->name, value, why);
		}
	}
	return at == given->arguments.count
		       ? OK
		       : wrong(problem, "'%.100s' is one word too many", given->arguments.at[at]);
}

bool usage_help_wanted(struct usage_words words)
{
	for (int i = 0; i < words.count && strcmp(words.at[i], "--") != 0; i++)
		if (strcmp(words.at[i], "--help") == 0 || strcmp(words.at[i], "-h") == 0)
			return true;
	return false;
}

enum err usage_parse(const struct usage_program *program, const struct usage *usage,
	struct usage_words words, struct usage_given *ret_given, struct usage_problem *ret_problem)
{
	struct usage_given given = {.program = program,
		.usage = usage,
		.arguments = {words.at, 0},
		.help = usage_help_wanted(words)};
	bool only_arguments = false;
	enum err err = OK;
	while (!err && words.count && !given.help) {
		char *word = words.at[0];
		bool option = !only_arguments && word[0] == '-' && word[1];
		if (option && strcmp(word, "--") != 0) {
			err = parse_option(&given, &words, ret_problem);
			continue;
		}
		if (option)
			only_arguments = true;
		else
			given.arguments.at[given.arguments.count++] = word;
		words.at++;
		words.count--;
	}
	if (!err && !given.help)
		err = check_options(&given, ret_problem);
	if (!err && !given.help)
		err = check_arguments(&given, ret_problem);
	if (!err)
		*ret_given = given;
	return err;
}

// ---- Asking what was given.

const char *usage_value(const struct usage_given *given, const char *name)
{
	size_t length = strlen(name);
	struct found found = find(given->usage->options, name, length);
	if (!found.option) {
		found = find(shared_of(given->program, given->usage), name, length);
		found.place += USAGE_OPTIONS;
	}
	assert(found.option);
	const char *value = given->values[found.place];
	return value ? value : found.option->otherwise;
}

unsigned long usage_number(const struct usage_given *given, const char *name)
{
	const char *value = usage_value(given, name);
	return value ? strtoul(value, NULL, 10) : 0;
}

const char *usage_argument(const struct usage_given *given, int number)
{
	return number < given->arguments.count ? given->arguments.at[number] : NULL;
}

const char *usage_wrong_number(const char *value)
{
	size_t length = strspn(value, "0123456789");
	return value[length] || !length || length > 18 ? "a number is expected" : NULL;
}

const char *usage_wrong_count(const char *value)
{
	bool zero = !value[strspn(value, "0")];
	return usage_wrong_number(value) || zero ? "a number from 1 is expected" : NULL;
}
