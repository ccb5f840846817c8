#include "vault/ledger/search.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct search {
	char *path;
	struct key key;
	sqlite3 *db;
	sqlite3_stmt *find;
	struct mac *mac;
};

struct search_writer {
	sqlite3 *db;
	sqlite3_stmt *add, *move;
	struct mac *mac;
	uint64_t place;
};

static const char schema[] =
	"PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
	"CREATE TABLE IF NOT EXISTS hit (token INTEGER NOT NULL, seq INTEGER NOT NULL,"
	" PRIMARY KEY (token, seq)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS place (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER);"
	"INSERT OR IGNORE INTO place VALUES (1, 0);";

static enum err open_db(const char *path, sqlite3 **ret_db)
{
	sqlite3 *db = NULL;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	bool fine = sqlite3_open_v2(path, &db, flags, NULL) == SQLITE_OK &&
		    sqlite3_busy_timeout(db, 2000) == SQLITE_OK &&
		    sqlite3_exec(db, schema, NULL, NULL, NULL) == SQLITE_OK;
	if (!fine) {
		sqlite3_close(db);
		return ERR_IO;
	}
	*ret_db = db;
	return OK;
}

static void remove_files(const char *path)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char name[600];
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof name, "%s%s", path, ends[i]);
		(void)unlink(name);
	}
}

enum err search_open(const char *dir, const struct key *key, struct search **ret_search)
{
	char path[512];
	sqlite3 *db;
	snprintf(path, sizeof path, "%s/search.db", dir);
	enum err err = open_db(path, &db);
	if (err) {
		remove_files(path);
		err = open_db(path, &db);
	}
	if (err)
		return err;
	struct search *search = calloc(1, sizeof *search);
	if (!search || !(search->path = strdup(path)))
		abort();
	search->db = db;
	search->key = *key;
	search->mac = mac_new(key);
	static const char find[] =
		"SELECT seq FROM hit WHERE token = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3";
	if (sqlite3_prepare_v2(db, find, -1, &search->find, NULL) != SQLITE_OK) {
		search_close(search);
		return ERR_IO;
	}
	*ret_search = search;
	return OK;
}

enum err search_forget_past(struct search *search, uint64_t size)
{
	char sql[160];
	snprintf(sql, sizeof sql,
		"BEGIN; DELETE FROM hit WHERE (SELECT seq FROM place) > %lld;"
		"UPDATE place SET seq = 0 WHERE seq > %lld; COMMIT",
		(long long)size, (long long)size);
	return sqlite3_exec(search->db, sql, NULL, NULL, NULL) == SQLITE_OK ? OK : ERR_IO;
}

void search_close(struct search *search)
{
	if (!search)
		return;
	sqlite3_finalize(search->find);
	sqlite3_close(search->db);
	mac_free(search->mac);
	crypto_wipe(&search->key, sizeof search->key);
	free(search->path);
	free(search);
}

static int64_t token_of(struct mac *mac, const char *field, const char *word)
{
	char text[TRAIL_TEXT_BYTES + 32];
	int size = snprintf(text, sizeof text, "%s|%s", field, word);
	return (int64_t)mac_token(
		mac, bytes_of(text, (size_t)size < sizeof text ? (size_t)size : sizeof text - 1));
}

enum err search_writer_open(struct search *search, struct search_writer **ret_writer)
{
	struct search_writer *writer = calloc(1, sizeof *writer);
	sqlite3_stmt *place = NULL;
	if (!writer)
		abort();
	writer->mac = mac_new(&search->key);
	enum err err = open_db(search->path, &writer->db);
	if (!err && (sqlite3_prepare_v2(writer->db, "INSERT OR IGNORE INTO hit VALUES (?1, ?2)", -1,
			     &writer->add, NULL) != SQLITE_OK ||
			    sqlite3_prepare_v2(writer->db, "UPDATE place SET seq = ?1", -1,
				    &writer->move, NULL) != SQLITE_OK ||
			    sqlite3_prepare_v2(writer->db, "SELECT seq FROM place", -1, &place,
				    NULL) != SQLITE_OK ||
			    sqlite3_step(place) != SQLITE_ROW))
		err = ERR_IO;
	if (!err)
		writer->place = (uint64_t)sqlite3_column_int64(place, 0);
	sqlite3_finalize(place);
	if (err) {
		search_writer_close(writer);
		return err;
	}
	*ret_writer = writer;
	return OK;
}

void search_writer_close(struct search_writer *writer)
{
	if (!writer)
		return;
	sqlite3_finalize(writer->add);
	sqlite3_finalize(writer->move);
	sqlite3_close(writer->db);
	mac_free(writer->mac);
	free(writer);
}

uint64_t search_writer_place(const struct search_writer *writer)
{
	return writer->place;
}

enum err search_writer_begin(struct search_writer *writer)
{
	return sqlite3_exec(writer->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK ? OK : ERR_IO;
}

static void add(struct search_writer *writer, const char *field, const char *word, uint64_t seq)
{
	if (!word || !*word)
		return;
	sqlite3_bind_int64(writer->add, 1, token_of(writer->mac, field, word));
	sqlite3_bind_int64(writer->add, 2, (int64_t)seq);
	sqlite3_step(writer->add); // a hit that is missing is found by the ledger's own walk only
	sqlite3_reset(writer->add);
}

void search_writer_add(struct search_writer *writer, uint64_t seq, const struct trail_entry *entry)
{
	add(writer, "actor", entry->actor, seq);
	if (strchr(entry->resource, '/'))
		add(writer, "resource", entry->resource, seq);
	if (entry->action != TRAIL_READ && entry->action != TRAIL_SEARCH)
		add(writer, "action", trail_action_text(entry->action), seq);
	if (entry->outcome != TRAIL_ALLOWED && entry->outcome != TRAIL_INTENDED)
		add(writer, "outcome", trail_outcome_text(entry->outcome), seq);
	for (uint32_t i = 0; i < entry->patients_here; i++)
		add(writer, "patient", entry->patients[i], seq);
}

void search_writer_commit(struct search_writer *writer, uint64_t place)
{
	sqlite3_bind_int64(writer->move, 1, (int64_t)place);
	int moved = sqlite3_step(writer->move);
	sqlite3_reset(writer->move);
	if (moved == SQLITE_DONE &&
		sqlite3_exec(writer->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
		writer->place = place;
	else
		sqlite3_exec(writer->db, "ROLLBACK", NULL, NULL, NULL);
}

enum err search_find(
	struct search *search, const struct search_ask *ask, uint64_t *ret_seqs, size_t *ret_count)
{
	size_t count = 0;
	int step;
	sqlite3_bind_int64(search->find, 1, token_of(search->mac, ask->field, ask->word));
	sqlite3_bind_int64(search->find, 2, (int64_t)ask->before);
	sqlite3_bind_int64(search->find, 3, ask->most);
	while ((step = sqlite3_step(search->find)) == SQLITE_ROW && count < ask->most)
		ret_seqs[count++] = (uint64_t)sqlite3_column_int64(search->find, 0);
	sqlite3_reset(search->find);
	*ret_count = count;
	return step == SQLITE_DONE || step == SQLITE_ROW ? OK : ERR_IO;
}
