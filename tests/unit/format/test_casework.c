// RULES/incidents.yaml: read, or refused with its line.
#include "../unit.h"

#include "common/format/casework.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct casework work;
static struct casework_problem problem;
static struct arena *arena;

static int begin(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static enum err parse(const char *text)
{
	return casework_parse(bytes_text(text), arena, &work, &problem);
}

static void nothing_means_both_laws_and_nobody_to_tell(void **state)
{
	(void)state;
	assert_ok(parse(""));
	assert_true(work.hipaa && work.gdpr);
	assert_string_equal(work.tell, "");
}

static void what_is_said_is_read(void **state)
{
	(void)state;
	assert_ok(parse("tell: security-mail\nlaws: [gdpr]\nletters:\n  phone: 0800 1\n"));
	assert_string_equal(work.tell, "security-mail");
	assert_true(work.gdpr && !work.hipaa);
	assert_string_equal(work.facts[LETTER_PHONE], "0800 1");
}

static void the_rest_is_refused_with_its_line(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		unsigned line;
	} all[] = {{"tell: mail\nmore: 1\n", 2}, {"laws: [pci]\n", 1}, {"tell: a@b\n", 1},
		{"letters:\n  patient: Paul\n", 2}, {"letters: [x]\n", 1}};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		assert_err(parse(all[i].text), ERR_INVALID);
		assert_int_equal(problem.line, all[i].line);
		assert_true(*problem.text);
	}
}

static void ours_is_right(void **state)
{
	char path[600], text[8000] = "";
	(void)state;
	snprintf(path, sizeof path, "%s/incidents.yaml", getenv("RULES"));
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	assert_true(fread(text, 1, sizeof text - 1, file) > 0);
	fclose(file);
	assert_ok(parse(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			nothing_means_both_laws_and_nobody_to_tell, begin, end),
		cmocka_unit_test_setup_teardown(what_is_said_is_read, begin, end),
		cmocka_unit_test_setup_teardown(the_rest_is_refused_with_its_line, begin, end),
		cmocka_unit_test_setup_teardown(ours_is_right, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
