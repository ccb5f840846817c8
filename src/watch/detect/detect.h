// detect: all rules over all events, one event after the other; findings come out.
//
// Depends on nothing but the rules and the events in their order: from the same start the same
// events give the same findings. What rules remember is kept by the rule's id, so the folder can be
// read again at any time.
//
// Floods. Each rule makes DETECT_HOURLY findings in an hour of the events' own time, and beyond
// that one for each person (or address) it has not told of in that hour, DETECT_SUBJECTS of them:
// many findings of one do not hide another's. What is held back is counted, and that something is
// makes a finding of its own ("watch.held-back"), as does a correlation that has to forget groups
// before their time ("watch.forgot"), once for a rule and an hour.
//
// Replays. Watch begins some way before its place, to remember what correlations need. For events
// before `from` a finding is only remembered if it was made then: the owner knows (`made_before`).
#pragma once

#include "common/format/finding.h"
#include "watch/detect/correlate.h"
#include "watch/detect/rules.h"

enum {
	DETECT_HOURLY = 100,
	DETECT_SUBJECTS = 1000
};

struct detect_owner {
	void (*found)(void *context, const struct finding *finding);
	bool (*made_before)(void *context, const struct finding *finding); // may be NULL
	void *context;
};

struct detect;

struct detect *detect_new(const struct detect_owner *owner);
void detect_free(struct detect *detect); // NULL is fine
// A file of exceptions that is read with the rules, beside theirs. Before detect_read().
void detect_also(struct detect *detect, const char *path);
// Reads the rules, again or for the first time. True when something was wrong in the folder: then
// detect_rules() tells what, and what was right counts.
bool detect_read(struct detect *detect, const char *folder);
const struct rules *detect_rules(const struct detect *detect); // borrowed; NULL before

void detect_replay_until(struct detect *detect, uint64_t from);
void detect_event(struct detect *detect, const struct ocsf_event *event);

// Counts for people: events, findings by level, rules with their hits, problems, exceptions with
// their use (and which have ended by `now_us`), memory, from which time on correlations remember,
// and how far back the longest of them would look. The caller's reference.
json_t *detect_json(const struct detect *detect, int64_t now_us);
// The longest timespan of a correlation that counts now.
int64_t detect_longest_us(const struct detect *detect);
