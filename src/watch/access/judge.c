// What a reviewer decides about a person in a queue.
#include "watch/access/access_in.h"

#include <string.h>

// From which day on an item shows what the person did.
static void range_of(const struct access_of *of, int64_t ret[3])
{
	ret[0] = of->slow ? of->day - ACCESS_SLOW_DAYS : of->day;
	ret[1] = of->day;
	ret[2] = (int64_t)of->actor;
}

static void count_line(struct access_case *c, struct store_query *q, int64_t *last_day)
{
	uint64_t patient = (uint64_t)row_int(q, 1), seq = (uint64_t)row_int(q, 2);
	int64_t flags = row_int(q, 4);
	if (!c->records) {
		c->patient = patient;
		c->seq = seq;
		c->at_us = row_int(q, 3);
	} else if (patient != c->patient) {
		c->patient = 0;
	}
	c->records++;
	c->opened += row_int(q, 5) != 0;
	c->days += row_int(q, 0) != *last_day;
	*last_day = row_int(q, 0);
	for (unsigned bit = 0; bit < EXPLAINED_FLAGS; bit++)
		c->flag_counts[bit] += flags >> bit & 1;
	if (c->evidence_count < ACCESS_EVIDENCE &&
		(!c->evidence_count || c->evidence[c->evidence_count - 1] != seq))
		c->evidence[c->evidence_count++] = seq;
}

enum err access_find(struct access *a, const struct access_of *of, struct access_case *ret_case)
{
	int64_t range[3], last_day = INT64_MIN;
	struct store_query *q = a->queries[A_CASE];
	*ret_case = (struct access_case){0};
	range_of(of, range);
	keep_bind(a, A_CASE, range, 3);
	while (query_step(q) == STORE_ROW)
		count_line(ret_case, q, &last_day);
	query_reset(q);
	return ret_case->records ? OK : ERR_NOT_FOUND;
}

// A day that is not over yet: the person takes one of its places.
static enum err take_place(struct access *a, const struct access_of *of)
{
	const int64_t key[] = {(int64_t)of->actor, of->slow ? ACCESS_SLOW : ACCESS_WORST, of->day};
	struct store_query *q = a->queries[A_ITEM_OF];
	keep_bind(a, A_ITEM_OF, key, 3);
	bool there = query_step(q) == STORE_ROW;
	query_reset(q);
	const int64_t item[] = {a->closed_day + 1, key[1], key[0], of->day, 0};
	return there || of->slow ? OK : keep_run(a, A_ITEM, item, 5);
}

enum err access_judge(struct access *a, const struct access_of *of)
{
	int64_t range[3];
	range_of(of, range);
	enum err err = take_place(a, of);
	if (!err)
		err = keep_run(a, A_JUDGE, range, 3);
	a->changed = a->news = true;
	return err ? err : access_save(a);
}

bool access_news(struct access *a)
{
	bool news = a->news;
	a->news = false;
	return news;
}
