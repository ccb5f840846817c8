// usage: what may stand on a command line, as constant data: one struct for each command.
//
// The same struct reads the command line, makes --help, and makes the page of the manual. Reading
// is strict: an option that is not declared, stands twice or lacks its value, an argument too many
// or too few, a value that does not fit: each is refused with one sentence, before anything is
// done. A value is never empty, and one that begins with -- is written --name=VALUE. After a lone
// `--` everything is an argument. Pure functions; used by every program of the house.
#pragma once

#include "common/base/bytes.h"

enum {
	USAGE_OPTIONS = 12,
	USAGE_ARGUMENTS = 2,
	USAGE_PROBLEM_BYTES = 400
};

struct usage_option {
	const char *name;      // "patient": --patient ID or --patient=ID
	const char *value;     // what its value is called; NULL: a switch, which has none
	const char *help;      // one sentence
	const char *otherwise; // its value when it is not given, or NULL
	const char *(*wrong)(const char *value); // why a value does not fit, or NULL
	bool required;
};

struct usage_argument {
	const char *name, *help;
	const char *(*wrong)(const char *value);
	bool optional;
	bool many; // one or more, or with `optional` any number; only of the last
};

struct usage {
	const char *words;   // "trail search"; "" for a program that has only one command
	const char *summary; // one sentence
	const char *help;    // more of them, or NULL
	struct usage_option options[USAGE_OPTIONS + 1];       // ends with an empty one
	struct usage_argument arguments[USAGE_ARGUMENTS + 1]; // the same
	bool plain; // takes none of the program's shared options but --help
};

struct usage_status {
	int status;
	const char *meaning; // a few words
};

struct usage_program {
	const char *name, *summary;
	const char *help; // a paragraph or more, or NULL
	const struct usage_option
		*before; // given before the command; NULL, or ends with an empty one
	const struct usage_option *shared;   // of every command that is not plain; the same
	const struct usage_status *statuses; // ends with an empty meaning
};

struct usage_words {
	char **at;
	int count;
};

struct usage_given {
	const struct usage_program *program;
	const struct usage *usage;
	const char *values[2 * USAGE_OPTIONS]; // its own, then the shared ones
	struct usage_words arguments;          // borrowed from what was read
	bool help;                             // --help stood there: nothing else was looked at
};

struct usage_problem {
	char text[USAGE_PROBLEM_BYTES]; // a sentence without its end
};

// Takes one option that stands before the command off the front. ERR_INVALID with a problem.
enum err usage_take(const struct usage_option *options, struct usage_words *words,
	const struct usage_option **ret_option, const char **ret_value,
	struct usage_problem *ret_problem);
// The words behind the command; sorts them in place. ERR_INVALID with a problem.
enum err usage_parse(const struct usage_program *program, const struct usage *usage,
	struct usage_words words, struct usage_given *ret_given, struct usage_problem *ret_problem);
bool usage_help_wanted(struct usage_words words);

// The value of an option that was declared (anything else is our mistake): as given, or what holds
// otherwise, or NULL. For a switch: itself or NULL.
const char *usage_value(const struct usage_given *given, const char *name);
unsigned long usage_number(
	const struct usage_given *given, const char *name);              // of a number's value
const char *usage_argument(const struct usage_given *given, int number); // NULL when not given

// For `wrong`: a decimal number from 0 or from 1, of at most 18 digits.
const char *usage_wrong_number(const char *value);
const char *usage_wrong_count(const char *value);

// Whether somebody who wrote `word` may have meant `other`: a slip or two, or the beginning of it.
bool usage_is_near(const char *word, const char *other);

// What --help prints for one command.
void usage_help(const struct usage_program *program, const struct usage *usage, struct buf *out);
// "[--patient ID] FILE…" in one line.
void usage_synopsis(
	const struct usage_program *program, const struct usage *usage, struct buf *out);

// What --help prints for a program: the head, each command, and the options of all with the exit
// statuses. `more` is said behind the head; may be NULL.
void usage_list_begin(const struct usage_program *program, const char *more, struct buf *out);
void usage_list_add(
	const struct usage_program *program, const struct usage *usage, struct buf *out);
void usage_list_end(const struct usage_program *program, struct buf *out);
