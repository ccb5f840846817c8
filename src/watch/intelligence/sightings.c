#include "watch/intelligence/sightings.h"

#include "common/base/map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sightings {
	struct store *store;
	struct store_query *add, *place_query;
	struct map *by_key;
	struct sighting *rows[SIGHTINGS_MOST];
	size_t count;
	uint64_t place;
};

static const char *const schema[] = {
	"CREATE TABLE IF NOT EXISTS sighting (kind INTEGER NOT NULL, value TEXT NOT NULL, "
	"actor INTEGER NOT NULL, tlp INTEGER NOT NULL, sure INTEGER NOT NULL, "
	"count INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, "
	"seq INTEGER NOT NULL, told INTEGER NOT NULL, source TEXT NOT NULL, id TEXT NOT NULL, "
	"name TEXT NOT NULL, PRIMARY KEY (kind, value, actor))",
	"CREATE TABLE IF NOT EXISTS place (only INTEGER PRIMARY KEY, next INTEGER NOT NULL)",
};

struct key {
	char text[INDICATOR_VALUE_BYTES + 32];
	size_t size;
};

static struct key key_of(enum observable kind, const char *value, uint64_t actor)
{
	struct key key;
	key.size = (size_t)snprintf(
		key.text, sizeof key.text, "%d %016llx %s", kind, (unsigned long long)actor, value);
	return key;
}

static struct sighting *add_row(
	struct sightings *s, enum observable kind, const char *value, uint64_t actor)
{
	struct sighting *row = calloc(1, sizeof *row + strlen(value) + 1);
	if (!row)
		abort();
	strcpy(row->value, value);
	row->kind = kind;
	row->actor = actor;
	struct key key = key_of(kind, value, actor);
	map_set(s->by_key, bytes_of(key.text, key.size), row);
	s->rows[s->count++] = row;
	return row;
}

static enum err load(struct sightings *s)
{
	struct store_query *q;
	enum store_step step;
	struct arena *arena = arena_new();
	enum err err = store_prepare(s->store,
		"SELECT kind, value, actor, tlp, sure, count, first, last, seq, told, source, id, "
		"name FROM sighting",
		&q);
	if (err) {
		arena_free(arena);
		return err;
	}
	while ((step = query_step(q)) == STORE_ROW && s->count < SIGHTINGS_MOST) {
		struct indicator check;
		int64_t kind = row_int(q, 0), tlp = row_int(q, 3);
		const char *value = row_text(q, 1, arena);
		if (kind < 0 || kind >= OBSERVABLES || tlp < 0 || tlp >= TLPS ||
			indicator_set(&check, (enum observable)kind, bytes_text(value)))
			continue;
		struct sighting *row =
			add_row(s, (enum observable)kind, check.value, (uint64_t)row_int(q, 2));
		row->tlp = (enum tlp)tlp;
		row->sure = (uint8_t)row_int(q, 4);
		row->count = (uint64_t)row_int(q, 5);
		row->first_us = row_int(q, 6);
		row->last_us = row_int(q, 7);
		row->last_seq = (uint64_t)row_int(q, 8);
		row->told_day = row_int(q, 9);
		row->inside_day = -1;
		snprintf(row->source, sizeof row->source, "%s", row_text(q, 10, arena));
		snprintf(row->id, sizeof row->id, "%s", row_text(q, 11, arena));
		snprintf(row->name, sizeof row->name, "%s", row_text(q, 12, arena));
		arena_reset(arena);
	}
	query_reset(q);
	store_query_free(q);
	arena_free(arena);
	return step == STORE_FAILED ? ERR_IO : OK;
}

static enum err load_place(struct sightings *s)
{
	struct store_query *q;
	if (store_prepare(s->store, "SELECT next FROM place", &q))
		return ERR_IO;
	if (query_step(q) == STORE_ROW)
		s->place = (uint64_t)row_int(q, 0);
	query_reset(q);
	store_query_free(q);
	return OK;
}

static enum err prepare(struct sightings *s)
{
	enum err err = store_prepare(s->store,
		"INSERT INTO sighting VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13) "
		"ON CONFLICT (kind, value, actor) DO UPDATE SET tlp = excluded.tlp, "
		"sure = excluded.sure, count = excluded.count, last = excluded.last, "
		"seq = excluded.seq, told = excluded.told, source = excluded.source, "
		"id = excluded.id, name = excluded.name",
		&s->add);
	if (!err)
		err = store_prepare(s->store,
			"INSERT INTO place (only, next) VALUES (1, ?1) "
			"ON CONFLICT (only) DO UPDATE SET next = excluded.next",
			&s->place_query);
	return err;
}

