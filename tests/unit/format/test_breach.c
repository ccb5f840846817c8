// The breach clocks at the edges of days, years and counts.
#include "../unit.h"

#include "common/base/time.h"
#include "common/format/breach.h"

#include <string.h>

static int64_t at(const char *text)
{
	int64_t us = 0;
	assert_ok(time_parse(text, &us));
	return us;
}

static struct breach_case known_at(const char *text)
{
	return (struct breach_case){.discovered_us = at(text), .aware_us = at(text)};
}

static struct breach_clock clock_of(
	const struct breach_case *known, enum breach_duty duty, const char *now)
{
	struct breach_clock all[BREACH_DUTIES];
	breach_clocks(known, at(now), all);
	return all[duty];
}

static void assert_due(const struct breach_case *known, enum breach_duty duty, const char *want)
{
	char text[TIME_TEXT_BYTES];
	time_format(clock_of(known, duty, "2026-01-01T00:00:00Z").due_us, text);
	assert_string_equal(text, want);
}

static void individuals_have_sixty_days_counted_after_the_day_of_discovery(void **state)
{
	(void)state;
	struct breach_case morning = known_at("2026-01-01T00:00:01Z"),
			   evening = known_at("2026-01-01T23:59:59Z"),
			   leap = known_at("2028-01-15T12:00:00Z");
	assert_due(&morning, BREACH_INDIVIDUALS, "2026-03-02T23:59:59.000Z");
	assert_due(&evening, BREACH_INDIVIDUALS, "2026-03-02T23:59:59.000Z");
	assert_due(&leap, BREACH_INDIVIDUALS, "2028-03-15T23:59:59.000Z");
}

static void the_day_is_the_hospitals(void **state)
{
	(void)state;
	struct breach_case west = known_at("2026-01-02T03:00:00Z");
	west.offset_s = -8 * 3600; // still the first of January
	assert_due(&west, BREACH_INDIVIDUALS, "2026-03-03T07:59:59.000Z");
	west.offset_s = 3600;
	assert_due(&west, BREACH_INDIVIDUALS, "2026-03-03T22:59:59.000Z");
}

static void few_are_told_to_hhs_after_the_year_of_the_discovery(void **state)
{
	(void)state;
	struct breach_case last = known_at("2026-12-31T23:59:59Z"),
			   first = known_at("2027-01-01T00:00:00Z");
	last.affected = first.affected = 499;
	assert_due(&last, BREACH_HHS, "2027-03-01T23:59:59.000Z");
	assert_due(&first, BREACH_HHS, "2028-02-29T23:59:59.000Z"); // 2028 is a leap year
	last.offset_s = 3600;                                       // there it is 2027 already
	assert_due(&last, BREACH_HHS, "2028-02-29T22:59:59.000Z");
}

static void five_hundred_are_told_to_hhs_with_the_individuals(void **state)
{
	(void)state;
	struct breach_case many = known_at("2026-06-01T10:00:00Z");
	many.affected = 500;
	assert_due(&many, BREACH_HHS, "2026-07-31T23:59:59.000Z");
	many.affected = 499;
	assert_due(&many, BREACH_HHS, "2027-03-01T23:59:59.000Z");
}

static void media_only_past_five_hundred_residents(void **state)
{
	(void)state;
	struct breach_case many = known_at("2026-06-01T10:00:00Z");
	many.affected = 2000;
	many.residents = 500;
	assert_int_equal(
		clock_of(&many, BREACH_MEDIA, "2026-06-02T10:00:00Z").state, CLOCK_NOT_NEEDED);
	many.residents = 501;
	assert_due(&many, BREACH_MEDIA, "2026-07-31T23:59:59.000Z");
}

