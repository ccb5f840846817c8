#include "vault/records/leaks.h"

#include "common/base/arena.h"
#include "common/store/store.h"

// What somebody who holds the disk, but no key, can count.
static const struct leak_query {
	const char *name, *words, *sql;
} queries[] = {
	{"find-tokens",
		"different words by which persons and places are found (names, numbers, dates)",
		"SELECT count(DISTINCT token) FROM find"},
	{"find-most-frequent",
		"rows of the most frequent word: on large numbers a guess at a name prefix",
		"SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM find GROUP BY token)"},
	{"find-single",
		"words that lead to exactly one row: these tell nothing but that they exist",
		"SELECT count(*) FROM (SELECT 1 FROM find GROUP BY token HAVING count(*) = 1)"},
	{"find-common", "words shared by more than one in a hundred rows: open to counting",
		"SELECT count(*) FROM (SELECT count(*) AS n FROM find GROUP BY token HAVING n * 100 >"
		" (SELECT count(DISTINCT slot) FROM find))"},
	{"clinical-shared", "clinical words that occur with two patients: always 0, keys differ",
		NULL},
	{"patients", "patients", "SELECT count(*) FROM patient WHERE number <> 0"},
	{"patients-shredded", "patients whose key was destroyed",
		"SELECT count(*) FROM patient WHERE wrapped IS NULL"},
	{"largest-patient", "resources of the patient with most",
		"SELECT coalesce(max(n), 0) FROM"
		" (SELECT count(*) AS n FROM item WHERE patient <> 0 GROUP BY patient)"},
	{"types", "types of resources that are in use, with their numbers per patient",
		"SELECT count(DISTINCT kind) FROM item"},
	{"sizes", "different sizes of sealed versions: sizes are those of the content and 28 bytes",
		"SELECT count(DISTINCT length(sealed)) FROM blob"},
	{"sizes-single", "versions that can be recognised by their size alone",
		"SELECT count(*) FROM (SELECT 1 FROM blob GROUP BY length(sealed) HAVING count(*) = 1)"},
	{"staff", "members of staff who appear in records, as words",
		"SELECT count(DISTINCT staff) FROM care"},
	{"staff-largest", "patients of the member of staff with most",
		"SELECT coalesce(max(n), 0) FROM"
		" (SELECT count(DISTINCT patient) AS n FROM care GROUP BY staff)"},
	{"times", "versions whose time of writing is in clear", "SELECT count(*) FROM blob"},
};

// Counts words of rows that two patients share, by looking into the rows.
static enum err count_shared(struct store *store, int64_t *ret_value)
{
	struct store_query *q;
	enum err err = store_exec(store,
		"PRAGMA query_only=OFF; DROP TABLE IF EXISTS temp.leak;"
		"CREATE TEMP TABLE leak (word INTEGER, patient INTEGER, PRIMARY KEY (word, patient))"
		" WITHOUT ROWID");
	struct store_query *put = NULL, *rows = NULL;
	if (!err)
		err = store_prepare(store, "INSERT OR IGNORE INTO temp.leak VALUES (?1, ?2)", &put);
	if (!err)
		err = store_prepare(
			store, "SELECT patient, words FROM item WHERE patient <> 0", &rows);
	while (!err && query_step(rows) == STORE_ROW) {
		struct cursor in = cursor_of(row_blob(rows, 1));
		query_int(put, 2, row_int(rows, 0));
		while (!err && cursor_left(&in) >= 8) {
			query_int(put, 1, (int64_t)get_u64(&in));
			err = query_run(put);
		}
	}
	store_query_free(put);
	store_query_free(rows);
	if (!err)
		err = store_prepare(store,
			"SELECT count(*) FROM (SELECT 1 FROM temp.leak"
			" GROUP BY word HAVING count(*) > 1)",
			&q);
	if (!err) {
		*ret_value = query_step(q) == STORE_ROW ? row_int(q, 0) : -1;
		store_query_free(q);
	}
	(void)!store_exec(store, "DROP TABLE IF EXISTS temp.leak");
	return err;
}

static enum err measure(struct store *store, const struct leak_query *query, int64_t *ret_value)
{
	struct store_query *q;
	if (!query->sql)
		return count_shared(store, ret_value);
	enum err err = store_prepare(store, query->sql, &q);
	if (err)
		return err;
	bool fine = query_step(q) == STORE_ROW;
	if (fine)
		*ret_value = row_int(q, 0);
	store_query_free(q);
	return fine ? OK : ERR_IO;
}

enum err records_leaks(
	const char *path, struct arena *arena, struct records_leak **ret_leaks, size_t *ret_count)
{
	char problem[256];
	struct store *store;
	size_t count = sizeof queries / sizeof *queries;
	struct records_leak *leaks = arena_alloc(arena, count * sizeof *leaks);
	enum err err = store_open_sqlite(
		&(struct store_sqlite){.path = path, .read_only = true}, &store, problem);
	if (err)
		return err;
	for (size_t i = 0; i < count && !err; i++) {
		leaks[i] = (struct records_leak){queries[i].name, queries[i].words, 0};
		err = measure(store, &queries[i], &leaks[i].value);
	}
	store_close(store);
	if (err)
		return err;
	*ret_leaks = leaks;
	*ret_count = count;
	return OK;
}
