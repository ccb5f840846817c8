#include "../unit.h"

#include "common/base/time.h"

#include <time.h>

static void instants_round_trip(void **state)
{
	int64_t at;
	char text[TIME_TEXT_BYTES];
	assert_ok(time_parse("2026-02-03T04:05:06.789Z", &at));
	time_format(at, text);
	assert_string_equal(text, "2026-02-03T04:05:06.789Z");
	assert_ok(time_parse("1969-12-31T23:59:59.999+00:00", &at));
	assert_int_equal(at, -1000);
	time_format(at, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999Z");
}

static void offsets_are_applied(void **state)
{
	int64_t a, b;
	assert_ok(time_parse("2026-02-03T04:05:06+02:00", &a));
	assert_ok(time_parse("2026-02-03T02:05:06Z", &b));
	assert_int_equal(a, b);
}

static void impossible_dates_are_refused(void **state)
{
	int64_t at;
	assert_err(time_parse("2026-02-29T00:00:00Z", &at), ERR_INVALID);
	assert_ok(time_parse("2024-02-29T00:00:00Z", &at));
	assert_err(time_parse("2026-13-01T00:00:00Z", &at), ERR_INVALID);
	assert_err(time_parse("2026-01-01 00:00:00Z", &at), ERR_SYNTAX);
	assert_err(time_parse("2026-01-01T00:00:00", &at), ERR_SYNTAX);
	assert_err(time_parse("2026-01-01T00:00:00Zx", &at), ERR_SYNTAX);
}

// Beside the C library, a day and some seconds further at every step, from 1600 to 2400.
static void every_day_is_written_as_libc_does(void **state)
{
	char ours[TIME_TEXT_BYTES], theirs[64];
	for (int64_t at = -11676096000; at < 13569465600; at += 86400 + 47) {
		struct tm tm;
		time_t seconds = (time_t)at;
		assert_non_null(gmtime_r(&seconds, &tm));
		time_format_http(at * 1000000, ours);
		strftime(theirs, sizeof theirs, "%a, %d %b %Y %H:%M:%S GMT", &tm);
		assert_string_equal(ours, theirs);
		time_format(at * 1000000 + 7000, ours);
		strftime(theirs, sizeof theirs, "%Y-%m-%dT%H:%M:%S.007Z", &tm);
		assert_string_equal(ours, theirs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instants_round_trip),
		cmocka_unit_test(offsets_are_applied),
		cmocka_unit_test(every_day_is_written_as_libc_does),
		cmocka_unit_test(impossible_dates_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
