#include "../unit.h"

#include "watch/intelligence/ranges.h"

#include <stdlib.h>

enum {
	MANY = 2000
};

static uint64_t state_of_chance = 11;

static uint32_t draw(void)
{
	state_of_chance = state_of_chance * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state_of_chance >> 33);
}

// Few different bits, so that ranges contain each other; of every length.
static struct prefix some(uint8_t family, bool one)
{
	struct prefix p = {.family = family};
	unsigned bits = family == 4 ? 32 : 128;
	p.length = (uint8_t)(one ? bits : 1 + draw() % bits);
	for (unsigned i = 0; i < bits; i++)
		if (i < p.length && (i < 4 || i % 8 == 7) && draw() % 2)
			p.at[i / 8] |= (uint8_t)(0x80 >> i % 8);
	return p;
}

static int narrower(const void *a, const void *b)
{
	return (int)((const struct prefix *)b)->length - (int)((const struct prefix *)a)->length;
}

static void the_same_as_asking_each(void **state)
{
	static struct prefix all[MANY], kept[MANY];
	(void)state;
	for (unsigned family = 4; family <= 6; family += 2) {
		struct ranges *ranges = ranges_new();
		size_t count = 0, found = 0;
		for (size_t i = 0; i < MANY; i++) {
			all[i] = some((uint8_t)family, draw() % 2);
			ranges_add(ranges, &all[i], (uint32_t)i);
		}
		ranges_ready(ranges, NULL, NULL);
		for (size_t i = 0; i < MANY; i++) { // each once
			bool twice = false;
			for (size_t k = 0; k < count && !twice; k++)
				twice = prefix_equal(&kept[k], &all[i]);
			if (!twice)
				kept[count++] = all[i];
		}
		qsort(kept, count, sizeof *kept, narrower);
		for (int i = 0; i < 2000; i++) {
			struct prefix sought = some((uint8_t)family, true);
			uint32_t numbers[200];
			size_t here = ranges_find(ranges, &sought, numbers, 200), expected = 0;
			for (size_t k = 0; k < count; k++)
				if (prefix_covers(&kept[k], &sought))
					assert_true(
						prefix_equal(&all[numbers[expected++]], &kept[k]));
			assert_int_equal(here, expected);
			found += here;
			sought = some((uint8_t)family, false);
			bool within = false;
			for (size_t k = 0; k < count; k++)
				within = within || prefix_covers(&sought, &kept[k]);
			assert_int_equal(ranges_within(ranges, &sought) != RANGES_NONE, within);
		}
		assert_true(found > 1000);
		ranges_free(ranges);
	}
}

static void on_same(void *context, uint32_t first, uint32_t other)
{
	*(uint32_t *)context += 100 * first + other;
}

static void the_same_twice_is_told(void **state)
{
	struct ranges *ranges = ranges_new();
	struct prefix p;
	uint32_t told = 0, number;
	(void)state;
	assert_ok(prefix_parse("192.0.2.0/24", &p));
	ranges_add(ranges, &p, 3);
	ranges_add(ranges, &p, 7);
	ranges_ready(ranges, on_same, &told);
	assert_int_equal(told, 307);
	assert_int_equal(ranges_find(ranges, &p, &number, 1), 1);
	assert_int_equal(number, 3);
	ranges_free(ranges);
}

static void nothing_is_nowhere(void **state)
{
	struct ranges *ranges = ranges_new();
	struct prefix p;
	uint32_t number;
	(void)state;
	ranges_ready(ranges, NULL, NULL);
	assert_ok(prefix_parse("255.255.255.255", &p));
	assert_int_equal(ranges_find(ranges, &p, &number, 1), 0);
	assert_int_equal(ranges_within(ranges, &p), RANGES_NONE);
	ranges_free(ranges);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_same_as_asking_each),
		cmocka_unit_test(the_same_twice_is_told), cmocka_unit_test(nothing_is_nowhere)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
