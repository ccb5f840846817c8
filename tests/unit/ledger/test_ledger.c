#include "../unit.h"

#include "scratch.h"

#include "vault/ledger/export.h"

#include "common/crypto/proof.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void entries_come_back(void **state)
{
	struct scratch s;
	scratch_make(&s);
	struct ledger *ledger = scratch_open(&s);
	struct arena *arena = arena_new();
	struct trail_entry entry;
	assert_err(ledger_read(ledger, 0, arena, &entry), ERR_NOT_FOUND);
	scratch_fill(ledger, 300);
	assert_int_equal(ledger_durable(ledger), 300);
	for (unsigned seq = 0; seq < 300; seq += 13) {
		assert_ok(ledger_read(ledger, seq, arena, &entry));
		assert_int_equal(entry.time_us, 1000000 + seq);
	}
	assert_err(ledger_read(ledger, 300, arena, &entry), ERR_NOT_FOUND);
	arena_free(arena);
	ledger_close(ledger);
	scratch_remove(&s);
}

static void it_goes_on_after_closing(void **state)
{
	struct scratch s;
	scratch_make(&s);
	struct arena *arena = arena_new();
	for (unsigned round = 0; round < 6; round++) {
		struct ledger *ledger = scratch_open(&s);
		struct trail_entry entry;
		assert_int_equal(ledger_size(ledger), round * 120);
		scratch_fill(ledger, 120);
		for (unsigned seq = 0; seq < (round + 1) * 120; seq += 7) {
			assert_ok(ledger_read(ledger, seq, arena, &entry));
			assert_int_equal(entry.time_us, 1000000 + seq);
		}
		ledger_close(ledger);
		struct verify_report report = scratch_verify(&s);
		assert_string_equal(report.first_break.what, "");
		assert_true(report.whole);
		assert_int_equal(report.checkpoint.size, (round + 1) * 120);
	}
	arena_free(arena);
	scratch_remove(&s);
}

// Over more than one segment, with large entries.
static void segments_follow_each_other(void **state)
{
	struct scratch s;
	scratch_make(&s);
	struct ledger *ledger = scratch_open(&s);
	char text[TRAIL_TEXT_BYTES + 1];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = 0;
	struct trail_entry entry = {.time_us = 5,
		.kind = TRAIL_ACCESS,
		.action = TRAIL_SEARCH,
		.outcome = TRAIL_ALLOWED,
		.query = text,
		.reason = text,
		.detail = text,
		.rule = text};
	for (unsigned i = 0; i < 9000; i++) {
		(void)ledger_append(ledger, &entry);
		if (i % 20 == 0)
			ledger_flush(ledger);
	}
	ledger_flush(ledger);
	ledger_wait(ledger, 9000);
	ledger_close(ledger);
	struct verify_report report = scratch_verify(&s);
	assert_true(report.whole);
	assert_int_equal(report.segments, 3);
	ledger = scratch_open(&s);
	struct arena *arena = arena_new();
	for (unsigned seq = 0; seq < 9000; seq += 500)
		assert_ok(ledger_read(ledger, seq, arena, &entry));
	arena_free(arena);
	ledger_close(ledger);
	scratch_remove(&s);
}

static void check_followed(struct ledger *ledger, unsigned count)
{
	struct arena *arena = arena_new();
	struct trail_entry entry, followed;
	for (unsigned seq = 0; seq < count; seq++) {
		arena_reset(arena);
		assert_ok(ledger_read(ledger, seq, arena, &entry));
		assert_ok(ledger_follow(ledger, seq, arena, &followed));
		assert_int_equal(followed.time_us, 1000000 + seq);
		assert_int_equal(followed.action, entry.action);
		assert_string_equal(followed.actor, entry.actor);
		assert_string_equal(followed.patients[0], entry.patients[0]);
	}
	assert_err(ledger_follow(ledger, count, arena, &followed), ERR_NOT_FOUND);
	arena_free(arena);
}

// More than are kept in memory, in small groups; and again when none is.
static void who_follows_is_told_what_is_on_disk(void **state)
{
	enum {
		ROUNDS = 340,
		EACH = 50
	};
	struct scratch s;
	scratch_make(&s);
	struct ledger *ledger = scratch_open(&s);
	for (unsigned i = 0; i < ROUNDS; i++)
		scratch_fill(ledger, EACH);
	check_followed(ledger, ROUNDS * EACH);
	ledger_close(ledger);
	ledger = scratch_open(&s);
	check_followed(ledger, ROUNDS * EACH);
	ledger_close(ledger);
	scratch_remove(&s);
}

