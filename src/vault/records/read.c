#include "vault/records/records_in.h"

#include "common/format/fhir_type.h"

#include <string.h>

int64_t resource_token(struct records *r, int type, const char *id)
{
	return word_token(r->search, "resource", fhir_type_name(type), bytes_text(id));
}

enum err lookup(
	struct records *r, struct view *view, int type, const char *id, struct found *ret_found)
{
	struct store_query *q = view->queries[Q_LOOKUP];
	query_int(q, 1, resource_token(r, type, id));
	enum store_step step = query_step(q);
	enum err err = step == STORE_ROW ? OK : step == STORE_DONE ? ERR_NOT_FOUND : ERR_IO;
	if (!err)
		*ret_found = (struct found){.patient = row_int(q, 0),
			.slot = row_int(q, 2),
			.version = (uint64_t)row_int(q, 3),
			.type = type,
			.method = (enum record_method)row_int(q, 4)};
	query_reset(q);
	return err ? err : blob_place_check(ret_found->slot, ret_found->version);
}

enum err read_in(struct records *r, struct view *view, const struct record_key *key,
	struct arena *arena, struct record *ret_record)
{
	struct found found;
	struct record record;
	enum err err = lookup(r, view, key->type, key->id, &found);
	if (err)
		return err;
	uint64_t version = key->version ? key->version : found.version;
	if (version > found.version)
		return ERR_NOT_FOUND;
	err = blob_read(r, view, found.slot, version, arena, &record);
	if (err == ERR_NOT_FOUND)
		return ERR_CORRUPT; // the lookup says it is there: a row was dropped
	if (err)
		return err == ERR_GONE ? ERR_NOT_FOUND
				       : err; // of a shredded patient nothing is known
	if (record.type != key->type || strcmp(record.id, key->id) != 0)
		return ERR_CORRUPT;
	*ret_record = record;
	return record.method == RECORD_DELETED ? ERR_GONE : OK;
}

enum err records_hold(struct records *r)
{
	enum err err = r->held ? OK : query_run(r->committed.queries[Q_HOLD]);
	r->held |= !err;
	return err;
}

void records_rest(struct records *r)
{
	if (r->held)
		(void)!query_run(r->committed.queries[Q_REST]); // wrote nothing: cannot fail
	r->held = false;
}

// Is it large, somebody's, and not to be read? Then it stays sealed: ERR_DENIED.
static enum err ask_first(struct records *r, const struct record_key *key, struct arena *arena,
	struct record *ret_record)
{
	struct found found;
	struct record record;
	bool may = true;
	enum err err = lookup(r, &r->committed, key->type, key->id, &found);
	struct blob_peek at = {
		found.slot, key->version ? key->version : found.version, RECORD_LARGE};
	if (!err)
		err = blob_peek(r, &r->committed, &at, arena, &record);
	if (!err && record.patient)
		err = key->may(key->may_context, &record, &may);
	if (err || may)
		return OK; // what is wrong will be found by reading
	*ret_record = record;
	return ERR_DENIED;
}

enum err records_read(struct records *r, const struct record_key *key, struct arena *arena,
	struct record *ret_record)
{
	enum err err = key->may ? ask_first(r, key, arena, ret_record) : OK;
	return err ? err : read_in(r, &r->committed, key, arena, ret_record);
}

enum err records_read_staged(struct records *r, const struct record_key *key, struct arena *arena,
	struct record *ret_record)
{
	return read_in(r, &r->staged, key, arena, ret_record);
}

enum err records_history(struct records *r, const struct record_key *key, size_t skip, size_t most,
	struct arena *arena, struct record_page *ret_page)
{
	struct found found;
	enum err err = lookup(r, &r->committed, key->type, key->id, &found);
	if (err)
		return err;
	struct record_page page = {.total = found.version};
	uint64_t left = found.version > skip ? found.version - skip : 0;
	if (left > most)
		left = most;
	page.records = arena_alloc(arena, left * sizeof *page.records);
	for (uint64_t v = found.version - skip; page.count < left && !err; v--) {
		err = blob_read(r, &r->committed, found.slot, v, arena, &page.records[page.count]);
		page.count += !err;
	}
	if (err)
		return err == ERR_NOT_FOUND ? ERR_CORRUPT : err == ERR_GONE ? ERR_NOT_FOUND : err;
	*ret_page = page;
	return OK;
}

struct newest_row {
	int64_t slot;
	uint64_t version;
};

static enum err newest_rows(struct records *r, const struct record_newest *wish, int64_t owner,
	struct newest_row *rows, size_t *ret_count)
{
	struct store_query *q = r->committed.queries[Q_NEWEST];
	enum store_step step;
	size_t count = 0;
	query_int(q, 1, owner);
	query_int(q, 2, r->kind_of_type[wish->type]);
	query_int(q, 3, (int64_t)wish->most + 1);
	while ((step = query_step(q)) == STORE_ROW && count <= wish->most)
		rows[count++] = (struct newest_row){row_int(q, 0), (uint64_t)row_int(q, 1)};
	query_reset(q);
	*ret_count = count;
	return step == STORE_FAILED ? ERR_IO : OK;
}

enum err records_newest(struct records *r, const struct record_newest *wish, struct arena *arena,
	struct record_page *ret_page, bool *ret_more)
{
	struct record_page page = {0};
	struct owner *owner;
	size_t count = 0;
	if (wish->most > RECORDS_SEARCH_COUNT)
		return ERR_LIMIT;
	enum err err = owner_find(r, &r->committed, wish->patient, &owner);
	bool nobody = err == ERR_NOT_FOUND || err == ERR_GONE;
	struct newest_row *rows = arena_alloc(arena, (wish->most + 1) * sizeof *rows);
	if (!err)
		err = newest_rows(r, wish, owner->number, rows, &count);
	if (nobody)
		err = OK;
	*ret_more = count > wish->most;
	count = count > wish->most ? wish->most : count;
	page.records = arena_alloc(arena, (count + 1) * sizeof *page.records);
	for (; page.count < count && !err; page.count += !err)
		err = blob_read(r, &r->committed, rows[page.count].slot, rows[page.count].version,
			arena, &page.records[page.count]);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_CORRUPT : err == ERR_GONE ? ERR_NOT_FOUND : err;
	page.total = page.count;
	*ret_page = page;
	return OK;
}

enum err records_walk(struct records *r, records_seen *seen, void *context)
{
	struct store_query *q;
	struct arena *arena = arena_new();
	r->committed.hashes = true;
	enum err err = store_prepare(r->committed.store, "SELECT key FROM blob ORDER BY key", &q);
	if (err)
		goto out;
	while (!err && query_step(q) == STORE_ROW) {
		int64_t key = row_int(q, 0);
		struct record record;
		arena_reset(arena);
		err = blob_read(r, &r->committed, key >> VERSION_BITS,
			(uint64_t)key & ((1u << VERSION_BITS) - 1), arena, &record);
		if (err == ERR_GONE)
			err = OK; // its patient's key was destroyed
		else if (!err)
			err = seen(context, &record);
	}
	store_query_free(q);
out:
	r->committed.hashes = false;
	arena_free(arena);
	return err;
}
