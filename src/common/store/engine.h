// engine: what store.c and the engines share. Nobody else includes this.
#pragma once

#include "common/store/store.h"

struct store {
	const struct store_engine *engine;
	void *connection;
};

struct store_query {
	const struct store_engine *engine;
	void *statement;
};

struct store *store_new(const struct store_engine *engine, void *connection);
