// Who is worth a reviewer's time on a day: candidates of three kinds, and which of them fit.
#include "watch/access/access_in.h"

#include <math.h>
#include <string.h>

enum {
	SLOW_DAYS = 3,       // on how many days something must have been unexplained
	CANDIDATES = 64,     // of a kind that are kept
	LEAST_SO_FAR = 1200, // of an ordinary record while documentation may come
	RECORD_PERSONS = 3,  // so many at one record are a crowd
	QUIET_DAYS = 14,     // after a review, unless it weighs QUIET_TIMES as much
	QUIET_TIMES = 2
};

struct candidates {
	struct person at[CANDIDATES];
	size_t count, next;
};

// Was looked at a short time ago, and nothing much worse came since.
static bool is_quiet(struct access *a, const struct person *person, int64_t day)
{
	const int64_t values[] = {(int64_t)person->actor, day - QUIET_DAYS, day};
	double score = (double)close_number(a, A_RECENT, values, 3);
	return person->score < QUIET_TIMES * score;
}

static bool is_among(const struct candidates *list, uint64_t actor)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->at[i].actor == actor)
			return true;
	return false;
}

// Rows of actor (or patient), day, score, the worst first: one of each.
static void find(struct access *a, enum access_query query, const struct picking *picking,
	struct candidates *ret)
{
	int64_t day = picking->day;
	double least = picking->so_far ? LEAST_SO_FAR : ACCESS_LEAST_SCORE;
	struct person rows[4 * CANDIDATES];
	const int64_t values[] = {day - WEEK + 1, day, day};
	struct store_query *q = a->queries[query];
	size_t count = 0;
	keep_bind(a, query, values, 3);
	while (count < sizeof rows / sizeof *rows && query_step(q) == STORE_ROW) {
		rows[count] = (struct person){
			(uint64_t)row_int(q, 0), row_int(q, 1), (double)row_int(q, 2)};
		if (rows[count++].score < least)
			break;
	}
	query_reset(q);
	for (size_t i = 0; i < count && ret->count < CANDIDATES; i++)
		if (rows[i].score >= least && !is_among(ret, rows[i].actor) &&
			!is_quiet(a, &rows[i], day))
			ret->at[ret->count++] = rows[i];
}

// Keeps the largest, in order.
static void offer(struct candidates *list, const struct person *person)
{
	size_t at = list->count;
	while (at && (list->at[at - 1].score < person->score ||
			     (list->at[at - 1].score == person->score &&
				     list->at[at - 1].actor > person->actor)))
		at--;
	if (at == CANDIDATES)
		return;
	if (list->count < CANDIDATES)
		list->count++;
	for (size_t i = list->count - 1; i > at; i--)
		list->at[i] = list->at[i - 1];
	list->at[at] = *person;
}

struct adding {
	struct person person;
	int64_t queued_day, last_day;
	unsigned days;
};

// What was in the list before has been reviewed: only what came later counts.
static void begin(struct access *a, struct adding *adding, uint64_t actor)
{
	const int64_t values[] = {(int64_t)actor, INT64_MAX};
	*adding = (struct adding){.person.actor = actor,
		.queued_day = close_number(a, A_QUEUED, values, 2),
		.last_day = INT64_MIN};
}

static void end(struct access *a, const struct adding *adding, int64_t day, struct candidates *ret)
{
	if (adding->days >= SLOW_DAYS && adding->person.score >= ACCESS_LEAST_SCORE &&
		!is_quiet(a, &adding->person, day))
		offer(ret, &adding->person);
}

