// access_in: what the part's own files share. Nobody else includes this.
#pragma once

#include "common/store/store.h"
#include "watch/access/access.h"
#include "watch/access/score.h"

#define DAY_US 86400000000ll

enum access_query {
	A_FIND,           // day, actor, patient -> acts, stage, kind, strength, flags
	A_COUNT,          // day, actor -> lines
	A_ADD,            // day, actor, patient, seq, idx, at, acts
	A_ACTS,           // day, actor, patient, acts, score
	A_TOLD,           // day, actor, patient, stage, kind, strength, steps, flags, score
	A_FIRST,          // most -> day, actor, patient, seq, idx, at, acts
	A_SECOND,         // at, most -> the same
	A_OPEN,           // day, at -> 1 when a look is still missing before the day can end
	A_WAITING,        // -> how many first looks wait
	A_PERSON,         // actor, day
	A_STAFF,          // day -> count
	A_WORST,          // from day, to day, made before -> actor, day, score
	A_RECORD,         // the same of records that several opened -> patient, the last day, score
	A_RECORD_PERSONS, // from day, to day, patient, most -> actors, the worst first
	A_SLOW,           // from day, to day -> actor, day, at, score
	A_QUEUED,         // actor, made before -> the last day on which it was put into the list
	A_RECENT,         // actor (or patient), made after, made before -> the highest score
	A_INCIDENTS,      // day -> how many were opened
	A_ITEM,           // made, queue, actor, day, score
	A_ITEMS,          // made from, most -> day, queue, actor
	A_SUM,   // from day, to day, actor -> records, persons, days, flags…, score, opened
	A_LOOKS, // from day, to day, actor, most -> seq, idx, at, kind, strength, flags, score,
		 // stage
	A_RECORD_SUM, // the two of a patient
	A_RECORD_LOOKS,
	A_SET,        // name, value
	A_AGAIN,      // most -> the same as A_FIRST, of what was done later that day
	A_AGAIN_ADD,  // day, actor, patient, seq, idx, at
	A_AGAIN_LEFT, // -> 1 when there are any
	A_AGAIN_DONE, // seq, idx
	A_AGAIN_SKIP, // those that were explained meanwhile, with nothing noticeable
	A_JUDGE,      // from day, to day, actor: what weighs was decided about
	A_JUDGED,     // from day, to day, actor -> day, patient, acts, kind, strength, flags
	A_CASE, // from day, to day, actor -> day, patient, seq, at, flags, opened; the newest first
	A_HAD,  // made -> how many persons were decided about before that day is over
	A_ITEM_OF, // actor, list, day -> 1 when it was put there
	A_QUERIES
};

enum {
	STAGE_FIRST, // wants its first look
	STAGE_SECOND,
	STAGE_SETTLED,
	STAGE_AGAIN // of a wish: the line stays as it is
};
// Rows beside those of enum access_list, that nobody is shown.
enum {
	ROW_WITH = ACCESS_LISTS, // looked at with something else: a record, or an incident
	ROW_INCIDENT             // its number instead of an actor
};
enum {
	WEEK = 7, // days of which what nobody reviewed competes
	PICKS = 256
};

// One line's key, and what is needed to weigh it again.
struct line {
	int64_t day;
	uint64_t actor, patient, seq;
	unsigned index, acts, stage;
	int64_t at_us;
};

enum {
	SEEN = 1 << 15,
	ACCESS_LEAST_SCORE = 2000, // hundredths: less is not worth a reviewer's time
};

struct access {
	struct store *store;
	struct store_query *queries[A_QUERIES];
	double per_thousand;
	unsigned least;
	uint64_t place;
	int64_t clock_us, closed_day; // INT64_MIN before the first event
	uint64_t incident;            // the last that is counted
	double credit;                // of the budget, carried from day to day
	int64_t picks;
	struct line open[FEED_WISHES];
	size_t open_count;
	struct {
		uint64_t actor, patient;
		int64_t day;
		unsigned acts;
	} seen[SEEN]; // lines that need no look into the database
	bool changed, has_again, news;
	unsigned shown; // items, when the queue was last told
	void (*made)(void *context, const struct access_item *item);
	void *made_context;
	void (*found)(void *context, const struct finding *finding);
	void *found_context;
};

// keep.c
enum err keep_open(struct access *access, const char *path, char ret_problem[256]);
void keep_close(struct access *access);
enum err keep_state(struct access *access); // writes place, clock and budget
void keep_bind(struct access *access, enum access_query query, const int64_t *values, size_t count);
enum err keep_run(
	struct access *access, enum access_query query, const int64_t *values, size_t count);

struct person {
	uint64_t actor;
	int64_t day;
	double score;
};

struct pick {
	enum access_list list;
	struct person person; // of a record: the patient as actor
	uint64_t others[ACCESS_TOGETHER];
	int64_t weights[ACCESS_TOGETHER]; // of each of them
	size_t other_count;
};

// close.c: ends the days that can be ended.
enum err close_days(struct access *access);
int64_t close_limit_us(const struct access *access); // second looks due later have to wait
int64_t close_staff(struct access *access, int64_t day);
int64_t close_number(
	struct access *access, enum access_query query, const int64_t *values, size_t count);
// What the list would hold, were the day over now, but for what adds up.
size_t close_today(struct access *access, struct pick *ret, size_t most);

// pick.c: whom a day's list takes; at most PICKS.
struct picking {
	int64_t day;
	unsigned most;
	// The day is not over: without what adds up, which takes the longest to find, but with
	// what weighs too little while documentation may come, should there be room.
	bool so_far;
};
size_t pick_day(struct access *access, const struct picking *picking, struct pick *ret);
