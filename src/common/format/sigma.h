// sigma: detection rules in the open format Sigma (specification 2), read once and matched often.
//
// Whoever writes a file of rules chooses all of it, so everything is bounded, and what is not
// supported is refused with its line, never ignored. A rule is compiled to numbers of fields and
// prepared patterns; matching allocates nothing and takes a bounded time. Regular expressions are
// PCRE2 with limits on steps and depth: where one gives up, the rule does not match and that is
// counted. Correlation rules are read here; who keeps their state is the caller. Pure.
//
// Beyond the specification a rule may say `sentence` and `advice`: words for the person who reads
// the finding, with {field}, {count} and {timespan} filled in.
#pragma once

#include "common/format/ocsf.h"

enum {
	SIGMA_RULES = 200,      // in one file
	SIGMA_NAMES = 32,       // tags, false positives, references of one rule
	SIGMA_SELECTIONS = 100, // of one rule
	SIGMA_COST = 20000, // values to be compared, counting a selection as often as it is named
	SIGMA_PATTERN_BYTES = 512,
	SIGMA_GROUP_FIELDS = 4,
	SIGMA_REFERENCES = 16,  // rules that one correlation refers to
	SIGMA_THRESHOLD = 1000, // the largest number that a correlation may count to
	SIGMA_TIMESPAN_DAYS = 90
};

enum sigma_level {
	SIGMA_INFORMATIONAL,
	SIGMA_LOW,
	SIGMA_MEDIUM,
	SIGMA_HIGH,
	SIGMA_CRITICAL,
	SIGMA_LEVELS
};
const char *sigma_level_text(enum sigma_level level);

enum sigma_kind {
	SIGMA_DETECTION,
	SIGMA_EVENT_COUNT,
	SIGMA_VALUE_COUNT,
	SIGMA_TEMPORAL,
	SIGMA_TEMPORAL_ORDERED
};

struct sigma_names {
	const char *at[SIGMA_NAMES];
	size_t count;
};

struct sigma_node;
struct sigma_regex;
struct sigma_rule;

struct sigma_correlation {
	const char *names[SIGMA_REFERENCES]; // as written: ids or names
	unsigned lines[SIGMA_REFERENCES];
	struct sigma_rule *rules[SIGMA_REFERENCES]; // once resolved
	size_t rule_count;
	const char *groups[SIGMA_GROUP_FIELDS];           // as written: fields or aliases
	int fields[SIGMA_GROUP_FIELDS][SIGMA_REFERENCES]; // of each rule
	size_t group_count;
	int64_t timespan_us;
	const char *timespan; // "1h"
	int64_t least, most;  // the count that is looked for, both included
	int value_field;      // of a value_count
	bool generate;        // the rules it refers to make findings of their own, too
};

struct sigma_rule {
	struct sigma_rule *next; // of the same file
	unsigned line;
	enum sigma_kind kind;
	const char *id, *name, *title, *description, *status, *author;
	const char *sentence, *advice;
	enum sigma_level level;
	struct sigma_names tags, false_positives, references;
	const struct ocsf_class *class; // of its log source; NULL: all
	struct sigma_node *detection;   // of a detection
	struct sigma_correlation *correlation;
	struct sigma_regex *regexes; // to be freed
	size_t number;               // the caller's own
	bool referred;    // a correlation without `generate` refers to it: no findings of its own
	uint64_t gave_up; // regular expressions that met their limit
};

struct sigma_problem {
	unsigned line;
	char text[200];
};

// Gives the list that %name% stands for, or NULL.
struct sigma_lists {
	const struct sigma_list *(*find)(void *context, const char *name);
	void *context;
};
struct sigma_list {
	const char *const *values;
	size_t count;
};

// All documents of one file. The rules live in the arena, but for what sigma_free() frees. With an
// error nothing is left to free. `lists` may be NULL. ERR_SYNTAX, ERR_INVALID, ERR_UNSUPPORTED,
// ERR_LIMIT.
enum err sigma_parse(struct bytes text, const struct sigma_lists *lists, struct arena *arena,
	struct sigma_rule **ret_first, struct sigma_problem *ret_problem);
void sigma_free(struct sigma_rule *first); // NULL is fine

// Looks up what a correlation refers to, once all of it is resolved; `find` gives a rule by id or
// name, or NULL. ERR_NOT_FOUND with the line of what is not there.
enum err sigma_resolve(struct sigma_rule *rule,
	struct sigma_rule *(*find)(void *context, const char *name), void *context,
	struct sigma_problem *ret_problem);

// Does this detection match? Never true for a correlation.
bool sigma_match(struct sigma_rule *rule, const struct ocsf_event *event);
