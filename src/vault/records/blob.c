#include "vault/records/records_in.h"

#include "common/base/text.h"

#include <string.h>

enum {
	BLOB_FORMAT = 1,
	HEAD_BYTES = 12 + 2 * (1 + 64), // nonce, id and patient
};

// Binds a blob to its place: another row, version, patient or key version does not open it.
static void bind(const struct blob_row *row, const struct owner *owner, struct buf *room)
{
	buf_clear(room);
	put_u8(room, BLOB_FORMAT);
	put_u64(room, (uint64_t)row->token); // stands for type and id
	put_u64(room, row->version);
	put_u64(room, (uint64_t)owner->token);
	put_u32(room, owner->key_version);
	put_u8(room, (uint8_t)row->method);
	put_u64(room, (uint64_t)row->updated_us);
}

enum err blob_seal(
	struct records *r, struct owner *owner, const struct blob_row *row, struct bytes json)
{
	struct buf context = {0};
	buf_clear(&r->plain);
	put_span_u8(&r->plain, bytes_text(row->id));
	put_span_u8(&r->plain, bytes_text(row->patient_id));
	buf_add_bytes(&r->plain, json);
	bind(row, owner, &context);
	buf_clear(&r->sealed);
	enum err err = sealer_seal(
		r->sealer, &owner->key, buf_bytes(&context), buf_bytes(&r->plain), &r->sealed);
	buf_done(&context);
	return err;
}

static enum err open_row(struct records *r, struct view *view, struct store_query *q,
	struct arena *arena, struct record *record)
{
	struct blob_row row = {.token = row_int(q, 0),
		.patient = row_int(q, 1),
		.method = (enum record_method)row_int(q, 3),
		.updated_us = row_int(q, 4),
		.version = record->version};
	int64_t kind = row_int(q, 2);
	struct bytes sealed = row_blob(q, 6);
	struct owner *owner;
	struct buf context = {0};
	if (kind < 0 || kind >= r->kinds)
		return ERR_CORRUPT;
	enum err err = owner_by_number(r, view, row.patient, &owner);
	if (err)
		return err;
	bind(&row, owner, &context);
	buf_clear(&r->plain);
	err = sealer_open(r->sealer, &owner->key, buf_bytes(&context), sealed, &r->plain);
	buf_done(&context);
	if (err)
		return err;
	struct cursor in = cursor_of(buf_bytes(&r->plain));
	struct bytes id = get_span_u8(&in), patient = get_span_u8(&in);
	struct bytes json = get_raw(&in, cursor_left(&in));
	record->type = r->type_of_kind[kind];
	record->method = row.method;
	record->updated_us = row.updated_us;
	record->id = arena_text_n(arena, (const char *)id.at, id.size);
	record->patient =
		patient.size ? arena_text_n(arena, (const char *)patient.at, patient.size) : NULL;
	record->json = bytes_copy(arena, json);
	return in.err || resource_token(r, record->type, record->id) != row.token ? ERR_CORRUPT
										  : OK;
}

enum err blob_place_check(int64_t slot, uint64_t version)
{
	bool fine = slot >= 0 && slot <= INT64_MAX >> VERSION_BITS && version &&
		    !(version >> VERSION_BITS);
	return fine ? OK : ERR_CORRUPT;
}

int64_t blob_key(int64_t slot, uint64_t version)
{
	return (int64_t)((uint64_t)slot << VERSION_BITS | version);
}

enum err blob_read(struct records *r, struct view *view, int64_t slot, uint64_t version,
	struct arena *arena, struct record *ret_record)
{
	struct store_query *q = view->queries[Q_BLOB];
	struct record record = {.version = version};
	if (blob_place_check(slot, version))
		return ERR_CORRUPT;
	query_int(q, 1, blob_key(slot, version));
	enum store_step step = query_step(q);
	enum err err = step == STORE_FAILED ? ERR_IO
		       : step == STORE_DONE ? ERR_NOT_FOUND
					    : open_row(r, view, q, arena, &record);
	if (!err && view->hashes)
		record.sealed_hash = crypto_sha256(row_blob(q, 6));
	query_reset(q);
	if (!err)
		*ret_record = record;
	return err;
}

static enum err peek_head(
	struct records *r, struct view *view, const struct blob_peek *wish, struct owner *owner)
{
	const struct store_blob from = {
		"blob", "sealed", blob_key(wish->slot, wish->version), HEAD_BYTES};
	struct buf head = {0};
	enum err err = store_blob_head(view->store, &from, &head);
	buf_clear(&r->plain);
	if (!err)
		err = sealer_peek(r->sealer, &owner->key, buf_bytes(&head), &r->plain);
	buf_done(&head);
	return err;
}

static enum err peek_row(struct records *r, struct view *view, const struct blob_peek *wish,
	struct arena *arena, struct record *record)
{
	struct store_query *q = view->queries[Q_PEEK];
	int64_t token = row_int(q, 0), patient_number = row_int(q, 1), kind = row_int(q, 2);
	struct owner *owner;
	if (row_int(q, 6) <= (int64_t)wish->over)
		return ERR_UNSUPPORTED;
	if (kind < 0 || kind >= r->kinds)
		return ERR_CORRUPT;
	record->type = r->type_of_kind[kind];
	record->method = (enum record_method)row_int(q, 3);
	record->updated_us = row_int(q, 4);
	enum err err = owner_by_number(r, view, patient_number, &owner);
	if (!err)
		err = peek_head(r, view, wish, owner);
	if (err)
		return err;
	struct cursor in = cursor_of(buf_bytes(&r->plain));
	struct bytes id = get_span_u8(&in), patient = get_span_u8(&in);
	if (in.err)
		return ERR_CORRUPT;
	record->id = arena_text_n(arena, (const char *)id.at, id.size);
	record->patient =
		patient.size ? arena_text_n(arena, (const char *)patient.at, patient.size) : NULL;
	bool ours = resource_token(r, record->type, record->id) == token;
	if (record->patient)
		ours = ours && patient_token(r, record->patient) == owner->token;
	return ours && !record->patient == (patient_number == HOSPITAL) ? OK : ERR_CORRUPT;
}

enum err blob_peek(struct records *r, struct view *view, const struct blob_peek *wish,
	struct arena *arena, struct record *ret_record)
{
	struct store_query *q = view->queries[Q_PEEK];
	struct record record = {.version = wish->version};
	if (blob_place_check(wish->slot, wish->version))
		return ERR_CORRUPT;
	query_int(q, 1, blob_key(wish->slot, wish->version));
	enum store_step step = query_step(q);
	enum err err = step == STORE_FAILED ? ERR_IO
		       : step == STORE_DONE ? ERR_NOT_FOUND
					    : peek_row(r, view, wish, arena, &record);
	query_reset(q);
	if (!err)
		*ret_record = record;
	return err;
}
