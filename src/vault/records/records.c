#include "vault/records/records_in.h"

#include "common/base/map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int64_t number_of(struct store *store, const char *sql)
{
	struct store_query *query;
	if (store_prepare(store, sql, &query))
		return 0;
	int64_t number = query_step(query) == STORE_ROW ? row_int(query, 0) : 0;
	store_query_free(query);
	return number;
}

static int64_t state_of(struct store *store, const char *name)
{
	char sql[96];
	snprintf(sql, sizeof sql, "SELECT value FROM state WHERE name = '%s'", name);
	return number_of(store, sql);
}

static enum err load(struct records *r)
{
	struct store *store = r->staged.store;
	enum err err = store_exec(store, "BEGIN IMMEDIATE");
	if (err)
		return err;
	err = kinds_load(r, store);
	if (!err)
		err = time_index_make(r);
	if (!err)
		err = writes_prepare(r);
	if (!err)
		err = owner_hospital(r);
	if (err) {
		(void)!store_exec(store, "ROLLBACK");
		return err;
	}
	err = store_exec(store, "COMMIT");
	if (!err)
		err = view_open_time(r, &r->staged);
	if (!err)
		err = view_open_time(r, &r->committed);
	r->next_slot = 1 + (number_of(store, "SELECT max(key) FROM blob") >> VERSION_BITS);
	r->next_patient = 1 + number_of(store, "SELECT max(number) FROM patient");
	r->trail_end = (uint64_t)state_of(store, "trail_end");
	r->committed_counts = (struct counts){.resources = state_of(store, "resources"),
		.versions = state_of(store, "versions"),
		.patients = state_of(store, "patients"),
		.tokens = state_of(store, "tokens")};
	return err;
}

static enum err open_stores(
	struct records *r, const struct records_options *options, char problem[256])
{
	const char *path = r->path;
	struct store_sqlite writing = {
		.path = path, .weak_sync = options->weak_sync, .cache_kib = 65536};
	struct store_sqlite reading = {.path = path, .read_only = true, .cache_kib = 65536};
	struct store *writer = NULL, *reader = NULL;
	enum err err = store_open_sqlite(&writing, &writer, problem);
	if (!err) {
		err = schema_make(writer);
		if (err)
			snprintf(problem, 256, "records.db: %s", store_problem(writer));
	}
	if (!err)
		err = view_open(&r->staged, writer);
	else
		store_close(writer);
	if (!err)
		err = store_open_sqlite(&reading, &reader, problem);
	if (!err)
		err = view_open(&r->committed, reader);
	return err;
}

enum err records_open(
	const struct records_options *options, struct records **ret_records, char ret_problem[256])
{
	struct records *r = calloc(1, sizeof *r);
	if (!r)
		abort();
	r->keks[0] = (struct kek){options->kek, kek_mark(&options->kek)};
	r->kek_count = options->old_kek ? 2 : 1;
	if (options->old_kek)
		r->keks[1] = (struct kek){*options->old_kek, kek_mark(options->old_kek)};
	snprintf(r->path, sizeof r->path, "%s/records.db", options->dir);
	r->owners_most = CACHED_KEYS;
	r->shredded = map_new();
	r->sealer = sealer_new();
	r->owners = map_new();
	r->numbers = map_new();
	ret_problem[0] = 0;
	enum err err = open_stores(r, options, ret_problem);
	if (!err)
		err = load(r);
	if (err) {
		if (!ret_problem[0])
			snprintf(ret_problem, 256, "%s/records.db: %s", options->dir,
				err == ERR_CORRUPT ? "the key does not open it" : err_text(err));
		records_close(r);
		return err;
	}
	*ret_records = r;
	return OK;
}

void records_close(struct records *r)
{
	if (!r)
		return;
	size_t at = 0;
	struct bytes key;
	void *value;
	while (map_next(r->owners, &at, &key, &value)) {
		struct owner *owner = value;
		mac_free(owner->words);
		crypto_wipe(owner, sizeof *owner);
		free(owner);
	}
	for (int i = 0; i < W_WRITE_COUNT; i++)
		store_query_free(r->writes[i]);
	view_close(&r->committed);
	view_close(&r->staged);
	map_free(r->owners);
	map_free(r->numbers);
	map_free(r->shredded);
	mac_free(r->search);
	sealer_free(r->sealer);
	buf_done(&r->sealed);
	buf_done(&r->plain);
	buf_done(&r->words);
	buf_done(&r->json);
	free(r->type_of_kind);
	free(r->kind_of_type);
	crypto_wipe(r, sizeof *r);
	free(r);
}

uint64_t records_trail_end(struct records *r)
{
	return r->trail_end;
}

static uint64_t file_bytes(const char *path, const char *suffix)
{
	char name[512 + 8];
	struct stat info;
	snprintf(name, sizeof name, "%s%s", path, suffix);
	return stat(name, &info) == 0 ? (uint64_t)info.st_size : 0;
}

// From counters, never by counting: this is asked for every few seconds while people wait.
enum err records_stats(struct records *r, struct records_stats *ret_stats)
{
	const struct counts *counts = &r->committed_counts;
	*ret_stats = (struct records_stats){
		.resources = (uint64_t)counts->resources,
		.versions = (uint64_t)counts->versions,
		.patients = (uint64_t)counts->patients,
		.tokens = (uint64_t)counts->tokens,
		.bytes = file_bytes(r->path, ""),
		.wal_bytes = file_bytes(r->path, "-wal"),
		.cached_keys = map_count(r->owners),
	};
	return OK;
}
