#include "../unit.h"

#include "vault/spared.h"

#include <string.h>

static struct arena *arena;

static void whoever_is_listed_is_spared(void **state)
{
	struct spared s;
	struct spared_problem problem = {0};
	struct prefix one;
	(void)state;
	assert_ok(spared_parse(
		bytes_text("accounts: [dr.berg]\nroles: [patient]\npatients: [p1, p2]\n"
			   "addresses: [10.0.0.0/24, '2001:db8::/32']\n"
			   "most-per-hour: 5\nmost-by-itself-per-hour: 0\n"),
		arena, &s, &problem));
	assert_true(spared_has(s.accounts, s.account_count, "dr.berg"));
	assert_false(spared_has(s.accounts, s.account_count, "dr.berg2"));
	assert_true(spared_has(s.patients, s.patient_count, "p2"));
	assert_ok(prefix_parse("10.0.0.7", &one));
	assert_true(spared_address(&s, &one));
	assert_ok(prefix_parse("10.0.0.0/8", &one)); // more than what is listed touches it, too
	assert_true(spared_address(&s, &one));
	assert_ok(prefix_parse("10.0.1.7", &one));
	assert_false(spared_address(&s, &one));
	assert_int_equal(s.an_hour, 5);
	assert_int_equal(s.by_itself, 0);
	assert_int_equal(s.by_itself_account, 2); // what is not said
}

static void what_is_wrong_has_its_line(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
	} all[] = {{"accounts: nobody\n", 1}, {"roles: []\nacounts: []\n", 2},
		{"addresses:\n  - 10.0.0.300\n", 2}, {"most-per-hour: many\n", 1}, {"- a\n", 1},
		{"accounts: [{a: b}]\n", 1}, {"", 1}, {"# all is gone\n", 1}};
	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct spared s;
		struct spared_problem problem = {0};
		if (!spared_parse(bytes_text(all[i].text), arena, &s, &problem))
			fail_msg("was taken: %s", all[i].text);
		assert_int_equal(problem.line, all[i].line);
		assert_true(*problem.text);
	}
}

static void a_file_that_is_not_there_is_an_error(void **state)
{
	struct spared s;
	struct spared_problem problem = {0};
	(void)state;
	assert_err(spared_load("/nonexistent/never-touch.yaml", arena, &s, &problem), ERR_IO);
}

static int before(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int after(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_is_listed_is_spared),
		cmocka_unit_test(what_is_wrong_has_its_line),
		cmocka_unit_test(a_file_that_is_not_there_is_an_error),
	};
	return cmocka_run_group_tests(tests, before, after);
}
