#include "../unit.h"

#include "common/format/phonetic.h"

// The examples of the National Archives' page, and what follows from its rules.
static void published_examples(void **state)
{
	static const struct {
		const char *name, *code;
	} rows[] = {
		{"Washington", "W252"},
		{"Lee", "L000"},
		{"Gutierrez", "G362"},
		{"Pfister", "P236"},
		{"Jackson", "J250"},
		{"Tymczak", "T522"},
		{"VanDeusen", "V532"},
		{"Ashcraft", "A261"},
		{"Robert", "R163"},
		{"Rupert", "R163"},
		{"Rubin", "R150"},
		{"Müller", "M460"},
		{"muller", "M460"},
		{"O'Keefe", "O210"},
		{"Lloyd", "L300"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char code[PHONETIC_BYTES];
		assert_true(phonetic_code(bytes_text(rows[i].name), code));
		assert_string_equal(code, rows[i].code);
	}
}

static void names_without_latin_letters_have_none(void **state)
{
	char code[PHONETIC_BYTES];
	assert_false(phonetic_code(bytes_text(""), code));
	assert_false(phonetic_code(bytes_text("123 -"), code));
	assert_false(phonetic_code(bytes_text("名前"), code));
	assert_string_equal(code, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_examples),
		cmocka_unit_test(names_without_latin_letters_have_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
