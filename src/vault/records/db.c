#include "vault/records/records_in.h"

#include "common/format/fhir_type.h"

#include <stdio.h>
#include <stdlib.h>

// Numbers instead of names wherever a row repeats; tokens are the first 64 bits of an HMAC.
static const char schema[] =
	"CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS kind (number INTEGER PRIMARY KEY, name TEXT UNIQUE);"
	"CREATE TABLE IF NOT EXISTS patient (number INTEGER PRIMARY KEY, token INTEGER UNIQUE,"
	" key_version INTEGER, kek INTEGER, wrapped BLOB);"
	"CREATE TABLE IF NOT EXISTS lookup (token INTEGER PRIMARY KEY, patient INTEGER, kind INTEGER,"
	" slot INTEGER, version INTEGER, method INTEGER);"
	"CREATE TABLE IF NOT EXISTS blob (key INTEGER PRIMARY KEY, token INTEGER, patient INTEGER,"
	" kind INTEGER, method INTEGER, updated INTEGER, key_version INTEGER, sealed BLOB);"
	"CREATE TABLE IF NOT EXISTS item (patient INTEGER, kind INTEGER, slot INTEGER,"
	" version INTEGER, updated INTEGER, words BLOB, PRIMARY KEY (patient, kind, slot)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS find (token INTEGER, slot INTEGER, patient INTEGER,"
	" PRIMARY KEY (token, slot)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS care (staff INTEGER, patient INTEGER, kind INTEGER, slot INTEGER,"
	" PRIMARY KEY (staff, patient, kind, slot)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS linked (slot INTEGER, what INTEGER, a INTEGER, b INTEGER,"
	" PRIMARY KEY (slot, what, a, b)) WITHOUT ROWID;";

static const char *const view_sql[Q_VIEW_COUNT] = {
	[Q_LOOKUP] = "SELECT patient, kind, slot, version, method FROM lookup WHERE token = ?1",
	[Q_BLOB] = "SELECT token, patient, kind, method, updated, key_version, sealed FROM blob"
		   " WHERE key = ?1",
	[Q_PEEK] = "SELECT token, patient, kind, method, updated, key_version, length(sealed)"
		   " FROM blob WHERE key = ?1",
	[Q_ITEM] =
		"SELECT version, updated FROM item WHERE patient = ?1 AND kind = ?2 AND slot = ?3",
	[Q_ITEMS] = "SELECT slot, version, updated, words FROM item"
		    " WHERE patient = ?1 AND kind = ?2 ORDER BY slot",
	[Q_NEWEST] = "SELECT slot, version FROM item WHERE patient = ?1 AND kind = ?2"
		     " ORDER BY slot DESC LIMIT ?3",
	[Q_FIND] = "SELECT slot, patient FROM find WHERE token = ?1 ORDER BY slot LIMIT ?2",
	[Q_CARE] = "SELECT kind, slot FROM care WHERE staff = ?1 AND patient = ?2"
		   " ORDER BY kind, slot DESC LIMIT 1",
	[Q_CARE_PATIENTS] = "SELECT patient, kind, max(slot) FROM care WHERE staff = ?1"
			    " GROUP BY patient ORDER BY max(slot) DESC LIMIT ?2",
	[Q_PATIENT] =
		"SELECT number, token, key_version, kek, wrapped FROM patient WHERE token = ?1",
	[Q_PATIENT_NUMBER] =
		"SELECT number, token, key_version, kek, wrapped FROM patient WHERE number = ?1",
	[Q_HOLD] = "BEGIN",
	[Q_REST] = "COMMIT",
};

