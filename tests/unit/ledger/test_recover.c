#include "../unit.h"

#include "scratch.h"

#include "vault/ledger/segment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST "segments/00000000.seg"

// Offset of the group after the last.
static size_t end_of(const struct buf *segment)
{
	size_t at = 0;
	struct group group;
	struct bytes payload;
	while (!group_parse(bytes_of(segment->at + at, segment->size - at), &group, &payload))
		at += segment_group_bytes(group.payload_bytes);
	return at;
}

static size_t last_group(const struct buf *segment)
{
	size_t at = 0, last = 0;
	struct group group;
	struct bytes payload;
	while (!group_parse(bytes_of(segment->at + at, segment->size - at), &group, &payload)) {
		last = at;
		at += segment_group_bytes(group.payload_bytes);
	}
	return last;
}

// A group that a power cut tore behind what was signed: gone, without a trace, and writing goes on.
static void a_torn_tail_is_cleared(void **state)
{
	struct scratch s;
	struct buf segment = {0}, torn = {0};
	scratch_make(&s);
	struct ledger *ledger = scratch_open(&s);
	scratch_fill(ledger, 100);
	ledger_close(ledger);
	scratch_file_read(s.trail, FIRST, &segment);
	size_t end = end_of(&segment), from = last_group(&segment);
	for (unsigned cut = 1; cut < 6; cut++) {
		buf_clear(&torn);
		buf_add_bytes(&torn, buf_bytes(&segment));
		// A copy of the last group with a part missing, with the next number.
		memcpy(torn.at + end, segment.at + from, end - from);
		torn.at[end + 4 + 4 + 8]++;
		memset(torn.at + end + cut * 64, 0, (end - from) - cut * 64 > 64 ? 64 : 0);
		scratch_file_write(s.trail, FIRST, buf_bytes(&torn));
		ledger = scratch_open(&s);
		struct ledger_status status;
		ledger_status(ledger, &status);
		assert_int_equal(status.durable, 100);
		assert_true(status.recovered_torn_bytes > 0);
		ledger_close(ledger);
		struct verify_report report = scratch_verify(&s);
		assert_string_equal(report.first_break.what, "");
		assert_true(report.whole);
	}
	ledger = scratch_open(&s);
	scratch_fill(ledger, 10);
	assert_int_equal(ledger_durable(ledger), 110);
	ledger_close(ledger);
	assert_true(scratch_verify(&s).whole);
	buf_done(&segment);
	buf_done(&torn);
	scratch_remove(&s);
}

// Payload pages that reached the disk without their header.
static void leftovers_without_a_header_are_cleared(void **state)
{
	struct scratch s;
	struct buf segment = {0};
	scratch_make(&s);
	struct ledger *ledger = scratch_open(&s);
	scratch_fill(ledger, 20);
	ledger_close(ledger);
	scratch_file_read(s.trail, FIRST, &segment);
	memset(segment.at + end_of(&segment) + 4096, 0xab, 4096);
	scratch_file_write(s.trail, FIRST, buf_bytes(&segment));
	assert_false(scratch_verify(&s).whole);
	ledger = scratch_open(&s);
	assert_int_equal(ledger_durable(ledger), 20);
	ledger_close(ledger);
	assert_true(scratch_verify(&s).whole);
	buf_done(&segment);
	scratch_remove(&s);
}

// The same damage before the end is no accident.
static void damage_before_the_end_stops_the_start(void **state)
{
	struct scratch s;
	struct ledger_problem problem;
	struct buf segment = {0};
	scratch_make(&s);
	struct ledger *ledger = scratch_open(&s);
	scratch_fill(ledger, 50);
	scratch_fill(ledger, 50);
	ledger_close(ledger);
	scratch_file_read(s.trail, FIRST, &segment);
	segment.at[SEGMENT_HEADER_BYTES + 20] ^= 1;
	scratch_file_write(s.trail, FIRST, buf_bytes(&segment));
	char path[128]; // without tiles the whole trail is read at the start
	snprintf(path, sizeof path, "rm -rf %s/tile", s.trail);
	assert_int_equal(system(path), 0);
	assert_err(scratch_try(&s, &problem), ERR_CORRUPT);
	assert_non_null(strstr(problem.text, "damaged"));
	buf_done(&segment);
	scratch_remove(&s);
}

