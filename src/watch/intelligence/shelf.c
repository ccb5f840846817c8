#include "watch/intelligence/shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct shelf {
	struct store *store;
	struct store_query *add, *drop, *drop_part, *left, *drop_left, *count, *left_count, *state,
		*drop_state;
	struct arena *arena;
};

static const char *const schema[] = {
	"CREATE TABLE IF NOT EXISTS indicator (source TEXT NOT NULL, part TEXT NOT NULL, "
	"kind INTEGER NOT NULL, value TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, "
	"author TEXT NOT NULL, tlp INTEGER NOT NULL, sure INTEGER NOT NULL, since INTEGER NOT NULL, "
	"until INTEGER NOT NULL)",
	"CREATE INDEX IF NOT EXISTS indicator_part ON indicator (source, part)",
	"CREATE TABLE IF NOT EXISTS left_out (source TEXT NOT NULL, id TEXT NOT NULL, "
	"why TEXT NOT NULL)",
	"CREATE INDEX IF NOT EXISTS left_out_source ON left_out (source)",
	"CREATE TABLE IF NOT EXISTS source (name TEXT PRIMARY KEY, etag TEXT NOT NULL, "
	"since TEXT NOT NULL, words TEXT NOT NULL, tried INTEGER NOT NULL, fine INTEGER NOT NULL, "
	"stamp INTEGER NOT NULL, count INTEGER NOT NULL, left_out INTEGER NOT NULL, "
	"failures INTEGER NOT NULL, shrunk INTEGER NOT NULL)",
};

