// sketch: how a number was distributed over days, in 132 bytes.
//
// DDSketch (Masson, Rim, Lee: DDSketch, PVLDB 12(12), 2019) over whole numbers with a fixed number
// of buckets: up to 16 each number has its own, beyond that each is 15 % wider than the one before,
// up to 10,628; what is more counts as that. So a quantile is exact up to 16 and within 8 % of the
// value above it. Sketches merge exactly. A bucket that would pass 65,535 halves all of them, which
// keeps the shares; days are forgotten only so, or by sketch_halve(). The largest value is kept by
// itself. Pure.
#pragma once

#include <stdint.h>

enum {
	SKETCH_BUCKETS = 64
};

struct sketch {
	uint16_t counts[SKETCH_BUCKETS];
	uint32_t most;
};

void sketch_add(struct sketch *sketch, uint32_t value);
void sketch_merge(struct sketch *into, const struct sketch *from);
void sketch_halve(struct sketch *sketch);
uint32_t sketch_count(const struct sketch *sketch);
// The smallest value that at least this share (0 to 1) does not exceed; 0 when empty.
uint32_t sketch_quantile(const struct sketch *sketch, double share);
uint32_t sketch_from(const struct sketch *sketch, uint32_t value); // how many are at least that
