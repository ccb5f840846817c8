// Letters: what is known is filled in, what is not becomes a marked blank, nothing is invented.
#include "../unit.h"

#include "common/format/letter.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *values[LETTER_FIELDS];
static struct letter_problem problem;

static char *fill(const char *text, enum err want)
{
	static struct buf out;
	buf_clear(&out);
	assert_err(letter_fill(bytes_text(text), values, &out, &problem), want);
	buf_add(&out, "", 1);
	return (char *)out.at;
}

static int reset(void **state)
{
	(void)state;
	memset(values, 0, sizeof values);
	return 0;
}

static void what_is_known_is_filled_in(void **state)
{
	(void)state;
	values[LETTER_NUMBER] = "2026-0007";
	assert_string_equal(fill("Case {number}.\n", OK), "Case 2026-0007.\n");
	assert_string_equal(fill("{{number} {number}", OK), "{number} 2026-0007");
}

static void what_is_missing_is_a_marked_blank(void **state)
{
	(void)state;
	values[LETTER_AFFECTED] = "";
	assert_string_equal(fill("{affected}", OK), "[TO FILL IN: number of people affected]");
	for (int i = 0; i < LETTER_FIELDS; i++) {
		char text[64];
		snprintf(text, sizeof text, "{%s}", letter_words[i].name);
		assert_non_null(strstr(fill(text, OK), "[TO FILL IN: "));
	}
}

static void a_value_is_not_looked_into(void **state)
{
	(void)state;
	values[LETTER_DESCRIPTION] = "{patient}\x1b[2J";
	values[LETTER_PATIENT] = "Paul Marsh";
	assert_string_equal(fill("{description}", OK), "{patient} [2J");
}

static void unknown_fields_are_refused_with_their_line(void **state)
{
	(void)state;
	fill("one\ntwo {nobody}\n", ERR_INVALID);
	assert_int_equal(problem.line, 2);
	fill("one\n\n{number\n}", ERR_SYNTAX);
	assert_int_equal(problem.line, 3);
	fill("\xff", ERR_INVALID);
}

static char *slurp(const char *path)
{
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	char *text = calloc(1, LETTER_BYTES + 1);
	assert_true(fread(text, 1, LETTER_BYTES, file) > 100);
	fclose(file);
	return text;
}

static void has(const char *kind, const char *const *fields)
{
	char path[600];
	snprintf(path, sizeof path, "%s/letters/%s.md", getenv("RULES"), kind);
	char *text = slurp(path);
	for (; *fields; fields++) {
		char field[64];
		snprintf(field, sizeof field, "{%s}", *fields);
		if (!strstr(text, field))
			fail_msg("%s lacks %s", kind, field);
	}
	fill(text, OK);
	free(text);
}

// GDPR Art. 33(3): nature with categories and numbers, contact, consequences, measures; and 33(1),
// the reasons for a delay. 45 CFR 164.404(c): what happened with dates, kinds of information, steps
// to take, what is done, contact. Art. 34(2): as 33(3)(b) to (d).
static void the_letters_have_what_the_law_asks_for(void **state)
{
	(void)state;
	has("authority", (const char *const[]){"description", "kinds", "affected", "records",
				 "officer", "consequences", "measures", "aware", "late", NULL});
	has("patient", (const char *const[]){"patient", "description", "happened", "discovered",
			       "kinds", "steps", "measures", "consequences", "contact", "phone",
			       "email", "web", "address", NULL});
	has("hhs", (const char *const[]){"organization", "address", "contact", "affected",
			   "happened", "discovered", "kinds", "description", "measures", NULL});
	has("internal", (const char *const[]){"number", "title", "findings", "timeline", "factors",
				"clocks", "affected", NULL});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_is_known_is_filled_in, reset),
		cmocka_unit_test_setup(what_is_missing_is_a_marked_blank, reset),
		cmocka_unit_test_setup(a_value_is_not_looked_into, reset),
		cmocka_unit_test_setup(unknown_fields_are_refused_with_their_line, reset),
		cmocka_unit_test_setup(the_letters_have_what_the_law_asks_for, reset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
