// Whose names stand beside a finding.
#include "../unit.h"

#include "vault/serve/api.h"

static void names_that_watch_gives_are_not_shown(void **state)
{
	static struct vault vault;
	struct exchange x = {0};
	json_t *finding = json_pack("{s:i, s:s, s:{s:s}, s:{s:s}}", "seq", -1, "sentence",
		"Somebody did it.", "who", "name", "Dr Berg", "about", "name", "Paul Marsh");
	(void)state;
	finding_join(&vault, &x, finding);
	assert_null(json_object_get(finding, "who"));
	assert_null(json_object_get(finding, "about"));
	assert_non_null(json_object_get(finding, "sentence"));
	json_decref(finding);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_watch_gives_are_not_shown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
