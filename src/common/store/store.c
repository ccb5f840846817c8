#include "common/store/engine.h"

#include <stdlib.h>

struct store *store_new(const struct store_engine *engine, void *connection)
{
	struct store *store = calloc(1, sizeof *store);
	if (!store)
		abort();
	store->engine = engine;
	store->connection = connection;
	return store;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	store->engine->close(store->connection);
	free(store);
}

enum err store_exec(struct store *store, const char *sql)
{
	return store->engine->exec(store->connection, sql) ? OK : ERR_IO;
}

const char *store_problem(const struct store *store)
{
	return store->engine->problem(store->connection);
}

bool store_is_full(const struct store *store)
{
	return store->engine->full(store->connection);
}

bool store_in_transaction(const struct store *store)
{
	return store->engine->in_transaction(store->connection);
}

enum err store_settle(struct store *store)
{
	return store->engine->settle(store->connection) ? OK : ERR_IO;
}

enum err store_prepare(struct store *store, const char *sql, struct store_query **ret_query)
{
	void *statement = store->engine->prepare(store->connection, sql);
	if (!statement)
		return ERR_IO;
	struct store_query *query = calloc(1, sizeof *query);
	if (!query)
		abort();
	query->engine = store->engine;
	query->statement = statement;
	*ret_query = query;
	return OK;
}

void store_query_free(struct store_query *query)
{
	if (!query)
		return;
	query->engine->finalize(query->statement);
	free(query);
}

void query_int(struct store_query *query, int at, int64_t value)
{
	query->engine->bind_int(query->statement, at, value);
}

void query_blob(struct store_query *query, int at, struct bytes value)
{
	query->engine->bind_blob(query->statement, at, value);
}

void query_text(struct store_query *query, int at, const char *value)
{
	query->engine->bind_text(query->statement, at, value);
}

void query_null(struct store_query *query, int at)
{
	query->engine->bind_null(query->statement, at);
}

enum store_step query_step(struct store_query *query)
{
	return query->engine->step(query->statement);
}

void query_reset(struct store_query *query)
{
	query->engine->reset(query->statement);
}

enum err query_run(struct store_query *query)
{
	enum store_step step = query_step(query);
	query_reset(query);
	return step == STORE_FAILED ? ERR_IO : OK;
}

int64_t row_int(struct store_query *query, int column)
{
	return query->engine->column_int(query->statement, column);
}

struct bytes row_blob(struct store_query *query, int column)
{
	return query->engine->column_blob(query->statement, column);
}

bool row_is_null(struct store_query *query, int column)
{
	return query->engine->column_is_null(query->statement, column);
}

const char *row_text(struct store_query *query, int column, struct arena *arena)
{
	struct bytes text = row_blob(query, column);
	return arena_text_n(arena, (const char *)text.at, text.size);
}

enum err store_blob_head(struct store *store, const struct store_blob *blob, struct buf *ret_head)
{
	return store->engine->blob_head(store->connection, blob, ret_head) ? OK : ERR_IO;
}