static enum err prepare(struct shelf *k)
{
	const struct {
		struct store_query **query;
		const char *sql;
	} all[] = {
		{&k->add, "INSERT INTO indicator VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)"},
		{&k->drop, "DELETE FROM indicator WHERE source = ?1"},
		{&k->drop_part, "DELETE FROM indicator WHERE source = ?1 AND part = ?2"},
		{&k->left, "INSERT INTO left_out VALUES (?1, ?2, ?3)"},
		{&k->drop_left, "DELETE FROM left_out WHERE source = ?1"},
		{&k->count, "SELECT count(*) FROM indicator WHERE source = ?1"},
		{&k->left_count, "SELECT count(*) FROM left_out WHERE source = ?1"},
		{&k->state, "INSERT INTO source VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11) "
			    "ON CONFLICT (name) DO UPDATE SET etag = excluded.etag, "
			    "since = excluded.since, words = excluded.words, "
			    "tried = excluded.tried, fine = excluded.fine, "
			    "stamp = excluded.stamp, count = excluded.count, "
			    "left_out = excluded.left_out, failures = excluded.failures, "
			    "shrunk = excluded.shrunk"},
		{&k->drop_state, "DELETE FROM source WHERE name = ?1"},
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (store_prepare(k->store, all[i].sql, all[i].query))
			return ERR_IO;
	return OK;
}

enum err shelf_open(const char *path, struct shelf **ret_keep, char ret_problem[256])
{
	const struct store_sqlite options = {.path = path, .cache_kib = 8192};
	struct shelf *k = calloc(1, sizeof *k);
	if (!k)
		abort();
	k->arena = arena_new();
	enum err err = store_open_sqlite(&options, &k->store, ret_problem);
	for (size_t i = 0; !err && i < sizeof schema / sizeof *schema; i++)
		err = store_exec(k->store, schema[i]);
	if (!err)
		err = prepare(k);
	if (err) {
		if (k->store)
			snprintf(ret_problem, 256, "%s: %s", path, store_problem(k->store));
		shelf_close(k);
		return err;
	}
	*ret_keep = k;
	return OK;
}

void shelf_close(struct shelf *k)
{
	if (!k)
		return;
	struct store_query *all[] = {k->add, k->drop, k->drop_part, k->left, k->drop_left, k->count,
		k->left_count, k->state, k->drop_state};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		store_query_free(all[i]);
	store_close(k->store);
	arena_free(k->arena);
	free(k);
}

struct store *shelf_store(struct shelf *k)
{
	return k->store;
}

enum err shelf_begin(struct shelf *k)
{
	return store_exec(k->store, "BEGIN");
}

enum err shelf_commit(struct shelf *k)
{
	return store_exec(k->store, "COMMIT");
}

void shelf_rollback(struct shelf *k)
{
	if (store_in_transaction(k->store) && store_exec(k->store, "ROLLBACK"))
		abort(); // the role starts again, and the transaction is gone
}

enum err shelf_add(struct shelf *k, const char *source, const char *part, const struct indicator *i)
{
	query_text(k->add, 1, source);
	query_text(k->add, 2, part);
	query_int(k->add, 3, i->kind);
	query_text(k->add, 4, i->value);
	query_text(k->add, 5, i->id);
	query_text(k->add, 6, i->name);
	query_text(k->add, 7, i->author);
	query_int(k->add, 8, i->tlp);
	query_int(k->add, 9, i->sure);
	query_int(k->add, 10, i->since_us);
	query_int(k->add, 11, i->until_us);
	return query_run(k->add);
}

enum err shelf_drop(struct shelf *k, const char *source, const char *part)
{
	struct store_query *query = part ? k->drop_part : k->drop;
	query_text(query, 1, source);
	if (part)
		query_text(query, 2, part);
	return query_run(query);
}

static uint32_t count_of(struct store_query *query, const char *source)
{
	query_text(query, 1, source);
	uint32_t count = query_step(query) == STORE_ROW ? (uint32_t)row_int(query, 0) : 0;
	query_reset(query);
	return count;
}

uint32_t shelf_count(struct shelf *k, const char *source)
{
	return count_of(k->count, source);
}

enum err shelf_left(struct shelf *k, const char *source, const char *id, const char *why)
{
	if (count_of(k->left_count, source) >= SHELF_LEFT)
		return OK;
	query_text(k->left, 1, source);
	query_text(k->left, 2, id);
	query_text(k->left, 3, why);
	return query_run(k->left);
}

enum err shelf_drop_left(struct shelf *k, const char *source)
{
	query_text(k->drop_left, 1, source);
	return query_run(k->drop_left);
}

static void copy(char *to, size_t room, struct store_query *query, int column, struct arena *arena)
{
	snprintf(to, room, "%s", row_text(query, column, arena));
}

// What somebody changed on the disk is not believed: the value must be in its one spelling.
static bool row_of(struct store_query *q, struct indicator *i, struct arena *arena)
{
	const char *value = row_text(q, 2, arena);
	int64_t kind = row_int(q, 1), tlp = row_int(q, 6), sure = row_int(q, 7);
	if (kind < 0 || kind >= OBSERVABLES || tlp < 0 || tlp >= TLPS || sure < -1 || sure > 100 ||
		indicator_set(i, (enum observable)kind, bytes_text(value)))
		return false;
	copy(i->id, sizeof i->id, q, 3, arena);
	copy(i->name, sizeof i->name, q, 4, arena);
	copy(i->author, sizeof i->author, q, 5, arena);
	i->tlp = (enum tlp)tlp;
	i->sure = (int)sure;
	i->since_us = row_int(q, 8);
	i->until_us = row_int(q, 9);
	i->revoked = false;
	return true;
}

enum err shelf_each(struct shelf *k, shelf_row *row, void *context)
{
	static const char sql[] = "SELECT source, kind, value, id, name, author, tlp, sure, since, "
				  "until FROM indicator";
	struct store_query *q;
	enum store_step step;
	bool more = true;
	if (store_prepare(k->store, sql, &q))
		return ERR_IO;
	while (more && (step = query_step(q)) == STORE_ROW) {
		struct indicator i;
		arena_reset(k->arena);
		const char *source = row_text(q, 0, k->arena);
		if (row_of(q, &i, k->arena))
			more = row(context, source, &i);
	}
	query_reset(q);
	store_query_free(q);
	return more && step == STORE_FAILED ? ERR_IO : OK;
}

void shelf_each_left(struct shelf *k, const char *source, shelf_left_row *row, void *context)
{
	struct store_query *q;
	if (store_prepare(k->store, "SELECT id, why FROM left_out WHERE source = ?1", &q))
		return;
	query_text(q, 1, source);
	while (query_step(q) == STORE_ROW) {
		arena_reset(k->arena);
		row(context, row_text(q, 0, k->arena), row_text(q, 1, k->arena));
	}
	query_reset(q);
	store_query_free(q);
}

enum err shelf_state_save(struct shelf *k, const struct shelf_state *s)
{
	query_text(k->state, 1, s->name);
	query_text(k->state, 2, s->etag);
	query_text(k->state, 3, s->since);
	query_text(k->state, 4, s->words);
	query_int(k->state, 5, s->tried_us);
	query_int(k->state, 6, s->fine_us);
	query_int(k->state, 7, (int64_t)s->stamp);
	query_int(k->state, 8, s->count);
	query_int(k->state, 9, s->left);
	query_int(k->state, 10, s->failures);
	query_int(k->state, 11, s->shrunk);
	return query_run(k->state);
}

enum err shelf_state_drop(struct shelf *k, const char *name)
{
	query_text(k->drop_state, 1, name);
	return query_run(k->drop_state);
}

enum err shelf_states(struct shelf *k, shelf_state_row *row, void *context)
{
	static const char sql[] = "SELECT name, etag, since, words, tried, fine, stamp, count, "
				  "left_out, failures, shrunk FROM source";
	struct store_query *q;
	enum store_step step;
	if (store_prepare(k->store, sql, &q))
		return ERR_IO;
	while ((step = query_step(q)) == STORE_ROW) {
		struct shelf_state s = {.tried_us = row_int(q, 4), .fine_us = row_int(q, 5)};
		arena_reset(k->arena);
		copy(s.name, sizeof s.name, q, 0, k->arena);
		copy(s.etag, sizeof s.etag, q, 1, k->arena);
		copy(s.since, sizeof s.since, q, 2, k->arena);
		copy(s.words, sizeof s.words, q, 3, k->arena);
		s.stamp = (uint64_t)row_int(q, 6);
		s.count = (uint32_t)row_int(q, 7);
		s.left = (uint32_t)row_int(q, 8);
		s.failures = (uint32_t)row_int(q, 9);
		s.shrunk = (uint32_t)row_int(q, 10);
		row(context, &s);
	}
	query_reset(q);
	store_query_free(q);
	return step == STORE_FAILED ? ERR_IO : OK;
}
