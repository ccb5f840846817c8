#include "../unit.h"

#include "common/format/fhir_argument.h"
#include "common/format/fhir_type.h"

#include <string.h>

static enum err parse(
	struct arena *arena, const char *name, const char *text, struct fhir_argument *ret)
{
	struct fhir_key key;
	const char *dot = strchr(name, '.');
	assert_non_null(dot);
	assert_ok(fhir_key_parse(dot + 1, arena, &key));
	int type = fhir_type_find_n(name, (size_t)(dot - name));
	const struct fhir_param *param = fhir_param_find(type, key.name);
	assert_non_null(param);
	return fhir_argument_parse(param, key.modifier, text, arena, ret);
}

static void keys_are_split(void **state)
{
	struct arena *arena = arena_new();
	struct fhir_key key;
	assert_ok(fhir_key_parse("subject:Patient.name:exact", arena, &key));
	assert_string_equal(key.name, "subject");
	assert_string_equal(key.modifier, "Patient");
	assert_string_equal(key.chain, "name:exact");
	assert_ok(fhir_key_parse("name", arena, &key));
	assert_null(key.modifier);
	assert_null(key.chain);
	assert_ok(fhir_key_parse("subject.name:exact", arena, &key));
	assert_null(key.modifier);
	assert_string_equal(key.chain, "name:exact");
	static const char *const wrong[] = {"", ":", "a:", ":a", "a.", ".a", "a:b:c", "a:.b"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_err(fhir_key_parse(wrong[i], arena, &key), ERR_SYNTAX);
	arena_free(arena);
}

static void tokens_are_split(void **state)
{
	struct arena *arena = arena_new();
	struct fhir_argument a;
	assert_ok(parse(arena, "Patient.identifier", "s|1,2,|3,t|,a\\|b\\,c\\\\d|e", &a));
	assert_int_equal(a.count, 5);
	assert_string_equal(a.at[0].value.system, "s");
	assert_string_equal(a.at[0].value.code, "1");
	assert_null(a.at[1].value.system);
	assert_string_equal(a.at[1].value.code, "2");
	assert_string_equal(a.at[2].value.system, "");
	assert_string_equal(a.at[2].value.code, "3");
	assert_string_equal(a.at[3].value.system, "t");
	assert_null(a.at[3].value.code);
	assert_string_equal(a.at[4].value.system, "a|b,c\\d");
	assert_string_equal(a.at[4].value.code, "e");
	arena_free(arena);
}

static void prefixes_are_read(void **state)
{
	struct arena *arena = arena_new();
	struct fhir_argument a;
	assert_ok(parse(arena, "Patient.birthdate", "ge1970,1980-01,ap1990-01-01T10:00", &a));
	assert_int_equal(a.at[0].prefix, FHIR_GE);
	assert_int_equal(a.at[0].value.low_us, 0);
	assert_int_equal(a.at[1].prefix, FHIR_EQ);
	assert_int_equal(a.at[2].prefix, FHIR_AP);
	assert_int_equal(a.at[2].value.high_us - a.at[2].value.low_us, 60000000);
	assert_ok(parse(arena, "Observation.value-quantity", "lt5.40||mg,sa1e2|http://u|g,7", &a));
	assert_int_equal(a.at[0].prefix, FHIR_LT);
	assert_null(a.at[0].value.system);
	assert_string_equal(a.at[0].value.code, "mg");
	assert_true(a.at[0].value.low == 5.395);
	assert_int_equal(a.at[1].prefix, FHIR_SA);
	assert_string_equal(a.at[1].value.system, "http://u");
	assert_null(a.at[2].value.code);
	arena_free(arena);
}

static void references_are_read(void **state)
{
	struct arena *arena = arena_new();
	struct fhir_argument a;
	assert_ok(parse(
		arena, "Observation.subject", "Patient/1,2,https://o.org/Patient/3,urn:x:1", &a));
	assert_int_equal(a.at[0].value.type, fhir_type_patient());
	assert_string_equal(a.at[0].value.id, "1");
	assert_true(a.at[0].value.local);
	assert_int_equal(a.at[1].value.type, FHIR_TYPE_NONE);
	assert_string_equal(a.at[1].value.id, "2");
	assert_false(a.at[2].value.local);
	assert_null(a.at[3].value.id);
	assert_ok(parse(arena, "Observation.subject:Patient", "1", &a));
	assert_int_equal(a.modifier, FHIR_OF_TYPE);
	assert_int_equal(a.at[0].value.type, fhir_type_patient());
	assert_err(parse(arena, "Observation.subject:Patient", "Group/1", &a), ERR_SYNTAX);
	assert_err(parse(arena, "Observation.subject:Observation", "1", &a), ERR_UNSUPPORTED);
	assert_ok(parse(arena, "Observation.subject:identifier", "s|7", &a));
	assert_string_equal(a.at[0].value.code, "7");
	arena_free(arena);
}

static void what_we_do_not_have_is_said(void **state)
{
	static const char *const names[] = {"Patient.name:not", "Patient.identifier:exact",
		"Patient.birthdate:exact", "Observation.code:in", "Observation.code:above",
		"Patient.name:Patient", "Patient.identifier:of-type"};
	struct arena *arena = arena_new();
	struct fhir_argument a;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_err(parse(arena, names[i], "1970", &a), ERR_UNSUPPORTED);
	arena_free(arena);
}

static void wrong_values_are_refused(void **state)
{
	static const char *const rows[][2] = {
		{"Patient.birthdate", ""},
		{"Patient.birthdate", "x"},
		{"Patient.birthdate", "xx1970"},
		{"Patient.birthdate", "1970,"},
		{"Patient.birthdate", "1970-02-30"},
		{"Patient.name", ""},
		{"Patient.name", "a,,b"},
		{"Patient.identifier", "|"},
		{"Patient.identifier", "a|b|c"},
		{"Patient.name:missing", "yes"},
		{"Observation.value-quantity", "abc"},
		{"Observation.value-quantity", "5|a|b|c"},
		{"RiskAssessment.probability", "1..2"},
		{"Observation.subject", "Dragon/1"},
		{"Observation.subject", "a b"},
	};
	struct arena *arena = arena_new();
	struct fhir_argument a;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (parse(arena, rows[i][0], rows[i][1], &a) != ERR_SYNTAX)
			fail_msg("%s=%s", rows[i][0], rows[i][1]);
	}
	char many[2 * FHIR_ARGUMENT_MOST_VALUES + 3];
	for (size_t i = 0; i < sizeof many; i++)
		many[i] = i % 2 ? ',' : 'a';
	many[sizeof many - 2] = 0;
	assert_err(parse(arena, "Patient.name", many, &a), ERR_LIMIT);
	many[2 * FHIR_ARGUMENT_MOST_VALUES - 1] = 0;
	assert_ok(parse(arena, "Patient.name", many, &a));
	assert_int_equal(a.count, FHIR_ARGUMENT_MOST_VALUES);
	static char long_text[FHIR_ARGUMENT_MOST_BYTES + 2];
	memset(long_text, 'a', sizeof long_text - 1);
	assert_err(parse(arena, "Patient.name", long_text, &a), ERR_LIMIT);
	arena_free(arena);
}

static void a_last_backslash_is_harmless(void **state)
{
	struct arena *arena = arena_new();
	struct fhir_argument a;
	assert_ok(parse(arena, "Patient.name", "a\\", &a));
	assert_string_equal(a.at[0].value.text, "a\\");
	assert_ok(parse(arena, "Patient.name", "a\\x", &a));
	assert_string_equal(a.at[0].value.text, "a\\x");
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_split),
		cmocka_unit_test(tokens_are_split),
		cmocka_unit_test(prefixes_are_read),
		cmocka_unit_test(references_are_read),
		cmocka_unit_test(what_we_do_not_have_is_said),
		cmocka_unit_test(wrong_values_are_refused),
		cmocka_unit_test(a_last_backslash_is_harmless),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
