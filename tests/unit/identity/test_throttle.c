#include "desk.h"

static struct throttle *t;
static int64_t now;

static int begin(void **state)
{
	(void)state;
	t = throttle_new();
	now = (int64_t)1800000000 * SECOND;
	return 0;
}

static int finish(void **state)
{
	(void)state;
	throttle_free(t);
	return 0;
}

static uint32_t wait_of(const char *account, const char *address)
{
	return throttle_wait_s(t, account, address, now);
}

static void mistake(const char *account, const char *address, unsigned times)
{
	while (times--)
		throttle_failed(t, account, address, now);
}

static const char *address_of(unsigned number)
{
	static char text[32];
	snprintf(text, sizeof text, "10.%u.%u.%u", number >> 16 & 255, number >> 8 & 255,
		number & 255);
	return text;
}

static const char *account_of(unsigned number)
{
	static char text[32];
	snprintf(text, sizeof text, "account-%u", number);
	return text;
}

static void five_mistakes_are_free_then_the_wait_doubles_to_five_minutes(void **state)
{
	(void)state;
	static const uint32_t waits[] = {
		0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300};
	for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
		mistake("anna", HOME, 1);
		assert_int_equal(wait_of("anna", HOME), waits[i]);
	}
	mistake("anna", HOME, 4000000); // no shift, no sum overflows
	assert_int_equal(wait_of("anna", HOME), 300);
	now += 299 * SECOND;
	assert_int_equal(wait_of("anna", HOME), 1);
	now += SECOND;
	assert_int_equal(wait_of("anna", HOME), 0);
}

static void one_account_is_not_slowed_by_another_at_the_same_address(void **state)
{
	(void)state;
	mistake("anna", HOME, 10);
	assert_true(wait_of("anna", HOME) > 0);
	assert_int_equal(wait_of("bert", HOME), 0);
}

static void an_address_that_tries_many_accounts_is_slowed(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 39; i++)
		mistake(account_of(i), HOME, 1);
	assert_int_equal(wait_of("anna", HOME), 0);
	mistake(account_of(39), HOME, 1);
	assert_true(wait_of("anna", HOME) > 0);
	assert_int_equal(wait_of("anna", "10.0.0.8"), 0);
}

static void an_account_tried_from_many_addresses_is_slowed_where_it_is_not_known(void **state)
{
	(void)state;
	throttle_succeeded(t, "anna", HOME, now);
	for (unsigned i = 0; i < 25; i++)
		mistake("anna", address_of(i), 1);
	assert_true(wait_of("anna", "192.0.2.1") > 0);
	assert_int_equal(wait_of("anna", HOME), 0);
	assert_int_equal(wait_of("bert", "192.0.2.1"), 0);
}

static void a_flood_from_one_address_cannot_lock_the_clinician_out_elsewhere(void **state)
{
	(void)state;
	throttle_succeeded(t, "anna", HOME, now);
	for (unsigned i = 0; i < 100000; i++) {
		mistake("anna", "203.0.113.9", 1);
		mistake(account_of(i), "203.0.113.9", 1);
		now += SECOND / 100;
	}
	assert_int_equal(wait_of("anna", "203.0.113.9"), 300);
	assert_int_equal(wait_of("anna", HOME), 0);
}

static void not_even_when_the_flood_comes_from_her_own_address_against_others(void **state)
{
	(void)state;
	throttle_succeeded(t, "anna", HOME, now);
	for (unsigned i = 0; i < 1000; i++)
		mistake(account_of(i), HOME, 1);
	assert_int_equal(wait_of("bert", HOME), 300);
	assert_int_equal(wait_of("anna", HOME), 0);
	mistake("anna", HOME, 6); // but guessing at herself there is slowed
	assert_true(wait_of("anna", HOME) > 0);
}

static void her_own_mistakes_at_a_known_place_count_against_nobody_else(void **state)
{
	(void)state;
	throttle_succeeded(t, "anna", HOME, now);
	mistake("anna", HOME, 100);
	assert_int_equal(wait_of("bert", HOME), 0);
	assert_int_equal(wait_of("anna", "10.0.0.8"), 0);
}

static void a_workstation_of_the_house_is_open_to_a_colleague_under_attack(void **state)
{
	(void)state;
	throttle_succeeded(t, "bert", "10.0.0.8", now);
	for (unsigned i = 0; i < 1000; i++)
		mistake("anna", address_of(i), 1);
	assert_true(wait_of("anna", HOME) > 0);
	assert_int_equal(wait_of("anna", "10.0.0.8"), 0);
	mistake("anna", "10.0.0.8", 6);
	assert_true(wait_of("anna", "10.0.0.8") > 0);
}

static void a_place_is_worth_keeping_once_a_day(void **state)
{
	(void)state;
	assert_true(throttle_succeeded(t, "anna", HOME, now));
	assert_false(throttle_succeeded(t, "anna", HOME, now + SECOND));
	assert_true(throttle_succeeded(t, "anna", HOME, now + (int64_t)2 * 86400 * SECOND));
}

