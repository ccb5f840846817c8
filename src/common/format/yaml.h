// yaml: libyaml's documents as a small tree with line numbers, for our configuration and rules.
//
// The tree lives in an arena. Bounded: YAML_MOST_BYTES of text, YAML_MOST_NODES nodes, depth
// YAML_MOST_DEPTH; anchors and aliases are refused (a few lines of them can stand for gigabytes),
// so are duplicate keys. Pure.
#pragma once

#include "common/base/bytes.h"

enum {
	YAML_MOST_BYTES = 1024 * 1024,
	YAML_MOST_NODES = 50000,
	YAML_MOST_DEPTH = 16
};

enum yaml_kind {
	YAML_SCALAR,
	YAML_LIST,
	YAML_MAP
};

struct yaml {
	enum yaml_kind kind;
	unsigned line;      // from 1
	const char *key;    // of this node in its map, else NULL
	const char *text;   // of a scalar, else ""
	bool plain;         // a scalar without quotes: `null` and not 'null'
	struct yaml *first; // child, in the order of the file
	struct yaml *next;  // sibling
};

struct yaml_problem {
	unsigned line;
	const char *words; // static
};

// One document. An empty text gives an empty map. ERR_SYNTAX, ERR_INVALID, ERR_LIMIT.
enum err yaml_parse(struct bytes text, struct arena *arena, struct yaml **ret_root,
	struct yaml_problem *ret_problem);
// Any number of documents, as a list. The ceilings are for all of them together.
enum err yaml_parse_all(struct bytes text, struct arena *arena, struct yaml **ret_list,
	struct yaml_problem *ret_problem);
const struct yaml *yaml_find(const struct yaml *map, const char *key); // NULL when absent
