#include "vault/records/walk.h"

#include "vault/records/records_in.h"

static const char sql[] = "SELECT key FROM blob WHERE key >= ?1 ORDER BY key LIMIT ?2";

enum err records_walk_some(struct records *r, struct walk_place *place, size_t most)
{
	struct store_query *q;
	struct walk_place at = *place;
	struct arena *arena = arena_new();
	size_t seen = 0, bytes = 0;
	enum store_step step = STORE_DONE;
	enum err err = store_prepare(r->committed.store, sql, &q);
	if (err)
		goto out;
	query_int(q, 1, at.next);
	query_int(q, 2, (int64_t)most);
	while (!err && bytes < WALK_BYTES && (step = query_step(q)) == STORE_ROW) {
		int64_t key = row_int(q, 0);
		struct record record = {0};
		arena_reset(arena);
		err = blob_read(r, &r->committed, key >> VERSION_BITS,
			(uint64_t)key & ((1u << VERSION_BITS) - 1), arena, &record);
		if (err == ERR_GONE)
			err = OK; // its patient's key was destroyed
		seen++;
		bytes += record.json.size;
		at.versions += !err;
		at.next = key + 1;
	}
	at.end = !err && step == STORE_DONE && seen < most;
	if (!err && step == STORE_FAILED)
		err = ERR_IO;
	if (!err)
		*place = at;
	store_query_free(q);
out:
	arena_free(arena);
	return err;
}
