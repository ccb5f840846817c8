#include "../unit.h"
#include "watch/behaviour/loda.h"
#include "watch/behaviour/midas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double draw(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (double)(*state >> 33) / 2147483648.0;
}

static void ordinary(uint64_t *dice, double x[LODA_FEATURES])
{
	for (unsigned f = 0; f < LODA_FEATURES; f++)
		x[f] = 2 + draw(dice) + draw(dice);
}

static void test_loda_tells_who_is_strange_and_why(void **state)
{
	(void)state;
	static struct loda_plan plan, again;
	static struct loda loda;
	double x[LODA_FEATURES], blame[LODA_FEATURES], most = 0;
	uint64_t dice = 4;
	loda_plan_init(&plan, 1);
	loda_plan_init(&again, 1);
	assert_memory_equal(&plan, &again, sizeof plan);
	ordinary(&dice, x);
	assert_true(loda_score(&loda, &plan, x, blame) == 0); // knows nothing yet
	for (int i = 0; i < 3000; i++) {
		ordinary(&dice, x);
		loda_add(&loda, &plan, x);
	}
	for (int i = 0; i < 500; i++) {
		ordinary(&dice, x);
		most = fmax(most, loda_score(&loda, &plan, x, blame));
	}
	for (unsigned f = 0; f < LODA_FEATURES; f++) {
		ordinary(&dice, x);
		x[f] = 12;
		assert_true(loda_score(&loda, &plan, x, blame) > most);
		for (unsigned other = 0; other < LODA_FEATURES; other++)
			assert_true(blame[other] <= blame[f]);
	}
}

static void test_loda_merges(void **state)
{
	(void)state;
	static struct loda_plan plan;
	static struct loda one, other, both;
	double x[LODA_FEATURES];
	uint64_t dice = 8;
	loda_plan_init(&plan, 2);
	for (int i = 0; i < 200; i++) {
		ordinary(&dice, x);
		loda_add(i % 2 ? &one : &other, &plan, x);
		loda_add(&both, &plan, x);
	}
	loda_merge(&one, &other);
	assert_memory_equal(&one, &both, sizeof one);
}

static void test_midas_sees_a_burst(void **state)
{
	(void)state;
	struct midas *m = calloc(1, sizeof *m);
	uint64_t dice = 2;
	double usual = 0, burst = 0;
	for (int64_t hour = 1; hour < 400; hour++)
		for (int i = 0; i < 40; i++) {
			struct midas_score s = midas_add(m, hour, 1 + (uint64_t)(draw(&dice) * 50),
				(uint64_t)(draw(&dice) * 500));
			if (hour > 100)
				usual = fmax(usual, s.from);
		}
	for (int i = 0; i < 60; i++)
		burst = midas_add(m, 400, 7, 100 + (uint64_t)i).from;
	assert_true(burst > 10 * usual);
	free(m);
}

// What is far out does not become the measure: the last burst stays far out.
static void test_midas_is_not_poisoned(void **state)
{
	(void)state;
	struct midas *m = calloc(1, sizeof *m);
	double bursts[20] = {0};
	for (int64_t hour = 1; hour < 200; hour++)
		midas_add(m, hour, 7, (uint64_t)hour % 9);
	for (int64_t hour = 200; hour < 700; hour++)
		for (int i = 0; i < (hour % 25 ? 1 : 90); i++) {
			double score = midas_add(m, hour, 7, (uint64_t)(i % 9)).from;
			bursts[(hour - 200) / 25] = fmax(bursts[(hour - 200) / 25], score);
		}
	assert_true(bursts[0] > MIDAS_FILTER);
	assert_true(bursts[19] > bursts[0] / 4); // learnt from, it would be a tenth
	free(m);
}

static void test_midas_survives_any_clock(void **state)
{
	(void)state;
	struct midas *m = calloc(1, sizeof *m);
	midas_add(m, 10, 1, 2);
	midas_add(m, INT64_MAX / 2, 1, 2);
	struct midas_score s = midas_add(m, -5, 1, 2);
	assert_true(isfinite(s.edge) && isfinite(s.from) && isfinite(s.to));
	free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loda_tells_who_is_strange_and_why),
		cmocka_unit_test(test_loda_merges),
		cmocka_unit_test(test_midas_sees_a_burst),
		cmocka_unit_test(test_midas_is_not_poisoned),
		cmocka_unit_test(test_midas_survives_any_clock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
