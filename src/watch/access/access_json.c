#include "watch/access/access_in.h"

#include "common/base/time.h"

#include <stdio.h>

enum {
	LOOKS = 3,
	SLOW_LOOKS = 8, // what adds up is seen in all of it
	SHOWN_DAYS = 14
};

static void day_text(int64_t day, char ret[TIME_TEXT_BYTES])
{
	time_format(day * DAY_US, ret);
	ret[10] = 0;
}

static void add_looks(struct access *a, const int64_t *range, int64_t most, struct buf *out)
{
	struct store_query *q = a->queries[A_LOOKS];
	const int64_t values[] = {range[0], range[1], range[2], most};
	const char *comma = "";
	keep_bind(a, A_LOOKS, values, 4);
	buf_add_text(out, ",\"looks\":[");
	while (query_step(q) == STORE_ROW) {
		buf_printf(out,
			"%s{\"seq\":%lld,\"index\":%lld,\"kind\":%lld,\"strength\":%lld,\"flags\":%lld,"
			"\"score\":%lld,\"looked\":%lld}",
			comma, (long long)row_int(q, 0), (long long)row_int(q, 1),
			(long long)row_int(q, 3), (long long)row_int(q, 4),
			(long long)row_int(q, 5), (long long)row_int(q, 6) / 100,
			(long long)row_int(q, 7));
		comma = ",";
	}
	query_reset(q);
	buf_add_text(out, "]}");
}

struct shown {
	int64_t day;
	bool slow, closed;
	uint64_t actor;
};

// Nothing when everything was explained since.
static bool add_item(struct access *a, const struct shown *item, const char *comma, struct buf *out)
{
	const int64_t range[] = {item->slow ? item->day - ACCESS_SLOW_DAYS : item->day, item->day,
		(int64_t)item->actor};
	struct store_query *q = a->queries[A_SUM];
	char day[TIME_TEXT_BYTES];
	int64_t counts[4 + EXPLAINED_FLAGS];
	keep_bind(a, A_SUM, range, 3);
	bool any = query_step(q) == STORE_ROW && row_int(q, 0) > 0;
	for (int i = 0; any && i < 4 + EXPLAINED_FLAGS; i++)
		counts[i] = row_int(q, i);
	query_reset(q);
	if (!any)
		return false;
	day_text(item->day, day);
	buf_printf(out,
		"%s{\"queue\":\"%s\",\"day\":\"%s\",\"closed\":%s,\"score\":%lld,\"records\":%lld,"
		"\"opened\":%lld,\"days\":%lld,\"flag_counts\":[",
		comma, item->slow ? "slow" : "worst", day, item->closed ? "true" : "false",
		(long long)counts[2 + EXPLAINED_FLAGS] / 100, (long long)counts[0],
		(long long)counts[3 + EXPLAINED_FLAGS], (long long)counts[1]);
	for (int i = 0; i < EXPLAINED_FLAGS; i++)
		buf_printf(out, "%s%lld", i ? "," : "", (long long)counts[2 + i]);
	buf_add_text(out, "]");
	return true;
}

static size_t list_today(struct access *a, struct shown *ret, size_t most)
{
	struct person worst[ACCESS_SHOWN];
	size_t count = close_worst(a, a->closed_day + 1, worst, most);
	for (size_t i = 0; i < count; i++)
		ret[i] = (struct shown){.day = worst[i].day, .actor = worst[i].actor};
	return count;
}

static size_t list_before(struct access *a, struct shown *ret, size_t most)
{
	const int64_t values[] = {a->closed_day - SHOWN_DAYS, (int64_t)most};
	struct store_query *q = a->queries[A_ITEMS];
	size_t count = 0;
	keep_bind(a, A_ITEMS, values, 2);
	while (count < most && query_step(q) == STORE_ROW)
		ret[count++] = (struct shown){.day = row_int(q, 0),
			.slow = row_int(q, 1) == QUEUE_SLOW,
			.actor = (uint64_t)row_int(q, 2),
			.closed = row_int(q, 0) <= a->closed_day};
	query_reset(q);
	return count;
}

static void add_head(struct access *a, struct buf *out)
{
	char until[TIME_TEXT_BYTES];
	struct store_query *q = a->queries[A_WAITING];
	int64_t waiting = query_step(q) == STORE_ROW ? row_int(q, 0) : 0;
	query_reset(q);
	time_format(a->clock_us, until);
	buf_printf(out,
		"{\"staff\":%lld,\"per_thousand\":%g,\"least\":%d,\"half_life_days\":%d,"
		"\"waiting\":%lld,\"until\":\"%s\",\"items\":[",
		(long long)close_staff(a, a->closed_day + 1), a->per_thousand,
		ACCESS_LEAST_SCORE / 100, ACCESS_HALF_LIFE_DAYS, (long long)waiting, until);
}

void access_json(struct access *a, struct buf *out)
{
	struct shown list[ACCESS_SHOWN];
	const char *comma = "";
	if (a->closed_day == INT64_MIN) {
		buf_add_text(out, "{\"items\":[]}");
		return;
	}
	add_head(a, out);
	a->shown = 0;
	size_t count = list_today(a, list, ACCESS_SHOWN / 2);
	count += list_before(a, list + count, ACCESS_SHOWN - count);
	for (size_t i = 0; i < count; i++) {
		const int64_t range[] = {
			list[i].slow ? list[i].day - ACCESS_SLOW_DAYS : list[i].day, list[i].day,
			(int64_t)list[i].actor};
		if (!add_item(a, &list[i], comma, out))
			continue;
		add_looks(a, range, list[i].slow ? SLOW_LOOKS : LOOKS, out);
		a->shown++;
		comma = ",";
	}
	buf_add_text(out, "]}");
}

unsigned access_shown(const struct access *a)
{
	return a->shown;
}
