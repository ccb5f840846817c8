#include "../unit.h"

#include "common/format/fhir_number.h"

#include <math.h>

static void digits_imply_an_interval(void **state)
{
	static const struct {
		const char *text;
		double number, low, high;
	} rows[] = {
		{"100", 100, 99.5, 100.5},
		{"100.00", 100, 99.995, 100.005},
		{"1e2", 100, 95, 105},
		{"1.0e2", 100, 95, 105},
		{"-5.4", -5.4, -5.45, -5.35},
		{"+1", 1, 0.5, 1.5},
		{"0", 0, -0.5, 0.5},
		{"0.0", 0, -0.05, 0.05},
		{"0.001", 0.001, 0.0005, 0.0015},
		{"5.4", 5.4, 5.35, 5.45},
		{"1E-3", 0.001, 0.00095, 0.00105},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct fhir_number number;
		assert_true(fhir_number_parse(rows[i].text, &number));
		if (number.number != rows[i].number || number.low != rows[i].low ||
			number.high != rows[i].high)
			fail_msg("%s: %g %g %g", rows[i].text, number.number, number.low,
				number.high);
	}
}

static void many_digits_are_no_trouble(void **state)
{
	struct fhir_number number;
	assert_true(fhir_number_parse("123456789012345678901234567890", &number));
	assert_true(fabs(number.number - 1.2345678901234568e29) < 1e15);
	assert_true(fhir_number_parse("0.12345678901234567890123456789", &number));
	assert_true(number.low <= number.number && number.number <= number.high);
	assert_true(fhir_number_parse("12345678901.2345678901234567890", &number));
	assert_true(fabs(number.low - 12345678901.234568) < 1e-4);
}

static void other_texts_are_no_numbers(void **state)
{
	static const char *const texts[] = {"", "-", ".5", "5.", "01", "1e", "1e+", "1e1000000",
		"1e999", "0x10", "1 ", " 1", "1,5", "nan", "inf", "--1", "+-1", "1e5x",
		"11111111111111111111111111111111111111111111111111111111111111111111111"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct fhir_number number;
		if (fhir_number_parse(texts[i], &number))
			fail_msg("%s was read", texts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digits_imply_an_interval),
		cmocka_unit_test(many_digits_are_no_trouble),
		cmocka_unit_test(other_texts_are_no_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
