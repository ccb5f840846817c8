#include "../unit.h"

#include "common/base/text.h"
#include "vault/lures/lures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[32], path[64];
static const struct key key = {{1, 2, 3}};
static struct lures *lures;

static void open_again(void)
{
	lures_close(lures);
	lures = NULL;
	assert_ok(lures_open(path, &key, &lures));
}

static int begin(void **state)
{
	strcpy(folder, "/tmp/lures-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/lures", folder);
	lures = NULL;
	open_again();
	return 0;
}

static int finish(void **state)
{
	lures_close(lures);
	lures = NULL;
	(void)unlink(path);
	return rmdir(folder);
}

static void add(enum lure_kind kind, const char *id, const char *label)
{
	struct lure lure = {.kind = kind, .made_us = 5};
	snprintf(lure.id, sizeof lure.id, "%s", id);
	snprintf(lure.label, sizeof lure.label, "%s", label);
	assert_ok(lures_add(lures, &lure));
}

static off_t size_of_file(void)
{
	struct stat info;
	assert_int_equal(stat(path, &info), 0);
	return info.st_size;
}

static void what_was_added_is_found_also_after_opening_again(void **state)
{
	add(LURE_PATIENT, "p1", "");
	add(LURE_ACCOUNT, "p1", "dr.nobody"); // another kind of the same id
	open_again();
	assert_int_equal(lures_count(lures), 2);
	assert_non_null(lures_find(lures, LURE_PATIENT, "p1"));
	assert_string_equal(lures_find(lures, LURE_ACCOUNT, "p1")->label, "dr.nobody");
	assert_int_equal(lures_find(lures, LURE_ACCOUNT, "p1")->made_us, 5);
	assert_null(lures_find(lures, LURE_TOKEN, "p1"));
	assert_null(lures_find(lures, LURE_PATIENT, "p"));
	assert_null(lures_find(NULL, LURE_PATIENT, "p1"));
}

static void a_token_is_found_as_it_is_presented(void **state)
{
	char hex[2 * HASH_BYTES + 1];
	struct hash hash = crypto_sha256(bytes_text("hb_secret"));
	text_hex(bytes_of(hash.bytes, HASH_BYTES), hex);
	add(LURE_TOKEN, hex, "a note");
	assert_string_equal(lures_token(lures, "hb_secret")->label, "a note");
	assert_null(lures_token(lures, "hb_secreu"));
	assert_null(lures_token(lures, hex)); // its hash opens nothing
}

static void the_file_tells_neither_what_nor_how_many(void **state)
{
	char content[4096], id[16];
	off_t empty = size_of_file();
	add(LURE_PATIENT, "patient-of-straw", "");
	for (int i = 0; i < 50; i++) {
		snprintf(id, sizeof id, "p%d", i);
		add(LURE_PATIENT, id, "left in the cellar");
	}
	assert_int_equal(size_of_file(), empty);
	assert_int_equal(empty, LURES_FILE_BYTES);
	FILE *file = fopen(path, "re");
	while (fread(content, sizeof content, 1, file) == 1) {
		assert_null(memmem(content, sizeof content, "straw", 5));
		assert_null(memmem(content, sizeof content, "cellar", 6));
	}
	fclose(file);
}

static void removing_lasts(void **state)
{
	add(LURE_PATIENT, "p1", "");
	add(LURE_PATIENT, "p2", "");
	assert_ok(lures_remove(lures, LURE_PATIENT, "p1"));
	assert_err(lures_remove(lures, LURE_PATIENT, "p1"), ERR_NOT_FOUND);
	open_again();
	assert_int_equal(lures_count(lures), 1);
	assert_string_equal(lures_at(lures, 0)->id, "p2");
}

static void what_does_not_fit_is_refused(void **state)
{
	struct lure lure = {.kind = LURE_PATIENT};
	assert_err(lures_add(lures, &lure), ERR_INVALID);
	add(LURE_PATIENT, "p1", "");
	strcpy(lure.id, "p1");
	assert_err(lures_add(lures, &lure), ERR_EXISTS);
	lure.kind = LURE_KINDS;
	assert_err(lures_add(lures, &lure), ERR_INVALID);
	assert_int_equal(lures_count(lures), 1);
}

static void another_key_or_a_changed_byte_opens_nothing(void **state)
{
	struct key other = key;
	struct lures *never = NULL;
	add(LURE_PATIENT, "p1", "");
	other.bytes[0] ^= 1;
	assert_err(lures_open(path, &other, &never), ERR_CORRUPT);
	FILE *file = fopen(path, "r+e");
	fseek(file, 1000, SEEK_SET);
	int byte = fgetc(file);
	fseek(file, 1000, SEEK_SET);
	fputc(byte ^ 1, file);
	fclose(file);
	assert_err(lures_open(path, &key, &never), ERR_CORRUPT);
	assert_null(never);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_was_added_is_found_also_after_opening_again),
		CASE(a_token_is_found_as_it_is_presented),
		CASE(the_file_tells_neither_what_nor_how_many),
		CASE(removing_lasts),
		CASE(what_does_not_fit_is_refused),
		CASE(another_key_or_a_changed_byte_opens_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
