#include "../unit.h"

#include "vault/facts.h"

#include <string.h>

static void a_look_is_read_as_it_was_written(void **state)
{
	static const struct facts_look looks[] = {{0, 1, 0}, {100, 2, 255}, {35, 1, 7}};
	for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
		char text[FACTS_DETAIL_BYTES];
		struct facts_look look;
		facts_detail(&looks[i], text);
		assert_ok(facts_detail_parse(text, &look));
		assert_memory_equal(&look, &looks[i], sizeof look);
	}
}

static void nothing_else_is_a_look(void **state)
{
	static const char *const texts[] = {"", "35", "35 of 100", "35 of 100, look 1",
		"101 of 100, look 1, patient 0", "35 of 100, look 0, patient 0",
		"35 of 100, look 3, patient 0", "35 of 100, look 1, patient 256",
		"35 of 100, look 1, patient 0 ", "035 of 100, look 1, patient 0",
		"-1 of 100, look 1, patient 0", "35 of 100, look 1, patient -1"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct facts_look look;
		if (facts_detail_parse(texts[i], &look) != ERR_SYNTAX)
			fail_msg("'%s' was read", texts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_look_is_read_as_it_was_written),
		cmocka_unit_test(nothing_else_is_a_look),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
