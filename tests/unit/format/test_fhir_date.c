#include "../unit.h"

#include "common/base/time.h"
#include "common/format/fhir_date.h"

static int64_t at(const char *text)
{
	int64_t us;
	assert_ok(time_parse(text, &us));
	return us;
}

static void each_precision_is_an_interval(void **state)
{
	static const struct {
		const char *text;
		enum fhir_date_form form;
		const char *low, *high;
	} rows[] = {
		{"1999", FHIR_FORM_DATE, "1999-01-01T00:00:00Z", "2000-01-01T00:00:00Z"},
		{"1999-12", FHIR_FORM_DATE, "1999-12-01T00:00:00Z", "2000-01-01T00:00:00Z"},
		{"1999-12-31", FHIR_FORM_DATE, "1999-12-31T00:00:00Z", "2000-01-01T00:00:00Z"},
		{"1999-12-31", FHIR_FORM_DATE_TIME, "1999-12-31T00:00:00Z", "2000-01-01T00:00:00Z"},
		{"1999-12-31T23:00:00-01:00", FHIR_FORM_DATE_TIME, "2000-01-01T00:00:00Z",
			"2000-01-01T00:00:01Z"},
		{"2000-01-01T00:00:00.123Z", FHIR_FORM_INSTANT, "2000-01-01T00:00:00.123Z",
			"2000-01-01T00:00:00.124Z"},
		{"2000-01-01T10:30", FHIR_FORM_SEARCH, "2000-01-01T10:30:00Z",
			"2000-01-01T10:31:00Z"},
		{"2000-01-01T10:30+05:30", FHIR_FORM_SEARCH, "2000-01-01T05:00:00Z",
			"2000-01-01T05:01:00Z"},
		{"2000-01-01T10:30:15", FHIR_FORM_SEARCH, "2000-01-01T10:30:15Z",
			"2000-01-01T10:30:16Z"},
		{"0001", FHIR_FORM_SEARCH, "0001-01-01T00:00:00Z", "0002-01-01T00:00:00Z"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct fhir_interval interval;
		assert_true(fhir_date_parse(rows[i].text, rows[i].form, &interval));
		if (interval.low_us != at(rows[i].low) || interval.high_us != at(rows[i].high))
			fail_msg("%s", rows[i].text);
	}
}

static void the_last_year_still_ends(void **state)
{
	struct fhir_interval interval;
	assert_true(fhir_date_parse("9999-12-31", FHIR_FORM_DATE, &interval));
	assert_true(interval.high_us > interval.low_us);
}

static void forms_are_kept_apart(void **state)
{
	assert_false(fhir_date_parse("2000-01-01T00:00:00Z", FHIR_FORM_DATE, NULL));
	assert_false(fhir_date_parse("2000-01-01T00:00Z", FHIR_FORM_DATE_TIME, NULL));
	assert_false(fhir_date_parse("2000-01-01T00:00:00", FHIR_FORM_DATE_TIME, NULL));
	assert_false(fhir_date_parse("2000-01-01", FHIR_FORM_INSTANT, NULL));
	assert_false(fhir_date_parse("2000-01-01T10", FHIR_FORM_SEARCH, NULL));
	assert_false(fhir_date_parse("2000-01T10:00", FHIR_FORM_SEARCH, NULL));
	assert_false(fhir_date_parse("", FHIR_FORM_SEARCH, NULL));
	assert_true(fhir_time_valid("23:59:59"));
	assert_false(fhir_time_valid("23:59"));
	assert_false(fhir_time_valid("23:59:59Z"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_precision_is_an_interval),
		cmocka_unit_test(the_last_year_still_ends),
		cmocka_unit_test(forms_are_kept_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
