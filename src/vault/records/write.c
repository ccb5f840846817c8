#include "vault/records/records_in.h"

#include "common/base/map.h"
#include "common/base/time.h"
#include "common/format/fhir_type.h"
#include "common/format/json.h"

#include <stdio.h>
#include <string.h>

// Runs where the next transaction begins, on the thread that also reads: the committing thread
// must not touch the keys.
static void tidy_after_commit(struct records *r)
{
	if (r->failed)
		owners_forget(r, true);
	else if (r->settled)
		owners_settle(r);
	if (r->failed || r->settled) {
		map_free(r->shredded);
		r->shredded = map_new();
	}
	r->failed = r->settled = false;
}

// A full disk can make the engine undo everything by itself. What came next would then be
// committed at once and alone: nothing may come next.
static enum err still_open(struct records *r)
{
	if (r->open && !store_in_transaction(r->staged.store))
		r->broken = true;
	return r->open && !r->broken ? OK : ERR_IO;
}

// A broken transaction in which somebody's work was kept waits for its commit, which will fail and
// say so; one with nothing in it is given up at once.
static void give_up_empty(struct records *r)
{
	if (!r->open || r->kept || !still_open(r))
		return;
	if (store_in_transaction(r->staged.store))
		(void)!store_exec(r->staged.store, "ROLLBACK");
	r->open = false;
	r->failed = true;
}

enum err records_begin(struct records *r)
{
	give_up_empty(r);
	if (r->open)
		return OK;
	tidy_after_commit(r);
	enum err err = store_exec(r->staged.store, "BEGIN IMMEDIATE");
	r->open = !err;
	r->broken = r->kept = false;
	r->savepoints = 0;
	r->counts = r->committed_counts;
	return err;
}

static enum err savepoint_exec(struct records *r, const char *sql)
{
	enum err err = still_open(r);
	if (!err)
		err = store_exec(r->staged.store, sql);
	if (err && r->open)
		r->broken = true;
	return err;
}

enum err records_savepoint(struct records *r)
{
	if (r->savepoints == SAVEPOINTS_MOST)
		return ERR_LIMIT;
	enum err err = savepoint_exec(r, "SAVEPOINT one");
	if (!err)
		r->saved[r->savepoints++] = r->counts;
	return err;
}

enum err records_release(struct records *r)
{
	enum err err = savepoint_exec(r, "RELEASE one");
	if (!err)
		r->kept |= !--r->savepoints;
	return err;
}

enum err records_rollback(struct records *r)
{
	owners_forget(r, true);
	enum err err = savepoint_exec(r, "ROLLBACK TO one; RELEASE one");
	if (!err)
		r->counts = r->saved[--r->savepoints];
	return err;
}

static enum err state_write(struct records *r, const char *name, int64_t value)
{
	struct store_query *q = r->writes[W_STATE];
	query_text(q, 1, name);
	query_int(q, 2, value);
	return query_run(q);
}

static enum err states_write(struct records *r, uint64_t trail_end)
{
	const struct counts *now = &r->counts, *before = &r->committed_counts;
	enum err err = state_write(r, "trail_end", (int64_t)trail_end);
	if (!err && now->resources != before->resources)
		err = state_write(r, "resources", now->resources);
	if (!err && now->versions != before->versions)
		err = state_write(r, "versions", now->versions);
	if (!err && now->patients != before->patients)
		err = state_write(r, "patients", now->patients);
	if (!err && now->tokens != before->tokens)
		err = state_write(r, "tokens", now->tokens);
	return err;
}

enum err records_commit(struct records *r, uint64_t trail_end)
{
	enum err err = still_open(r);
	if (!err)
		err = states_write(r, trail_end);
	if (!err)
		err = store_exec(r->staged.store, "COMMIT");
	if (err && store_in_transaction(r->staged.store))
		(void)!store_exec(r->staged.store, "ROLLBACK");
	if (!err) {
		r->trail_end = trail_end;
		r->committed_counts = r->counts;
		if (map_count(r->shredded)) // the wrapped keys leave the journal too
			(void)!store_settle(r->staged.store);
	}
	r->open = r->broken = false;
	r->settled = !err;
	r->failed = err;
	return err;
}

enum err link_row(struct records *r, int64_t slot, enum linked_what what, int64_t a, int64_t b)
{
	struct store_query *q = r->writes[W_LINK];
	query_int(q, 1, slot);
	query_int(q, 2, what);
	query_int(q, 3, a);
	query_int(q, 4, b);
	return query_run(q);
}

struct link {
	int64_t what, a, b;
};

static enum err unlink_one(struct records *r, const struct found *found, const struct link *link)
{
	struct store_query *q =
		r->writes[link->what == LINKED_FIND ? W_FIND_DELETE : W_CARE_DELETE];
	query_int(q, 1, link->a);
	if (link->what == LINKED_FIND) {
		r->counts.tokens--;
		query_int(q, 2, found->slot);
	} else {
		query_int(q, 2, found->patient);
		query_int(q, 3, link->b);
		query_int(q, 4, found->slot);
	}
	return query_run(q);
}

