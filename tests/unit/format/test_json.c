#include "sample.h"

static void parse_text(const char *text, enum err want, unsigned line, unsigned column)
{
	json_t *value = NULL;
	struct json_problem problem = {0};
	enum err err = json_parse_strict(bytes_text(text), NULL, &value, &problem);
	if (err != want)
		fail_msg("%s: %s", text, err_text(err));
	if (want != OK) {
		assert_null(value);
		assert_non_null(problem.words);
		if (line > 0 && (problem.line != line || problem.column != column))
			fail_msg("%s: at %u:%u", text, problem.line, problem.column);
	}
	json_decref(value);
}

static void wrong_text_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *text;
		enum err err;
		unsigned line, column; // 0: any
	} rows[] = {
		{"{\"a\":1,\"a\":2}", ERR_INVALID, 0, 0},
		{"{\"a\":1,\"\\u0061\":2}", ERR_INVALID, 0, 0},
		{"{\"a\":{\"b\":1,\"b\":1}}", ERR_INVALID, 0, 0},
		{"\"\xff\"", ERR_INVALID, 0, 0},
		{"\"\xed\xa0\x80\"", ERR_INVALID, 0, 0},
		{"\"\xc0\xaf\"", ERR_INVALID, 0, 0},
		{"\"\\ud800\"", ERR_SYNTAX, 0, 0},
		{"\"\\u0000\"", ERR_INVALID, 1, 2},
		{"\"\\u0001\"", ERR_INVALID, 1, 2},
		{"{\"\\u0001\":1}", ERR_INVALID, 1, 3},
		{"\"\x01\"", ERR_SYNTAX, 0, 0},
		{"{\n \"a\": tru\n}", ERR_SYNTAX, 2, 9},
		{"{\n \"a\": 1.5,\n \"b\": 2.50, x}", ERR_SYNTAX, 3, 13},
		{"{} {}", ERR_SYNTAX, 0, 0},
		{"{", ERR_SYNTAX, 0, 0},
		{"[1,]", ERR_SYNTAX, 0, 0},
		{"\xef\xbb\xbf{}", ERR_SYNTAX, 0, 0},
		{"", ERR_SYNTAX, 1, 1},
		{"01", ERR_SYNTAX, 0, 0},
		{"01.5", ERR_SYNTAX, 0, 0},
		{"1.", ERR_SYNTAX, 0, 0},
		{".5", ERR_SYNTAX, 0, 0},
		{"+1", ERR_SYNTAX, 0, 0},
		{"1.5.5", ERR_SYNTAX, 0, 0},
		{"1e", ERR_SYNTAX, 0, 0},
		{"-", ERR_SYNTAX, 0, 0},
		{"NaN", ERR_SYNTAX, 0, 0},
		{"{1.5:2}", ERR_SYNTAX, 0, 0},
		{"{1.5 \n:2}", ERR_SYNTAX, 0, 0},
		{"{\"a\" 1.5}", ERR_SYNTAX, 0, 0},
		{"1.0000000000000000000000000000000000000000000000000000000000000000000000000",
			ERR_LIMIT, 1, 1},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		parse_text(rows[i].text, rows[i].err, rows[i].line, rows[i].column);
}

static void a_raw_nul_is_refused(void **state)
{
	json_t *value = NULL;
	assert_err(json_parse_strict(bytes_of("\"a\0b\"", 5), NULL, &value, NULL), ERR_SYNTAX);
	assert_err(json_parse_strict(bytes_of("{}\0", 3), NULL, &value, NULL), ERR_SYNTAX);
}

static void ceilings_hold(void **state)
{
	char text[2 * JSON_MOST_DEPTH + 3] = {0};
	memset(text, '[', JSON_MOST_DEPTH);
	memset(text + JSON_MOST_DEPTH, ']', JSON_MOST_DEPTH);
	parse_text(text, OK, 0, 0);
	memset(text, '[', JSON_MOST_DEPTH + 1);
	memset(text + JSON_MOST_DEPTH + 1, ']', JSON_MOST_DEPTH + 1);
	parse_text(text, ERR_LIMIT, 1, JSON_MOST_DEPTH + 1);

	struct json_limits limits = {.most_bytes = 4, .most_depth = 1};
	json_t *value;
	assert_err(json_parse_strict(bytes_text("[[]]"), &limits, &value, NULL), ERR_LIMIT);
	assert_err(json_parse_strict(bytes_text("[1,2]"), &limits, &value, NULL), ERR_LIMIT);
	assert_ok(json_parse_strict(bytes_text("[12]"), &limits, &value, NULL));
	json_decref(value);
}

