// behaviour: what people ordinarily do, and days that are not like it; and what has fallen silent.
//
// Counts twelve features of each person's day (features.h) and compares them in three ways, each on
// its own: *self*, with the person's own days (sketch.h); *peers*, with the days of the same role
// (loda.h); *burst*, the busiest hour against all hours before (midas.h). Each is calibrated on its
// own past scores (tail.h), so that a threshold is a rate. Scores are never averaged. A person's
// day becomes a finding
//   - when one of the three is so far out that it happens once in BEHAVIOUR_ALONE person-days,
//   - when two of them agree: the lower of the two highest of the day, calibrated like a detector,
//   is
//     as high as once in BEHAVIOUR_AGREE person-days, or
//   - when one feature adds up over weeks (half-life BEHAVIOUR_HALF_LIFE_DAYS) to what happens once
//     in BEHAVIOUR_SLOW person-days;
// at most one for each person and day, at the moment when it is so (what adds up: when the day is
// over), and one more should it become ten times as rare as it has to be. Nothing is found before
// the rate can be known: 1 / rate person-days.
//
// Nobody trains it: the reference is frozen and renewed after 14 and 28 days, then every 28 (a
// role's after 7, too, so that what adds up is found from the fifteenth day on); a day with a
// finding teaches nothing; a person's reference grows by a quarter a period at most; a role's has
// each of its persons' days once; of a day with a finding the calibration counts no more than the
// threshold.
//
// Silence is found, too: an address, an application or the whole house that was busy in these hours
// of the week in every known week and is not now; numbers missing in the trail; time that goes back
// (sources.h).
//
// All time is the events' own (hours and days: the hospital's time zone), so the same trail gives
// the same findings, replayed or restarted. A person in the words of a finding is 16 hex digits.
//
// Bounds: BEHAVIOUR_PEOPLE persons of less than 8 KiB (5.6), the least recently active go first and
// are counted; BEHAVIOUR_ROLES roles of 70 KiB; 65,536 patients of 48 bytes; 4,096 sources of 320
// bytes; two midas of 590 KiB: at most 120 MB in all, 10 MB in a house of 1,000. State is in one
// SQLite database: removed, it is made again from the trail. Used by watch alone.
#pragma once

#include "common/format/finding.h"
#include "common/message/feed.h"

struct behaviour;

enum {
	BEHAVIOUR_PEOPLE = 20000,
	BEHAVIOUR_ROLES = 24,
	BEHAVIOUR_ALONE = 2000,
	BEHAVIOUR_AGREE = 500,
	BEHAVIOUR_SLOW = 1000,
	BEHAVIOUR_HALF_LIFE_DAYS = 14,
	BEHAVIOUR_SAVE_EVENTS = 50000, // a save is worth it after so many,
	BEHAVIOUR_SAVE_CALLS = 150,    // or when asked so often: every five minutes
};

struct behaviour_options {
	const char *path; // of the database; NULL: none
	void (*found)(void *context, const struct finding *finding);
	void *context;
	bool unfrozen; // the reference follows every day by a third: to show what that costs
};

enum err behaviour_open(const struct behaviour_options *options, struct behaviour **ret_behaviour,
	char ret_problem[256]);
void behaviour_close(struct behaviour *behaviour);   // saves; NULL is fine
void behaviour_abandon(struct behaviour *behaviour); // does not; NULL is fine

uint64_t behaviour_place(const struct behaviour *behaviour); // saved; events below are counted
// Events in their order; those already counted are passed over.
void behaviour_event(struct behaviour *behaviour, const struct feed_event *event);
// The trail has nothing before this time that was not handed over: silence is found without events.
void behaviour_time(struct behaviour *behaviour, int64_t now_us);
// Keeps the state when enough has happened. ERR_IO: it goes on, and is kept another time.
enum err behaviour_save(struct behaviour *behaviour);

// A person's ordinary day against today: {"known", "actor", "role", "days", "peers", "today",
// "features": [{"feature", "label", "today", "median", "p90", "most", "peers_median", "peers_p90",
// "peers_p99", "unusual"}], "hours", "usual_hours": [24 times a percentage of days]}; {"known":
// false} when unknown. The caller's reference.
json_t *behaviour_profile(struct behaviour *behaviour, uint64_t actor);
// {"people", "forgotten", "person_days", "since", "learning", "thresholds": {...}, "sources",
// "crowded", "findings"}. The caller's reference.
json_t *behaviour_json(const struct behaviour *behaviour);
