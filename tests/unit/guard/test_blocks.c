#include "../unit.h"

#include "guard/blocks.h"

#include <string.h>

static struct blocks blocks, again;

static struct block one(const char *address, int64_t expires_us)
{
	struct block b = {.kind = RULESET_BLOCK,
		.expires_us = expires_us,
		.reason = "why",
		.case_id = "INC-1"};
	assert_ok(prefix_parse(address, &b.prefix));
	return b;
}

static void the_file_is_read_as_it_was_written(void **state)
{
	struct block a = one("10.0.0.9", 1), b = one("2001:db8::/64", 2);
	struct buf out = {0};
	(void)state;
	blocks.count = 0;
	assert_ok(blocks_set(&blocks, &a));
	assert_ok(blocks_set(&blocks, &b));
	a.expires_us = 3;
	assert_ok(blocks_set(&blocks, &a)); // replaces
	assert_int_equal(blocks.count, 2);
	blocks_encode(&blocks, &out);
	assert_ok(blocks_parse(buf_bytes(&out), &again));
	assert_int_equal(again.count, 2);
	assert_int_equal(blocks_find(&again, RULESET_BLOCK, &a.prefix)->expires_us, 3);
	assert_string_equal(blocks_find(&again, RULESET_BLOCK, &b.prefix)->case_id, "INC-1");
	assert_null(blocks_find(&again, RULESET_QUARANTINE, &a.prefix));
	for (size_t size = 0; size < out.size; size++) {
		assert_true(blocks_parse(bytes_of(out.at, size), &again) != OK);
		assert_int_equal(again.count, 0);
	}
	blocks_remove(&blocks, blocks_find(&blocks, RULESET_BLOCK, &a.prefix));
	assert_int_equal(blocks.count, 1);
	buf_done(&out);
}

static void there_is_a_ceiling(void **state)
{
	struct block b = one("10.0.0.9", 1);
	(void)state;
	blocks.count = 0;
	for (int i = 0; i < BLOCKS_MOST; i++) {
		b.prefix.at[1] = (uint8_t)(i >> 8);
		b.prefix.at[2] = (uint8_t)i;
		assert_ok(blocks_set(&blocks, &b));
	}
	b.prefix.at[0] = 11;
	assert_err(blocks_set(&blocks, &b), ERR_LIMIT);
	assert_int_equal(blocks.count, BLOCKS_MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_file_is_read_as_it_was_written),
		cmocka_unit_test(there_is_a_ceiling)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
