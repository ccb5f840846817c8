#include "../unit.h"

#include "common/store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64], path[96];

static int make_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/store-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/a.db", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	char command[128];
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command);
}

static struct store *open_it(bool read_only)
{
	struct store *store;
	char problem[256];
	struct store_sqlite options = {.path = path, .read_only = read_only};
	assert_ok(store_open_sqlite(&options, &store, problem));
	return store;
}

static int64_t number(struct store *store, const char *sql)
{
	struct store_query *q;
	assert_ok(store_prepare(store, sql, &q));
	assert_int_equal(query_step(q), STORE_ROW);
	int64_t value = row_int(q, 0);
	store_query_free(q);
	return value;
}

static void values_come_back(void **state)
{
	(void)state;
	struct store *store = open_it(false);
	struct store_query *put, *get;
	struct arena *arena = arena_new();
	assert_ok(store_exec(store, "CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB, c TEXT, d)"));
	assert_ok(store_prepare(store, "INSERT INTO t VALUES (?1, ?2, ?3, ?4)", &put));
	query_int(put, 1, INT64_MIN);
	query_blob(put, 2, bytes_of("a\0b", 3));
	query_text(put, 3, "Zoë");
	query_null(put, 4);
	assert_ok(query_run(put));
	assert_err(query_run(put), ERR_IO); // the same key again
	assert_ok(store_prepare(store, "SELECT a, b, c, d FROM t", &get));
	assert_int_equal(query_step(get), STORE_ROW);
	assert_true(row_int(get, 0) == INT64_MIN);
	assert_true(bytes_equal(row_blob(get, 1), bytes_of("a\0b", 3)));
	assert_string_equal(row_text(get, 2, arena), "Zoë");
	assert_true(row_is_null(get, 3));
	assert_int_equal(query_step(get), STORE_DONE);
	query_reset(get);
	store_query_free(put);
	store_query_free(get);
	store_close(store);
	arena_free(arena);
}

static void files_are_private_and_settings_hold(void **state)
{
	(void)state;
	struct stat info;
	struct store *store = open_it(false);
	assert_ok(store_exec(store, "CREATE TABLE t (a)"));
	const char *const suffixes[] = {"", "-wal", "-shm"};
	for (int i = 0; i < 3; i++) {
		char name[128];
		snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
		assert_int_equal(stat(name, &info), 0);
		assert_int_equal(info.st_mode & 0777, 0600);
	}
	assert_int_equal(number(store, "PRAGMA page_size"), 8192);
	assert_int_equal(number(store, "PRAGMA synchronous"), 2);
	assert_int_equal(number(store, "PRAGMA secure_delete"), 1);
	assert_int_equal(number(store, "PRAGMA temp_store"), 2);
	store_close(store);
}

static void readers_see_what_is_committed_and_never_write(void **state)
{
	(void)state;
	struct store *writer = open_it(false);
	assert_ok(store_exec(writer, "CREATE TABLE t (a)"));
	struct store *reader = open_it(true);
	assert_false(store_in_transaction(writer));
	assert_ok(store_exec(writer, "BEGIN IMMEDIATE; INSERT INTO t VALUES (1)"));
	assert_true(store_in_transaction(writer));
	assert_int_equal(number(reader, "SELECT count(*) FROM t"), 0);
	assert_ok(store_exec(writer, "COMMIT"));
	assert_int_equal(number(reader, "SELECT count(*) FROM t"), 1);
	assert_err(store_exec(reader, "INSERT INTO t VALUES (2)"), ERR_IO);
	assert_int_equal(number(reader, "PRAGMA wal_autocheckpoint"), 0);
	store_close(reader);
	store_close(writer);
}

static void what_cannot_be_opened_says_so(void **state)
{
	(void)state;
	struct store *store = NULL;
	char problem[256] = "";
	struct store_sqlite options = {.path = "/nowhere/a.db"};
	assert_err(store_open_sqlite(&options, &store, problem), ERR_IO);
	assert_non_null(strstr(problem, "/nowhere/a.db"));
	FILE *file = fopen(path, "w");
	fputs("this is not a database, it is a text that is long enough to be looked at", file);
	fclose(file);
	options.path = path;
	assert_err(store_open_sqlite(&options, &store, problem), ERR_IO);
	assert_null(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(values_come_back, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(
			files_are_private_and_settings_hold, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(
			readers_see_what_is_committed_and_never_write, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(
			what_cannot_be_opened_says_so, make_dir, remove_dir),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