static void the_authority_has_72_hours_to_the_second(void **state)
{
	(void)state;
	struct breach_case known = known_at("2026-02-27T18:30:00Z");
	assert_due(&known, BREACH_AUTHORITY, "2026-03-02T18:30:00.000Z");
	struct breach_clock running = clock_of(&known, BREACH_AUTHORITY, "2026-03-02T18:30:00Z");
	assert_int_equal(running.state, CLOCK_RUNNING);
	struct breach_clock over = clock_of(&known, BREACH_AUTHORITY, "2026-03-02T20:00:00Z");
	assert_int_equal(over.state, CLOCK_OVERDUE);
	assert_string_equal(over.words, "overdue by 1 hour 30 minutes");
	struct breach_clock before = clock_of(&known, BREACH_AUTHORITY, "2026-02-28T18:30:00Z");
	assert_string_equal(before.words, "2 days 0 hours left");
}

static void what_is_not_known_keeps_its_clock(void **state)
{
	(void)state;
	struct breach_case known = known_at("2026-02-01T00:00:00Z");
	struct breach_clock all[BREACH_DUTIES];
	breach_clocks(&known, at("2026-02-02T00:00:00Z"), all);
	assert_int_equal(all[BREACH_INDIVIDUALS].state, CLOCK_RUNNING);
	assert_int_equal(all[BREACH_AUTHORITY].state, CLOCK_RUNNING);
	assert_int_equal(all[BREACH_SUBJECTS].state, CLOCK_RUNNING);
	assert_int_equal(all[BREACH_SUBJECTS].due_us, 0);
	known.breach = BREACH_NO;
	known.harm = HARM_UNLIKELY;
	breach_clocks(&known, at("2026-02-02T00:00:00Z"), all);
	for (int duty = 0; duty < BREACH_DUTIES; duty++) {
		assert_int_equal(all[duty].state, CLOCK_NOT_NEEDED);
		assert_non_null(strstr(all[duty].words, "not needed: "));
	}
}

static void one_law_does_not_end_the_others_clock(void **state)
{
	(void)state;
	struct breach_case known = known_at("2026-02-01T00:00:00Z");
	known.breach = BREACH_NO;
	assert_int_equal(
		clock_of(&known, BREACH_AUTHORITY, "2026-02-02T00:00:00Z").state, CLOCK_RUNNING);
	known = known_at("2026-02-01T00:00:00Z");
	known.harm = HARM_UNLIKELY;
	assert_int_equal(
		clock_of(&known, BREACH_INDIVIDUALS, "2026-02-02T00:00:00Z").state, CLOCK_RUNNING);
}

static void done_says_whether_it_was_in_time(void **state)
{
	(void)state;
	struct breach_case known = known_at("2026-02-01T00:00:00Z");
	known.done_us[BREACH_AUTHORITY] = at("2026-02-03T00:00:00Z");
	known.done_us[BREACH_INDIVIDUALS] = at("2026-04-04T00:00:00Z");
	struct breach_clock one = clock_of(&known, BREACH_AUTHORITY, "2026-06-01T00:00:00Z"),
			    two = clock_of(&known, BREACH_INDIVIDUALS, "2026-06-01T00:00:00Z");
	assert_int_equal(one.state, CLOCK_DONE);
	assert_false(one.late);
	assert_string_equal(one.words, "done, in time");
	assert_true(two.late);
	assert_string_equal(two.words, "done, late by 1 day 0 hours");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(individuals_have_sixty_days_counted_after_the_day_of_discovery),
		cmocka_unit_test(the_day_is_the_hospitals),
		cmocka_unit_test(few_are_told_to_hhs_after_the_year_of_the_discovery),
		cmocka_unit_test(five_hundred_are_told_to_hhs_with_the_individuals),
		cmocka_unit_test(media_only_past_five_hundred_residents),
		cmocka_unit_test(the_authority_has_72_hours_to_the_second),
		cmocka_unit_test(what_is_not_known_keeps_its_clock),
		cmocka_unit_test(one_law_does_not_end_the_others_clock),
		cmocka_unit_test(done_says_whether_it_was_in_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
