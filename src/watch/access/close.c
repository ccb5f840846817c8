// The end of a day: who is put into the queues.
#include "watch/access/access_in.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	SLOW_DAYS = 3,     // on how many days something must have been unexplained
	SLOW_PERSONS = 64, // candidates that are kept
	WORST_PERSONS = 256,
	WORST_DAYS = 7,
};

static int64_t day_end_us(int64_t day)
{
	return (day + 1) * DAY_US;
}

int64_t close_limit_us(const struct access *a)
{
	int64_t end_us = day_end_us(a->closed_day + 1);
	return a->clock_us < end_us ? a->clock_us : end_us;
}

static bool is_over(struct access *a, int64_t day)
{
	const int64_t values[] = {day, day_end_us(day) - ACCESS_SECOND_LOOK_H * 3600000000ll};
	struct store_query *q = a->queries[A_OPEN];
	if (a->clock_us < day_end_us(day))
		return false;
	keep_bind(a, A_OPEN, values, 2);
	bool open = query_step(q) != STORE_DONE;
	query_reset(q);
	return !open;
}

static int64_t number(
	struct access *a, enum access_query query, const int64_t *values, size_t count)
{
	struct store_query *q = a->queries[query];
	keep_bind(a, query, values, count);
	int64_t value = query_step(q) == STORE_ROW ? row_int(q, 0) : 0;
	query_reset(q);
	return value;
}

int64_t close_staff(struct access *a, int64_t day)
{
	return number(a, A_STAFF, &day, 1);
}

// Of five picks the second and the fourth are for what adds up.
static void shares(const struct access *a, unsigned picks, unsigned *ret_worst, unsigned *ret_slow)
{
	*ret_worst = *ret_slow = 0;
	for (unsigned i = 0; i < picks; i++) {
		int64_t pick = (a->picks + i) % 5;
		*(pick == 1 || pick == 3 ? ret_slow : ret_worst) += 1;
	}
}

static enum err add_item(struct access *a, int64_t made, int queue, const struct person *person)
{
	const int64_t values[] = {
		made, queue, (int64_t)person->actor, person->day, (int64_t)person->score};
	enum err err = keep_run(a, A_ITEM, values, 5);
	if (!err && a->made)
		a->made(a->made_context, &(struct access_item){.made = made,
						 .day = person->day,
						 .slow = queue == QUEUE_SLOW,
						 .actor = person->actor,
						 .score = person->score / 100});
	return err;
}

static bool is_among(const struct person *list, size_t count, uint64_t actor)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].actor == actor)
			return true;
	return false;
}

// The worst days of the last week that nobody has reviewed, one of each person.
static size_t find_worst(struct access *a, int64_t day, struct person *ret, size_t most)
{
	const int64_t values[] = {day - WORST_DAYS + 1, day, day + 1};
	struct store_query *q = a->queries[A_WORST];
	size_t count = 0;
	keep_bind(a, A_WORST, values, 3);
	while (count < most && query_step(q) == STORE_ROW) {
		struct person person = {
			(uint64_t)row_int(q, 0), row_int(q, 1), (double)row_int(q, 2)};
		if (person.score < ACCESS_LEAST_SCORE)
			break;
		if (!is_among(ret, count, person.actor))
			ret[count++] = person;
	}
	query_reset(q);
	return count;
}

// Whom a reviewer decided about before the day was over had their place in it.
static unsigned without_judged(struct access *a, int64_t day, unsigned worst)
{
	int64_t had = number(a, A_HAD, &day, 1);
	return had < (int64_t)worst ? worst - (unsigned)had : 0;
}

size_t close_worst(struct access *a, int64_t day, struct person *ret, size_t most)
{
	unsigned worst, slow;
	double credit = a->credit + a->per_thousand * (double)close_staff(a, day) / 1000;
	shares(a, (unsigned)credit, &worst, &slow);
	worst = without_judged(a, day, worst < a->least ? a->least : worst);
	return find_worst(a, day, ret, worst < most ? worst : most);
}

// Keeps the largest, in order.
static void offer(struct person *list, size_t *count, const struct person *person)
{
	size_t at = *count;
	while (at &&
		(list[at - 1].score < person->score || (list[at - 1].score == person->score &&
							       list[at - 1].actor > person->actor)))
		at--;
	if (at == SLOW_PERSONS)
		return;
	if (*count < SLOW_PERSONS)
		(*count)++;
	for (size_t i = *count - 1; i > at; i--)
		list[i] = list[i - 1];
	list[at] = *person;
}

