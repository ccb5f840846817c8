#include "../unit.h"

#include "common/base/bytes.h"
#include <string.h>

// What one request left must not be there for the next.
static void an_arena_of_a_pool_is_wiped(void **state)
{
	struct arena_pool pool = {0};
	struct arena *first = arena_take(&pool);
	memset(arena_alloc(first, 1000), 'x', 1000);
	memset(arena_alloc(first, 100000), 'x', 100000);
	arena_give(&pool, first);
	struct arena *again = arena_take(&pool), *other = arena_take(&pool);
	assert_ptr_not_equal(again, other);
	assert_int_equal(arena_used_bytes(again), 0);
	const char *at = arena_alloc(again, 1000);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(at[i], 0);
	arena_give(&pool, again);
	arena_give(&pool, other);
	arena_give(&pool, NULL);
	arena_pool_done(&pool);
	assert_int_equal(pool.count, 0);
}

// More than it keeps come back at once.
static void a_pool_is_bounded(void **state)
{
	struct arena_pool pool = {0};
	struct arena *all[ARENA_SPARES + 8];
	for (size_t i = 0; i < ARENA_SPARES + 8; i++)
		all[i] = arena_take(&pool);
	for (size_t i = 0; i < ARENA_SPARES + 8; i++)
		arena_give(&pool, all[i]);
	assert_int_equal(pool.count, ARENA_SPARES);
	arena_pool_done(&pool);
}

static void fields_come_back_as_written(void **state)
{
	struct buf buf = {0};
	put_u8(&buf, 7);
	put_u16(&buf, 0x1234);
	put_u32(&buf, 0xdeadbeef);
	put_u64(&buf, 0x0102030405060708u);
	put_text(&buf, "abc");
	struct arena *arena = arena_new();
	struct cursor c = cursor_of(buf_bytes(&buf));
	assert_int_equal(get_u8(&c), 7);
	assert_int_equal(get_u16(&c), 0x1234);
	assert_int_equal(get_u32(&c), 0xdeadbeef);
	assert_true(get_u64(&c) == 0x0102030405060708u);
	assert_string_equal(get_text(&c, arena, 3), "abc");
	assert_ok(cursor_end(&c));
	arena_free(arena);
	buf_done(&buf);
}

static void a_cursor_keeps_its_first_error(void **state)
{
	struct cursor c = cursor_of(bytes_of("\x05\0\0\0abc", 7));
	assert_int_equal(get_span(&c, 4).size, 0);
	assert_err(c.err, ERR_LIMIT);
	assert_int_equal(get_u64(&c), 0);
	assert_err(cursor_end(&c), ERR_LIMIT);
}

static void what_is_left_over_is_an_error(void **state)
{
	struct cursor c = cursor_of(bytes_of("ab", 2));
	get_u8(&c);
	assert_err(cursor_end(&c), ERR_SYNTAX);
}

// The vectors of its authors (Fowler, Noll, Vo).
static void fnv_1a_is_as_published(void **state)
{
	assert_true(bytes_fnv(BYTES_FNV, bytes_text("")) == UINT64_C(0xcbf29ce484222325));
	assert_true(bytes_fnv(BYTES_FNV, bytes_text("a")) == UINT64_C(0xaf63dc4c8601ec8c));
	uint64_t half = bytes_fnv(BYTES_FNV, bytes_text("foo"));
	assert_true(bytes_fnv(half, bytes_text("bar")) == UINT64_C(0x85944171f73967e8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_arena_of_a_pool_is_wiped),
		cmocka_unit_test(a_pool_is_bounded),
		cmocka_unit_test(fnv_1a_is_as_published),
		cmocka_unit_test(fields_come_back_as_written),
		cmocka_unit_test(a_cursor_keeps_its_first_error),
		cmocka_unit_test(what_is_left_over_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
