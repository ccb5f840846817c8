#include "../unit.h"

#include "common/base/text.h"

#include <string.h>

static void utf8_follows_rfc_3629(void **state)
{
	assert_true(text_is_utf8(bytes_text("Zo\xc3\xab \xf0\x9f\x98\x80")));
	static const char *const bad[] = {
		"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff", "\xe2\x82"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(text_is_utf8(bytes_text(bad[i])));
	assert_false(text_is_utf8(bytes_of("a\0b", 3)));
}

static void clean_text_holds_no_control_characters(void **state)
{
	assert_true(text_is_clean(bytes_text("two\tcolumns\r\nand a line, Zo\xc3\xab")));
	static const char *const bad[] = {"\x01", "a\x1b[31m", "\x7f", "\xc0\x80", "a\fb"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(text_is_clean(bytes_text(bad[i])));
	assert_false(text_is_clean(bytes_of("a\0b", 3)));
}

static void folding_removes_marks(void **state)
{
	char out[64];
	text_fold(bytes_text("M\xc3\xbcLLER \xc3\x86r\xc3\xb8 Stra\xc3\x9f"
			     "e \xc5\x81\xc3\xb3"
			     "d\xc5\xba \xc5\xa0imun \xc5\xbd"),
		out, sizeof out);
	assert_string_equal(out, "muller aero strasse lodz simun z");
}

static void base64url_is_canonical(void **state)
{
	char out[16];
	uint8_t raw[4];
	text_base64url(bytes_of("\xff\xfe\xfd\xfc", 4), out);
	assert_string_equal(out, "__79_A");
	assert_ok(text_unbase64url("__79_A", raw, 4));
	assert_memory_equal(raw, "\xff\xfe\xfd\xfc", 4);
	assert_err(text_unbase64url("__79_B", raw, 4), ERR_SYNTAX);
	assert_err(text_unbase64url("__79_A==", raw, 4), ERR_SYNTAX);
}

static void base64_round_trips_every_length(void **state)
{
	uint8_t from[40], back[40];
	char out[64];
	for (size_t n = 0; n < sizeof from; n++) {
		from[n] = (uint8_t)(n * 37);
		size_t size = 99;
		text_base64(bytes_of(from, n), out);
		assert_int_equal(strlen(out) + 1, text_base64_size(n));
		assert_ok(text_unbase64(bytes_text(out), back, sizeof back, &size));
		assert_int_equal(size, n);
		assert_memory_equal(from, back, n);
	}
}

static void one_is_one_and_none_are_many(void **state)
{
	assert_string_equal(text_plural(0, "entry", "entries"), "entries");
	assert_string_equal(text_plural(1, "entry", "entries"), "entry");
	assert_string_equal(text_plural(2, "entry", "entries"), "entries");
}

static void ids_are_fhir_ids(void **state)
{
	assert_true(text_is_id("a-B.9"));
	assert_false(text_is_id(""));
	assert_false(text_is_id("../x"));
	assert_false(text_is_id("a b"));
	char long_id[66];
	memset(long_id, 'a', 65);
	long_id[65] = 0;
	assert_false(text_is_id(long_id));
}

// Beside each what is left of it, in a line and where there are several.
static void tame_text_only_stands_there(void **state)
{
	static const struct {
		const char *text, *line, *lines;
	} all[] = {{"Zo\xc3\xab \xf0\x9f\x98\x80 %s%n", "Zo\xc3\xab \xf0\x9f\x98\x80 %s%n",
			   "Zo\xc3\xab \xf0\x9f\x98\x80 %s%n"},
		{"a\x1b[2Jb\x7f", "a?[2Jb?", "a?[2Jb?"}, {"a\n\tb\r", "a??b?", "a\n\tb?"},
		{"\xc2\x9b"
		 "2J",
			"??2J", "??2J"},
		{"\xc2\xa0", "\xc2\xa0", "\xc2\xa0"},
		{"\xe2\x80\xae"
		 "gpj",
			"???gpj", "???gpj"},
		{"\xe2\x81\xa6x", "???x", "???x"}, {"\xe2\x80\xa8x\xd8\x9c", "???x??", "???x??"},
		{"\xe2\x80\x99s \xe2\x81\xb0", "\xe2\x80\x99s \xe2\x81\xb0",
			"\xe2\x80\x99s \xe2\x81\xb0"}};
	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		char line[64], lines[64];
		strcpy(line, all[i].text);
		strcpy(lines, all[i].text);
		text_tame(line, false);
		text_tame(lines, true);
		assert_string_equal(line, all[i].line);
		assert_string_equal(lines, all[i].lines);
		assert_int_equal(text_is_tame(all[i].text, false), strcmp(line, all[i].text) == 0);
		assert_true(text_is_tame(line, false) && text_is_tame(lines, true));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf8_follows_rfc_3629),
		cmocka_unit_test(clean_text_holds_no_control_characters),
		cmocka_unit_test(tame_text_only_stands_there),
		cmocka_unit_test(folding_removes_marks),
		cmocka_unit_test(base64url_is_canonical),
		cmocka_unit_test(base64_round_trips_every_length),
		cmocka_unit_test(one_is_one_and_none_are_many),
		cmocka_unit_test(ids_are_fhir_ids),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
