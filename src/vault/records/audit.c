#include "vault/records/audit.h"

#include "vault/records/records_in.h"

#include "common/base/map.h"
#include "common/base/text.h"
#include "common/format/fhir_type.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char sql[] = "SELECT key, patient FROM blob WHERE key >= ?1 ORDER BY key LIMIT ?2";

struct records_audit {
	struct records *r;
	uint32_t *named; // by slot: how many of its versions the trail named
	size_t room;
	struct map *shredded; // tokens of patients
	struct arena *arena;  // of one version
	int64_t next;         // key to go on with
	int64_t slot;         // that is being looked at, 0 before the first
	uint64_t count;       // its versions so far
	int type;             // of the last version that opened
	char id[72];          // empty: none could be opened
	struct audit_step step;
};

struct records_audit *records_audit_new(struct records *records)
{
	struct records_audit *audit = calloc(1, sizeof *audit);
	if (!audit)
		abort();
	audit->r = records;
	audit->shredded = map_new();
	audit->arena = arena_new();
	return audit;
}

void records_audit_free(struct records_audit *audit)
{
	if (!audit)
		return;
	map_free(audit->shredded);
	arena_free(audit->arena);
	free(audit->named);
	free(audit);
}

static enum err make_room(struct records_audit *audit, int64_t slot)
{
	if (slot < 0 || slot >= AUDIT_RESOURCES_MOST)
		return ERR_LIMIT;
	if ((size_t)slot < audit->room)
		return OK;
	size_t room = 2 * (size_t)slot + 1024;
	audit->named = realloc(audit->named, room * sizeof *audit->named);
	if (!audit->named)
		abort();
	memset(audit->named + audit->room, 0, (room - audit->room) * sizeof *audit->named);
	audit->room = room;
	return OK;
}

static enum err compare(struct records_audit *audit, const struct found *found,
	const struct audit_write *write, enum audit_found *ret_found)
{
	struct store_query *q = audit->r->committed.queries[Q_BLOB];
	char hex[2 * HASH_BYTES + 1];
	query_int(q, 1, blob_key(found->slot, write->version));
	enum store_step step = query_step(q);
	*ret_found = AUDIT_MISSING;
	if (step == STORE_ROW) {
		struct hash hash = crypto_sha256(row_blob(q, 6));
		text_hex(bytes_of(hash.bytes, HASH_BYTES), hex);
		*ret_found = strcmp(hex, write->content) == 0 ? AUDIT_FITS : AUDIT_DIFFERS;
	}
	query_reset(q);
	if (step == STORE_FAILED)
		return ERR_IO;
	enum err err = *ret_found == AUDIT_FITS ? make_room(audit, found->slot) : OK;
	if (!err && *ret_found == AUDIT_FITS)
		audit->named[found->slot]++;
	return err;
}

enum err records_audit_write(
	struct records_audit *audit, const struct audit_write *write, enum audit_found *ret_found)
{
	struct found found;
	enum err err = lookup(audit->r, &audit->r->committed, write->type, write->id, &found);
	if (!err && write->version && write->version <= found.version)
		return compare(audit, &found, write, ret_found);
	if (err && err != ERR_NOT_FOUND && err != ERR_CORRUPT)
		return err;
	*ret_found = AUDIT_MISSING;
	return OK;
}

void records_audit_shredded(struct records_audit *audit, const char *patient)
{
	int64_t token = patient_token(audit->r, patient);
	map_set(audit->shredded, bytes_of(&token, sizeof token), audit);
}

enum err records_audit_reached(struct records_audit *audit, uint64_t *ret_end)
{
	struct store_query *q;
	enum err err = store_prepare(
		audit->r->committed.store, "SELECT value FROM state WHERE name = 'trail_end'", &q);
	if (err)
		return err;
	enum store_step step = query_step(q);
	if (step != STORE_FAILED)
		*ret_end = step == STORE_ROW ? (uint64_t)row_int(q, 0) : 0;
	store_query_free(q);
	return step == STORE_FAILED ? ERR_IO : OK;
}

