// The end of a day: who is put into the list.
#include "watch/access/access_in.h"

#include <stdio.h>

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

int64_t close_number(struct access *a, enum access_query query, const int64_t *values, size_t count)
{
	struct store_query *q = a->queries[query];
	keep_bind(a, query, values, count);
	int64_t value = query_step(q) == STORE_ROW ? row_int(q, 0) : 0;
	query_reset(q);
	return value;
}

int64_t close_staff(struct access *a, int64_t day)
{
	return close_number(a, A_STAFF, &day, 1);
}

static enum err add_row(struct access *a, int64_t made, int list, const struct person *person)
{
	const int64_t values[] = {
		made, list, (int64_t)person->actor, person->day, (int64_t)person->score};
	return keep_run(a, A_ITEM, values, 5);
}

static void tell_made(struct access *a, int64_t made, const struct pick *pick)
{
	struct access_item item = {.made = made,
		.day = pick->person.day,
		.list = pick->list,
		.actor = pick->list == ACCESS_RECORD ? 0 : pick->person.actor,
		.patient = pick->list == ACCESS_RECORD ? pick->person.actor : 0,
		.actors = pick->others,
		.actor_count = pick->other_count,
		.score = pick->person.score / 100};
	if (a->made)
		a->made(a->made_context, &item);
}

// Whoever opened a record that is looked at is looked at with it.
static enum err add_item(struct access *a, int64_t made, const struct pick *pick)
{
	enum err err = add_row(a, made, pick->list, &pick->person);
	for (size_t i = 0; i < pick->other_count && !err; i++)
		err = add_row(a, made, ROW_WITH,
			&(struct person){pick->others[i], made, (double)pick->weights[i]});
	if (!err)
		tell_made(a, made, pick);
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

// Of a day, with the fraction carried over. What incidents take is taken from the list, and of the
// days after it when they are many; never more than a week's.
static double credit_of(struct access *a, int64_t day)
{
	double a_day = a->per_thousand * (double)close_staff(a, day) / 1000;
	double credit = a->credit + a_day - (double)close_number(a, A_INCIDENTS, &day, 1);
	return credit < -a_day * WEEK ? -a_day * WEEK : credit;
}

static unsigned most_of(const struct access *a, double credit)
{
	unsigned most = credit > 0 ? (unsigned)credit : 0;
	return most > a->least ? most : a->least;
}

// Whom a reviewer decided about before the day was over had their place in it.
static unsigned without_judged(struct access *a, int64_t day, unsigned most)
{
	int64_t had = close_number(a, A_HAD, &day, 1);
	return had < (int64_t)most ? most - (unsigned)had : 0;
}

size_t close_today(struct access *a, struct pick *ret, size_t most)
{
	int64_t day = a->closed_day + 1;
	unsigned picks = without_judged(a, day, most_of(a, credit_of(a, day)));
	const struct picking picking = {
		.day = day, .most = picks < most ? picks : (unsigned)most, .so_far = true};
	return pick_day(a, &picking, ret);
}

static enum err end_day(struct access *a, int64_t day)
{
	static struct pick picks[PICKS];
	a->credit = credit_of(a, day);
	unsigned most = most_of(a, a->credit);
	const struct picking picking = {.day = day, .most = without_judged(a, day, most)};
	size_t count = pick_day(a, &picking, picks);
	enum err err = OK;
	a->credit -= a->credit < most ? 0 : most; // what is given beside it costs nothing
	a->picks += most;
	for (size_t i = 0; i < count && !err; i++)
		err = add_item(a, day, &picks[i]);
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
