// correlate: what one correlation rule remembers, group by group.
//
// Time is that of the events alone, so a replay gives the same. Bounded: CORRELATE_GROUPS groups
// and CORRELATE_MARKS marks for each rule (24 bytes each), CORRELATE_GROUP_MARKS in one group; the
// group that was longest without an event goes first, and what went before its time is counted.
// When a count is reached, the group is reported once and then again after the timespan, should it
// still hold.
#pragma once

#include "common/format/sigma.h"

enum {
	CORRELATE_GROUPS = 20000,
	CORRELATE_MARKS = 200000,
	CORRELATE_GROUP_MARKS = 1024,
	CORRELATE_EVIDENCE = 32,
	CORRELATE_KEY_BYTES = 300,
	CORRELATE_COMBINATIONS = 64 // of values, when a group's field has several
};

struct correlate;

struct correlate *correlate_new(const struct sigma_rule *rule);
void correlate_free(struct correlate *state); // NULL is fine
// Does what is remembered fit this rule? Thresholds and the timespan may change, not what is
// grouped, counted and referred to.
bool correlate_fits(const struct correlate *state, const struct sigma_rule *rule);

struct correlate_hit {
	const char *key;                       // of the group, readable
	uint64_t count;                        // of what the rule counts
	uint64_t evidence[CORRELATE_EVIDENCE]; // numbers in the trail, the newest ones, in order
	size_t evidence_count;
};
struct correlate_sink {
	// Asked when the rule is fulfilled; false: as if it had not been (see detect.h on replays).
	bool (*hit)(void *context, const struct correlate_hit *hit);
	void *context;
};
// `rule` is what the state was made for; `which` of the rules it refers to met this event.
void correlate_event(struct correlate *state, const struct sigma_rule *rule, size_t which,
	const struct ocsf_event *event,
	const struct correlate_sink *sink); // five: who, what, to whom

struct correlate_stats {
	size_t groups, marks, bytes;
	uint64_t evicted_groups, evicted_marks;
};
void correlate_stats(const struct correlate *state, struct correlate_stats *ret_stats);
// Groups that went before their timespan was over, for want of room.
uint64_t correlate_lost(const struct correlate *state);