static void a_trail_that_was_cut_is_refused(void **state)
{
	struct scratch s;
	struct ledger_problem problem;
	struct buf segment = {0};
	scratch_make(&s);
	struct ledger *ledger = scratch_open(&s);
	scratch_fill(ledger, 100);
	ledger_close(ledger);
	scratch_file_read(s.trail, FIRST, &segment);
	size_t from = last_group(&segment);
	memset(segment.at + from, 0, segment.size - from);
	scratch_file_write(s.trail, FIRST, buf_bytes(&segment));
	assert_err(scratch_try(&s, &problem), ERR_CORRUPT);
	assert_non_null(strstr(problem.text, "cut"));
	assert_false(scratch_verify(&s).whole);
	buf_done(&segment);
	scratch_remove(&s);
}

// Everything in the folder is taken back to an older state, consistently: only the witness knows.
static void an_older_copy_is_refused_by_the_witness(void **state)
{
	struct scratch s;
	struct ledger_problem problem;
	char old[128];
	scratch_make(&s);
	s.options.witness = s.witness;
	struct ledger *ledger = scratch_open(&s);
	scratch_fill(ledger, 50);
	ledger_close(ledger);
	snprintf(old, sizeof old, "%s/old", s.dir);
	copy_tree(s.trail, old);
	ledger = scratch_open(&s);
	scratch_fill(ledger, 50);
	ledger_close(ledger);
	assert_ok(scratch_try(&s, &problem));
	copy_tree(old, s.trail);
	assert_err(scratch_try(&s, &problem), ERR_CORRUPT);
	struct verify_options options = {.dir = s.trail, .vkey = s.vkey, .at_rest = true};
	struct verify_report report;
	assert_ok(ledger_verify(&options, &report));
	assert_true(report.whole); // by itself it is whole
	options.checkpoint = s.witness;
	assert_ok(ledger_verify(&options, &report));
	assert_false(report.whole);
	assert_non_null(strstr(report.first_break.what, "cut"));
	scratch_remove(&s);
}

static void missing_tiles_are_made_again(void **state)
{
	struct scratch s;
	char command[128];
	scratch_make(&s);
	struct ledger *ledger = scratch_open(&s);
	scratch_fill(ledger, 600);
	ledger_close(ledger);
	snprintf(command, sizeof command, "rm -rf %s/tile", s.trail);
	assert_int_equal(system(command), 0);
	assert_false(scratch_verify(&s).whole);
	ledger = scratch_open(&s);
	scratch_fill(ledger, 1);
	ledger_close(ledger);
	struct verify_report report = scratch_verify(&s);
	assert_string_equal(report.first_break.what, "");
	assert_true(report.whole);
	scratch_remove(&s);
}

static void a_torn_list_of_checkpoints_is_mended(void **state)
{
	struct scratch s;
	struct buf list = {0}, part = {0};
	scratch_make(&s);
	for (int i = 0; i < 3; i++) {
		struct ledger *ledger = scratch_open(&s);
		scratch_fill(ledger, 10);
		ledger_close(ledger);
	}
	scratch_file_read(s.trail, "checkpoints", &list);
	size_t one = list.size / 3;
	for (size_t cut = 1; cut < one; cut += 9) {
		buf_clear(&part);
		buf_add(&part, list.at, list.size - cut);
		scratch_file_write(s.trail, "checkpoints", buf_bytes(&part));
		assert_false(scratch_verify(&s).whole);
		struct ledger *ledger = scratch_open(&s);
		ledger_close(ledger);
		struct verify_report report = scratch_verify(&s);
		assert_string_equal(report.first_break.what, "");
	}
	buf_done(&list);
	buf_done(&part);
	scratch_remove(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_torn_tail_is_cleared),
		cmocka_unit_test(leftovers_without_a_header_are_cleared),
		cmocka_unit_test(damage_before_the_end_stops_the_start),
		cmocka_unit_test(a_trail_that_was_cut_is_refused),
		cmocka_unit_test(an_older_copy_is_refused_by_the_witness),
		cmocka_unit_test(missing_tiles_are_made_again),
		cmocka_unit_test(a_torn_list_of_checkpoints_is_mended),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
