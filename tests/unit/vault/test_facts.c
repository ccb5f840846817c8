#include "../unit.h"

#include "../ledger/scratch.h"
#include "common/base/time.h"
#include "vault/facts.h"

#include <string.h>
#include <unistd.h>

static struct scratch scratch;
static struct facts facts;

static void open_vault(void)
{
	facts = (struct facts){.ledger = scratch_open(&scratch)};
	for (int i = 0; facts_remember(&facts) == ERR_BUSY; i++) { // the index may be made first
		assert_in_range(i, 0, 1000);
		usleep(2000);
	}
}

static void close_vault(void)
{
	ledger_close(facts.ledger);
	told_done(&facts.told);
}

// How many entries it made: none or one.
static uint64_t explain(uint64_t seq, uint8_t index, bool later)
{
	int64_t at_us = time_now_us() - 3600 * 1000000ll;
	uint64_t size = ledger_size(facts.ledger);
	const struct feed_explained done = {
		.wish = {.seq = seq, .index = index, .known_us = at_us + later},
		.fine = true,
		.told = {.kind = EXPLAINED_NOTHING}};
	facts_explained(&facts, &done, at_us);
	return ledger_size(facts.ledger) - size;
}

static void a_look_is_read_as_it_was_written(void **state)
{
	static const struct facts_look looks[] = {{0, 1, 0}, {100, 2, 255}, {35, 1, 7}};
	for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
		char text[FACTS_DETAIL_BYTES];
		struct facts_look look;
		facts_detail(&looks[i], text);
		assert_ok(facts_detail_parse(text, &look));
		assert_memory_equal(&look, &looks[i], sizeof look);
	}
}

static void nothing_else_is_a_look(void **state)
{
	static const char *const texts[] = {"", "35", "35 of 100", "35 of 100, look 1",
		"101 of 100, look 1, patient 0", "35 of 100, look 0, patient 0",
		"35 of 100, look 3, patient 0", "35 of 100, look 1, patient 256",
		"35 of 100, look 1, patient 0 ", "035 of 100, look 1, patient 0",
		"-1 of 100, look 1, patient 0", "35 of 100, look 1, patient -1"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct facts_look look;
		if (facts_detail_parse(texts[i], &look) != ERR_SYNTAX)
			fail_msg("'%s' was read", texts[i]);
	}
}

static void a_look_is_written_once_also_by_the_next_vault(void **state)
{
	enum {
		MANY = 350 // several pages
	};
	(void)state;
	scratch_make(&scratch);
	open_vault();
	for (uint64_t seq = 0; seq < MANY; seq++)
		assert_int_equal(explain(seq, 3, false), 1);
	assert_int_equal(explain(7, 3, false), 0);
	close_vault();
	open_vault();
	for (uint64_t seq = 0; seq < MANY; seq++)
		assert_int_equal(explain(seq, 3, false), 0);
	assert_int_equal(explain(7, 4, false), 1); // another patient
	assert_int_equal(explain(7, 3, true), 1);  // the look two days later
	assert_int_equal(explain(MANY, 3, false), 1);
	close_vault();
	scratch_remove(&scratch);
}

static void the_newest_are_remembered(void **state)
{
	struct told told = {0};
	(void)state;
	for (uint64_t i = 1; i <= 3 * TOLD_REMEMBERED; i++) {
		assert_false(told_has(&told, i * i));
		told_add(&told, i * i);
	}
	for (uint64_t i = 2 * TOLD_REMEMBERED + 1; i <= 3 * TOLD_REMEMBERED; i++)
		assert_true(told_has(&told, i * i));
	assert_false(told_has(&told, 1));
	told_done(&told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_look_is_read_as_it_was_written),
		cmocka_unit_test(nothing_else_is_a_look),
		cmocka_unit_test(a_look_is_written_once_also_by_the_next_vault),
		cmocka_unit_test(the_newest_are_remembered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
