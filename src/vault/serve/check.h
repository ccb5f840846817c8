// check: are the records what the trail says was written, and nothing else? Some milliseconds at a
// time, between other people's requests. What is being written meanwhile is no fault.
//
// Found: a version that does not open in its place, that is missing, that differs from the hash
// which the trail has of it, or whose write the trail does not name; a key that is gone without the
// trail saying that it was destroyed.
#pragma once

#include "vault/serve/serve.h"

enum {
	CHECK_US = 10000, // of a step
	CHECK_WORDS_BYTES = 320
};

struct check_state {
	uint64_t number;            // of this check
	uint64_t entries, versions; // looked at so far
	uint64_t all;               // of both together, as far as it is known
	bool end;
	char wrong[CHECK_WORDS_BYTES]; // the first thing that is wrong; empty when nothing is
};

// Begins anew, forgetting one that was not ended.
void check_begin(struct vault *vault);
// ERR_NOT_FOUND when `number` is not the check that is under way.
enum err check_step(struct vault *vault, uint64_t number, struct check_state *ret_state);
uint64_t check_number(const struct vault *vault); // of the one that is under way
void check_end(struct vault *vault);              // fine when there is none
