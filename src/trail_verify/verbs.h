// verbs: what trail-verify can do. Each is one row of the table in trail_verify.c, from which the
// command line is read and --help and trail-verify(1) are made.
#pragma once

#include "common/base/usage.h"

#include <stdio.h>

enum exit_code {
	EXIT_WHOLE = 0,
	EXIT_BROKEN = 1,
	EXIT_UNREADABLE = 2, // or called wrongly
};

enum {
	VKEY_ROOM = 512
};

struct call {
	struct usage_given given;
	char key[VKEY_ROOM]; // the public key's text
	bool json;
};

struct verb {
	struct usage usage; // its words are "" for the one that needs no name
	enum exit_code (*run)(const struct call *call);
};

enum exit_code run_verify(const struct call *call);      // check.c
enum exit_code run_export(const struct call *call);      // check.c
enum exit_code run_inclusion(const struct call *call);   // proofs.c
enum exit_code run_consistency(const struct call *call); // proofs.c
enum exit_code run_prove(const struct call *call);       // proofs.c
enum exit_code run_extend(const struct call *call);      // proofs.c

const char *option_of(const struct call *call, const char *name); // of those its usage declares
const char *word_of(const struct call *call, int number);
// Says on standard error, in words or as JSON, why it cannot be checked. Always EXIT_UNREADABLE.
[[gnu::format(printf, 2, 3)]] enum exit_code complain(
	const struct call *call, const char *format, ...);
// A small text file into the buffer, as it is; complains.
bool read_small(const struct call *call, const char *path, struct buf *ret_text);
// A text as JSON writes it, in quotes.
void print_json_text(FILE *to, const char *text);