// Removes what the version before put into other tables.
static enum err unlink_rows(struct records *r, const struct found *found)
{
	struct buf links = {0};
	enum store_step step;
	struct store_query *q = r->writes[W_LINKED];
	query_int(q, 1, found->slot);
	while ((step = query_step(q)) == STORE_ROW) {
		struct link link = {row_int(q, 0), row_int(q, 1), row_int(q, 2)};
		buf_add(&links, &link, sizeof link);
	}
	query_reset(q);
	enum err err = step == STORE_FAILED ? ERR_IO : OK;
	const struct link *link = (const void *)links.at;
	size_t count = links.size / sizeof *link;
	for (size_t i = 0; i < count && !err; i++)
		err = unlink_one(r, found, &link[i]);
	if (!err && count) {
		query_int(r->writes[W_UNLINK], 1, found->slot);
		err = query_run(r->writes[W_UNLINK]);
	}
	buf_done(&links);
	return err;
}

static enum err item_delete(struct records *r, const struct found *found)
{
	struct store_query *q = r->writes[W_ITEM_DELETE];
	query_int(q, 1, found->patient);
	query_int(q, 2, r->kind_of_type[found->type]);
	query_int(q, 3, found->slot);
	return query_run(q);
}

static enum err item_write(struct records *r, const struct found *now, int64_t updated_us)
{
	struct store_query *q = r->writes[W_ITEM];
	query_int(q, 1, now->patient);
	query_int(q, 2, r->kind_of_type[now->type]);
	query_int(q, 3, now->slot);
	query_int(q, 4, (int64_t)now->version);
	query_int(q, 5, updated_us);
	query_blob(q, 6, buf_bytes(&r->words));
	return query_run(q);
}

static enum err finds_write(struct records *r, const struct found *now, const struct finds *finds)
{
	struct store_query *q = r->writes[W_FIND];
	enum err err = OK;
	for (size_t i = 0; i < finds->count && !err; i++) {
		query_int(q, 1, finds->tokens[i]);
		query_int(q, 2, now->slot);
		query_int(q, 3, now->patient);
		err = query_run(q);
		if (!err)
			err = link_row(r, now->slot, LINKED_FIND, finds->tokens[i], 0);
	}
	r->counts.tokens += (int64_t)finds->count;
	return err;
}

static enum err blob_write(struct records *r, const struct found *now, const struct blob_row *row,
	uint32_t key_version)
{
	struct store_query *q = r->writes[W_BLOB];
	query_int(q, 1, blob_key(now->slot, now->version));
	query_int(q, 2, row->token);
	query_int(q, 3, now->patient);
	query_int(q, 4, r->kind_of_type[now->type]);
	query_int(q, 5, row->method);
	query_int(q, 6, row->updated_us);
	query_int(q, 7, key_version);
	query_blob(q, 8, buf_bytes(&r->sealed));
	return query_run(q);
}

static enum err lookup_write(struct records *r, const struct found *now, int64_t token)
{
	struct store_query *q = r->writes[W_LOOKUP];
	query_int(q, 1, token);
	query_int(q, 2, now->patient);
	query_int(q, 3, r->kind_of_type[now->type]);
	query_int(q, 4, now->slot);
	query_int(q, 5, (int64_t)now->version);
	query_int(q, 6, now->method);
	return query_run(q);
}

// The server's own elements: id, meta.versionId, meta.lastUpdated.
static void stamp(const struct record_put *put, uint64_t version)
{
	char number[24], at[TIME_TEXT_BYTES];
	json_t *meta = json_get_object(put->resource, "meta");
	snprintf(number, sizeof number, "%llu", (unsigned long long)version);
	time_format(put->updated_us, at);
	json_object_set_new(put->resource, "id", json_string(put->id));
	if (!meta) {
		meta = json_object();
		json_object_set_new(put->resource, "meta", meta);
	}
	json_object_set_new(meta, "versionId", json_string(number));
	json_object_set_new(meta, "lastUpdated", json_string(at));
}

static enum err check_expectation(
	const struct record_put *put, enum err looked, const struct found *before)
{
	if (looked && looked != ERR_NOT_FOUND)
		return looked;
	if (put->must_be_new && !looked)
		return ERR_EXISTS;
	if (put->expected && (looked || before->version != put->expected))
		return ERR_CONFLICT;
	return !looked && before->version + 1 >= 1u << VERSION_BITS ? ERR_LIMIT : OK;
}

