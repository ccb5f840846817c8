// ranges: addresses and ranges of addresses, each with a number, and which of them cover an
// address.
//
// A range contains another, or has nothing in common with it: sorted by where they begin, with a
// link to what contains each, one search gives all that cover an address. Added to, then made ready
// once, then only read: from any thread.
#pragma once

#include "common/format/prefix.h"

#include <stddef.h>

struct ranges;

#define RANGES_NONE UINT32_MAX

struct ranges *ranges_new(void);
void ranges_free(struct ranges *ranges); // NULL is fine
void ranges_add(struct ranges *ranges, const struct prefix *prefix, uint32_t number);
// The same range twice: `same` is told both numbers, and the first stays.
void ranges_ready(
	struct ranges *ranges, void (*same)(void *, uint32_t first, uint32_t other), void *context);
// Numbers of those that cover it, the narrowest first; at most so many.
size_t ranges_find(const struct ranges *ranges, const struct prefix *prefix, uint32_t *ret_numbers,
	size_t most);
// One that lies within it or is the same, or RANGES_NONE.
uint32_t ranges_within(const struct ranges *ranges, const struct prefix *prefix);
size_t ranges_bytes(const struct ranges *ranges);