static void what_is_not_durable_is_not_followed(void **state)
{
	struct scratch s;
	scratch_make(&s);
	struct ledger *ledger = scratch_open(&s);
	struct arena *arena = arena_new();
	struct trail_entry followed;
	const struct trail_entry entry = {.time_us = 1,
		.kind = TRAIL_ACCESS,
		.action = TRAIL_READ,
		.outcome = TRAIL_ALLOWED,
		.purpose = "BTG",
		.relationship = "encounter"};
	(void)ledger_append(ledger, &entry);
	assert_err(ledger_follow(ledger, 0, arena, &followed), ERR_NOT_FOUND);
	ledger_flush(ledger);
	ledger_wait(ledger, 1);
	assert_ok(ledger_follow(ledger, 0, arena, &followed));
	assert_string_equal(followed.purpose, "BTG");
	arena_free(arena);
	ledger_close(ledger);
	scratch_remove(&s);
}

static void an_entry_of_the_largest_size_fits(void **state)
{
	struct scratch s;
	scratch_make(&s);
	struct ledger *ledger = scratch_open(&s);
	struct arena *arena = arena_new();
	char *text = arena_alloc(arena, TRAIL_TEXT_BYTES + 1), *id = arena_alloc(arena, 65);
	memset(text, 'x', TRAIL_TEXT_BYTES);
	memset(id, 'y', 64);
	const char *patients[TRAIL_PATIENTS + 5];
	for (unsigned i = 0; i < TRAIL_PATIENTS + 5; i++)
		patients[i] = id;
	struct trail_entry entry = {.time_us = 1,
		.kind = TRAIL_ACCESS,
		.action = TRAIL_SEARCH,
		.outcome = TRAIL_ALLOWED,
		.actor = text,
		.actor_name = text,
		.role = text,
		.session = text,
		.address = text,
		.application = text,
		.resource = text,
		.relationship = text,
		.evidence = text,
		.purpose = text,
		.reason = text,
		.query = text,
		.rule = text,
		.detail = text,
		.trace = text,
		.content = text,
		.patients = patients,
		.patients_here = TRAIL_PATIENTS + 5,
		.patient_count = 9999};
	(void)ledger_append(ledger, &entry);
	ledger_flush(ledger);
	ledger_wait(ledger, 1);
	assert_ok(ledger_read(ledger, 0, arena, &entry));
	assert_int_equal(entry.patients_here, TRAIL_PATIENTS);
	arena_free(arena);
	ledger_close(ledger);
	scratch_remove(&s);
}

static void wait_signed(struct ledger *ledger, uint64_t size)
{
	struct ledger_status status;
	for (int i = 0; i < 500; i++) {
		ledger_status(ledger, &status);
		if (status.checkpoint.size >= size && status.indexed >= size)
			return;
		usleep(10000);
	}
	fail_msg("no checkpoint over %llu entries", (unsigned long long)size);
}

static void proofs_hold_and_convince_a_stranger(void **state)
{
	struct scratch s;
	scratch_make(&s);
	struct ledger *ledger = scratch_open(&s);
	scratch_fill(ledger, 700);
	wait_signed(ledger, 700);
	for (uint64_t seq = 0; seq < 700; seq += 33) {
		struct ledger_proof proof;
		struct ledger_status status;
		struct checkpoint seen;
		assert_ok(ledger_prove(ledger, seq, &proof));
		ledger_status(ledger, &status);
		struct proof_text text = {.number = seq, .path = proof.path}, again;
		memcpy(text.note, status.note, sizeof text.note);
		struct buf out = {0};
		proof_inclusion_encode(&text, &out);
		assert_ok(proof_inclusion_parse(buf_bytes(&out), &again));
		assert_ok(proof_inclusion_check(&again, &proof.leaf, s.vkey, &seen));
		again.number++;
		assert_err(proof_inclusion_check(&again, &proof.leaf, s.vkey, &seen), ERR_CORRUPT);
		again.number--;
		proof.leaf.bytes[5] ^= 1;
		assert_err(proof_inclusion_check(&again, &proof.leaf, s.vkey, &seen), ERR_CORRUPT);
		buf_done(&out);
	}
	struct ledger_proof proof;
	assert_err(ledger_prove(ledger, 700, &proof), ERR_NOT_FOUND);
	ledger_close(ledger);
	scratch_remove(&s);
}

