#include "../unit.h"
#include "watch/behaviour/sketch.h"
#include "watch/behaviour/tail.h"

#include <math.h>
#include <stdlib.h>

static uint32_t draw(uint64_t *state, uint32_t below)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33) % below;
}

static int by_size(const void *one, const void *other)
{
	uint32_t x = *(const uint32_t *)one, y = *(const uint32_t *)other;
	return x < y ? -1 : x > y;
}

static void test_small_numbers_are_exact(void **state)
{
	(void)state;
	struct sketch s = {0};
	assert_int_equal(sketch_quantile(&s, 0.5), 0);
	for (uint32_t i = 1; i <= 15; i++)
		sketch_add(&s, i);
	assert_int_equal(sketch_count(&s), 15);
	assert_int_equal(sketch_quantile(&s, 0.5), 8);
	assert_int_equal(sketch_quantile(&s, 1), 15);
	assert_int_equal(sketch_quantile(&s, 0), 1);
	assert_int_equal(sketch_from(&s, 12), 4);
	sketch_add(&s, 31);
	assert_int_equal(sketch_quantile(&s, 1), 31); // never above the largest
	assert_int_equal(s.most, 31);
}

static void test_error_is_bounded(void **state)
{
	(void)state;
	static uint32_t values[5000];
	uint64_t dice = 3;
	for (int round = 0; round < 20; round++) {
		struct sketch s = {0};
		for (size_t i = 0; i < 5000; i++) {
			values[i] = draw(&dice, 2u << draw(&dice, 13)); // skewed, up to 8192
			sketch_add(&s, values[i]);
		}
		qsort(values, 5000, sizeof *values, by_size);
		for (int q = 1; q < 100; q++) {
			double real = values[q * 50 - 1], told = sketch_quantile(&s, q / 100.0);
			assert_true(fabs(told - real) <= 0.08 * real + 0.5);
		}
	}
}

static void test_merged_is_as_if_added(void **state)
{
	(void)state;
	struct sketch one = {0}, other = {0}, both = {0};
	uint64_t dice = 9;
	for (int i = 0; i < 400; i++) {
		uint32_t value = draw(&dice, 500);
		sketch_add(i % 3 ? &one : &other, value);
		sketch_add(&both, value);
	}
	sketch_merge(&one, &other);
	assert_memory_equal(&one, &both, sizeof one);
}

static void test_full_buckets_keep_the_shares(void **state)
{
	(void)state;
	struct sketch s = {0};
	for (uint32_t i = 0; i < 200000; i++)
		sketch_add(&s, i % 4 ? 3 : 10);
	assert_int_equal(sketch_quantile(&s, 0.7), 3);
	assert_int_equal(sketch_quantile(&s, 0.8), 10);
	assert_true(sketch_count(&s) < 131072);
	for (int i = 0; i < 20; i++)
		sketch_halve(&s);
	assert_int_equal(sketch_count(&s), 0);
}

// ---- Tails.

static double exponential(uint64_t *dice)
{
	return -log((draw(dice, 1000000) + 1) / 1000001.0);
}

static void test_threshold_is_a_rate(void **state)
{
	(void)state;
	struct tail t = {0};
	uint64_t dice = 5;
	assert_true(isinf(tail_threshold(&t, 0.01)));
	for (int i = 0; i < 20000; i++)
		tail_add(&t, exponential(&dice));
	double threshold = tail_threshold(&t, 0.001);
	int above = 0;
	for (int i = 0; i < 100000; i++)
		above += exponential(&dice) >= threshold;
	assert_true(above >= 40 && above <= 160); // 100 expected
	assert_true(fabs(threshold - log(1000)) < 0.6);
}

static void test_nothing_before_the_rate_can_be_known(void **state)
{
	(void)state;
	struct tail t = {0};
	for (int i = 0; i < 999; i++)
		tail_add(&t, 0.5);
	assert_true(isinf(tail_threshold(&t, 0.001)));
	tail_add(&t, 0.5);
	assert_false(isinf(tail_threshold(&t, 0.001)));
}

static void test_nines(void **state)
{
	(void)state;
	struct tail t = {0};
	uint64_t dice = 6;
	for (int i = 0; i < 20000; i++)
		tail_add(&t, exponential(&dice));
	tail_settle(&t);
	assert_true(tail_nines(&t, 0) == 0);
	assert_true(fabs(tail_nines(&t, log(10)) - 1) < 0.15);
	assert_true(fabs(tail_nines(&t, log(1000)) - 3) < 0.5);
	double far = tail_nines(&t, log(1e6)), farther = tail_nines(&t, log(1e6) + 1);
	assert_true(far > 4.5 && far < 7.5); // beyond everything seen, still in order
	assert_true(farther > far);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small_numbers_are_exact),
		cmocka_unit_test(test_error_is_bounded),
		cmocka_unit_test(test_merged_is_as_if_added),
		cmocka_unit_test(test_full_buckets_keep_the_shares),
		cmocka_unit_test(test_threshold_is_a_rate),
		cmocka_unit_test(test_nothing_before_the_rate_can_be_known),
		cmocka_unit_test(test_nines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
