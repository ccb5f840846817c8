// verbs: what trail-verify can do. Each is one row of the table in trail_verify.c; the help text
// is made from it.
#pragma once

#include "common/base/bytes.h"

enum exit_code {
	EXIT_WHOLE = 0,
	EXIT_BROKEN = 1,
	EXIT_UNREADABLE = 2, // or called wrongly
};

enum {
	MOST_WORDS = 3,
	VKEY_ROOM = 512
};

struct call {
	const char *words[MOST_WORDS]; // what is not an option
	char key[VKEY_ROOM];           // the public key's text
	const char *checkpoint, *leaf, *entry;
	bool json, quiet;
};

struct verb {
	const char *name; // "" for the one that needs no name
	int words;        // how many it takes
	const char *usage, *help;
	enum exit_code (*run)(const struct call *call);
};

enum exit_code run_verify(const struct call *call);      // check.c
enum exit_code run_export(const struct call *call);      // check.c
enum exit_code run_inclusion(const struct call *call);   // proofs.c
enum exit_code run_consistency(const struct call *call); // proofs.c
enum exit_code run_prove(const struct call *call);       // proofs.c
enum exit_code run_extend(const struct call *call);      // proofs.c

// A small text file into the buffer, as it is; complains on standard error.
bool read_small(const char *path, struct buf *ret_text);