static size_t ask(struct ledger *ledger, const struct trail_query *query)
{
	struct arena *arena = arena_new();
	struct trail_page page;
	assert_ok(ledger_search(ledger, query, arena, &page));
	for (size_t i = 1; i < page.count; i++)
		assert_true(page.hits[i].seq < page.hits[i - 1].seq);
	assert_true(page.next == 0 ||
		    (page.count == query->limit && page.next == page.hits[page.count - 1].seq));
	arena_free(arena);
	return page.count;
}

static void check_searches(struct ledger *ledger)
{
	assert_int_equal(ask(ledger, &(struct trail_query){.patient = "p3", .limit = 1000}), 60);
	assert_int_equal(
		ask(ledger, &(struct trail_query){.actor = "actor-1", .limit = 1000}), 200);
	assert_int_equal(
		ask(ledger, &(struct trail_query){.outcome = TRAIL_DENIED, .limit = 1000}), 12);
	assert_int_equal(ask(ledger, &(struct trail_query){.patient = "p3", .limit = 7}), 7);
	assert_int_equal(
		ask(ledger, &(struct trail_query){.patient = "p3", .before = 100, .limit = 1000}),
		10);
	assert_int_equal(ask(ledger,
				 &(struct trail_query){
					 .since_us = 1000500, .until_us = 1000510, .limit = 1000}),
		10);
	assert_int_equal(ask(ledger, &(struct trail_query){.patient = "nobody", .limit = 10}), 0);
	assert_int_equal(
		ask(ledger, &(struct trail_query){.resource = "Patient/p4", .limit = 1000}), 60);
}

static void search_finds_with_and_without_its_index(void **state)
{
	struct scratch s;
	char path[256];
	scratch_make(&s);
	struct ledger *ledger = scratch_open(&s);
	scratch_fill(ledger, 600);
	check_searches(ledger); // the index is behind
	wait_signed(ledger, 600);
	check_searches(ledger);
	ledger_close(ledger);
	ledger = scratch_open(&s); // the index is there already
	wait_signed(ledger, 600);
	check_searches(ledger);
	ledger_close(ledger);
	snprintf(path, sizeof path, "%s/search.db", s.trail);
	assert_int_equal(unlink(path), 0);
	ledger = scratch_open(&s);
	check_searches(ledger);
	wait_signed(ledger, 600); // made again
	check_searches(ledger);
	ledger_close(ledger);
	scratch_file_write(s.trail, "search.db",
		bytes_text("not a database, but rather long, so that it is read"));
	ledger = scratch_open(&s);
	wait_signed(ledger, 600);
	check_searches(ledger);
	ledger_close(ledger);
	scratch_remove(&s);
}

// Longer than a row of the index and than one look into it, over several of its batches.
static void pages_of_a_search_leave_nothing_out(void **state)
{
	enum {
		ALL = 9000,
		LIMIT = 700
	};
	struct scratch s;
	scratch_make(&s);
	struct ledger *ledger = scratch_open(&s);
	struct arena *arena = arena_new();
	struct trail_query query = {.actor = "actor-1", .limit = LIMIT};
	struct trail_page page;
	uint64_t expected = ALL - 2; // the newest of them
	scratch_fill(ledger, 2000);
	wait_signed(ledger, 2000);
	scratch_fill(ledger, ALL - 2000);
	wait_signed(ledger, ALL);
	do {
		arena_reset(arena);
		assert_ok(ledger_search(ledger, &query, arena, &page));
		for (size_t i = 0; i < page.count; i++, expected -= 3)
			assert_int_equal(page.hits[i].seq, expected);
		query.before = page.next;
	} while (page.next);
	assert_int_equal(expected, (uint64_t)1 - 3); // after entry 1, the oldest
	arena_free(arena);
	ledger_close(ledger);
	scratch_remove(&s);
}

