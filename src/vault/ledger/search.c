#include "vault/ledger/search.h"

#include "common/store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct search {
	char *path;
	struct key key;
	struct store *store;
	struct store_query *find;
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
	struct store *store;
	struct store_query *add, *move;
	struct mac *mac;
	uint64_t place;
	struct word *words;
	size_t word_count;
	struct buf run;
};

static const char schema[] =
	"DROP TABLE IF EXISTS hit; DROP TABLE IF EXISTS place;" // an earlier form
	"CREATE TABLE IF NOT EXISTS run (token INTEGER NOT NULL, first INTEGER NOT NULL, more BLOB,"
	" PRIMARY KEY (token, first)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS reached (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER);"
	"INSERT OR IGNORE INTO reached VALUES (1, 0);";

static enum err open_store(const char *path, struct store **ret_store)
{
	const struct store_sqlite options = {.path = path, .no_sync = true};
	char problem[256];
	struct store *store;
	enum err err = store_open_sqlite(&options, &store, problem);
	if (err)
		return err;
	err = store_exec(store, schema);
	if (err)
		store_close(store);
	else
		*ret_store = store;
	return err;
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
	struct store *store;
	snprintf(path, sizeof path, "%s/search.db", dir);
	enum err err = open_store(path, &store);
	if (err) {
		remove_files(path);
		err = open_store(path, &store);
	}
	if (err)
		return err;
	struct search *search = calloc(1, sizeof *search);
	if (!search || !(search->path = strdup(path)))
		abort();
	search->store = store;
	search->key = *key;
	search->mac = mac_new(key);
	static const char find[] =
		"SELECT first, more FROM run WHERE token = ?1 AND first < ?2 ORDER BY first DESC";
	err = store_prepare(store, find, &search->find);
	if (err)
		search_close(search);
	else
		*ret_search = search;
	return err;
}

enum err search_forget_past(struct search *search, uint64_t size)
{
	char sql[160];
	snprintf(sql, sizeof sql,
		"BEGIN; DELETE FROM run WHERE (SELECT seq FROM reached) > %lld;"
		"UPDATE reached SET seq = 0 WHERE seq > %lld; COMMIT",
		(long long)size, (long long)size);
	return store_exec(search->store, sql);
}

void search_close(struct search *search)
{
	if (!search)
		return;
	store_query_free(search->find);
	store_close(search->store);
	mac_free(search->mac);
	crypto_wipe(&search->key, sizeof search->key);
	free(search->path);
	free(search);
}

static int64_t token_of(struct mac *mac, const char *field, const char *word)
{
	char text[TRAIL_TEXT_BYTES + 32];
	size_t first = strlen(field), rest = strlen(word), most = sizeof text - first - 2;
	rest = rest < most ? rest : most;
	memcpy(text, field, first);
	text[first] = '|';
	memcpy(text + first + 1, word, rest);
	return (int64_t)mac_token_again(mac, bytes_of(text, first + 1 + rest));
}

static enum err read_place(struct search_writer *writer)
{
	struct store_query *reached;
	enum err err = store_prepare(writer->store, "SELECT seq FROM reached", &reached);
	if (err)
		return err;
	if (query_step(reached) == STORE_ROW)
		writer->place = (uint64_t)row_int(reached, 0);
	else
		err = ERR_IO;
	store_query_free(reached);
	return err;
}

enum err search_writer_open(struct search *search, struct search_writer **ret_writer)
{
	struct search_writer *writer = calloc(1, sizeof *writer);
	if (!writer || !(writer->words = calloc(WORDS, sizeof *writer->words)))
		abort();
	writer->mac = mac_new(&search->key);
	enum err err = open_store(search->path, &writer->store);
	if (!err)
		err = store_prepare(writer->store, "INSERT OR IGNORE INTO run VALUES (?1, ?2, ?3)",
			&writer->add);
	if (!err)
		err = store_prepare(writer->store, "UPDATE reached SET seq = ?1", &writer->move);
	if (!err)
		err = read_place(writer);
	if (err)
		search_writer_close(writer);
	else
		*ret_writer = writer;
	return err;
}

void search_writer_close(struct search_writer *writer)
{
	if (!writer)
		return;
	store_query_free(writer->add);
	store_query_free(writer->move);
	store_close(writer->store);
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
	return store_exec(writer->store, "BEGIN");
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
	query_int(writer->add, 1, words->token);
	query_int(writer->add, 2, (int64_t)words->seq);
	query_blob(writer->add, 3, buf_bytes(&writer->run));
	(void)!query_run(
		writer->add); // a hit that is missing is found by the ledger's own walk only
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
	query_int(writer->move, 1, (int64_t)place);
	if (query_run(writer->move) == OK && store_exec(writer->store, "COMMIT") == OK)
		writer->place = place;
	else
		(void)!store_exec(writer->store, "ROLLBACK");
}

// The entries of a row from its newest on, below *at, which moves down to the last that was taken.
static size_t take_run(struct store_query *row, uint64_t *at, uint64_t *ret_seqs, size_t most)
{
	uint64_t first = (uint64_t)row_int(row, 0);
	struct bytes more = row_blob(row, 1);
	size_t taken = 0;
	for (size_t i = more.size / 4 + 1; i-- && taken < most;) {
		struct cursor in = cursor_of(bytes_of(i ? more.at + 4 * (i - 1) : NULL, i ? 4 : 0));
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
	enum store_step step = STORE_ROW;
	query_int(search->find, 1, token_of(search->mac, ask->field, ask->word));
	query_int(search->find, 2, (int64_t)ask->before);
	while (count < ask->most && (step = query_step(search->find)) == STORE_ROW)
		count += take_run(search->find, &at, ret_seqs + count, ask->most - count);
	query_reset(search->find);
	*ret_count = count;
	return step == STORE_FAILED ? ERR_IO : OK;
}
