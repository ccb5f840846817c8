#include "../unit.h"

#include "courier/retry.h"

static const struct retry retry = {1000, 60000};

static void pauses_double_up_to_the_longest(void **state)
{
	(void)state;
	static const int64_t whole[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
	for (unsigned i = 0; i < sizeof whole / sizeof *whole; i++) {
		assert_int_equal(retry_pause_ms(&retry, i + 1, 0), whole[i] / 2);
		assert_int_equal(retry_pause_ms(&retry, i + 1, UINT32_MAX), whole[i] - 1);
	}
	assert_int_equal(retry_pause_ms(&retry, UINT32_MAX, 0), 30000);
}

static void pauses_are_spread(void **state)
{
	(void)state;
	assert_int_equal(retry_pause_ms(&retry, 1, 1u << 31), 750);
	assert_true(retry_pause_ms(&retry, 3, 1u << 30) < retry_pause_ms(&retry, 3, 1u << 31));
}

static void a_longest_below_the_first_is_the_longest(void **state)
{
	(void)state;
	const struct retry odd = {1000, 10};
	assert_int_equal(retry_pause_ms(&odd, 1, UINT32_MAX), 9);
	assert_int_equal(retry_pause_ms(&odd, 0, 0), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pauses_double_up_to_the_longest),
		cmocka_unit_test(pauses_are_spread),
		cmocka_unit_test(a_longest_below_the_first_is_the_longest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
