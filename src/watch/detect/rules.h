// rules: all rules below a folder, read at once: *.yml, lists/*.txt and exceptions.yaml.
//
// A file that is wrong is left out with its problem; the others count. The order is that of the
// paths, so that the same folder always gives the same findings. Bounded: RULES_FILES files among
// RULES_NAMES names, RULES_MOST rules, RULES_DEPTH folders deep. A set is read once and never
// changed; what is remembered between events is in detect.
#pragma once

#include "common/format/sigma.h"
#include "watch/detect/exceptions.h"

enum {
	RULES_FILES = 1000,
	RULES_NAMES = 50000, // that are looked at, whatever they are
	RULES_MOST = 2000,
	RULES_DEPTH = 4,
	RULES_PROBLEMS = 50,
	RULES_PATH_BYTES = 512,
	RULES_LIST_VALUES = 10000,
	RULES_CHAIN = 8 // correlations of correlations
};

struct rules_problem {
	const char *file; // below the folder
	unsigned line;
	char text[200];
};

// A correlation that wants to know when a rule is met.
struct rules_wish {
	struct rules_wish *next;
	size_t correlation; // index of the rule
	size_t which;       // of those it refers to
};

struct rules_entry {
	struct sigma_rule *rule;
	const char *file;
	struct rules_wish *wishes;
};

struct rules {
	struct arena *arena;
	struct rules_entry *at;
	size_t count;
	struct exceptions exceptions;
	struct rules_problem *problems;
	size_t problem_count; // those past RULES_PROBLEMS are counted only
	bool overfull;        // which files were read is chance
};

// Exceptions of another file count as well, where it is there.
void rules_also(struct rules *rules, const char *path);
// For whoever read an overfull folder: these are right, and a problem of theirs says why they stay.
void rules_keep(struct rules *rules);
struct rules *rules_read(const char *folder); // never NULL; a folder that is missing is a problem
void rules_free(struct rules *rules);         // NULL is fine
// Changes when a file of the folder is added, removed, or written to.
uint64_t rules_stamp(const char *folder);
