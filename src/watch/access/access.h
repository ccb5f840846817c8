// access: every access to a record, weighed by how well it is explained, and the short list that a
// reviewer can get through in a day.
//
// One line is kept for each person, patient and day. It is explained at once and, when nothing
// explained it, again ACCESS_SECOND_LOOK_H later, for documentation comes late. What stays
// unexplained weighs by its flags (score.h). When a day is over, the list of that day is made:
// `per_thousand` for each thousand people who worked in the last 30 days, and `least` in any case.
// Incidents of that day come first and take their part of it (access_incident()); of five others
// two are persons with the worst single day of the last week, two are persons of whom something
// adds up with a half-life of ACCESS_HALF_LIFE_DAYS, and one is a record that three persons or more
// opened within a week. What was in the list before does not count again, and whoever was is not
// in it again for two weeks, unless it weighs twice as much. Days are of UTC and end by the events'
// own time, so the same trail and the same explanations give the same list, however fast they come.
//
// Bounds: ACCESS_LINES lines of about 100 bytes for a person and a day (further patients of that
// day are not weighed, and that is a finding, "access.many"), kept for ACCESS_KEPT_DAYS when
// unexplained and for two days otherwise, on disk; in memory only the database's cache
// (ACCESS_CACHE_KIB) and a fixed table, whatever the number of persons. All state is in one SQLite
// database: removed, it is made again from the trail. Used by watch alone.
#pragma once

#include "common/format/finding.h"
#include "common/message/feed.h"

struct access;

enum {
	ACCESS_SECOND_LOOK_H = 48,
	ACCESS_HALF_LIFE_DAYS = 14,
	ACCESS_KEPT_DAYS = 90,
	ACCESS_LINES = 2000,
	ACCESS_CACHE_KIB = 8192,
	ACCESS_SHOWN = 40,     // items in the JSON
	ACCESS_TOGETHER = 8,   // persons who are named at a record
	ACCESS_SLOW_DAYS = 42, // what adds up is shown over so many
	ACCESS_EVIDENCE = 64
};

enum access_list {
	ACCESS_WORST = 1,
	ACCESS_SLOW,
	ACCESS_RECORD,
	ACCESS_LISTS
};

struct access_options {
	const char *path; // of the database
	double per_thousand;
	unsigned least; // a day, however small the house and however many the incidents
	// Somebody's day has as many lines as are kept; read again, the same is told again. May be
	// NULL.
	void (*found)(void *context, const struct finding *finding);
	void *context;
};

enum err access_open(
	const struct access_options *options, struct access **ret_access, char ret_problem[256]);
void access_close(struct access *access); // saves; NULL is fine

uint64_t access_place(const struct access *access); // events below are counted
// Events in their order; those below the place are passed over.
void access_event(struct access *access, const struct feed_event *event);
// The trail has nothing before this time that was not handed over.
void access_time(struct access *access, int64_t now_us);

// What should be explained next, at most FEED_WISHES; none while the last are unanswered.
size_t access_wishes(struct access *access, struct feed_wish ret_wishes[FEED_WISHES]);
// The answers to them, in their order. ERR_INVALID when they are not.
enum err access_explained(struct access *access, const struct feed_explained *list, size_t count);
void access_unanswered(struct access *access); // the vault went away: they are asked again

// Commits everything since the last call. ERR_IO.
enum err access_save(struct access *access);
// {"staff", "per_thousand", "least", "half_life_days", "waiting", "incidents", "until",
// "items": […]} for the vault, which joins names.
void access_json(struct access *access, struct buf *out);
unsigned access_shown(const struct access *access); // items in the last one

// An incident was opened: somebody looks at it anyway. Numbers only grow; each counts once.
struct access_incident {
	uint64_t number;
	int64_t opened_us;
	uint64_t actor; // whom it is about, or 0
	bool by_hand;   // somebody looks at that person already, and it costs nothing
};
enum err access_incident(struct access *access, const struct access_incident *incident);
uint64_t access_last_incident(const struct access *access);

// One item of the list: a person and the day (since 1970) that it is about. Of a record that
// several opened each of them is decided about, as of their day.
struct access_of {
	uint64_t actor;
	int64_t day;
	bool slow;
};
// What it shows: nothing that was decided about, and nothing that was explained since.
struct access_case {
	uint64_t records, opened; // the others were refused, or merely found in a list
	unsigned days;
	uint64_t patient; // 0: several
	uint32_t flag_counts[EXPLAINED_FLAGS];
	uint64_t seq;                       // the newest access
	int64_t at_us;                      // its time
	uint64_t evidence[ACCESS_EVIDENCE]; // the newest accesses
	size_t evidence_count;
};
enum err access_find(struct access *access, const struct access_of *of,
	struct access_case *ret_case); // ERR_NOT_FOUND
// A reviewer has decided about it: it is shown no more and does not count again, also not when it
// is looked at a second time; what is done to those records beyond it does. The person keeps the
// place in the day's budget. Kept when this returns; ERR_IO.
enum err access_judge(struct access *access, const struct access_of *of);
// It was decided too soon: what of it is still kept weighs again. ERR_NOT_FOUND, ERR_IO.
enum err access_unjudge(struct access *access, const struct access_of *of, uint64_t *ret_records);
bool access_news(struct access *access); // was anything decided since the last call?

// What a day's list holds, for measuring: called for every item that is made from now on.
struct access_item {
	int64_t made; // when it was put there
	int64_t day;  // that it is about; of what adds up, the last one
	enum access_list list;
	uint64_t actor, patient; // one of them
	const uint64_t *actors;  // who opened the record
	size_t actor_count;
	double score;
};
void access_listen(struct access *access,
	void (*made)(void *context, const struct access_item *item), void *context);
