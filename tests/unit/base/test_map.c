#include "../unit.h"

#include "common/base/map.h"

#include <stdio.h>
#include <string.h>

static struct bytes key_of(int i, char *room)
{
	return bytes_of(room, (size_t)sprintf(room, "key %d", i));
}

static void what_was_set_is_found_until_removed(void **state)
{
	static char values[5000];
	char room[32];
	struct map *map = map_new();
	for (int i = 0; i < 5000; i++)
		map_set(map, key_of(i, room), &values[i]);
	for (int i = 0; i < 5000; i += 3)
		assert_ptr_equal(map_remove(map, key_of(i, room)), &values[i]);
	for (int i = 0; i < 5000; i++)
		assert_ptr_equal(map_find(map, key_of(i, room)), i % 3 ? &values[i] : NULL);
	assert_int_equal(map_count(map), 5000 - 1667);
	size_t at = 0, seen = 0;
	struct bytes key;
	void *value;
	while (map_next(map, &at, &key, &value))
		seen++;
	assert_int_equal(seen, map_count(map));
	map_free(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_was_set_is_found_until_removed)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
