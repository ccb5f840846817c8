#include "common/store/engine.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

enum {
	BUSY_MS = 5000,
	CACHE_KIB = 16 * 1024,
	CHECKPOINT_PAGES = 4000
};

static void sqlite_close(void *connection)
{
	sqlite3_close(connection);
}

static bool sqlite_exec(void *connection, const char *sql)
{
	return sqlite3_exec(connection, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static void *sqlite_prepare(void *connection, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int result = sqlite3_prepare_v3(
		connection, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
	return result == SQLITE_OK ? statement : NULL;
}

static void sqlite_finalize(void *statement)
{
	sqlite3_finalize(statement);
}

// Binding fails only for a position that the SQL does not have: our mistake, seen by the first
// test.
static void sqlite_bind_int(void *statement, int at, int64_t value)
{
	sqlite3_bind_int64(statement, at, value);
}

static void sqlite_bind_blob(void *statement, int at, struct bytes value)
{
	sqlite3_bind_blob64(statement, at, value.at ? value.at : (const uint8_t *)"", value.size,
		SQLITE_TRANSIENT);
}

static void sqlite_bind_text(void *statement, int at, const char *value)
{
	sqlite3_bind_text(statement, at, value, -1, SQLITE_TRANSIENT);
}

static void sqlite_bind_null(void *statement, int at)
{
	sqlite3_bind_null(statement, at);
}

static enum store_step sqlite_step(void *statement)
{
	int result = sqlite3_step(statement);
	return result == SQLITE_ROW ? STORE_ROW : result == SQLITE_DONE ? STORE_DONE : STORE_FAILED;
}

static void sqlite_reset(void *statement)
{
	sqlite3_reset(statement);
}

static int64_t sqlite_column_int(void *statement, int at)
{
	return sqlite3_column_int64(statement, at);
}

static struct bytes sqlite_column_blob(void *statement, int at)
{
	const void *value = sqlite3_column_blob(statement, at);
	return bytes_of(value, (size_t)sqlite3_column_bytes(statement, at));
}

static bool sqlite_column_is_null(void *statement, int at)
{
	return sqlite3_column_type(statement, at) == SQLITE_NULL;
}

static bool sqlite_blob_head(void *connection, const struct store_blob *from, struct buf *ret_head)
{
	sqlite3_blob *blob;
	if (sqlite3_blob_open(connection, "main", from->table, from->column, from->key, 0, &blob) !=
		SQLITE_OK)
		return false;
	size_t size = (size_t)sqlite3_blob_bytes(blob);
	if (size > from->most)
		size = from->most;
	buf_reserve(ret_head, size + 1);
	bool fine =
		sqlite3_blob_read(blob, ret_head->at + ret_head->size, (int)size, 0) == SQLITE_OK;
	if (fine)
		ret_head->size += size;
	sqlite3_blob_close(blob);
	return fine;
}

static bool sqlite_full(void *connection)
{
	return sqlite3_errcode(connection) == SQLITE_FULL;
}

static bool sqlite_in_transaction(void *connection)
{
	return !sqlite3_get_autocommit(connection);
}

static bool sqlite_settle(void *connection)
{
	return sqlite3_wal_checkpoint_v2(
		       connection, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) == SQLITE_OK;
}

static const char *sqlite_problem(void *connection)
{
	return sqlite3_errmsg(connection);
}

static const struct store_engine sqlite = {
	.name = "sqlite",
	.close = sqlite_close,
	.exec = sqlite_exec,
	.prepare = sqlite_prepare,
	.finalize = sqlite_finalize,
	.bind_int = sqlite_bind_int,
	.bind_blob = sqlite_bind_blob,
	.bind_text = sqlite_bind_text,
	.bind_null = sqlite_bind_null,
	.step = sqlite_step,
	.reset = sqlite_reset,
	.column_int = sqlite_column_int,
	.column_blob = sqlite_column_blob,
	.column_is_null = sqlite_column_is_null,
	.blob_head = sqlite_blob_head,
	.full = sqlite_full,
	.in_transaction = sqlite_in_transaction,
	.settle = sqlite_settle,
	.problem = sqlite_problem,
};

static bool configure(sqlite3 *db, const struct store_sqlite *o)
{
	char sql[512];
	snprintf(sql, sizeof sql,
		"PRAGMA page_size=8192; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0;"
		"PRAGMA cache_size=-%d; PRAGMA trusted_schema=OFF; PRAGMA journal_size_limit=67108864; PRAGMA wal_autocheckpoint=%d;"
		"%s PRAGMA synchronous=%s;",
		o->cache_kib ? o->cache_kib : CACHE_KIB, o->read_only ? 0 : CHECKPOINT_PAGES,
		o->read_only ? "PRAGMA query_only=ON;"
			     : "PRAGMA journal_mode=WAL; PRAGMA secure_delete=ON;",
		o->no_sync     ? "OFF"
		: o->weak_sync ? "NORMAL"
			       : "FULL");
	return sqlite3_busy_timeout(db, BUSY_MS) == SQLITE_OK &&
	       sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

enum err store_open_sqlite(
	const struct store_sqlite *o, struct store **ret_store, char ret_problem[256])
{
	sqlite3 *db = NULL;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
		    (o->read_only ? 0 : SQLITE_OPEN_CREATE);
	// SQLite gives the journal the mode of the database file: make that one private first.
	int fd = open(o->path, O_RDWR | O_CLOEXEC | (o->read_only ? 0 : O_CREAT), 0600);
	if (fd >= 0)
		close(fd);
	if (sqlite3_open_v2(o->path, &db, flags, NULL) != SQLITE_OK || !configure(db, o)) {
		snprintf(ret_problem, 256, "%s: %s", o->path, sqlite3_errmsg(db));
		sqlite3_close(db);
		return ERR_IO;
	}
	*ret_store = store_new(&sqlite, db);
	return OK;
}
