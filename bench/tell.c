#include "tell.h"

#include "common/base/map.h"
#include "common/base/time.h"
#include "common/crypto/crypto.h"
#include "common/format/json.h"
#include "common/store/store.h"
#include "parts.h"
#include "watch/access/access.h"

#include <stdlib.h>
#include <string.h>

enum {
	SLOW_DAYS = 42,
	WEEK_DAYS = 7,
	DOERS_MOST = 4096
};

static void list_doers(struct tell *t)
{
	t->doers = arena_alloc(t->arena, DOERS_MOST * sizeof(struct house_doer *));
	for (size_t i = 0; i < t->house->why_count; i++) {
		size_t at = 0;
		struct bytes key;
		void *value;
		while (map_next(t->house->whys[i].doers, &at, &key, &value)) {
			fail_if(t->doer_count == DOERS_MOST, "too many who misused");
			t->doers[t->doer_count++] = value;
		}
	}
}

static int by_first(const void *one, const void *other)
{
	const struct house_doer *x = *(struct house_doer *const *)one,
				*y = *(struct house_doer *const *)other;
	if (x->first_us != y->first_us)
		return x->first_us < y->first_us ? -1 : 1;
	return strcmp(x->why->name, y->why->name);
}

void tell_begin(struct tell *t, struct house *house, struct mac *opaque, const char *incidents)
{
	*t = (struct tell){.house = house,
		.opaque = opaque,
		.arena = arena_new(),
		.people = map_new(),
		.alerts = json_array()};
	t->incidents = arena_text(t->arena, incidents);
	size_t at = 0;
	struct bytes key;
	void *value;
	while (map_next(house->staff, &at, &key, &value)) {
		uint64_t number = mac_token(opaque, key);
		map_set(t->people, bytes_of(&number, sizeof number), value);
	}
	list_doers(t);
	qsort(t->doers, t->doer_count, sizeof *t->doers, by_first);
}

void tell_entry(struct tell *t, uint64_t seq, const struct house_act *act)
{
	if (seq >= t->room) {
		size_t room = 2 * seq + 65536;
		t->acts = realloc(t->acts, room * sizeof *t->acts);
		fail_if(!t->acts, "no memory");
		memset(t->acts + t->room, 0, (room - t->room) * sizeof *t->acts);
		t->room = room;
	}
	t->acts[seq] = act;
	t->accesses += act && act->entry.kind == TRAIL_ACCESS && act->entry.time_us;
}

const struct house_act *tell_act(const struct tell *t, uint64_t seq)
{
	return seq < t->room ? t->acts[seq] : NULL;
}

static double hours(const struct tell *t, int64_t at_us)
{
	return (double)(at_us - t->house->first_day * DAY_US) / (double)HOUR_US;
}

// ---- Of whom something tells.

static bool misused(const struct house_doer *doer, int64_t from_day, int64_t day)
{
	for (size_t i = 0; i < doer->day_count; i++)
		if (doer->days[i] >= from_day && doer->days[i] <= day)
			return true;
	return false;
}

static void add_doer(json_t *list, size_t doer)
{
	size_t i;
	json_t *one;
	json_array_foreach(list, i, one) if ((size_t)json_integer_value(one) == doer) return;
	json_array_append_new(list, json_integer((json_int_t)doer));
}

static void add_days(struct tell *t, json_t *list, const char *login, const int64_t days[2])
{
	for (size_t i = 0; i < t->doer_count; i++)
		if (strcmp(t->doers[i]->who->login, login) == 0 &&
			misused(t->doers[i], days[0], days[1]))
			add_doer(list, i);
}

static void add_entry(struct tell *t, json_t *list, uint64_t seq)
{
	const struct house_act *act = tell_act(t, seq);
	for (size_t i = 0; act && i < t->doer_count; i++)
		if (t->doers[i]->who == act->who && t->doers[i]->why == act->why)
			add_doer(list, i);
}

static const struct house_staff *person(const struct tell *t, uint64_t actor)
{
	return map_find(t->people, bytes_of(&actor, sizeof actor));
}

// Who misused just that record in those days, of those who are named.
static void add_record(
	struct tell *t, json_t *list, const struct access_item *item, const int64_t days[2])
{
	for (size_t seq = 0; seq < t->room; seq++) {
		const struct house_act *act = t->acts[seq];
		if (!act || !act->why->misuse || act->entry.time_us < days[0] * DAY_US ||
			act->entry.time_us >= (days[1] + 1) * DAY_US ||
			mac_token_again(t->opaque, bytes_text(act->patient)) != item->patient)
			continue;
		for (size_t i = 0; i < item->actor_count; i++)
			if (person(t, item->actors[i]) == act->who)
				add_entry(t, list, seq);
	}
}

