#include "vault/records/records_in.h"

#include "common/base/time.h"
#include "common/format/fhir_type.h"
#include "common/format/json.h"

#include <stdio.h>
#include <string.h>

enum { MOST_LINKS = 512 };

static void tidy_after_commit(struct records *r)
{
	if (r->failed)
		owners_forget(r, true);
	else if (r->settled)
		owners_settle(r);
	r->failed = r->settled = false;
}

enum err records_begin(struct records *r)
{
	if (r->open)
		return OK;
	tidy_after_commit(r);
	enum err err = store_exec(r->staged.store, "BEGIN IMMEDIATE");
	r->open = !err;
	return err;
}

enum err records_savepoint(struct records *r)
{
	return store_exec(r->staged.store, "SAVEPOINT one");
}

enum err records_release(struct records *r)
{
	return store_exec(r->staged.store, "RELEASE one");
}

enum err records_rollback(struct records *r)
{
	owners_forget(r, true);
	return store_exec(r->staged.store, "ROLLBACK TO one; RELEASE one");
}

enum err records_commit(struct records *r, uint64_t trail_end)
{
	struct store_query *q = r->writes[W_STATE];
	query_text(q, 1, "trail_end");
	query_int(q, 2, (int64_t)trail_end);
	enum err err = query_run(q);
	if (!err)
		err = store_exec(r->staged.store, "COMMIT");
	if (err) // SQLite may have rolled back by itself: then this fails, and that is fine
		(void)!store_exec(r->staged.store, "ROLLBACK");
	else
		r->trail_end = trail_end;
	r->open = false;
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
	struct store_query *q = r->writes[link->what == LINKED_FIND ? W_FIND_DELETE : W_CARE_DELETE];
	query_int(q, 1, link->a);
	if (link->what == LINKED_FIND) {
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
	struct link links[MOST_LINKS];
	size_t count = 0;
	enum err err = OK;
	struct store_query *q = r->writes[W_LINKED];
	query_int(q, 1, found->slot);
	while (count < MOST_LINKS && query_step(q) == STORE_ROW)
		links[count++] = (struct link){row_int(q, 0), row_int(q, 1), row_int(q, 2)};
	query_reset(q);
	for (size_t i = 0; i < count && !err; i++)
		err = unlink_one(r, found, &links[i]);
	if (!err && count) {
		query_int(r->writes[W_UNLINK], 1, found->slot);
		err = query_run(r->writes[W_UNLINK]);
	}
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
	return err;
}

static enum err blob_write(struct records *r, const struct found *now, const struct blob_row *row,
	uint32_t key_version)
{
	struct store_query *q = r->writes[W_BLOB];
	query_int(q, 1, now->slot << VERSION_BITS | (int64_t)now->version);
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

static enum err check_expectation(const struct record_put *put, enum err looked, const struct found *before)
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
	if (!err && finds_type(put->type)) {
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
	return err == ERR_NOT_FOUND ? owner_make(r, patient, ret_owner) : err;
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
	enum err looked = lookup(r, &r->staged, put->type, put->id, &before);
	enum err err = check_expectation(put, looked, &before);
	if (!err)
		err = owner_of(r, put->patient, &owner);
	if (err)
		return err;
	bool fresh = looked || before.method == RECORD_DELETED;
	struct found now = {.patient = owner->number, .type = put->type,
		.slot = looked ? r->next_slot : before.slot, .version = before.version + 1,
		.method = fresh ? RECORD_CREATED : RECORD_UPDATED};
	struct blob_row row = {.token = resource_token(r, put->type, put->id),
		.updated_us = put->updated_us, .method = now.method, .version = now.version};
	stamp(put, now.version);
	buf_clear(&r->json);
	json_encode(put->resource, &r->json);
	err = blob_seal(r, owner, &row, put->id, put->patient, buf_bytes(&r->json));
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
	*ret_record = (struct record){.type = put->type, .id = put->id, .version = now.version,
		.updated_us = put->updated_us, .method = now.method, .patient = put->patient,
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
	enum err err = lookup(r, &r->staged, key->type, key->id, &now);
	if (!err)
		err = read_in(r, &r->staged, key, arena, &current);
	if (!err)
		err = owner_by_number(r, &r->staged, now.patient, &owner);
	if (err)
		return err;
	struct found before = now;
	now.version++;
	now.method = RECORD_DELETED;
	struct blob_row row = {.token = resource_token(r, key->type, key->id), .updated_us = updated_us,
		.method = RECORD_DELETED, .version = now.version};
	err = blob_seal(r, owner, &row, key->id, current.patient, (struct bytes){0});
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
	current.version = now.version;
	current.method = RECORD_DELETED;
	current.updated_us = updated_us;
	current.json = (struct bytes){0};
	current.sealed_hash = crypto_sha256(buf_bytes(&r->sealed));
	*ret_record = current;
	return OK;
}
