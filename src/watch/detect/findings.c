#include "watch/detect/findings_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const schema[] = {
	("CREATE TABLE IF NOT EXISTS finding (id INTEGER PRIMARY KEY, rule TEXT NOT NULL, "
	 "seq INTEGER NOT NULL, part TEXT NOT NULL, json TEXT NOT NULL, UNIQUE (rule, seq, part))"),
	"CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value INTEGER NOT NULL)",
	"CREATE TABLE IF NOT EXISTS hour (hour INTEGER PRIMARY KEY, seq INTEGER NOT NULL)",
	"CREATE TABLE IF NOT EXISTS seen (person INTEGER PRIMARY KEY, time INTEGER NOT NULL)",
};

static enum err prepare(struct findings *f)
{
	const struct {
		struct store_query **query;
		const char *sql;
	} all[] = {
		{&f->add, "INSERT INTO finding (id, rule, seq, part, json) VALUES "
			  "(max(?5, (SELECT coalesce(max(id), 0) + 1 FROM finding)), ?1, ?2, ?3, "
			  "?4) ON CONFLICT DO NOTHING"},
		{&f->ask, "SELECT 1 FROM finding WHERE rule = ?1 AND seq = ?2 AND part = ?3"},
		{&f->keep, "INSERT INTO state (name, value) VALUES (?1, ?2) "
			   "ON CONFLICT (name) DO UPDATE SET value = excluded.value"},
		{&f->trim, "DELETE FROM finding WHERE id <= (SELECT max(id) FROM finding) - ?1"},
		{&f->hour, "INSERT INTO hour (hour, seq) VALUES (?1, ?2) ON CONFLICT DO NOTHING"},
		{&f->old, "DELETE FROM hour WHERE hour < ?1"},
		{&f->hour_since,
			"SELECT seq FROM hour WHERE hour <= ?1 ORDER BY hour DESC LIMIT 1"},
		{&f->hour_last, "SELECT max(hour) FROM hour"},
		// Many findings of one rule hide none of another.
		{&f->newest,
			"SELECT f.id, f.json FROM (SELECT id, row_number() OVER (PARTITION BY rule "
			"ORDER BY id DESC) AS nth FROM finding WHERE id > (SELECT max(id) FROM "
			"finding) - 1000) AS n JOIN finding f ON f.id = n.id "
			"ORDER BY n.nth > 1, n.nth > 5, n.id DESC LIMIT ?1"},
		{&f->first, "SELECT min(id) FROM finding"},
		{&f->page, "SELECT id, json FROM finding WHERE id < ?1 AND (?2 = '' OR "
			   "instr(',' || ?2 || ',', ',' || rule || ',')) AND (?3 = 0 OR "
			   "CASE json_extract(json, '$.level') WHEN 'critical' THEN 4 "
			   "WHEN 'high' THEN 3 WHEN 'medium' THEN 2 WHEN 'low' THEN 1 ELSE 0 END "
			   ">= ?3) ORDER BY id DESC LIMIT ?4"},
		{&f->since, "SELECT id, part, json FROM finding WHERE id > ?1 ORDER BY id"},
		{&f->last, "SELECT max(id) FROM finding"},
		{&f->one, "SELECT id, json FROM finding WHERE id = ?1"},
		{&f->seen, "INSERT INTO seen (person, time) VALUES (?1, ?2) "
			   "ON CONFLICT (person) DO UPDATE SET time = excluded.time"},
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (store_prepare(f->store, all[i].sql, all[i].query))
			return ERR_IO;
	return OK;
}

static enum err read_state(struct findings *f)
{
	struct store_query *query;
	enum store_step step;
	struct arena *arena = arena_new();
	enum err err = store_prepare(f->store, "SELECT name, value FROM state", &query);
	if (err) {
		arena_free(arena);
		return err;
	}
	while ((step = query_step(query)) == STORE_ROW)
		*(strcmp(row_text(query, 0, arena), "place") == 0 ? &f->place : &f->total) =
			(uint64_t)row_int(query, 1);
	query_reset(query);
	store_query_free(query);
	arena_free(arena);
	return step == STORE_FAILED ? ERR_IO : OK;
}

enum err findings_open(const char *path, struct findings **ret_findings, char ret_problem[256])
{
	const struct store_sqlite options = {.path = path, .cache_kib = 1024};
	struct findings *f = calloc(1, sizeof *f);
	if (!f)
		abort();
	enum err err = store_open_sqlite(&options, &f->store, ret_problem);
	for (size_t i = 0; !err && i < sizeof schema / sizeof *schema; i++)
		err = store_exec(f->store, schema[i]);
	if (!err)
		err = prepare(f);
	if (!err)
		err = read_state(f);
	if (err) {
		if (f->store)
			snprintf(ret_problem, 256, "%s: %s", path, store_problem(f->store));
		findings_close(f);
		return err;
	}
	*ret_findings = f;
	return OK;
}

static void unnumbered_free(struct unnumbered *one)
{
	free(one->id);
	free(one->key);
	free(one->json);
	free(one);
}

void findings_close(struct findings *f)
{
	if (!f)
		return;
	struct store_query *all[] = {f->hour, f->old, f->hour_since, f->hour_last, f->add, f->ask,
		f->keep, f->trim, f->first, f->newest, f->page, f->one, f->seen, f->since, f->last};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		store_query_free(all[i]);
	store_close(f->store);
	for (struct unnumbered *next; f->waiting; f->waiting = next) {
		next = f->waiting->next;
		unnumbered_free(f->waiting);
	}
	free(f);
}

uint64_t findings_place(const struct findings *f)
{
	return f->place;
}

uint64_t findings_last(const struct findings *f)
{
	uint64_t last = query_step(f->last) == STORE_ROW ? (uint64_t)row_int(f->last, 0) : 0;
	query_reset(f->last);
	return last;
}

uint64_t findings_first(const struct findings *f)
{
	uint64_t first = query_step(f->first) == STORE_ROW ? (uint64_t)row_int(f->first, 0) : 0;
	query_reset(f->first);
	return first;
}

uint64_t findings_total(const struct findings *f)
{
	return f->total;
}

static bool begin(struct findings *f)
{
	f->open = f->open || store_exec(f->store, "BEGIN") == OK;
	return f->open;
}

static void add(struct findings *f, const struct unnumbered *one)
{
	f->total++;
	f->broken |= !begin(f);
	if (f->broken)
		return;
	query_text(f->add, 1, one->id);
	query_int(f->add, 2, (int64_t)one->seq);
	query_text(f->add, 3, one->key);
	query_text(f->add, 4, one->json);
	query_int(f->add, 5, (int64_t)f->floor + 1);
	f->broken = query_run(f->add) != OK;
}

// Only watch's own until the vault has told: what guard or the courier says. The vault tells before
// it sends any event.
static void hold_back(struct findings *f, struct unnumbered *one)
{
	if (f->waiting_count == FINDINGS_UNNUMBERED) {
		unnumbered_free(one);
		return;
	}
	one->next = f->waiting;
	f->waiting = one;
	f->waiting_count++;
}

static void number_waiting(struct findings *f)
{
	struct unnumbered *oldest = NULL, *next;
	for (struct unnumbered *one = f->waiting; one; one = next) {
		next = one->next;
		one->next = oldest;
		oldest = one;
	}
	for (; oldest; oldest = next) {
		next = oldest->next;
		add(f, oldest);
		unnumbered_free(oldest);
	}
	f->waiting = NULL;
	f->waiting_count = 0;
}

void findings_number_from(struct findings *f, uint64_t last)
{
	if (last > f->floor)
		f->floor = last;
	f->numbering = true;
	number_waiting(f);
}

void findings_add(struct findings *f, const struct finding *finding)
{
	json_t *json = finding_json(finding);
	struct unnumbered *one = calloc(1, sizeof *one);
	if (!one)
		abort();
	one->seq = finding->seq;
	one->id = strdup(finding->id);
	one->key = strdup(finding->key);
	one->json = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	if (!one->id || !one->key || !one->json) {
		f->broken = true;
		unnumbered_free(one);
	} else if (!f->numbering) {
		hold_back(f, one);
	} else {
		add(f, one);
		unnumbered_free(one);
	}
}

bool findings_made_before(struct findings *f, const struct finding *finding)
{
	query_text(f->ask, 1, finding->id);
	query_int(f->ask, 2, (int64_t)finding->seq);
	query_text(f->ask, 3, finding->key);
	bool there = query_step(f->ask) == STORE_ROW;
	query_reset(f->ask);
	return there;
}

static enum err keep(struct findings *f, const char *name, uint64_t value)
{
	query_text(f->keep, 1, name);
	query_int(f->keep, 2, (int64_t)value);
	return query_run(f->keep);
}

enum err findings_save(struct findings *f, uint64_t place, struct seen *seen)
{
	size_t at = 0;
	uint64_t person;
	int64_t time_us;
	if (place == f->place && !f->open)
		return OK;
	if (f->broken || !begin(f))
		return ERR_IO;
	enum err err = keep(f, "place", place);
	while (!err && seen_changed(seen, &at, &person, &time_us)) {
		query_int(f->seen, 1, (int64_t)person);
		query_int(f->seen, 2, time_us);
		err = query_run(f->seen);
	}
	if (!err)
		err = keep(f, "total", f->total);
	query_int(f->trim, 1, FINDINGS_MOST);
	if (!err)
		err = query_run(f->trim);
	if (!err)
		err = store_exec(f->store, "COMMIT");
	if (err) {
		f->broken = true;
		return err;
	}
	f->open = false;
	f->place = place;
	return OK;
}

void findings_hour(struct findings *f, int64_t hour, uint64_t seq)
{
	f->broken |= !begin(f);
	if (f->broken)
		return;
	query_int(f->hour, 1, hour);
	query_int(f->hour, 2, (int64_t)seq);
	query_int(f->old, 1, hour - FINDINGS_HOURS);
	f->broken = query_run(f->hour) != OK || query_run(f->old) != OK;
}

static int64_t one_number(struct store_query *query)
{
	int64_t number = query_step(query) == STORE_ROW ? row_int(query, 0) : 0;
	query_reset(query);
	return number;
}

uint64_t findings_hour_from(const struct findings *f, int64_t hour)
{
	query_int(f->hour_since, 1, hour);
	return (uint64_t)one_number(f->hour_since);
}

int64_t findings_last_hour(const struct findings *f)
{
	return one_number(f->hour_last);
}

enum err findings_load_seen(struct findings *f, struct seen *seen)
{
	struct store_query *query;
	enum store_step step;
	size_t at = 0;
	uint64_t person;
	int64_t time_us;
	enum err err = store_prepare(
		f->store, "SELECT person, time FROM seen ORDER BY time DESC LIMIT 65536", &query);
	if (err)
		return err;
	while ((step = query_step(query)) == STORE_ROW)
		(void)seen_at(seen, (uint64_t)row_int(query, 0), row_int(query, 1));
	query_reset(query);
	store_query_free(query);
	while (seen_changed(seen, &at, &person, &time_us))
		continue; // they are in the database already
	return step == STORE_FAILED ? ERR_IO : OK;
}
