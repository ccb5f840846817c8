#include "desk.h"

// RFC 6238, appendix B, SHA-1: the last six of its eight digits.
static const struct vector {
	int64_t at_s;
	const char *code;
} vectors[] = {
	{59, "287082"},
	{1111111109, "081804"},
	{1111111111, "050471"},
	{1234567890, "005924"},
	{2000000000, "279037"},
	{20000000000, "353130"},
};
static const uint8_t rfc_secret[TOTP_SECRET_BYTES] = {'1', '2', '3', '4', '5', '6', '7', '8', '9',
	'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '0'};

static uint64_t step_at(const char *code, int64_t at_s, uint64_t after)
{
	return totp_step_of(rfc_secret, code, at_s * SECOND, after);
}

static void the_vectors_of_the_rfc(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
		assert_int_equal(
			step_at(vectors[i].code, vectors[i].at_s, 0), vectors[i].at_s / 30);
}

static void one_step_of_drift_and_no_more(void **state)
{
	(void)state;
	int64_t starts = 1234567890 / 30 * 30; // the step in which 005924 is right
	uint64_t step = (uint64_t)starts / 30;
	static const struct {
		int64_t from_start_s;
		bool fine;
	} cases[] = {{-31, false}, {-30, true}, {-1, true}, {0, true}, {29, true}, {30, true},
		{59, true}, {60, false}, {90, false}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(step_at("005924", starts + cases[i].from_start_s, 0),
			cases[i].fine ? step : 0);
}

static void a_step_once_used_and_all_before_it_are_over(void **state)
{
	(void)state;
	uint64_t step = 1234567890 / 30;
	assert_int_equal(step_at("005924", 1234567890, step - 1), step);
	assert_int_equal(step_at("005924", 1234567890, step), 0);
	assert_int_equal(step_at("005924", 1234567890, step + 1), 0);
}

static void only_six_digits_are_a_code(void **state)
{
	(void)state;
	static const char *const wrong[] = {"", "0", "00592", "0059240", "89005924", "05924",
		"5924  ", "005924 ", " 005924", "005925", "-05924", "OO5924", "005\n24"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(step_at(wrong[i], 1234567890, 0), 0);
}

static void another_secret_gives_another_code(void **state)
{
	(void)state;
	uint8_t other[TOTP_SECRET_BYTES];
	memcpy(other, rfc_secret, sizeof other);
	other[19] ^= 1;
	assert_int_equal(totp_step_of(other, "005924", (int64_t)1234567890 * SECOND, 0), 0);
}

static void the_uri_is_escaped_and_names_the_house(void **state)
{
	(void)state;
	struct enrolment e;
	assert_ok(totp_describe(desk.identity, "a.b@c", rfc_secret, desk.arena, &e));
	assert_string_equal(e.secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
	assert_string_equal(e.uri, "otpauth://totp/St%20Anna:a.b%40c?secret="
				   "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=St%20Anna");
	assert_memory_equal(e.svg, "<svg ", 5);
	assert_null(strstr(e.svg, "script"));
}

static void the_longest_names_still_fit(void **state)
{
	(void)state;
	struct enrolment e;
	char login[65];
	memset(login, '@', 64);
	login[64] = 0;
	memset(desk.identity->issuer, '\xc3', sizeof desk.identity->issuer - 1);
	assert_ok(totp_describe(desk.identity, login, rfc_secret, desk.arena, &e));
	assert_non_null(strstr(e.uri, "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=%C3"));
	assert_true(strlen(e.uri) < sizeof e.uri);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vectors_of_the_rfc),
		cmocka_unit_test(one_step_of_drift_and_no_more),
		cmocka_unit_test(a_step_once_used_and_all_before_it_are_over),
		cmocka_unit_test(only_six_digits_are_a_code),
		cmocka_unit_test(another_secret_gives_another_code),
		cmocka_unit_test_setup_teardown(
			the_uri_is_escaped_and_names_the_house, desk_open, desk_end),
		cmocka_unit_test_setup_teardown(the_longest_names_still_fit, desk_open, desk_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
