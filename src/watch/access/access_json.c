#include "watch/access/access_in.h"

#include "common/base/time.h"

#include <stdio.h>

enum {
	LOOKS = 3,
	SLOW_LOOKS = 8, // what adds up is seen in all of it
	SHOWN_DAYS = 14,
	COUNTS = 5 + EXPLAINED_FLAGS
};

struct shown {
	enum access_list list;
	int64_t day;
	bool closed;
	uint64_t actor; // of a record: the patient
};

static void day_text(int64_t day, char ret[TIME_TEXT_BYTES])
{
	time_format(day * DAY_US, ret);
	ret[10] = 0;
}

static void add_looks(
	struct access *a, const struct shown *item, const int64_t *range, struct buf *out)
{
	static const int most[ACCESS_LISTS] = {[ACCESS_WORST] = LOOKS,
		[ACCESS_SLOW] = SLOW_LOOKS,
		[ACCESS_RECORD] = ACCESS_TOGETHER};
	enum access_query query = item->list == ACCESS_RECORD ? A_RECORD_LOOKS : A_LOOKS;
	struct store_query *q = a->queries[query];
	const int64_t values[] = {range[0], range[1], range[2], most[item->list]};
	const char *comma = "";
	keep_bind(a, query, values, 4);
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

// False when everything was explained since.
static bool count_up(struct access *a, const struct shown *item, const int64_t *range,
	int64_t ret_counts[COUNTS])
{
	enum access_query query = item->list == ACCESS_RECORD ? A_RECORD_SUM : A_SUM;
	struct store_query *q = a->queries[query];
	keep_bind(a, query, range, 3);
	bool any = query_step(q) == STORE_ROW && row_int(q, 0) > 0;
	for (int i = 0; any && i < COUNTS; i++)
		ret_counts[i] = row_int(q, i);
	query_reset(q);
	return any;
}

static bool add_item(struct access *a, const struct shown *item, const char *comma, struct buf *out)
{
	static const char *const names[ACCESS_LISTS] = {
		[ACCESS_WORST] = "worst", [ACCESS_SLOW] = "slow", [ACCESS_RECORD] = "record"};
	static const int before[ACCESS_LISTS] = {
		[ACCESS_SLOW] = ACCESS_SLOW_DAYS, [ACCESS_RECORD] = WEEK - 1};
	const int64_t range[] = {item->day - before[item->list], item->day, (int64_t)item->actor};
	char day[TIME_TEXT_BYTES];
	int64_t counts[COUNTS];
	if (!count_up(a, item, range, counts))
		return false;
	day_text(item->day, day);
	buf_printf(out,
		"%s{\"queue\":\"%s\",\"day\":\"%s\",\"closed\":%s,\"score\":%lld,\"records\":%lld,"
		"\"opened\":%lld,\"persons\":%lld,\"days\":%lld,\"flag_counts\":[",
		comma, names[item->list], day, item->closed ? "true" : "false",
		(long long)counts[COUNTS - 2] / 100, (long long)counts[0],
		(long long)counts[COUNTS - 1], (long long)counts[1], (long long)counts[2]);
	for (int i = 0; i < EXPLAINED_FLAGS; i++)
		buf_printf(out, "%s%lld", i ? "," : "", (long long)counts[3 + i]);
	buf_add_text(out, "]");
	add_looks(a, item, range, out);
	return true;
}

static size_t list_today(struct access *a, struct shown *ret, size_t most)
{
	static struct pick picks[PICKS];
	size_t count = close_today(a, picks, most);
	for (size_t i = 0; i < count; i++)
		ret[i] = (struct shown){.list = picks[i].list,
			.day = picks[i].person.day,
			.actor = picks[i].person.actor};
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
			.list = (enum access_list)row_int(q, 1),
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
	int64_t today = a->closed_day + 1;
	buf_printf(out,
		"{\"staff\":%lld,\"per_thousand\":%g,\"least\":%d,\"half_life_days\":%d,"
		"\"waiting\":%lld,\"incidents\":%lld,\"until\":\"%s\",\"items\":[",
		(long long)close_staff(a, today), a->per_thousand, ACCESS_LEAST_SCORE / 100,
		ACCESS_HALF_LIFE_DAYS, (long long)waiting,
		(long long)close_number(a, A_INCIDENTS, &today, 1), until);
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
		if (!add_item(a, &list[i], comma, out))
			continue;
		a->shown++;
		comma = ",";
	}
	buf_add_text(out, "]}");
}

unsigned access_shown(const struct access *a)
{
	return a->shown;
}
