// allowance: so many at once, and then so many a second.
//
// For what a peer can cause as often as it likes and that stays, such as entries of the trail.
// Zeroed it is full. Pure: time is the caller's, monotonic, in microseconds and not 0.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct allowance {
	uint32_t spent;
	int64_t paid_us; // up to here what was spent has been earned again
};

// False: there is none left now. `a_second` is at most a million.
bool allowance_take(
	struct allowance *allowance, uint32_t at_once, uint32_t a_second, int64_t now_us);
