#include "../unit.h"

#include "common/base/allowance.h"

enum {
	AT_ONCE = 5,
	A_SECOND = 10,
	START_US = 7000000
};

static unsigned all(struct allowance *allowance, int64_t now_us)
{
	unsigned count = 0;
	while (count < 100 && allowance_take(allowance, AT_ONCE, A_SECOND, now_us))
		count++;
	return count;
}

static void what_is_spent_comes_back_in_its_time(void **state)
{
	struct allowance allowance = {0};
	(void)state;
	assert_int_equal(all(&allowance, START_US), AT_ONCE);
	assert_int_equal(all(&allowance, START_US + 99999), 0);
	assert_int_equal(all(&allowance, START_US + 100000), 1);
	assert_int_equal(all(&allowance, START_US + 350000), 2);
	assert_int_equal(all(&allowance, START_US + 400000), 1); // the half before is not lost
	assert_int_equal(all(&allowance, START_US + 60000000), AT_ONCE);
}

static void never_more_than_it_says(void **state)
{
	struct allowance allowance = {0};
	unsigned count = 0;
	(void)state;
	for (int64_t at_us = 0; at_us < 10000000; at_us += 777)
		count += allowance_take(&allowance, AT_ONCE, A_SECOND, START_US + at_us);
	assert_in_range(count, 10 * A_SECOND, 10 * A_SECOND + AT_ONCE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_spent_comes_back_in_its_time),
		cmocka_unit_test(never_more_than_it_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
