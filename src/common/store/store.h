// store: SQL behind one table of functions, so that an embedded SQLite can be exchanged for a
// PostgreSQL server without touching what is above.
//
// A connection belongs to one thread at a time. SQL is written in the common subset of both, with
// ?1 ?2 for values. Errors are of the world (disk, server): the caller decides what they mean; the
// text is for the administrator and holds no values.
#pragma once

#include "common/base/bytes.h"

struct store;
struct store_query;

enum store_step {
	STORE_ROW,
	STORE_DONE,
	STORE_FAILED
};

// One value, of the row whose integer primary key this is.
struct store_blob {
	const char *table, *column;
	int64_t key;
	size_t most; // bytes of it
};

// What an engine implements. Everybody else uses the functions below.
struct store_engine {
	const char *name; // "sqlite"
	void (*close)(void *connection);
	bool (*exec)(void *connection, const char *sql);
	void *(*prepare)(void *connection, const char *sql);
	void (*finalize)(void *statement);
	void (*bind_int)(void *statement, int at, int64_t value);
	void (*bind_blob)(void *statement, int at, struct bytes value);
	void (*bind_text)(void *statement, int at, const char *value);
	void (*bind_null)(void *statement, int at);
	enum store_step (*step)(void *statement);
	void (*reset)(void *statement);
	int64_t (*column_int)(void *statement, int at);
	struct bytes (*column_blob)(void *statement, int at);
	bool (*column_is_null)(void *statement, int at);
	bool (*blob_head)(void *connection, const struct store_blob *blob, struct buf *ret_head);
	bool (*full)(void *connection); // the last failure was a full disk
	bool (*in_transaction)(void *connection);
	bool (*settle)(void *connection);
	const char *(*problem)(void *connection);
};

struct store_sqlite {
	const char *path;
	bool read_only; // never writes, never checkpoints
	bool weak_sync; // synchronous=NORMAL: only for tests that show what is lost
	bool no_sync;   // for what can be made again
	int cache_kib;  // 0: 16 MiB
};
// WAL, synchronous=FULL, pages of 8 KiB, secure_delete, temporary data in memory only, mode 0600.
enum err store_open_sqlite(
	const struct store_sqlite *options, struct store **ret_store, char ret_problem[256]);
void store_close(struct store *store); // NULL is fine; queries must be freed before

enum err store_exec(struct store *store, const char *sql);
const char *store_problem(const struct store *store);
bool store_is_full(const struct store *store);
// False also when the engine undid the transaction by itself, as SQLite may after a full disk or a
// failed read: what comes next would then run outside of it.
bool store_in_transaction(const struct store *store);

// Nothing of what was overwritten or deleted is left in the engine's own journal. Slow; for after
// keys were destroyed, on the writing connection, outside of a transaction. ERR_IO when a reader is
// in the way: the next checkpoint does it.
enum err store_settle(struct store *store);

// ERR_IO for SQL that does not fit the schema.
enum err store_prepare(struct store *store, const char *sql, struct store_query **ret_query);
void store_query_free(struct store_query *query); // NULL is fine

// Binding is by position from 1. Blobs and texts are copied.
void query_int(struct store_query *query, int at, int64_t value);
void query_blob(struct store_query *query, int at, struct bytes value);
void query_text(struct store_query *query, int at, const char *value);
void query_null(struct store_query *query, int at);
enum store_step query_step(struct store_query *query);
void query_reset(struct store_query *query); // after the last row that is wanted
// Runs a query that gives no rows, and resets it.
enum err query_run(struct store_query *query);

int64_t row_int(struct store_query *query, int column);       // from 0
struct bytes row_blob(struct store_query *query, int column); // borrowed until the next step
bool row_is_null(struct store_query *query, int column);
const char *row_text(struct store_query *query, int column, struct arena *arena); // never NULL

// Appends the beginning of a blob, without reading the rest of it: a query always reads all of a
// value. ERR_IO, also when there is no such row.
enum err store_blob_head(struct store *store, const struct store_blob *blob, struct buf *ret_head);