// An index that is ahead belongs to another trail.
static void the_index_of_another_trail_is_dropped(void **state)
{
	struct scratch s, other;
	struct buf index = {0};
	scratch_make(&s);
	scratch_make(&other);
	struct ledger *ledger = scratch_open(&other);
	scratch_fill(ledger, 900);
	wait_signed(ledger, 900);
	ledger_close(ledger);
	ledger = scratch_open(&s);
	scratch_fill(ledger, 600);
	ledger_close(ledger);
	scratch_file_read(other.trail, "search.db", &index);
	scratch_file_write(s.trail, "search.db", buf_bytes(&index));
	ledger = scratch_open(&s);
	wait_signed(ledger, 600);
	check_searches(ledger);
	ledger_close(ledger);
	buf_done(&index);
	scratch_remove(&s);
	scratch_remove(&other);
}

static void only_sealed_bytes_reach_the_disk(void **state)
{
	struct scratch s;
	struct buf bytes = {0};
	scratch_make(&s);
	struct ledger *ledger = scratch_open(&s);
	scratch_fill(ledger, 50);
	wait_signed(ledger, 50);
	ledger_close(ledger);
	static const char *const files[] = {"segments/00000000.seg", "search.db", "checkpoint"};
	for (size_t i = 0; i < 3; i++) {
		scratch_file_read(s.trail, files[i], &bytes);
		assert_null(memmem(bytes.at, bytes.size, "actor-", 6));
		assert_null(memmem(bytes.at, bytes.size, "Patient/", 8));
	}
	buf_done(&bytes);
	scratch_remove(&s);
}

// Entry bundles: u16 big-endian size, entry. Their leaves must be the exported tile.
static void an_export_is_what_other_tools_expect(void **state)
{
	struct scratch s;
	char out[128];
	struct buf bundle = {0}, tile = {0}, note = {0};
	scratch_make(&s);
	struct ledger *ledger = scratch_open(&s);
	scratch_fill(ledger, 300);
	ledger_close(ledger);
	snprintf(out, sizeof out, "%s/out", s.dir);
	assert_ok(ledger_export(s.trail, s.vkey, out));
	scratch_file_read(out, "tile/entries/000", &bundle);
	scratch_file_read(out, "tile/0/000", &tile);
	assert_int_equal(tile.size, 256 * 32);
	size_t at = 0;
	for (unsigned i = 0; i < 256; i++) {
		size_t size = (size_t)bundle.at[at] << 8 | bundle.at[at + 1];
		struct hash leaf = merkle_leaf(bytes_of(bundle.at + at + 2, size));
		assert_memory_equal(leaf.bytes, tile.at + (size_t)i * 32, 32);
		at += 2 + size;
	}
	assert_int_equal(at, bundle.size);
	scratch_file_read(out, "tile/entries/001.p/44", &bundle);
	scratch_file_read(out, "tile/0/001.p/44", &tile);
	assert_int_equal(tile.size, 44 * 32);
	scratch_file_read(out, "tile/1/000.p/1", &tile);
	scratch_file_read(out, "checkpoint", &note);
	struct checkpoint checkpoint;
	assert_ok(note_open(buf_bytes(&note), s.vkey, &checkpoint));
	assert_int_equal(checkpoint.size, 300);
	buf_done(&bundle);
	buf_done(&tile);
	buf_done(&note);
	scratch_remove(&s);
}

static void a_trail_being_written_verifies(void **state)
{
	struct scratch s;
	scratch_make(&s);
	struct ledger *ledger = scratch_open(&s);
	scratch_fill(ledger, 30);
	wait_signed(ledger, 30);
	for (unsigned i = 0; i < 20; i++) {
		scratch_fill(ledger, 60);
		struct verify_report report = scratch_verify(&s);
		assert_string_equal(report.first_break.what, "");
		assert_true(report.whole);
		assert_true(report.entries >= report.checkpoint.size);
	}
	ledger_close(ledger);
	scratch_remove(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_come_back),
		cmocka_unit_test(it_goes_on_after_closing),
		cmocka_unit_test(segments_follow_each_other),
		cmocka_unit_test(who_follows_is_told_what_is_on_disk),
		cmocka_unit_test(what_is_not_durable_is_not_followed),
		cmocka_unit_test(an_entry_of_the_largest_size_fits),
		cmocka_unit_test(proofs_hold_and_convince_a_stranger),
		cmocka_unit_test(search_finds_with_and_without_its_index),
		cmocka_unit_test(pages_of_a_search_leave_nothing_out),
		cmocka_unit_test(the_index_of_another_trail_is_dropped),
		cmocka_unit_test(only_sealed_bytes_reach_the_disk),
		cmocka_unit_test(an_export_is_what_other_tools_expect),
		cmocka_unit_test(a_trail_being_written_verifies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