struct adding {
	struct person person;
	int64_t queued_day, last_day;
	unsigned days;
};

// What was in the queue before has been reviewed: only what came later counts.
static void begin(struct access *a, struct adding *adding, uint64_t actor)
{
	const int64_t values[] = {(int64_t)actor, INT64_MAX};
	*adding = (struct adding){.person.actor = actor,
		.queued_day = number(a, A_QUEUED, values, 2),
		.last_day = INT64_MIN};
}

static size_t find_slow(struct access *a, int64_t day, struct person ret[SLOW_PERSONS])
{
	const int64_t values[] = {day - ACCESS_KEPT_DAYS + 1, day};
	struct store_query *q = a->queries[A_SLOW];
	struct adding adding = {0};
	size_t count = 0;
	bool any = false;
	keep_bind(a, A_SLOW, values, 2);
	for (bool more = true; more;) {
		more = query_step(q) == STORE_ROW;
		uint64_t actor = more ? (uint64_t)row_int(q, 0) : 0;
		if (any && (!more || actor != adding.person.actor) && adding.days >= SLOW_DAYS &&
			adding.person.score >= ACCESS_LEAST_SCORE)
			offer(ret, &count, &adding.person);
		if (!more)
			break;
		if (!any || actor != adding.person.actor)
			begin(a, &adding, actor);
		any = true;
		int64_t of_day = row_int(q, 1);
		if (of_day <= adding.queued_day)
			continue;
		double age_days = (double)(day_end_us(day) - row_int(q, 2)) / (double)DAY_US;
		adding.person.score +=
			(double)row_int(q, 3) * exp2(-age_days / ACCESS_HALF_LIFE_DAYS);
		adding.days += of_day != adding.last_day;
		adding.last_day = adding.person.day = of_day;
	}
	query_reset(q);
	return count;
}

static enum err fill_queues(struct access *a, int64_t day, unsigned worst_most, unsigned slow_most)
{
	struct person worst[WORST_PERSONS], slow[SLOW_PERSONS];
	size_t worst_count =
		find_worst(a, day, worst, worst_most < WORST_PERSONS ? worst_most : WORST_PERSONS);
	size_t slow_count = slow_most ? find_slow(a, day, slow) : 0, made = 0;
	enum err err = OK;
	for (size_t i = 0; i < worst_count && !err; i++)
		err = add_item(a, day, QUEUE_WORST, &worst[i]);
	for (size_t i = 0; i < slow_count && made < slow_most && !err; i++) {
		if (is_among(worst, worst_count, slow[i].actor))
			continue;
		err = add_item(a, day, QUEUE_SLOW, &slow[i]);
		made++;
	}
	return err;
}

static enum err prune(struct access *a, int64_t day)
{
	char sql[400];
	snprintf(sql, sizeof sql,
		"DELETE FROM look WHERE (stage = 2 AND score = 0 AND day <= %lld) OR day <= %lld;"
		"DELETE FROM item WHERE made <= %lld; DELETE FROM person WHERE last_day <= %lld",
		(long long)day - 2, (long long)day - ACCESS_KEPT_DAYS,
		(long long)day - ACCESS_KEPT_DAYS, (long long)day - 400);
	return store_exec(a->store, sql);
}

static enum err end_day(struct access *a, int64_t day)
{
	unsigned worst, slow;
	a->credit += a->per_thousand * (double)close_staff(a, day) / 1000;
	unsigned picks = (unsigned)a->credit;
	shares(a, picks, &worst, &slow);
	a->credit -= picks;
	a->picks += picks;
	enum err err =
		fill_queues(a, day, without_judged(a, day, worst < a->least ? a->least : worst),
			slow < a->least ? a->least : slow);
	if (!err)
		err = prune(a, day);
	if (!err)
		a->closed_day = day;
	a->changed = true;
	return err;
}

enum err close_days(struct access *a)
{
	enum err err = OK;
	while (!err && is_over(a, a->closed_day + 1))
		err = end_day(a, a->closed_day + 1);
	return err;
}
