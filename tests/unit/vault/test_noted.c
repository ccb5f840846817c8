// What watch may have the trail hold.
#include "../unit.h"

#include "../ledger/scratch.h"
#include "common/base/time.h"
#include "vault/noted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct scratch scratch;
static struct noted noted;

static int open_trail(void **state)
{
	(void)state;
	scratch_make(&scratch);
	noted = (struct noted){.ledger = scratch_open(&scratch)};
	return 0;
}

static int close_trail(void **state)
{
	(void)state;
	ledger_close(noted.ledger);
	scratch_remove(&scratch);
	return 0;
}

static enum err take(enum feed_kind kind, uint64_t number)
{
	struct buf out = {0};
	put_u8(&out, (uint8_t)kind);
	put_u64(&out, number);
	put_u64(&out, 1);
	put_text(&out, "high");
	put_text(&out, "rule");
	put_text(&out, "Something");
	enum err err = noted_take(&noted, buf_bytes(&out));
	for (int i = 0; err == ERR_BUSY && !noted.known && i < 500; i++) { // the index is made
		usleep(10000);
		err = noted_take(&noted, buf_bytes(&out));
	}
	buf_done(&out);
	return err;
}

static uint64_t this_year(void)
{
	time_t now = (time_t)(time_now_us() / 1000000);
	struct tm date;
	return ((uint64_t)gmtime_r(&now, &date)->tm_year + 1900) * 1000000;
}

static void a_number_far_ahead_does_not_silence_what_comes_after(void **state)
{
	(void)state;
	assert_ok(take(FEED_FINDING, 7));
	assert_err(take(FEED_FINDING, INT64_MAX), ERR_LIMIT);
	assert_err(take(FEED_FINDING, 8 + NOTED_AHEAD), ERR_LIMIT);
	assert_ok(take(FEED_FINDING, 8));
	assert_err(take(FEED_INCIDENT, this_year() + 2000000 + 1), ERR_LIMIT);
	assert_err(take(FEED_INCIDENT, this_year() + 999999), ERR_LIMIT);
	assert_ok(take(FEED_INCIDENT, this_year() + 1));
	assert_ok(take(FEED_INCIDENT, this_year() + 40));
	assert_int_equal(ledger_size(noted.ledger), 4);
}

static void a_flood_is_held_back_and_not_lost(void **state)
{
	enum err err = OK;
	uint64_t number = 0;
	(void)state;
	while (!err && number < 2 * NOTED_AT_ONCE)
		err = take(FEED_FINDING, ++number);
	assert_err(err, ERR_BUSY);
	assert_in_range(number, NOTED_AT_ONCE, NOTED_AT_ONCE + 20 * NOTED_A_SECOND);
	assert_int_equal(ledger_size(noted.ledger), number - 1);
	usleep(2 * 1000000 / NOTED_A_SECOND);
	assert_ok(take(FEED_FINDING, number));
}

// The index was thrown away, and the last finding lies far back.
static void the_last_number_is_found_however_far_back_it_lies(void **state)
{
	(void)state;
	assert_ok(take(FEED_FINDING, 57));
	scratch_fill(noted.ledger, 12000);
	ledger_close(noted.ledger);
	char command[160];
	snprintf(command, sizeof command, "rm -f %s/search.db*", scratch.trail);
	assert_int_equal(system(command), 0);
	noted = (struct noted){.ledger = scratch_open(&scratch)};
	uint64_t size = ledger_size(noted.ledger);
	assert_ok(take(FEED_FINDING, 57)); // it has that already
	assert_ok(take(FEED_INCIDENT, this_year() + 1));
	assert_int_equal(noted.last[FEED_FINDING], 57);
	assert_int_equal(ledger_size(noted.ledger), size + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_number_far_ahead_does_not_silence_what_comes_after, open_trail,
			close_trail),
		cmocka_unit_test_setup_teardown(
			a_flood_is_held_back_and_not_lost, open_trail, close_trail),
		cmocka_unit_test_setup_teardown(
			the_last_number_is_found_however_far_back_it_lies, open_trail, close_trail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
