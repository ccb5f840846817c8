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

// A word of an entry, until its run is written.
struct word {
	int64_t token;
	uint64_t seq;
};

// What one entry has at most: an actor, a resource, an action, an outcome, its patients.
enum {
	ENTRY_WORDS = 4 + TRAIL_PATIENTS,
	WORDS = 32 * 1024,
	RUN = 1024
};

struct search_writer {
	sqlite3 *db;
	sqlite3_stmt *add, *move;
	struct mac *mac;
	uint64_t place;
	struct word *words;
	size_t word_count;
	struct buf run;
};

static const char schema[] =
	"PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
	"DROP TABLE IF EXISTS hit; DROP TABLE IF EXISTS place;" // an earlier form
	"CREATE TABLE IF NOT EXISTS run (token INTEGER NOT NULL, first INTEGER NOT NULL, more BLOB,"
	" PRIMARY KEY (token, first)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS reached (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER);"
	"INSERT OR IGNORE INTO reached VALUES (1, 0);";

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
		"SELECT first, more FROM run WHERE token = ?1 AND first < ?2 ORDER BY first DESC";
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
		"BEGIN; DELETE FROM run WHERE (SELECT seq FROM reached) > %lld;"
		"UPDATE reached SET seq = 0 WHERE seq > %lld; COMMIT",
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
	if (!writer || !(writer->words = calloc(WORDS, sizeof *writer->words)))
		abort();
	writer->mac = mac_new(&search->key);
	enum err err = open_db(search->path, &writer->db);
	static const char add_sql[] = "INSERT OR IGNORE INTO run VALUES (?1, ?2, ?3)";
	if (!err && (sqlite3_prepare_v2(writer->db, add_sql, -1, &writer->add, NULL) != SQLITE_OK ||
			    sqlite3_prepare_v2(writer->db, "UPDATE reached SET seq = ?1", -1,
				    &writer->move, NULL) != SQLITE_OK ||
			    sqlite3_prepare_v2(writer->db, "SELECT seq FROM reached", -1, &place,
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
	buf_done(&writer->run);
	free(writer->words);
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

static int by_token(const void *one, const void *other)
{
	const struct word *a = one, *b = other;
	if (a->token != b->token)
		return a->token < b->token ? -1 : 1;
	return a->seq < b->seq ? -1 : a->seq > b->seq;
}

// A row for the first of the words, as far as they are of one token: the entries behind its first,
// each as its distance. What repeats, as people and patients do, costs four bytes and not a row.
static size_t write_run(struct search_writer *writer, const struct word *words, size_t count)
{
	size_t size = 1;
	buf_clear(&writer->run);
	for (; size < count && size < RUN && words[size].token == words->token; size++)
		if (words[size].seq != words[size - 1].seq)
			put_u32(&writer->run, (uint32_t)(words[size].seq - words->seq));
	sqlite3_bind_int64(writer->add, 1, words->token);
	sqlite3_bind_int64(writer->add, 2, (int64_t)words->seq);
	sqlite3_bind_blob64(writer->add, 3, writer->run.at, writer->run.size, SQLITE_STATIC);
	sqlite3_step(writer->add); // a hit that is missing is found by the ledger's own walk only
	sqlite3_reset(writer->add);
	return size;
}

static void write_words(struct search_writer *writer)
{
	qsort(writer->words, writer->word_count, sizeof *writer->words, by_token);
	for (size_t at = 0; at < writer->word_count;)
		at += write_run(writer, writer->words + at, writer->word_count - at);
	writer->word_count = 0;
}

static void add(struct search_writer *writer, const char *field, const char *word, uint64_t seq)
{
	if (!word || !*word)
		return;
	writer->words[writer->word_count++] =
		(struct word){token_of(writer->mac, field, word), seq};
}

void search_writer_add(struct search_writer *writer, uint64_t seq, const struct trail_entry *entry)
{
	if (writer->word_count + ENTRY_WORDS > WORDS)
		write_words(writer);
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
	write_words(writer);
	sqlite3_bind_int64(writer->move, 1, (int64_t)place);
	int moved = sqlite3_step(writer->move);
	sqlite3_reset(writer->move);
	if (moved == SQLITE_DONE &&
		sqlite3_exec(writer->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
		writer->place = place;
	else
		sqlite3_exec(writer->db, "ROLLBACK", NULL, NULL, NULL);
}

// The entries of a row from its newest on, below *at, which moves down to the last that was taken.
static size_t take_run(sqlite3_stmt *row, uint64_t *at, uint64_t *ret_seqs, size_t most)
{
	uint64_t first = (uint64_t)sqlite3_column_int64(row, 0);
	const uint8_t *more = sqlite3_column_blob(row, 1);
	size_t taken = 0;
	for (size_t i = (size_t)sqlite3_column_bytes(row, 1) / 4 + 1; i-- && taken < most;) {
		struct cursor in = cursor_of(bytes_of(i ? more + 4 * (i - 1) : NULL, i ? 4 : 0));
		uint64_t seq = first + (i ? get_u32(&in) : 0);
		if (seq < *at)
			ret_seqs[taken++] = *at = seq;
	}
	return taken;
}

enum err search_find(
	struct search *search, const struct search_ask *ask, uint64_t *ret_seqs, size_t *ret_count)
{
	size_t count = 0;
	uint64_t at = ask->before;
	int step = SQLITE_ROW;
	sqlite3_bind_int64(search->find, 1, token_of(search->mac, ask->field, ask->word));
	sqlite3_bind_int64(search->find, 2, (int64_t)ask->before);
	while (count < ask->most && (step = sqlite3_step(search->find)) == SQLITE_ROW)
		count += take_run(search->find, &at, ret_seqs + count, ask->most - count);
	sqlite3_reset(search->find);
	*ret_count = count;
	return step == SQLITE_DONE || step == SQLITE_ROW ? OK : ERR_IO;
}
