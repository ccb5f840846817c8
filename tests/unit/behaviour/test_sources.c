#include "house.h"

static struct house house;

static int begin(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	memset(&house, 0, sizeof house);
	house_open(&house, NULL, false);
	return 0;
}

static int end(void **state)
{
	(void)state;
	behaviour_close(house.behaviour);
	return 0;
}

static void from(int64_t hour, const char *address)
{
	struct feed_event e =
		house_event(&house, FIRST_DAY * DAY_US + hour * HOUR_US + 60000000, 5);
	strcpy(e.address, address);
	behaviour_event(house.behaviour, &e);
}

// Weeks in which both addresses speak in every hour.
static void weeks(int64_t count)
{
	for (int64_t hour = 0; hour < count * 168; hour++) {
		from(hour, "10.0.0.1");
		from(hour, "10.0.0.2");
	}
}

static void test_an_address_falls_silent(void **state)
{
	(void)state;
	weeks(4);
	assert_int_equal(house.count, 0);
	for (int64_t hour = 4 * 168; hour < 4 * 168 + 6; hour++)
		from(hour, "10.0.0.1");
	assert_int_equal(house.count, 0); // three or four weeks for each hour: not enough yet
	for (int64_t hour = 4 * 168 + 6; hour < 4 * 168 + 30; hour++)
		from(hour, "10.0.0.1");
	assert_int_equal(house.count, 1); // once
	assert_string_equal(house.last_id, "behaviour.silence");
	assert_non_null(strstr(house.last, "the address 10.0.0.2"));
	from(4 * 168 + 30, "10.0.0.2");
	for (int64_t hour = 4 * 168 + 31; hour < 4 * 168 + 46; hour++)
		from(hour, "10.0.0.1");
	assert_int_equal(house.count, 1); // as long as the one before
	for (int64_t hour = 4 * 168 + 46; hour < 4 * 168 + 60; hour++)
		from(hour, "10.0.0.1");
	assert_int_equal(
		house.count, 2); // it had spoken again; the longer one before makes it later
}

static void test_the_house_falls_silent(void **state)
{
	(void)state;
	weeks(4);
	int64_t begin_us = (FIRST_DAY + 28) * DAY_US;
	behaviour_time(house.behaviour, begin_us + 3 * HOUR_US);
	assert_int_equal(house.count, 0);
	behaviour_time(house.behaviour, begin_us + 6 * HOUR_US);
	assert_int_equal(house.count, 1);
	assert_non_null(strstr(house.last, "Nothing came from the whole house in "));
	behaviour_time(house.behaviour, begin_us + 10 * HOUR_US);
	assert_int_equal(house.count, 4); // now each address and the application, too
}

// Without its own clock the same is told when the next entry comes, and it is the same finding.
static void test_silence_is_the_same_replayed(void **state)
{
	static char live[FOUND_BYTES];
	weeks(4);
	behaviour_time(house.behaviour, (FIRST_DAY + 28) * DAY_US + 10 * HOUR_US);
	strcpy(live, house.found);
	end(state);
	begin(state);
	weeks(4);
	from(4 * 168 + 10, "10.0.0.1");
	assert_string_equal(house.found, live);
}

static void system_entry(int64_t time_us, enum trail_action action)
{
	struct feed_event e = {.seq = house.seq++,
		.time_us = time_us,
		.kind = TRAIL_SYSTEM,
		.action = (uint8_t)action,
		.outcome = TRAIL_ALLOWED};
	behaviour_event(house.behaviour, &e);
}

static void test_a_stop_explains(void **state)
{
	(void)state;
	weeks(4);
	int64_t at = (FIRST_DAY + 28) * DAY_US;
	system_entry(at, TRAIL_STOPPED);
	system_entry(at + 30 * HOUR_US, TRAIL_STARTED);
	from(4 * 168 + 30, "10.0.0.1");
	assert_int_equal(house.count, 0);
}

static void test_a_start_without_a_stop(void **state)
{
	(void)state;
	weeks(4);
	system_entry((FIRST_DAY + 28) * DAY_US + 9 * HOUR_US, TRAIL_STARTED);
	assert_int_equal(house.count, 1);
	assert_string_equal(house.last_id, "behaviour.interrupted");
}

static void test_missing_numbers(void **state)
{
	(void)state;
	from(1, "10.0.0.1");
	from(2, "10.0.0.1");
	assert_int_equal(house.count, 0);
	house.seq += 7;
	from(3, "10.0.0.1");
	assert_int_equal(house.count, 1);
	assert_string_equal(
		house.last, "Entries 2 to 8 of the trail never came; the next one is 9.");
}

static void test_the_clock(void **state)
{
	(void)state;
	from(50, "10.0.0.1");
	from(49, "10.0.0.1");
	assert_int_equal(house.count, 1);
	assert_string_equal(house.last_id, "behaviour.clock");
	assert_non_null(strstr(house.last, "1.0 hours earlier"));
	from(49, "10.0.0.1");
	assert_int_equal(house.count, 1); // once for each time it goes back
	from(49 + 48, "10.0.0.1");
	assert_int_equal(house.count, 2);
	assert_non_null(strstr(house.last, "48.0 hours later"));
}