static const char *const write_sql[W_WRITE_COUNT] = {
	[W_PATIENT] = "INSERT INTO patient VALUES (?1, ?2, ?3, ?4, ?5)",
	[W_LOOKUP] = "INSERT OR REPLACE INTO lookup VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[W_BLOB] = "INSERT INTO blob VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[W_ITEM] = "INSERT OR REPLACE INTO item VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[W_ITEM_DELETE] = "DELETE FROM item WHERE patient = ?1 AND kind = ?2 AND slot = ?3",
	[W_FIND] = "INSERT OR IGNORE INTO find VALUES (?1, ?2, ?3)",
	[W_FIND_DELETE] = "DELETE FROM find WHERE token = ?1 AND slot = ?2",
	[W_CARE] = "INSERT OR IGNORE INTO care VALUES (?1, ?2, ?3, ?4)",
	[W_CARE_DELETE] =
		"DELETE FROM care WHERE staff = ?1 AND patient = ?2 AND kind = ?3 AND slot = ?4",
	[W_LINK] = "INSERT OR IGNORE INTO linked VALUES (?1, ?2, ?3, ?4)",
	[W_LINKED] = "SELECT what, a, b FROM linked WHERE slot = ?1",
	[W_UNLINK] = "DELETE FROM linked WHERE slot = ?1",
	[W_STATE] = "INSERT OR REPLACE INTO state VALUES (?1, ?2)",
	[W_REWRAP] = "UPDATE patient SET kek = ?2, wrapped = ?3 WHERE number = ?1",
};

enum err schema_make(struct store *store)
{
	return store_exec(store, schema);
}

enum err view_open(struct view *view, struct store *store)
{
	view->store = store;
	for (int i = 0; i < Q_VIEW_COUNT; i++) {
		enum err err =
			!view_sql[i] ? OK : store_prepare(store, view_sql[i], &view->queries[i]);
		if (err)
			return err;
	}
	return OK;
}

// Of persons alone, so that writing anything else costs nothing more. The number of their type is
// the database's own.
enum err time_index_make(struct records *r)
{
	char sql[128];
	snprintf(sql, sizeof sql,
		"CREATE INDEX IF NOT EXISTS item_time ON item (updated, slot) WHERE kind = %d",
		r->kind_of_type[fhir_type_patient()]);
	return store_exec(r->staged.store, sql);
}

enum err view_open_time(struct records *r, struct view *view)
{
	static const char sql[] =
		"SELECT slot, patient, version, updated FROM item INDEXED BY item_time"
		" WHERE kind = %d AND updated >= ?1 AND updated < ?2 AND (updated %s ?3 OR"
		" (updated = ?3 AND slot > ?4)) ORDER BY updated %s, slot LIMIT ?5";
	int kind = r->kind_of_type[fhir_type_patient()];
	char up[sizeof sql + 32], down[sizeof sql + 32];
	snprintf(up, sizeof up, sql, kind, ">", "ASC");
	snprintf(down, sizeof down, sql, kind, "<", "DESC");
	enum err err = store_prepare(view->store, up, &view->queries[Q_TIME]);
	return err ? err : store_prepare(view->store, down, &view->queries[Q_TIME_DOWN]);
}

void view_close(struct view *view)
{
	for (int i = 0; i < Q_VIEW_COUNT; i++)
		store_query_free(view->queries[i]);
	store_close(view->store);
}

enum err writes_prepare(struct records *r)
{
	for (int i = 0; i < W_WRITE_COUNT; i++) {
		enum err err = store_prepare(r->staged.store, write_sql[i], &r->writes[i]);
		if (err)
			return err;
	}
	return OK;
}

// The build's numbers of types may change with the next build; the database keeps its own.
enum err kinds_load(struct records *r, struct store *store)
{
	struct store_query *query;
	int types = fhir_type_count();
	char sql[128];
	for (int type = 0; type < types; type++) {
		snprintf(sql, sizeof sql, "INSERT OR IGNORE INTO kind (name) VALUES ('%s')",
			fhir_type_name(type));
		enum err err = store_exec(store, sql);
		if (err)
			return err;
	}
	enum err err =
		store_prepare(store, "SELECT number, name FROM kind ORDER BY number", &query);
	if (err)
		return err;
	struct arena *arena = arena_new();
	r->kind_of_type = calloc((size_t)types, sizeof *r->kind_of_type);
	r->kinds = 4096;
	r->type_of_kind = calloc((size_t)r->kinds, sizeof *r->type_of_kind);
	if (!r->kind_of_type || !r->type_of_kind)
		abort();
	while (query_step(query) == STORE_ROW) {
		int64_t number = row_int(query, 0);
		int type = fhir_type_find(row_text(query, 1, arena));
		if (number < 0 || number >= r->kinds || type == FHIR_TYPE_NONE)
			continue;
		r->type_of_kind[number] = type;
		r->kind_of_type[type] = (int)number;
	}
	arena_free(arena);
	store_query_free(query);
	return OK;
}
