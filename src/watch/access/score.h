// score: how much an access weighs that nothing explains. Pure.
//
// In hundredths, so that sums are exact: 0 is explained, 2000 an ordinary record that nothing
// explains, more with each flag. The weights are in score.c, beside each other; they were set on
// some simulated hospitals and are measured on others (docs/explained-access.md).
#pragma once

#include "common/format/explained.h"

enum access_act {
	ACT_FOUND = 1,  // came up in a search for persons
	ACT_OPENED = 2, // was read
	ACT_WROTE = 4,
	ACT_REFUSED = 8, // wanted, and refused
	ACT_GLASS = 16,  // the glass was broken for it
	ACT_JUDGED = 32, // a reviewer has decided about it: it weighs nothing any more
};

// From which strength on it is explained: with a relative, somebody at the same address or somebody
// known to all it takes more than that the patient was in the house.
uint8_t score_enough(uint32_t flags);
int64_t score_of(const struct explained *explained, unsigned acts);
