#include "vault/identity/measures.h"

#include "vault/identity/identity_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MEASURE_FORMAT = 1
};

struct measures {
	struct held_measure *newest;
	size_t count, of_kind[MEASURE_KINDS]; // that hold, as far as is known
	struct map *keys;
	struct store_query *put, *drop;
};

struct held_measure {
	struct measure shown; // first
	struct held_measure *next;
	int64_t number;
};

static enum err encode(struct identity *identity, const struct measure *m, struct buf *ret_sealed)
{
	struct buf plain = {0};
	put_u8(&plain, MEASURE_FORMAT);
	put_text(&plain, m->action);
	put_text(&plain, m->subject);
	put_text(&plain, m->words);
	put_u8(&plain, (uint8_t)m->state);
	put_u8(&plain, (uint8_t)m->kind);
	put_u8(&plain, (uint8_t)(m->narrow | m->by_itself << 1));
	put_u64(&plain, (uint64_t)m->from_us);
	put_u64(&plain, (uint64_t)m->until_us);
	put_u64(&plain, m->entry);
	enum err err = sealer_seal(identity->sealer, &identity->key, bytes_text(m->key),
		buf_bytes(&plain), ret_sealed);
	buf_done(&plain);
	return err;
}

static enum err decode(struct bytes plain, struct measure *m)
{
	struct cursor in = cursor_of(plain);
	if (get_u8(&in) != MEASURE_FORMAT)
		return ERR_UNSUPPORTED;
	get_text_into(&in, m->action, sizeof m->action);
	get_text_into(&in, m->subject, sizeof m->subject);
	get_text_into(&in, m->words, sizeof m->words);
	m->state = (enum measure_state)get_u8(&in);
	m->kind = (enum measure_kind)get_u8(&in);
	uint8_t flags = get_u8(&in);
	m->narrow = flags & 1;
	m->by_itself = flags & 2;
	m->from_us = (int64_t)get_u64(&in);
	m->until_us = (int64_t)get_u64(&in);
	m->entry = get_u64(&in);
	if (m->kind >= MEASURE_KINDS)
		cursor_fail(&in, ERR_LIMIT);
	return cursor_end(&in);
}

static bool holds(const struct measure *m)
{
	return m->state == MEASURE_HOLDS && m->kind != MEASURE_NONE;
}

static void count_in(struct measures *all, const struct measure *m)
{
	all->of_kind[m->kind] += holds(m);
}

static void count_out(struct measures *all, const struct measure *m)
{
	all->of_kind[m->kind] -= holds(m);
}

// Room for one more: the oldest that does not hold goes.
static void make_room(struct measures *all)
{
	struct held_measure **last = NULL;
	if (all->count < MEASURES_MOST)
		return;
	for (struct held_measure **at = &all->newest; *at; at = &(*at)->next)
		if (!holds(&(*at)->shown) && (*at)->shown.state != MEASURE_SENT)
			last = at;
	if (!last)
		return; // all of them hold: memory grows, nothing is forgotten
	struct held_measure *gone = *last;
	query_text(all->drop, 1, gone->shown.key);
	if (query_run(all->drop))
		return;
	*last = gone->next;
	map_remove(all->keys, bytes_text(gone->shown.key));
	all->count--;
	free(gone);
}

static void hold(struct measures *all, const struct measure *m, int64_t number)
{
	struct held_measure *held = calloc(1, sizeof *held);
	if (!held)
		abort();
	held->shown = *m;
	held->number = number;
	held->next = all->newest;
	all->newest = held;
	all->count++;
	map_set(all->keys, bytes_text(held->shown.key), held);
	count_in(all, m);
}

enum err measure_keep(struct identity *identity, const struct measure *m)
{
	struct measures *all = identity->measures;
	struct buf sealed = {0};
	enum err err = encode(identity, m, &sealed);
	if (!err) {
		query_text(all->put, 1, m->key);
		query_blob(all->put, 2, buf_bytes(&sealed));
		err = query_run(all->put);
	}
	buf_done(&sealed);
	if (err)
		return err;
	struct held_measure *held = map_find(all->keys, bytes_text(m->key));
	if (held) {
		count_out(all, &held->shown);
		held->shown = *m;
		count_in(all, m);
		return OK;
	}
	make_room(all);
	hold(all, m, all->newest ? all->newest->number + 1 : 1);
	return OK;
}

const struct measure *measure_by_key(const struct identity *identity, const char *key)
{
	const struct held_measure *held = map_find(identity->measures->keys, bytes_text(key));
	return held ? &held->shown : NULL;
}

bool measures_any(const struct identity *identity, enum measure_kind kind)
{
	return identity->measures->of_kind[kind] > 0;
}

const struct measure *measure_on(
	struct identity *identity, enum measure_kind kind, const char *subject, int64_t now_us)
{
	if (!measures_any(identity, kind) || !*subject)
		return NULL;
	for (const struct held_measure *at = identity->measures->newest; at; at = at->next)
		if (at->shown.kind == kind && holds(&at->shown) && now_us < at->shown.until_us &&
			strcmp(at->shown.subject, subject) == 0)
			return &at->shown;
	return NULL;
}

const struct measure *measure_next(const struct identity *identity, const struct measure *before)
{
	const struct held_measure *at =
		before ? ((const struct held_measure *)before)->next : identity->measures->newest;
	return at ? &at->shown : NULL;
}

enum err identity_end_sessions(struct identity *identity, const char *account)
{
	const struct held_account *a = account_held(identity, account);
	if (!a)
		return ERR_NOT_FOUND;
	sessions_end_of(identity, a, NULL);
	return OK;
}

enum err measures_load(struct identity *identity)
{
	struct measures *all = calloc(1, sizeof *all);
	struct store_query *q;
	if (!all)
		abort();
	identity->measures = all;
	all->keys = map_new();
	enum err err = store_prepare(identity->store,
		"INSERT INTO measure (key, sealed) VALUES (?1, ?2) "
		"ON CONFLICT (key) DO UPDATE SET sealed = excluded.sealed",
		&all->put);
	if (!err)
		err = store_prepare(
			identity->store, "DELETE FROM measure WHERE key = ?1", &all->drop);
	if (!err)
		err = store_prepare(identity->store,
			"SELECT number, key, sealed FROM measure ORDER BY number", &q);
	if (err)
		return err;
	enum store_step step;
	struct arena *arena = arena_new();
	while ((step = query_step(q)) == STORE_ROW) {
		struct measure m = {0};
		struct buf plain = {0};
		snprintf(m.key, sizeof m.key, "%s", row_text(q, 1, arena));
		err = sealer_open(identity->sealer, &identity->key, bytes_text(m.key),
			row_blob(q, 2), &plain);
		if (!err)
			err = decode(buf_bytes(&plain), &m);
		buf_done(&plain);
		if (err)
			break; // a lock that cannot be read must not be open silently
		hold(all, &m, row_int(q, 0));
	}
	arena_free(arena);
	store_query_free(q);
	return err ? err : step == STORE_FAILED ? ERR_IO : OK;
}

void measures_free(struct identity *identity)
{
	struct measures *all = identity->measures;
	if (!all)
		return;
	for (struct held_measure *at = all->newest, *next; at; at = next) {
		next = at->next;
		free(at);
	}
	map_free(all->keys);
	store_query_free(all->put);
	store_query_free(all->drop);
	free(all);
}
