// detect_in: what the three files of detect share. Nobody else includes this.
#pragma once

#include "common/base/map.h"
#include "watch/detect/detect.h"

// What is remembered of a rule while files come and go.
struct memory {
	struct correlate *state; // of a correlation
	uint64_t hits, excepted, findings, held_back;
	int64_t hour;             // whose findings are counted in this_hour
	int64_t crowded_until_us; // told already, up to then
	uint64_t crowded;         // groups forgotten too soon, up to now
	uint32_t this_hour, subject_count;
	bool held;          // something was, in this hour
	uint64_t *subjects; // of this hour's findings, DETECT_SUBJECTS of them; NULL: none yet
};

struct detect {
	struct detect_owner owner;
	struct rules *rules;
	struct memory **memories; // of the rules, by their number
	struct map *by_id;        // all memories there are
	char also[512];           // a file of exceptions, or ""
	int64_t since_us;         // of the first event
	uint64_t events, replay_until, levels[SIGMA_LEVELS];
};

// report.c. A correlation is asked whether it may report: false, and it goes on counting.
bool report_match(struct detect *detect, const struct rules_entry *entry,
	const struct ocsf_event *event, const struct correlate_hit *hit);
// Tells when a correlation had to forget what it counted.
void report_room(
	struct detect *detect, const struct sigma_rule *rule, const struct ocsf_event *event);
