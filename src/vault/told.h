// told: what was written down already, as numbers. A set that remembers the newest TOLD_REMEMBERED
// at least, and twice as many at most; what is older is forgotten. At most 1 MB.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TOLD_REMEMBERED = 32768
};

struct told {                   // {0} is empty
	uint64_t *now, *before; // NULL until they are needed
	size_t count;           // in `now`
};

bool told_has(const struct told *told, uint64_t what);
void told_add(struct told *told, uint64_t what); // not 0
void told_done(struct told *told);
