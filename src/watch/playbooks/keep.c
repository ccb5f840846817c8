#include "watch/playbooks/playbooks_in.h"

#include "common/base/text.h"
#include "common/base/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const schema[] = {
	("CREATE TABLE IF NOT EXISTS run (id INTEGER PRIMARY KEY, playbook TEXT NOT NULL, "
	 "ident TEXT NOT NULL UNIQUE, per TEXT NOT NULL, started INTEGER NOT NULL, "
	 "rests INTEGER NOT NULL, json TEXT NOT NULL)"),
	"CREATE INDEX IF NOT EXISTS run_per ON run (playbook, per, started)",
	"CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
};

static enum err prepare(struct playbooks *pb)
{
	const struct {
		struct store_query **query;
		const char *sql;
	} all[] = {
		{&pb->put, "INSERT INTO run (id, playbook, ident, per, started, rests, json) "
			   "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
			   "ON CONFLICT (id) DO UPDATE SET rests = excluded.rests, "
			   "json = excluded.json"},
		{&pb->ask, "SELECT 1 FROM run WHERE ident = ?1"},
		{&pb->quiet, "SELECT max(started) FROM run WHERE playbook = ?1 AND per = ?2"},
		{&pb->get, "SELECT json FROM run WHERE id = ?1"},
		{&pb->page, "SELECT id FROM run WHERE id < ?1 ORDER BY id DESC LIMIT ?2"},
		{&pb->trim, "DELETE FROM run WHERE rests = 1 AND "
			    "id <= (SELECT max(id) FROM run) - ?1"},
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (store_prepare(pb->store, all[i].sql, all[i].query))
			return ERR_IO;
	return OK;
}

// A name for this database: when it is lost and made anew, run 1 of it is another run 1.
static enum err read_birth(struct playbooks *pb)
{
	struct store_query *q;
	struct arena *arena = arena_new();
	char made[sizeof pb->birth];
	uint64_t now = (uint64_t)time_now_us();
	snprintf(made, sizeof made, "%08llx", (unsigned long long)(now / 1000 & 0xffffffff));
	enum err err = store_prepare(pb->store,
		"INSERT INTO state (name, value) VALUES ('birth', ?1) ON CONFLICT DO NOTHING", &q);
	if (!err) {
		query_text(q, 1, made);
		err = query_run(q);
		store_query_free(q);
	}
	if (!err)
		err = store_prepare(pb->store, "SELECT value FROM state WHERE name = 'birth'", &q);
	if (!err) {
		if (query_step(q) == STORE_ROW)
			snprintf(pb->birth, sizeof pb->birth, "%s", row_text(q, 0, arena));
		else
			err = ERR_IO;
		query_reset(q);
		store_query_free(q);
	}
	arena_free(arena);
	return err;
}

static const char *const place_names[PLACES] = {"place", "incident-place"};

static enum err read_place(struct playbooks *pb)
{
	struct store_query *q;
	enum err err = store_prepare(
		pb->store, "SELECT CAST(value AS INTEGER) FROM state WHERE name = ?1", &q);
	if (err)
		return err;
	for (int i = 0; i < PLACES; i++) {
		query_text(q, 1, place_names[i]);
		if (query_step(q) == STORE_ROW)
			pb->places[i] = pb->places_kept[i] = (uint64_t)row_int(q, 0);
		query_reset(q);
	}
	store_query_free(q);
	return OK;
}

enum err runs_keep_place(struct playbooks *pb)
{
	struct store_query *q;
	enum err err = store_prepare(pb->store,
		"INSERT INTO state (name, value) VALUES (?1, ?2) "
		"ON CONFLICT (name) DO UPDATE SET value = excluded.value",
		&q);
	if (err)
		return err;
	for (int i = 0; !err && i < PLACES; i++) {
		query_text(q, 1, place_names[i]);
		query_int(q, 2, (int64_t)pb->places[i]);
		err = query_run(q);
	}
	store_query_free(q);
	if (!err)
		memcpy(pb->places_kept, pb->places, sizeof pb->places);
	return err;
}

enum err runs_open(struct playbooks *pb, const char *path, char ret_problem[256])
{
	const struct store_sqlite options = {.path = path, .cache_kib = 1024};
	enum err err = store_open_sqlite(&options, &pb->store, ret_problem);
	for (size_t i = 0; !err && i < sizeof schema / sizeof *schema; i++)
		err = store_exec(pb->store, schema[i]);
	if (!err)
		err = prepare(pb);
	if (!err)
		err = read_birth(pb);
	if (!err)
		err = read_place(pb);
	if (!err)
		err = runs_load(pb);
	if (err && pb->store)
		snprintf(ret_problem, 256, "%s: %s", path, store_problem(pb->store));
	return err;
}

void runs_close(struct playbooks *pb)
{
	struct store_query *all[] = {pb->put, pb->ask, pb->quiet, pb->get, pb->page, pb->trim};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		store_query_free(all[i]);
	store_close(pb->store);
}

// ---- A run as JSON and back.

static json_t *token_json(const struct token *t)
{
	return json_pack("[i, i, i, i, I, i, i]", t->id, t->parent, t->step, (int)t->phase,
		(json_int_t)t->due_us, (int)t->loops, (int)t->record);
}

static json_t *record_json(const struct record *r)
{
	return json_pack("[i, i, I, I, I, I, I, i, s, s]", r->step, (int)r->state,
		(json_int_t)r->at_us, (json_int_t)r->until_us, (json_int_t)r->due_us,
		(json_int_t)r->approved, (json_int_t)r->undo, (int)(r->escalated | r->send << 1),
		r->role, r->words);
}

static char *encode(const struct run *run)
{
	json_t *tokens = json_array(), *records = json_array();
	for (size_t i = 0; i < run->token_count; i++)
		json_array_append_new(tokens, token_json(&run->tokens[i]));
	for (size_t i = 0; i < run->record_count; i++)
		json_array_append_new(records, record_json(&run->records[i]));
	json_t *json = json_pack("{s:I, s:O, s:O, s:I, s:I, s:i, s:b, s:o, s:o}", "id",
		(json_int_t)run->id, "playbook", run->json, "finding", run->finding, "started",
		(json_int_t)run->started_us, "ended", (json_int_t)run->ended_us, "token_ids",
		run->token_ids, "cut", run->cut, "tokens", tokens, "records", records);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	return text;
}

static bool decode_token(json_t *json, const struct run *run, struct token *t)
{
	json_int_t due;
	int phase, loops, record;
	if (json_unpack(json, "[i, i, i, i, I, i, i!]", &t->id, &t->parent, &t->step, &phase, &due,
		    &loops, &record))
		return false;
	t->phase = (enum token_phase)phase;
	t->due_us = due;
	t->loops = (unsigned)loops;
	t->record = (unsigned)record;
	return phase >= 0 && phase < TOKEN_PHASES && t->step >= 0 &&
	       (size_t)t->step < run->p->step_count && record >= 0 &&
	       (size_t)record <= run->record_count;
}

static bool decode_record(json_t *json, const struct run *run, struct record *r)
{
	json_int_t at, until, due, approved, undo;
	const char *role, *words;
	int state, flags;
	if (json_unpack(json, "[i, i, I, I, I, I, I, i, s, s!]", &r->step, &state, &at, &until,
		    &due, &approved, &undo, &flags, &role, &words))
		return false;
	r->state = (enum record_state)state;
	r->at_us = at;
	r->until_us = until;
	r->due_us = due;
	r->approved = (uint64_t)approved;
	r->undo = (uint64_t)undo;
	r->escalated = flags & 1;
	r->send = flags & 2;
	snprintf(r->role, sizeof r->role, "%s", role);
	snprintf(r->words, sizeof r->words, "%s", words);
	return state >= 0 && state < RECORD_STATES && r->step >= 0 &&
	       (size_t)r->step < run->p->step_count && run->p->steps[r->step].kind == CACAO_ACTION;
}

static bool decode_lists(const json_t *json, struct run *run)
{
	const json_t *tokens = json_object_get(json, "tokens"),
		     *records = json_object_get(json, "records");
	if (json_array_size(tokens) > PLAYBOOKS_TOKENS ||
		json_array_size(records) > PLAYBOOKS_RECORDS)
		return false;
	for (size_t i = 0; i < json_array_size(records); i++) {
		struct record *r = &run->records[run->record_count];
		if (!decode_record(json_array_get(records, i), run, r))
			return false;
		r->n = (unsigned)++run->record_count;
	}
	for (size_t i = 0; i < json_array_size(tokens); i++)
		if (!decode_token(json_array_get(tokens, i), run, &run->tokens[run->token_count++]))
			return false;
	return true;
}

// NULL: it is none that we wrote.
static struct run *decode(const char *text)
{
	struct cacao_problem problem;
	struct run *run = run_new();
	json_t *json = json_loads(text, 0, NULL);
	run->json = json_incref(json_object_get(json, "playbook"));
	run->finding = json_incref(json_object_get(json, "finding"));
	run->id = (uint64_t)json_integer_value(json_object_get(json, "id"));
	run->started_us = json_integer_value(json_object_get(json, "started"));
	run->ended_us = json_integer_value(json_object_get(json, "ended"));
	run->token_ids = (int)json_integer_value(json_object_get(json, "token_ids"));
	run->cut = json_is_true(json_object_get(json, "cut"));
	bool fine = run->json && run->finding &&
		    cacao_check(run->json, NULL, run->arena, &run->p, &problem) == OK &&
		    decode_lists(json, run);
	json_decref(json);
	if (fine)
		return run;
	run_free(run);
	return NULL;
}

enum err runs_keep(struct playbooks *pb, struct run *run, const char *ident, const char *per)
{
	char *text = encode(run);
	if (!text)
		return ERR_IO;
	query_int(pb->put, 1, (int64_t)run->id);
	query_text(pb->put, 2, run->p->name);
	query_text(pb->put, 3, ident ? ident : "");
	query_text(pb->put, 4, per ? per : "");
	query_int(pb->put, 5, run->started_us);
	query_int(pb->put, 6, run_rests(run));
	query_text(pb->put, 7, text);
	enum err err = query_run(pb->put);
	free(text);
	query_int(pb->trim, 1, PLAYBOOKS_KEPT);
	if (!err && ident)
		err = query_run(pb->trim);
	if (!err)
		run->dirty = false;
	return err;
}

bool runs_has(struct playbooks *pb, const char *ident)
{
	query_text(pb->ask, 1, ident);
	bool there = query_step(pb->ask) == STORE_ROW;
	query_reset(pb->ask);
	return there;
}

int64_t runs_last_us(struct playbooks *pb, const char *name, const char *per)
{
	query_text(pb->quiet, 1, name);
	query_text(pb->quiet, 2, per);
	int64_t at = query_step(pb->quiet) == STORE_ROW && !row_is_null(pb->quiet, 0)
			     ? row_int(pb->quiet, 0)
			     : 0;
	query_reset(pb->quiet);
	return at;
}

struct run *runs_find(struct playbooks *pb, uint64_t id)
{
	struct arena *arena = arena_new();
	query_int(pb->get, 1, (int64_t)id);
	struct run *run =
		query_step(pb->get) == STORE_ROW ? decode(row_text(pb->get, 0, arena)) : NULL;
	query_reset(pb->get);
	arena_free(arena);
	return run;
}

enum err runs_load(struct playbooks *pb)
{
	struct store_query *q;
	enum store_step step = STORE_DONE;
	struct arena *arena = arena_new();
	enum err err = store_prepare(pb->store, "SELECT id, rests, json FROM run ORDER BY id", &q);
	bool prepared = !err;
	while (!err && (step = query_step(q)) == STORE_ROW) {
		pb->last_id = (uint64_t)row_int(q, 0);
		if (row_int(q, 1))
			continue;
		struct run *run = decode(row_text(q, 2, arena));
		if (!run) {
			err = ERR_CORRUPT; // a run that was lost would be an act without an end
			break;
		}
		run->next = pb->runs;
		pb->runs = run;
		pb->run_count++;
	}
	if (!err && step == STORE_FAILED)
		err = ERR_IO;
	if (prepared) {
		query_reset(q);
		store_query_free(q);
	}
	arena_free(arena);
	return err;
}
