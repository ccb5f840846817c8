// Every byte that belongs to the trail is changed, one at a time; entries are swapped, dropped and
// replayed by somebody who also puts the groups' digests right. Each must be found.
#include "../unit.h"

#include "scratch.h"

#include "vault/ledger/segment.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FIRST "segments/00000000.seg"

static struct scratch s;
static struct buf whole;

static void make_trail(unsigned entries)
{
	scratch_make(&s);
	struct ledger *ledger = scratch_open(&s);
	scratch_fill(ledger, entries);
	ledger_close(ledger);
	assert_true(scratch_verify(&s).whole);
	scratch_file_read(s.trail, FIRST, &whole);
}

static void poke(const char *name, size_t at, uint8_t byte)
{
	char path[256];
	snprintf(path, sizeof path, "%s/%s", s.trail, name);
	FILE *file = fopen(path, "r+e");
	assert_non_null(file);
	assert_int_equal(fseek(file, (long)at, SEEK_SET), 0);
	assert_int_equal(fputc(byte, file), byte);
	assert_int_equal(fclose(file), 0);
}

static void every_byte_of(const char *name, size_t size)
{
	struct buf bytes = {0};
	scratch_file_read(s.trail, name, &bytes);
	if (!size || size > bytes.size)
		size = bytes.size;
	for (size_t at = 0; at < size; at++) {
		poke(name, at, bytes.at[at] ^ (uint8_t)(1u << at % 8));
		struct verify_report report = scratch_verify(&s);
		if (report.whole)
			fail_msg("%s: byte %zu changed and nobody noticed", name, at);
		assert_true(report.first_break.what[0]);
		poke(name, at, bytes.at[at]);
	}
	assert_true(scratch_verify(&s).whole);
	buf_done(&bytes);
}

static void every_byte_counts(void **state)
{
	make_trail(3);
	every_byte_of("checkpoint", 0);
	every_byte_of("checkpoints", 0);
	every_byte_of("tile/0/000.p/3", 0);
	every_byte_of(FIRST, 1024);
	// And in the room behind the groups.
	for (size_t at = 4096; at < SEGMENT_BYTES; at += SEGMENT_BYTES / 10 - 1) {
		poke(FIRST, at, 1);
		assert_false(scratch_verify(&s).whole);
		poke(FIRST, at, 0);
	}
	scratch_remove(&s);
	buf_done(&whole);
}

// The first group, whose payload the caller may change before its digest is made right again.
static struct bytes first_payload(struct group *ret_group)
{
	struct bytes payload;
	assert_ok(group_parse(buf_bytes(&whole), ret_group, &payload));
	return payload;
}

static struct verify_report with_payload(struct group group, struct bytes payload)
{
	struct buf changed = {0};
	buf_add_bytes(&changed, buf_bytes(&whole));
	size_t room = segment_group_bytes(group.payload_bytes);
	memset(changed.at, 0, room);
	group.payload_bytes = (uint32_t)payload.size;
	assert_int_equal(segment_group_bytes(group.payload_bytes), room);
	group_encode(&group, payload, changed.at);
	memcpy(changed.at + SEGMENT_HEADER_BYTES, payload.at, payload.size);
	scratch_file_write(s.trail, FIRST, buf_bytes(&changed));
	buf_done(&changed);
	return scratch_verify(&s);
}

static void make_one_group(unsigned entries)
{
	scratch_make(&s);
	struct ledger *ledger = scratch_open(&s);
	struct trail_entry entry = {.time_us = 1,
		.kind = TRAIL_ACCESS,
		.action = TRAIL_READ,
		.outcome = TRAIL_ALLOWED,
		.resource = "Patient/1"};
	for (unsigned i = 0; i < entries; i++)
		(void)ledger_append(ledger, &entry);
	ledger_flush(ledger);
	ledger_wait(ledger, entries);
	ledger_close(ledger);
	scratch_file_read(s.trail, FIRST, &whole);
}

