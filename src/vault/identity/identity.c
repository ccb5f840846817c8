#include "vault/identity/identity_in.h"

#include <liboath/oath.h>
#include <stdio.h>
#include <stdlib.h>

static const char schema[] =
	"CREATE TABLE IF NOT EXISTS account (id TEXT PRIMARY KEY, sealed BLOB) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS session (token BLOB PRIMARY KEY, sealed BLOB) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS place (number INTEGER PRIMARY KEY, name BLOB UNIQUE, sealed BLOB);"
	"CREATE TABLE IF NOT EXISTS measure (number INTEGER PRIMARY KEY, key TEXT UNIQUE, sealed BLOB);";

static struct identity *identity_new(const struct identity_options *options)
{
	struct identity *identity = calloc(1, sizeof *identity);
	if (!identity)
		abort();
	identity->sealer = sealer_new();
	identity->key = crypto_derive(&options->hospital_key, "identity", (struct bytes){0});
	identity->cost = options->cost;
	snprintf(identity->issuer, sizeof identity->issuer, "%s",
		options->issuer ? options->issuer : "Hospitaller");
	identity->accounts = map_new();
	identity->logins = map_new();
	identity->sessions = map_new();
	identity->handles = map_new();
	identity->tickets = map_new();
	identity->blocked = map_new();
	identity->throttle = throttle_new();
	return identity;
}

static enum err open_store(
	struct identity *identity, const struct identity_options *options, char problem[256])
{
	struct store_sqlite sqlite = {.path = options->path, .cache_kib = 4096};
	enum err err = store_open_sqlite(&sqlite, &identity->store, problem);
	if (!err)
		err = store_exec(identity->store, schema);
	if (!err)
		err = store_prepare(identity->store,
			"INSERT OR REPLACE INTO account VALUES (?1, ?2)", &identity->put_account);
	if (!err)
		err = store_prepare(identity->store,
			"INSERT OR REPLACE INTO session VALUES (?1, ?2)", &identity->put_session);
	if (!err)
		err = store_prepare(identity->store, "DELETE FROM session WHERE token = ?1",
			&identity->end_session);
	if (!err)
		err = store_prepare(identity->store,
			"INSERT OR REPLACE INTO place (name, sealed) VALUES (?1, ?2)",
			&identity->put_place);
	if (!err)
		err = store_prepare(identity->store,
			"DELETE FROM place WHERE number <= (SELECT max(number) FROM place) - ?1",
			&identity->end_places);
	return err;
}

enum err identity_open(const struct identity_options *options, struct identity **ret_identity,
	char ret_problem[256])
{
	struct identity *identity = identity_new(options);
	uint8_t random[16];
	ret_problem[0] = 0;
	crypto_random(random, sizeof random);
	enum err err = oath_init() == OATH_OK ? OK : ERR_CRYPTO;
	if (!err)
		err = open_store(identity, options, ret_problem);
	if (!err)
		err = accounts_load(identity);
	if (!err)
		err = sessions_load(identity);
	if (!err)
		err = places_load(identity);
	if (!err)
		err = measures_load(identity);
	if (!err)
		err = password_hash(
			bytes_of(random, sizeof random), &identity->cost, identity->decoy);
	if (!err) {
		err = blocklist_load(identity, options->blocklist);
		if (err)
			snprintf(ret_problem, 256, "%s cannot be read", options->blocklist);
	}
	if (err) {
		if (!ret_problem[0])
			snprintf(ret_problem, 256, "%s: %s", options->path, err_text(err));
		identity_close(identity);
		return err;
	}
	*ret_identity = identity;
	return OK;
}

static void free_values(struct map *map, void (*release)(void *value))
{
	size_t at = 0;
	struct bytes key;
	void *value;
	while (map_next(map, &at, &key, &value))
		release(value);
	map_free(map);
}

static void free_session(void *session)
{
	session_free(session);
}

static void free_account(void *account)
{
	crypto_wipe(account, sizeof(struct held_account));
	free(account);
}

void identity_close(struct identity *identity)
{
	if (!identity)
		return;
	free_values(identity->sessions, free_session);
	free_values(identity->accounts, free_account);
	free_values(identity->tickets, free);
	map_free(identity->handles);
	map_free(identity->logins);
	map_free(identity->blocked);
	throttle_free(identity->throttle);
	measures_free(identity);
	store_query_free(identity->put_account);
	store_query_free(identity->put_session);
	store_query_free(identity->end_session);
	store_query_free(identity->put_place);
	store_query_free(identity->end_places);
	store_close(identity->store);
	sealer_free(identity->sealer);
	crypto_wipe(identity, sizeof *identity);
	free(identity);
}

void identity_tick(struct identity *identity, int64_t now_us)
{
	sessions_flush(identity, now_us);
}
