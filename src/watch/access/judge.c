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

struct judged {
	int64_t day, patient;
	unsigned acts;
	struct explained told;
};

// In the arena.
static size_t list_judged(struct access *a, const int64_t *range, struct arena *arena,
	struct judged **ret_list) // five of one query
{
	struct store_query *q = a->queries[A_JUDGED];
	size_t count = 0, room = 64;
	struct judged *list = arena_alloc(arena, room * sizeof *list);
	keep_bind(a, A_JUDGED, range, 3);
	while (query_step(q) == STORE_ROW) {
		if (count == room) {
			struct judged *more = arena_alloc(arena, 2 * room * sizeof *more);
			memcpy(more, list, room * sizeof *list);
			list = more;
			room *= 2;
		}
		list[count++] =
			(struct judged){row_int(q, 0), row_int(q, 1), (unsigned)row_int(q, 2),
				{.kind = (enum explained_kind)row_int(q, 3),
					.strength = (uint8_t)row_int(q, 4),
					.flags = (uint32_t)row_int(q, 5)}};
	}
	query_reset(q);
	*ret_list = list;
	return count;
}

enum err access_unjudge(struct access *a, const struct access_of *of, uint64_t *ret_records)
{
	int64_t range[3];
	struct judged *list;
	struct arena *arena = arena_new();
	range_of(of, range);
	size_t count = list_judged(a, range, arena, &list);
	enum err err = count ? OK : ERR_NOT_FOUND;
	for (size_t i = 0; i < count && !err; i++) {
		unsigned acts = list[i].acts & ~(unsigned)ACT_JUDGED;
		const int64_t values[] = {list[i].day, (int64_t)of->actor, list[i].patient, acts,
			score_of(&list[i].told, acts)};
		err = keep_run(a, A_ACTS, values, 5);
	}
	arena_free(arena);
	a->changed = a->news = true;
	*ret_records = count;
	return err ? err : access_save(a);
}

bool access_news(struct access *a)
{
	bool news = a->news;
	a->news = false;
	return news;
}
