// seen: when each person was last active, so that an account that wakes is noticed.
//
// Bounded: SEEN_PEOPLE places of 16 bytes; where there is none left, whoever was away longest among
// the neighbours goes, and is then not known instead of dormant.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SEEN_PEOPLE = 65536
};

struct seen;

struct seen *seen_new(void);
void seen_free(struct seen *seen); // NULL is fine
// When this person was last active before, in microseconds; 0 when not known. Then it is now.
int64_t seen_at(struct seen *seen, uint64_t person, int64_t now_us);
// What was set since the last call, one at a time from *at = 0; false at the end.
bool seen_changed(struct seen *seen, size_t *at, uint64_t *ret_person, int64_t *ret_time_us);