enum err sightings_open(struct shelf *shelf, struct sightings **ret_sightings)
{
	struct sightings *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	s->store = shelf_store(shelf);
	s->by_key = map_new();
	enum err err = OK;
	for (size_t i = 0; !err && i < sizeof schema / sizeof *schema; i++)
		err = store_exec(s->store, schema[i]);
	if (!err)
		err = prepare(s);
	if (!err)
		err = load_place(s);
	if (!err)
		err = load(s);
	if (err) {
		sightings_close(s);
		return err;
	}
	*ret_sightings = s;
	return OK;
}

void sightings_close(struct sightings *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		free(s->rows[i]);
	map_free(s->by_key);
	store_query_free(s->add);
	store_query_free(s->place_query);
	free(s);
}

uint64_t sightings_place(const struct sightings *s)
{
	return s->place;
}

static int newest_first(const void *a, const void *b)
{
	const struct sighting *x = *(struct sighting *const *)a, *y = *(struct sighting *const *)b;
	return x->last_us > y->last_us ? -1 : x->last_us < y->last_us;
}

// An eighth at a time, so that a flood of new ones does not sort for each. Rows on the disk follow
// when the others are saved.
static void make_room(struct sightings *s)
{
	qsort(s->rows, s->count, sizeof *s->rows, newest_first);
	while (s->count > SIGHTINGS_MOST - SIGHTINGS_MOST / 8) {
		struct sighting *row = s->rows[--s->count];
		struct key key = key_of(row->kind, row->value, row->actor);
		map_remove(s->by_key, bytes_of(key.text, key.size));
		free(row);
	}
}

struct sighting *sightings_count(
	struct sightings *s, const struct table_hit *hit, uint64_t actor, int64_t time_us)
{
	struct key key = key_of(hit->kind, hit->value, actor);
	struct sighting *row = map_find(s->by_key, bytes_of(key.text, key.size));
	if (!row) {
		if (s->count == SIGHTINGS_MOST)
			make_room(s);
		row = add_row(s, hit->kind, hit->value, actor);
		row->first_us = time_us;
		row->told_day = row->inside_day = -1;
	}
	row->count++;
	row->last_us = time_us > row->last_us ? time_us : row->last_us;
	row->tlp = hit->tlp > row->tlp ? hit->tlp : row->tlp; // once closed, never opened
	row->sure = hit->sure;
	snprintf(row->id, sizeof row->id, "%s", hit->id);
	snprintf(row->name, sizeof row->name, "%s", hit->name);
	row->changed = true;
	return row;
}

static enum err save_row(struct sightings *s, const struct sighting *row)
{
	query_int(s->add, 1, row->kind);
	query_text(s->add, 2, row->value);
	query_int(s->add, 3, (int64_t)row->actor);
	query_int(s->add, 4, row->tlp);
	query_int(s->add, 5, row->sure);
	query_int(s->add, 6, (int64_t)row->count);
	query_int(s->add, 7, row->first_us);
	query_int(s->add, 8, row->last_us);
	query_int(s->add, 9, (int64_t)row->last_seq);
	query_int(s->add, 10, row->told_day);
	query_text(s->add, 11, row->source);
	query_text(s->add, 12, row->id);
	query_text(s->add, 13, row->name);
	return query_run(s->add);
}

// Rows past the ceiling: those not seen for longest.
static enum err trim(struct sightings *s)
{
	char sql[160];
	snprintf(sql, sizeof sql,
		"DELETE FROM sighting WHERE rowid IN (SELECT rowid FROM sighting "
		"ORDER BY last DESC LIMIT -1 OFFSET %d)",
		SIGHTINGS_MOST);
	return store_exec(s->store, sql);
}

enum err sightings_save(struct sightings *s, uint64_t place)
{
	bool changed = false;
	for (size_t i = 0; i < s->count && !changed; i++)
		changed = s->rows[i]->changed;
	if (!changed && place == s->place)
		return OK;
	enum err err = store_exec(s->store, "BEGIN");
	for (size_t i = 0; !err && i < s->count; i++)
		if (s->rows[i]->changed)
			err = save_row(s, s->rows[i]);
	if (!err && changed)
		err = trim(s);
	query_int(s->place_query, 1, (int64_t)place);
	if (!err)
		err = query_run(s->place_query);
	if (!err)
		err = store_exec(s->store, "COMMIT");
	if (err) {
		if (store_in_transaction(s->store) && store_exec(s->store, "ROLLBACK"))
			abort(); // the role starts again at its place
		return err;
	}
	for (size_t i = 0; i < s->count; i++)
		s->rows[i]->changed = false;
	s->place = place;
	return OK;
}

size_t sightings_here(const struct sightings *s)
{
	return s->count;
}

const struct sighting *sightings_next(const struct sightings *s, size_t *at)
{
	return *at < s->count ? s->rows[(*at)++] : NULL;
}
