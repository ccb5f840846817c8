// retry: when an errand is tried again. Pure; randomness and time are the caller's.
#pragma once

#include <stdint.h>

struct retry {
	int64_t first_ms, most_ms; // the pause after the first failure, and the longest there is
};

// The pause after so many attempts: doubled each time up to the longest, and of that a part between
// a half and the whole, chosen by `random`, so that many errands do not come back at once.
int64_t retry_pause_ms(const struct retry *retry, unsigned attempts, uint32_t random);