static void a_forger_who_knows_the_format_is_found(void **state)
{
	struct group group;
	make_one_group(300);
	struct bytes payload = first_payload(&group);
	assert_int_equal(group.count, 300);
	size_t one = payload.size / 300; // all are alike
	struct buf changed = {0};

	buf_add_bytes(&changed, payload);
	assert_true(with_payload(group, buf_bytes(&changed)).whole); // the control

	changed.at[41 * one + 30] ^= 0x40; // changed
	struct verify_report report = with_payload(group, buf_bytes(&changed));
	assert_false(report.whole);
	assert_int_equal(report.first_break.seq, 41);
	assert_string_equal(report.first_break.file, FIRST);
	assert_int_equal(report.first_break.offset, SEGMENT_HEADER_BYTES + 41 * one + 2);

	buf_clear(&changed); // swapped
	buf_add_bytes(&changed, payload);
	memcpy(changed.at + 10 * one, payload.at + 11 * one, one);
	memcpy(changed.at + 11 * one, payload.at + 10 * one, one);
	report = with_payload(group, buf_bytes(&changed));
	assert_false(report.whole);
	assert_int_equal(report.first_break.seq, 10);

	buf_clear(&changed); // replayed over another
	buf_add_bytes(&changed, payload);
	memcpy(changed.at + 20 * one, payload.at + 5 * one, one);
	report = with_payload(group, buf_bytes(&changed));
	assert_false(report.whole);
	assert_int_equal(report.first_break.seq, 20);

	buf_done(&changed);
	buf_done(&whole);
	scratch_remove(&s);
}

// And one who makes the tiles right too: the signature stands.
static void a_forger_of_tiles_is_found(void **state)
{
	struct group group;
	struct buf tile = {0}, changed = {0};
	make_one_group(200);
	struct bytes payload = first_payload(&group);
	size_t one = payload.size / 200;
	buf_add_bytes(&changed, payload);
	changed.at[17 * one + 30] ^= 1;
	scratch_file_read(s.trail, "tile/0/000.p/200", &tile);
	struct hash leaf = merkle_leaf(bytes_of(changed.at + 17 * one + 2, one - 2));
	memcpy(tile.at + 17 * HASH_BYTES, leaf.bytes, HASH_BYTES);
	scratch_file_write(s.trail, "tile/0/000.p/200", buf_bytes(&tile));
	struct verify_report report = with_payload(group, buf_bytes(&changed));
	assert_false(report.whole);
	assert_non_null(strstr(report.first_break.what, "not those that were signed"));
	buf_done(&tile);
	buf_done(&changed);
	buf_done(&whole);
	scratch_remove(&s);
}

static void what_is_missing_is_found(void **state)
{
	static const char *const files[] = {FIRST, "checkpoint", "checkpoints", "tile/0/000",
		"tile/0/001.p/44", "tile/1/000.p/1"};
	char path[256];
	struct buf bytes = {0}, cut = {0};
	make_trail(300);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		scratch_file_read(s.trail, files[i], &bytes);
		snprintf(path, sizeof path, "%s/%s", s.trail, files[i]);
		assert_int_equal(unlink(path), 0);
		assert_false(scratch_verify(&s).whole);
		buf_clear(&cut);
		buf_add(&cut, bytes.at, bytes.size - 1);
		scratch_file_write(s.trail, files[i], buf_bytes(&cut));
		assert_false(scratch_verify(&s).whole);
		scratch_file_write(s.trail, files[i], buf_bytes(&bytes));
	}
	assert_true(scratch_verify(&s).whole);
	buf_done(&bytes);
	buf_done(&cut);
	buf_done(&whole);
	scratch_remove(&s);
}

static void another_key_convinces_nobody(void **state)
{
	uint8_t seed[SIGN_SEED_BYTES] = {9};
	struct sign_key other;
	make_trail(5);
	assert_ok(sign_key_from_seed(seed, &other));
	assert_ok(note_vkey(s.options.origin, other.public, s.vkey));
	assert_false(scratch_verify(&s).whole);
	buf_done(&whole);
	scratch_remove(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_counts),
		cmocka_unit_test(a_forger_who_knows_the_format_is_found),
		cmocka_unit_test(a_forger_of_tiles_is_found),
		cmocka_unit_test(what_is_missing_is_found),
		cmocka_unit_test(another_key_convinces_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