static void success_clears_the_pair(void **state)
{
	(void)state;
	mistake("anna", HOME, 8);
	throttle_succeeded(t, "anna", HOME, now);
	assert_int_equal(wait_of("anna", HOME), 0);
	mistake("anna", HOME, 4);
	assert_int_equal(wait_of("anna", HOME), 0);
}

static void after_an_hour_mistakes_are_forgotten(void **state)
{
	(void)state;
	mistake("anna", HOME, 12);
	now += HOUR + SECOND;
	mistake("anna", HOME, 1);
	assert_int_equal(wait_of("anna", HOME), 0);
}

static void a_clock_that_jumps_back_neither_locks_out_nor_lets_guess_freely(void **state)
{
	(void)state;
	mistake("anna", HOME, 30);
	assert_int_equal(wait_of("anna", HOME), 300);
	now -= 365 * 24 * HOUR;
	assert_int_equal(wait_of("anna", HOME), 0); // once
	mistake("anna", HOME, 1);
	assert_int_equal(wait_of("anna", HOME), 300); // and what was counted still counts
	now += 300 * SECOND;
	assert_int_equal(wait_of("anna", HOME), 0);
}

static void a_network_of_ipv6_is_one_address(void **state)
{
	(void)state;
	char address[64];
	for (unsigned i = 0; i < 60; i++) {
		snprintf(address, sizeof address, "2001:db8:0:1::%x", i);
		mistake(account_of(i), address, 1);
	}
	assert_true(wait_of("anna", "2001:db8:0:1:ffff::1") > 0);
	assert_int_equal(wait_of("anna", "2001:db8:0:2::1"), 0);
	for (unsigned i = 0; i < 60; i++) {
		snprintf(address, sizeof address, "::ffff:192.0.2.%u", i);
		mistake(account_of(i), address, 1);
	}
	assert_int_equal(
		wait_of("anna", "::ffff:192.0.2.200"), 0); // IPv4 in IPv6 clothes is not one
}

static void a_full_memory_still_slows_the_guesser_and_knows_the_clinician(void **state)
{
	(void)state;
	throttle_succeeded(t, "anna", HOME, now);
	for (unsigned i = 0; i < THROTTLE_BUCKETS_MOST; i++) {
		now += SECOND;
		mistake(account_of(i), address_of(i), 1); // two new buckets each
	}
	now += SECOND;
	mistake("bert", "203.0.113.9", 6);
	assert_true(wait_of("bert", "203.0.113.9") > 0);
	for (unsigned i = 0; i < 25; i++)
		mistake("anna", address_of(0x800000 + i), 1);
	assert_true(wait_of("anna", "192.0.2.1") > 0);
	assert_int_equal(wait_of("anna", HOME), 0);
}

static void known_places_do_not_fill_it_for_good(void **state)
{
	(void)state;
	for (unsigned i = 0; i < THROTTLE_BUCKETS_MOST + 10; i++)
		throttle_succeeded(t, "anna", address_of(i), now += SECOND);
	mistake("bert", "203.0.113.9", 6);
	assert_true(wait_of("bert", "203.0.113.9") > 0);
}

static void long_and_odd_names_do_not_meet(void **state)
{
	(void)state;
	char a[LOGIN_BYTES], b[LOGIN_BYTES];
	memset(a, 'x', sizeof a - 1);
	a[sizeof a - 1] = 0;
	memcpy(b, a, sizeof b);
	b[sizeof b - 2] = 'y';
	mistake(a, HOME, 10);
	assert_true(wait_of(a, HOME) > 0);
	assert_int_equal(wait_of(b, HOME), 0);
	mistake("anna|10.0.0.7", "", 10);
	assert_int_equal(wait_of("anna", HOME), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(five_mistakes_are_free_then_the_wait_doubles_to_five_minutes),
		TEST(one_account_is_not_slowed_by_another_at_the_same_address),
		TEST(an_address_that_tries_many_accounts_is_slowed),
		TEST(an_account_tried_from_many_addresses_is_slowed_where_it_is_not_known),
		TEST(a_flood_from_one_address_cannot_lock_the_clinician_out_elsewhere),
		TEST(not_even_when_the_flood_comes_from_her_own_address_against_others),
		TEST(her_own_mistakes_at_a_known_place_count_against_nobody_else),
		TEST(a_workstation_of_the_house_is_open_to_a_colleague_under_attack),
		TEST(a_place_is_worth_keeping_once_a_day),
		TEST(success_clears_the_pair),
		TEST(after_an_hour_mistakes_are_forgotten),
		TEST(a_clock_that_jumps_back_neither_locks_out_nor_lets_guess_freely),
		TEST(a_network_of_ipv6_is_one_address),
		TEST(a_full_memory_still_slows_the_guesser_and_knows_the_clinician),
		TEST(known_places_do_not_fill_it_for_good),
		TEST(long_and_odd_names_do_not_meet),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
