#include "../unit.h"

#include "common/base/manual.h"

#include <string.h>

static void expect(struct buf *out, const char *words)
{
	put_u8(out, 0);
	if (strcmp((const char *)out->at, words) != 0)
		print_error("%s\n", (const char *)out->at);
	assert_string_equal((const char *)out->at, words);
	buf_done(out);
}

static void nothing_in_a_text_commands_the_formatter(void **state)
{
	struct buf out = {0};
	manual_text(&out, ".so /etc/passwd");
	expect(&out, ".PP\n\\&.so /etc/passwd\n");
	manual_text(&out, "'quoted' \\fBbold \"x\" a-b …");
	expect(&out, ".PP\n\\&'quoted' \\efBbold \\(dqx\\(dq a\\-b \\[u2026]\n");
	manual_example(&out, "a\n.b\n'c'");
	expect(&out, ".PP\n.RS 4\n.nf\na\n\\&.b\n\\&\\(aqc\\(aq\n.fi\n.RE\n");
	manual_item(&out, "--x", "one\n\ntwo");
	expect(&out, ".TP\n\\fB\\-\\-x\\fR\none\n.IP\ntwo\n");
}

static void letters_beyond_ascii_are_named(void **state)
{
	struct buf out = {0};
	manual_text(&out, "é€𝄞");
	expect(&out, ".PP\n\\[u00E9]\\[u20AC]\\[u1D11E]\n");
}

static void a_synopsis_shows_what_may_be_left_out(void **state)
{
	const struct usage_program program = {.name = "tool"};
	const struct usage usage = {.words = "go",
		.options = {{.name = "to", .value = "PLACE", .required = true}, {.name = "fast"}},
		.arguments = {{.name = "WHO", .many = true, .optional = true}}};
	struct buf out = {0};
	manual_synopsis(&out, &program, &usage);
	expect(&out, ".HP\n\\fBtool go\\fR\n[\\fIWHO\\fR\\[u2026]]\n"
		     "\\fB\\-\\-to\\fR\\ \\fIPLACE\\fR\n[\\fB\\-\\-fast\\fR]\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_in_a_text_commands_the_formatter),
		cmocka_unit_test(letters_beyond_ascii_are_named),
		cmocka_unit_test(a_synopsis_shows_what_may_be_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
