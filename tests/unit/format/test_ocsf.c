// The shape of an event: its fields, its bounds, and what the documentation says of them.
#include "sigma.h"

static void fields_are_found_by_name(void **state)
{
	(void)state;
	for (int i = 0; i < OCSF_FIELDS; i++) {
		assert_non_null(ocsf_fields[i].name);
		assert_true(strlen(ocsf_fields[i].help) > 3);
		assert_int_equal(ocsf_field_find(ocsf_fields[i].name), i);
	}
	assert_int_equal(ocsf_field_find("no.such"), -1);
	for (size_t i = 0; i < ocsf_class_count; i++) {
		assert_ptr_equal(ocsf_class_find(ocsf_classes[i].category), &ocsf_classes[i]);
		assert_ptr_equal(ocsf_class_of(ocsf_classes[i].uid), &ocsf_classes[i]);
	}
	assert_null(ocsf_class_find("x"));
	assert_null(ocsf_class_of(1));
}

static void values_keep_their_order(void **state)
{
	(void)state;
	event_of("flags=a;purpose=x;flags=b;flags=c;flags=");
	const struct ocsf_value *v = ocsf_first(&event, OCSF_FLAGS);
	for (const char *want = "abc"; *want; want++, v = ocsf_next(&event, v)) {
		assert_non_null(v);
		assert_int_equal(v->text.at[0], *want);
	}
	assert_null(v);
	assert_null(ocsf_first(&event, OCSF_STATUS));
	assert_int_equal(event.dropped, 0);
}

static void a_single_field_keeps_its_first_value(void **state)
{
	(void)state;
	event_of("purpose=x;purpose=y");
	assert_int_equal(ocsf_first(&event, OCSF_PURPOSE)->text.at[0], 'x');
	assert_null(ocsf_next(&event, ocsf_first(&event, OCSF_PURPOSE)));
	assert_int_equal(event.dropped, 1);
}

static void numbers_are_texts_and_numbers(void **state)
{
	static const struct {
		int64_t number;
		const char *text;
	} numbers[] = {{0, "0"}, {-1, "-1"}, {INT64_MAX, "9223372036854775807"},
		{INT64_MIN, "-9223372036854775808"}};
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		ocsf_begin(&event, arena);
		ocsf_add_number(&event, OCSF_PATIENT_COUNT, numbers[i].number);
		const struct ocsf_value *v = ocsf_first(&event, OCSF_PATIENT_COUNT);
		assert_int_equal(v->number, numbers[i].number);
		assert_true(bytes_equal(v->text, bytes_text(numbers[i].text)));
	}
	ocsf_begin(&event, arena);
	ocsf_add_opaque(&event, OCSF_ACTOR, 0xab);
	ocsf_add_opaque(&event, OCSF_PATIENT, 0);
	assert_true(
		bytes_equal(ocsf_first(&event, OCSF_ACTOR)->text, bytes_text("00000000000000ab")));
	assert_null(ocsf_first(&event, OCSF_PATIENT));
}

static void what_finds_no_room_is_counted(void **state)
{
	char text[OCSF_VALUE_BYTES + 10];
	(void)state;
	ocsf_begin(&event, arena);
	for (int i = 0; i < OCSF_VALUES + 5; i++)
		ocsf_add_opaque(&event, OCSF_PATIENT, (uint64_t)i + 1);
	assert_int_equal(event.count, OCSF_VALUES);
	assert_int_equal(event.dropped, 5);
	memset(text, 'x', sizeof text);
	ocsf_begin(&event, arena);
	ocsf_add(&event, OCSF_PURPOSE, bytes_of(text, sizeof text));
	assert_int_equal(ocsf_first(&event, OCSF_PURPOSE)->text.size, OCSF_VALUE_BYTES);
}

static void the_documentation_has_the_table(void **state)
{
	static char page[100000];
	char path[500];
	struct buf out = {0};
	(void)state;
	snprintf(path, sizeof path, "%s/rules.md", getenv("DOCS"));
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	page[fread(page, 1, sizeof page - 1, file)] = 0;
	fclose(file);
	ocsf_fields_markdown(&out);
	put_u8(&out, 0);
	if (!strstr(page, (char *)out.at))
		fail_msg("docs/rules.md has another table than `hospitaller rules fields` prints");
	buf_done(&out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fields_are_found_by_name),
		TEST(values_keep_their_order),
		TEST(a_single_field_keeps_its_first_value),
		TEST(numbers_are_texts_and_numbers),
		TEST(what_finds_no_room_is_counted),
		TEST(the_documentation_has_the_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