// Everything of the version that is now current but its blob: rows for finding it.
static enum err index_write(struct records *r, const struct record_put *put, struct owner *owner,
	const struct found *now)
{
	struct arena *arena = arena_new();
	struct finds finds = {0};
	enum err err = words_of(r, owner, put->type, put->resource, arena);
	if (!err)
		err = item_write(r, now, put->updated_us);
	if (!err && finds_record(put->type, owner->number != HOSPITAL)) {
		err = finds_of(r, put->type, put->resource, arena, &finds);
		if (!err)
			err = finds_write(r, now, &finds);
	}
	if (!err)
		err = care_write(r, now->patient, now->slot, put->type, put->resource, arena);
	arena_free(arena);
	return err;
}

static enum err owner_of(struct records *r, const char *patient, struct owner **ret_owner)
{
	if (!patient)
		return owner_by_number(r, &r->staged, HOSPITAL, ret_owner);
	enum err err = owner_find(r, &r->staged, patient, ret_owner);
	if (err != ERR_NOT_FOUND)
		return err;
	err = owner_make(r, patient, ret_owner);
	r->counts.patients += !err;
	return err;
}

enum err records_put(struct records *r, const struct record_put *wanted, struct arena *arena,
	struct record *ret_record)
{
	// The caller's texts may be the resource's own, which stamp() replaces.
	struct record_put copy = *wanted;
	const struct record_put *put = &copy;
	copy.id = arena_text(arena, wanted->id);
	copy.patient = wanted->patient ? arena_text(arena, wanted->patient) : NULL;
	struct found before = {0};
	struct owner *owner;
	enum err open = still_open(r);
	if (open)
		return open;
	enum err looked = lookup(r, &r->staged, put->type, put->id, &before);
	enum err err = check_expectation(put, looked, &before);
	if (!err)
		err = owner_of(r, put->patient, &owner);
	if (err)
		return err;
	bool fresh = looked || before.method == RECORD_DELETED;
	struct found now = {.patient = owner->number,
		.type = put->type,
		.slot = looked ? r->next_slot : before.slot,
		.version = before.version + 1,
		.method = fresh ? RECORD_CREATED : RECORD_UPDATED};
	struct blob_row row = {.token = resource_token(r, put->type, put->id),
		.updated_us = put->updated_us,
		.method = now.method,
		.version = now.version,
		.id = put->id,
		.patient_id = put->patient};
	stamp(put, now.version);
	buf_clear(&r->json);
	json_encode(put->resource, &r->json);
	err = blob_seal(r, owner, &row, buf_bytes(&r->json));
	if (!err)
		err = blob_write(r, &now, &row, owner->key_version);
	if (!err)
		err = lookup_write(r, &now, row.token);
	if (!err && !looked)
		err = unlink_rows(r, &before);
	if (!err && !looked && before.patient != now.patient)
		err = item_delete(r, &before);
	if (!err)
		err = index_write(r, put, owner, &now);
	if (err)
		return err;
	if (looked)
		r->next_slot++;
	r->counts.resources += !!looked;
	r->counts.versions++;
	r->kept |= !r->savepoints;
	*ret_record = (struct record){.type = put->type,
		.id = put->id,
		.version = now.version,
		.updated_us = put->updated_us,
		.method = now.method,
		.patient = put->patient,
		.json = bytes_copy(arena, buf_bytes(&r->json)),
		.sealed_hash = crypto_sha256(buf_bytes(&r->sealed))};
	return OK;
}

enum err records_delete(struct records *r, const struct record_key *key, int64_t updated_us,
	struct arena *arena, struct record *ret_record)
{
	struct found now;
	struct record current;
	struct owner *owner;
	enum err err = still_open(r);
	if (!err)
		err = lookup(r, &r->staged, key->type, key->id, &now);
	if (!err)
		err = read_in(r, &r->staged, key, arena, &current);
	if (!err)
		err = owner_by_number(r, &r->staged, now.patient, &owner);
	if (err)
		return err;
	struct found before = now;
	now.version++;
	now.method = RECORD_DELETED;
	struct blob_row row = {.token = resource_token(r, key->type, key->id),
		.updated_us = updated_us,
		.method = RECORD_DELETED,
		.version = now.version,
		.id = key->id,
		.patient_id = current.patient};
	err = blob_seal(r, owner, &row, (struct bytes){0});
	if (!err)
		err = blob_write(r, &now, &row, owner->key_version);
	if (!err)
		err = lookup_write(r, &now, row.token);
	if (!err)
		err = unlink_rows(r, &before);
	if (!err)
		err = item_delete(r, &before);
	if (err)
		return err;
	r->counts.versions++;
	r->kept |= !r->savepoints;
	current.version = now.version;
	current.method = RECORD_DELETED;
	current.updated_us = updated_us;
	current.json = (struct bytes){0};
	current.sealed_hash = crypto_sha256(buf_bytes(&r->sealed));
	*ret_record = current;
	return OK;
}