static void sign_in(int64_t time_us, const char *address, uint64_t actor, bool fine)
{
	struct feed_event e = house_event(&house, time_us, actor);
	e.kind = TRAIL_SIGN_IN;
	e.action = TRAIL_SIGNED_IN;
	e.outcome = fine ? TRAIL_ALLOWED : TRAIL_DENIED;
	strcpy(e.address, address);
	behaviour_event(house.behaviour, &e);
}

static void ordinary_sign_ins(void)
{
	char address[32];
	for (int64_t day = 0; day < 60; day++)
		for (int i = 0; i < 30; i++) {
			snprintf(address, sizeof address, "10.0.1.%d", i);
			for (int k = 0; k < 2; k++)
				sign_in((FIRST_DAY + day) * DAY_US + (8 + 4 * k) * HOUR_US + i,
					address, 100 + (uint64_t)i, k || i % 5);
		}
}

static void test_a_burst_of_sign_ins(void **state)
{
	(void)state;
	ordinary_sign_ins();
	assert_null(strstr(house.found, "behaviour.address"));
	for (int i = 0; i < 200; i++)
		sign_in((FIRST_DAY + 60) * DAY_US + 9 * HOUR_US + i * 1000000, "10.0.1.3",
			1000 + (uint64_t)i, false);
	assert_non_null(strstr(house.found, "behaviour.address 60 ;"));
}

static void under_another_name(int64_t hour, uint64_t number)
{
	struct feed_event e = house_event(
		&house, FIRST_DAY * DAY_US + hour * HOUR_US + 120000000 + (int64_t)number, 6);
	snprintf(e.address, sizeof e.address, "2001:db8::%llx", (unsigned long long)number);
	snprintf(e.application, sizeof e.application, "made up %llu", (unsigned long long)number);
	behaviour_event(house.behaviour, &e);
}

// Thousands of addresses and programs that nobody knew: those that were known keep their place,
// what falls silent among them is found all the same, and that others had to go is told.
static void test_a_flood_of_names_pushes_out_nobody_known(void **state)
{
	(void)state;
	weeks(4);
	assert_int_equal(house.count, 0);
	for (uint64_t i = 0; i < 20000; i++)
		under_another_name(4 * 168, i);
	assert_int_equal(house.count, 1); // once a day
	assert_string_equal(house.last_id, "behaviour.crowded");
	for (int64_t hour = 4 * 168 + 1; hour < 4 * 168 + 30; hour++)
		from(hour, "10.0.0.1");
	assert_non_null(strstr(house.found, "behaviour.silence"));
	assert_non_null(strstr(house.last, "the address 10.0.0.2"));
	json_t *json = behaviour_json(house.behaviour);
	assert_true(json_integer_value(json_object_get(json, "crowded")) > 10000);
	json_decref(json);
}

// A new name of a program with each try does not make the house forget who tries.
static void test_new_names_do_not_hide_a_burst(void **state)
{
	(void)state;
	ordinary_sign_ins();
	for (uint64_t i = 0; i < 200; i++) {
		struct feed_event e = house_event(&house,
			(FIRST_DAY + 60) * DAY_US + 9 * HOUR_US + (int64_t)i * 1000000, 1000 + i);
		e.kind = TRAIL_SIGN_IN;
		e.action = TRAIL_SIGNED_IN;
		e.outcome = TRAIL_DENIED;
		strcpy(e.address, "10.0.1.3");
		for (unsigned k = 0; k < 50; k++) {
			snprintf(e.application, sizeof e.application, "made up %llu %u",
				(unsigned long long)i, k);
			e.seq = house.seq++;
			behaviour_event(house.behaviour, &e);
		}
	}
	assert_non_null(strstr(house.found, "behaviour.address 60 ;"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_an_address_falls_silent, begin, end),
		cmocka_unit_test_setup_teardown(test_the_house_falls_silent, begin, end),
		cmocka_unit_test_setup_teardown(test_silence_is_the_same_replayed, begin, end),
		cmocka_unit_test_setup_teardown(test_a_stop_explains, begin, end),
		cmocka_unit_test_setup_teardown(test_a_start_without_a_stop, begin, end),
		cmocka_unit_test_setup_teardown(test_missing_numbers, begin, end),
		cmocka_unit_test_setup_teardown(test_the_clock, begin, end),
		cmocka_unit_test_setup_teardown(test_a_burst_of_sign_ins, begin, end),
		cmocka_unit_test_setup_teardown(
			test_a_flood_of_names_pushes_out_nobody_known, begin, end),
		cmocka_unit_test_setup_teardown(test_new_names_do_not_hide_a_burst, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