static void many_small_values_have_a_ceiling(void **state)
{
	struct buf buf = {0};
	json_t *value;
	buf_add_text(&buf, "[");
	for (int i = 0; i < 1000; i++)
		buf_add_text(&buf, "{},");
	buf_add_text(&buf, "1]");
	assert_ok(json_parse_strict(buf_bytes(&buf), NULL, &value, NULL));
	json_decref(value);
	buf_clear(&buf);
	buf_add_text(&buf, "[");
	for (int i = 0; i < 10000; i++)
		buf_add_text(&buf, "{},");
	buf_add_text(&buf, "1]");
	assert_err(json_parse_strict(buf_bytes(&buf), NULL, &value, NULL), ERR_LIMIT);
	for (int i = 0; i < 1000000; i++)
		buf_add_text(&buf, " "); // air does not help: it would be gone when read again
	assert_err(json_parse_strict(buf_bytes(&buf), NULL, &value, NULL), ERR_LIMIT);
	buf_done(&buf);
}

// Brackets inside text are no nesting.
static void text_is_not_nesting(void **state)
{
	json_t *value = sample(
		"['[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\'1.5']");
	assert_int_equal(json_array_size(value), 1);
	json_decref(value);
}

static void round_trip(const char *text)
{
	json_t *value = NULL;
	struct buf buf = {0};
	assert_ok(json_parse_strict(bytes_text(text), NULL, &value, NULL));
	json_encode(value, &buf);
	buf_add(&buf, "", 1);
	assert_string_equal(text, (const char *)buf.at);
	buf_done(&buf);
	json_decref(value);
}

static void what_was_read_is_written_again(void **state)
{
	static const char *const texts[] = {
		"1.50",
		"1e2",
		"1E+2",
		"-0",
		"-0.0",
		"0.000",
		"1.0e-10",
		"123456789012345678901234567890",
		"-999999999999999999",
		"999999999999999999",
		"1000000000000000000",
		"0",
		"-1",
		"[1.5,2.50,\"1.5\",3]",
		"{\"b\":1.10,\"a\":[{}]}",
		"[]",
		"{}",
		"null",
		"true",
		"false",
		"\"\\\"\\\\\\b\\t\\n\\f\\r/\"",
		"\"\x7f ü 😀\"",
		"{\"\":\"\"}",
		"1e999",
		"[[1.0],{\"x\":-1.5E-3}]",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		round_trip(texts[i]);
}

static void decimals_are_known_as_such(void **state)
{
	json_t *value = sample("{'d': 1.50, 'i': 3, 's': '1.50', 'e': 1e2}");
	double number = 0;
	assert_true(json_is_decimal(json_object_get(value, "d")));
	assert_string_equal(json_decimal_text(json_object_get(value, "d")), "1.50");
	assert_null(json_text(json_object_get(value, "d")));
	assert_null(json_get_text(value, "d"));
	assert_false(json_is_decimal(json_object_get(value, "s")));
	assert_string_equal(json_get_text(value, "s"), "1.50");
	assert_false(json_is_decimal(json_object_get(value, "i")));
	assert_true(json_number(json_object_get(value, "e"), &number));
	assert_true(number == 100);
	assert_true(json_number(json_object_get(value, "i"), &number));
	assert_true(number == 3);
	assert_false(json_number(json_object_get(value, "s"), &number));
	assert_false(json_number(NULL, &number));
	json_decref(value);
}

static void a_mark_made_by_hand_cannot_break_out(void **state)
{
	json_t *value = json_pack("[s, s, s]",
		"\x01"
		"1,\"x\":2",
		"\x01",
		"\x01"
		"1.5\"");
	struct buf buf = {0};
	json_encode(value, &buf);
	buf_add(&buf, "", 1);
	assert_string_equal(
		(const char *)buf.at, "[\"\\u00011,\\\"x\\\":2\",\"\\u0001\",\"\\u00011.5\\\"\"]");
	buf_done(&buf);
	json_decref(value);
	assert_null(json_decimal_new("1,5"));
	assert_null(json_decimal_new(""));
	assert_null(json_decimal_new("1.5 "));
	value = json_decimal_new("1.50");
	assert_string_equal(json_decimal_text(value), "1.50");
	json_decref(value);
}

static void our_own_reals_are_written_short(void **state)
{
	json_t *value = json_pack("[f, f, f]", 0.1, 1e300, -2.5);
	struct buf buf = {0};
	json_encode(value, &buf);
	buf_add(&buf, "", 1);
	assert_string_equal((const char *)buf.at, "[0.1,1e+300,-2.5]");
	buf_done(&buf);
	json_decref(value);
}

int main(void)
{
	json_init();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_text_is_refused_with_its_place),
		cmocka_unit_test(a_raw_nul_is_refused),
		cmocka_unit_test(ceilings_hold),
		cmocka_unit_test(many_small_values_have_a_ceiling),
		cmocka_unit_test(text_is_not_nesting),
		cmocka_unit_test(what_was_read_is_written_again),
		cmocka_unit_test(decimals_are_known_as_such),
		cmocka_unit_test(a_mark_made_by_hand_cannot_break_out),
		cmocka_unit_test(our_own_reals_are_written_short),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