static void find_slow(struct access *a, int64_t day, struct candidates *ret)
{
	const int64_t values[] = {day - ACCESS_KEPT_DAYS + 1, day};
	struct store_query *q = a->queries[A_SLOW];
	struct adding adding = {0};
	bool any = false;
	keep_bind(a, A_SLOW, values, 2);
	for (bool more = true; more;) {
		more = query_step(q) == STORE_ROW;
		uint64_t actor = more ? (uint64_t)row_int(q, 0) : 0;
		if (any && (!more || actor != adding.person.actor))
			end(a, &adding, day, ret);
		if (!more)
			break;
		if (!any || actor != adding.person.actor)
			begin(a, &adding, actor);
		any = true;
		int64_t of_day = row_int(q, 1);
		if (of_day <= adding.queued_day)
			continue;
		double age_days = (double)((day + 1) * DAY_US - row_int(q, 2)) / (double)DAY_US;
		adding.person.score +=
			(double)row_int(q, 3) * exp2(-age_days / ACCESS_HALF_LIFE_DAYS);
		adding.days += of_day != adding.last_day;
		adding.last_day = adding.person.day = of_day;
	}
	query_reset(q);
}

// ---- Which of them fit.

static bool is_picked(const struct pick *picks, size_t count, uint64_t actor)
{
	for (size_t i = 0; i < count; i++) {
		if (picks[i].person.actor == actor)
			return true;
		for (size_t k = 0; k < picks[i].other_count; k++)
			if (picks[i].others[k] == actor)
				return true;
	}
	return false;
}

static void add_others(struct access *a, int64_t day, struct pick *pick)
{
	const int64_t values[] = {
		day - WEEK + 1, day, (int64_t)pick->person.actor, ACCESS_TOGETHER};
	struct store_query *q = a->queries[A_RECORD_PERSONS];
	keep_bind(a, A_RECORD_PERSONS, values, 4);
	while (pick->other_count < ACCESS_TOGETHER && query_step(q) == STORE_ROW) {
		pick->others[pick->other_count] = (uint64_t)row_int(q, 0);
		pick->weights[pick->other_count++] = row_int(q, 1);
	}
	query_reset(q);
}

// Most of them are known already: nothing new to look at.
static bool is_new(const struct pick *picks, size_t count, const struct pick *pick)
{
	size_t others = 0;
	if (pick->list != ACCESS_RECORD)
		return !is_picked(picks, count, pick->person.actor);
	for (size_t i = 0; i < pick->other_count; i++)
		others += !is_picked(picks, count, pick->others[i]);
	return others >= RECORD_PERSONS;
}

static bool next(struct access *a, int64_t day, struct candidates *from, struct pick *picks,
	size_t count) // five: the picks before it, and the one behind them
{
	struct pick *pick = &picks[count];
	while (from->next < from->count) {
		*pick = (struct pick){.list = pick->list, .person = from->at[from->next++]};
		if (pick->list == ACCESS_RECORD)
			add_others(a, day, pick);
		if (is_new(picks, count, pick))
			return true;
	}
	return false;
}

// Of five picks two are for the day's worst, two for what adds up, one for a record that several
// opened; where there is none of a kind, the next one's turn comes.
size_t pick_day(struct access *a, const struct picking *picking, struct pick *ret)
{
	static const uint8_t turns[5] = {
		ACCESS_WORST, ACCESS_RECORD, ACCESS_SLOW, ACCESS_WORST, ACCESS_SLOW};
	struct candidates of[ACCESS_LISTS] = {0};
	int64_t day = picking->day;
	size_t count = 0;
	find(a, A_WORST, picking, &of[ACCESS_WORST]);
	find(a, A_RECORD, picking, &of[ACCESS_RECORD]);
	if (!picking->so_far)
		find_slow(a, day, &of[ACCESS_SLOW]);
	for (unsigned i = 0; i < picking->most && count < PICKS; i++) {
		bool any = false;
		for (unsigned k = 0; k < ACCESS_LISTS - 1 && !any; k++) {
			unsigned turn = turns[(a->picks + (int64_t)i) % 5] - 1 + k;
			ret[count].list = (enum access_list)(turn % (ACCESS_LISTS - 1) + 1);
			any = next(a, day, &of[ret[count].list], ret, count);
		}
		count += any;
	}
	return count;
}