static void broken(struct records_audit *audit, const char *words)
{
	if (audit->step.where[0])
		return;
	if (audit->id[0])
		snprintf(audit->step.where, sizeof audit->step.where, "%s/%s: %s",
			fhir_type_name(audit->type), audit->id, words);
	else
		snprintf(audit->step.where, sizeof audit->step.where, "resource %lld: %s",
			(long long)audit->slot, words);
}

// Everything of a resource was seen: does what leads to it fit, and does the trail know all of it?
static enum err finish_slot(struct records_audit *audit)
{
	struct found found = {0};
	enum err err = make_room(audit, audit->slot);
	if (err || !audit->slot)
		return err;
	if (audit->id[0]) {
		err = lookup(audit->r, &audit->r->committed, audit->type, audit->id, &found);
		if (err && err != ERR_NOT_FOUND && err != ERR_CORRUPT)
			return err;
		if (err || found.slot != audit->slot || found.version != audit->count)
			broken(audit,
				"the row that leads here was changed, or versions are missing");
	}
	if (audit->named[audit->slot] < audit->count)
		broken(audit, "the trail does not name the write of a stored version");
	return OK;
}

// Its patient's key is not there any more: the trail must say so.
static enum err check_shredded(struct records_audit *audit, int64_t patient)
{
	struct store_query *q = audit->r->committed.queries[Q_PATIENT_NUMBER];
	query_int(q, 1, patient);
	enum store_step step = query_step(q);
	int64_t token = step == STORE_ROW ? row_int(q, 1) : 0;
	query_reset(q);
	if (step == STORE_FAILED)
		return ERR_IO;
	if (!map_find(audit->shredded, bytes_of(&token, sizeof token)))
		broken(audit, "its key is gone, and the trail does not say that it was destroyed");
	return OK;
}

static enum err look(struct records_audit *audit, int64_t key, int64_t patient, size_t *bytes)
{
	struct record record;
	int64_t slot = key >> VERSION_BITS;
	uint64_t version = (uint64_t)key & ((1u << VERSION_BITS) - 1);
	enum err err = OK;
	if (slot != audit->slot) {
		err = finish_slot(audit);
		audit->slot = slot;
		audit->count = 0;
		audit->id[0] = 0;
	}
	if (err)
		return err;
	if (version != ++audit->count)
		broken(audit, "a version is missing");
	arena_reset(audit->arena);
	err = blob_read(audit->r, &audit->r->committed, slot, version, audit->arena, &record);
	if (err == ERR_GONE)
		return check_shredded(audit, patient);
	if (err == ERR_CORRUPT || err == ERR_NOT_FOUND) {
		broken(audit, "a version does not open in its place");
		return OK;
	}
	if (err)
		return err;
	audit->type = record.type;
	snprintf(audit->id, sizeof audit->id, "%s", record.id);
	*bytes += record.json.size;
	return OK;
}

enum err records_audit_walk(struct records_audit *audit, size_t most, struct audit_step *ret_step)
{
	struct store_query *q;
	size_t seen = 0, bytes = 0;
	enum store_step step = STORE_ROW;
	enum err err = store_prepare(audit->r->committed.store, sql, &q);
	if (err)
		return err;
	query_int(q, 1, audit->next);
	query_int(q, 2, (int64_t)most);
	while (!err && bytes < AUDIT_WALK_BYTES && !audit->step.where[0] &&
		(step = query_step(q)) == STORE_ROW) {
		int64_t key = row_int(q, 0);
		err = look(audit, key, row_int(q, 1), &bytes);
		audit->next = key + 1;
		audit->step.versions++;
		seen++;
	}
	store_query_free(q);
	if (!err && step == STORE_FAILED)
		err = ERR_IO;
	audit->step.end = !err && step == STORE_DONE && seen < most;
	if (audit->step.end)
		err = finish_slot(audit);
	if (!err)
		*ret_step = audit->step;
	return err;
}