void tell_item(void *context, const struct access_item *item)
{
	static const char *const names[ACCESS_LISTS] = {
		[ACCESS_WORST] = "worst", [ACCESS_SLOW] = "slow", [ACCESS_RECORD] = "record"};
	static const int back[ACCESS_LISTS] = {
		[ACCESS_SLOW] = SLOW_DAYS - 1, [ACCESS_RECORD] = WEEK_DAYS - 1};
	struct tell *t = context;
	if (item->made >= t->house->first_day + t->house->days)
		return; // nothing happens any more
	const int64_t days[] = {item->day - back[item->list], item->day};
	json_t *doers = json_array();
	if (item->list == ACCESS_RECORD)
		add_record(t, doers, item, days);
	else
		add_days(t, doers, person(t, item->actor)->login, days);
	json_array_append_new(t->alerts,
		json_pack("{s:s, s:f, s:o, s:f}", "list", names[item->list], "at",
			hours(t, (item->made + 1) * DAY_US), "doers", doers, "score", item->score));
}

// ---- The incidents, when all is over.

static json_t *finding_doers(struct tell *t, const json_t *finding, int64_t at_us)
{
	json_t *doers = json_array(), *seq;
	const char *actor = json_get_text(finding, "actor"), *rule = json_get_text(finding, "rule");
	bool slow = strcmp(rule, "behaviour.slow") == 0;
	const struct house_staff *who = actor ? person(t, strtoull(actor, NULL, 16)) : NULL;
	int64_t day = at_us / DAY_US;
	size_t i;
	if (who)
		add_days(t, doers, who->login,
			(const int64_t[]){slow ? day - SLOW_DAYS + 1 : day, day});
	json_array_foreach(json_object_get(finding, "evidence"), i, seq)
		add_entry(t, doers, (uint64_t)json_integer_value(seq));
	return doers;
}

static json_t *finding_row(struct tell *t, struct store_query *q)
{
	json_t *finding = json_loads(row_text(q, 0, t->arena), 0, NULL);
	int64_t at_us = row_int(q, 1);
	fail_if(!finding, "a finding cannot be read");
	json_t *json = json_pack("{s:O, s:O, s:O, s:O, s:f, s:I, s:o}", "rule",
		json_object_get(finding, "rule"), "title", json_object_get(finding, "title"),
		"source", json_object_get(finding, "source"), "level",
		json_object_get(finding, "level"), "at", hours(t, at_us), "incident",
		(json_int_t)row_int(q, 2), "doers", finding_doers(t, finding, at_us));
	if (getenv("WHOLE_SENTENCES"))
		json_object_set(json, "sentence", json_object_get(finding, "sentence"));
	json_decref(finding);
	return json;
}

static json_t *incident_row(struct tell *t, struct store_query *q)
{
	return json_pack("{s:s, s:f, s:I, s:s, s:s}", "list", "incident", "at",
		hours(t, row_int(q, 1)), "incident", (json_int_t)row_int(q, 0), "why",
		row_text(q, 2, t->arena), "title", row_text(q, 3, t->arena));
}

static void each_row(struct tell *t, struct store *store, const char *sql,
	json_t *(*row)(struct tell *, struct store_query *), json_t *list) // five: a query
{
	struct store_query *query;
	fail_if(store_prepare(store, sql, &query), "the incidents cannot be read");
	while (query_step(query) == STORE_ROW)
		json_array_append_new(list, row(t, query));
	store_query_free(query);
}

static json_t *looks_json(const struct tell *t)
{
	json_t *list = json_array();
	for (size_t i = 0; i < t->house->why_count; i++) {
		const struct house_why *w = &t->house->whys[i];
		if (w->looks)
			json_array_append_new(list,
				json_pack("{s:s, s:b, s:I, s:I, s:I}", "why", w->name, "misuse",
					(int)w->misuse, "looks", (json_int_t)w->looks, "at_once",
					(json_int_t)w->explained[0], "later",
					(json_int_t)w->explained[1]));
	}
	return list;
}

static json_t *doers_json(const struct tell *t)
{
	json_t *list = json_array();
	for (size_t i = 0; i < t->doer_count; i++) {
		const struct house_doer *d = t->doers[i];
		json_t *days = json_array();
		for (size_t k = 0; k < d->day_count; k++)
			json_array_append_new(
				days, json_integer((json_int_t)(d->days[k] - t->house->first_day)));
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:f, s:o}", "kind", d->why->name, "login",
				      d->who->login, "role", d->who->role, "first",
				      hours(t, d->first_us), "days", days));
	}
	return list;
}

json_t *tell_json(struct tell *t)
{
	char problem[256];
	struct store *store;
	const struct store_sqlite options = {.path = t->incidents};
	json_t *findings = json_array();
	fail_if(store_open_sqlite(&options, &store, problem), problem);
	// After the last day nobody works there any more: that the house is silent then is no finding.
	each_row(t, store,
		arena_printf(t->arena,
			"SELECT json, time_us, coalesce(incident, 0) FROM finding "
			"WHERE person <> '' OR time_us < %lld ORDER BY number",
			(long long)((t->house->first_day + t->house->days) * DAY_US)),
		finding_row, findings);
	each_row(t, store, "SELECT number, opened_us, why, title FROM incident ORDER BY number",
		incident_row, t->alerts);
	store_close(store);
	json_t *json = json_pack("{s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "staff",
		(json_int_t)map_count(t->house->staff), "days", (json_int_t)t->house->days,
		"accesses", (json_int_t)t->accesses, "looks", looks_json(t), "doers", doers_json(t),
		"alerts", t->alerts, "findings", findings);
	map_free(t->people);
	free(t->acts);
	arena_free(t->arena);
	return json;
}
