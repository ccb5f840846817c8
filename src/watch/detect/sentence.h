// sentence: what a finding says to a person, in the rule's own words with the event's values.
#pragma once

#include "common/format/sigma.h"

// Fills {field}, {count} and {timespan}; a field without a value is "nobody known". Without a
// sentence the title and who it was. Cut at `FINDING_SENTENCE_BYTES`, at a character's boundary.
void sentence_fill(const struct sigma_rule *rule, const struct ocsf_event *event, uint64_t count,
	char *ret_text);
