// sigma_in: what the files of the Sigma reader share. Only for them.
#pragma once

#include "common/format/sigma.h"
#include "common/format/yaml.h"

#include <stdarg.h>

enum {
	SIGMA_ANY_FIELD = -1, // keywords look at all of them
	SIGMA_MODIFIERS = 8   // after one field
};

// One text to compare with. In `glob` stand the bytes to find and three that no UTF-8 has.
enum {
	GLOB_MANY = 0xff, // *
	GLOB_ONE = 0xfe,  // ?
	GLOB_DASH = 0xfd  // any of the five dashes of a command line
};
enum glob_shape {
	GLOB_EXACT,
	GLOB_PREFIX,
	GLOB_SUFFIX,
	GLOB_WITHIN,
	GLOB_MIXED
};
struct sigma_pattern {
	struct bytes glob; // folded unless cased
	enum glob_shape shape;
	bool cased;
};
// Takes over the glob, which must be the caller's to change.
void pattern_init(struct sigma_pattern *pattern, struct buf *glob, bool cased, struct arena *arena);
bool pattern_match(const struct sigma_pattern *pattern, struct bytes text);
char pattern_fold(char c);
// Wildcards and their escapes, as a rule writes them, appended to a glob.
void pattern_read(const char *text, struct buf *glob);

// flags: any of "ims". ERR_SYNTAX with ret_words.
enum err regex_new(struct sigma_rule *rule, const char *pattern, const char *flags,
	struct sigma_regex **ret_regex, char ret_words[120]);
bool regex_match(struct sigma_regex *regex, struct bytes text, uint64_t *gave_up);
void regex_free_all(struct sigma_regex *first);

enum sigma_op {
	OP_TEXT,
	OP_REGEX,
	OP_CIDR,
	OP_LESS,
	OP_AT_MOST,
	OP_MORE,
	OP_AT_LEAST,
	OP_EXISTS,
	OP_ABSENT,
	OP_NULL,
	OP_FIELD
};
enum sigma_place {
	PLACE_WHOLE,
	PLACE_WITHIN,
	PLACE_START,
	PLACE_END
};

struct sigma_cidr {
	uint8_t address[16];
	int family, bits;
};

struct sigma_value {
	enum sigma_op op;
	struct sigma_pattern pattern;
	struct sigma_regex *regex;
	struct sigma_cidr cidr;
	double number;
	int field; // of OP_FIELD
	enum sigma_place place;
	bool cased;
};

struct sigma_item {
	int field; // enum ocsf_field or SIGMA_ANY_FIELD
	bool all, negated;
	struct sigma_value *values;
	size_t count;
};

enum sigma_node_kind {
	NODE_ALL,  // of its children
	NODE_ANY,  // of its children
	NODE_NOT,  // its only child
	NODE_SAME, // as `first`, which is somebody else's child, too
	NODE_ITEM
};
struct sigma_node {
	enum sigma_node_kind kind;
	struct sigma_node *first, *next;
	struct sigma_item *item;
	size_t cost; // values to be compared below
};

struct sigma_selection {
	const char *name;
	struct sigma_node *node;
};

struct sigma_reader {
	struct arena *arena;
	const struct sigma_lists *lists;
	struct sigma_problem *problem;
	enum err err; // the first
	struct sigma_rule *rule;
	struct sigma_selection selections[SIGMA_SELECTIONS];
	size_t selection_count, cost;
};

[[gnu::format(printf, 4, 5)]] void sigma_fail(
	struct sigma_reader *reader, enum err err, unsigned line, const char *format, ...);
struct sigma_node *sigma_node_new(struct sigma_reader *reader, enum sigma_node_kind kind);
// The text of a scalar; else fails and gives "".
const char *sigma_word(struct sigma_reader *reader, const struct yaml *node, const char *what);

// `node->key` with its modifiers and the values below. NULL after a failure.
struct sigma_node *sigma_item_read(struct sigma_reader *reader, const struct yaml *node);
// One value or a list of words that may stand in any field.
struct sigma_node *sigma_keywords_read(struct sigma_reader *reader, const struct yaml *list);
struct sigma_node *sigma_condition_read(
	struct sigma_reader *reader, const char *text, unsigned line);
void sigma_detection_read(struct sigma_reader *reader, const struct yaml *map);
void sigma_correlation_read(struct sigma_reader *reader, const struct yaml *map);
bool sigma_is_null(const struct yaml *node);
