#include "desk.h"

static struct password_advice advice_on(const char *password, bool second_factor)
{
	static const char *const personal[] = {"zadams", "Zoë Adams", "hospitaller", NULL};
	struct password_advice advice;
	identity_password_advice(desk.identity, password, second_factor, personal, &advice);
	return advice;
}

static void refused(const char *password, bool second_factor, const char *why)
{
	struct password_advice advice = advice_on(password, second_factor);
	assert_false(advice.acceptable);
	assert_non_null(strstr(advice.warning, why));
	assert_true(advice.suggestion_count > 0);
}

static void accepted(const char *password, bool second_factor)
{
	struct password_advice advice = advice_on(password, second_factor);
	if (!advice.acceptable)
		print_error("%s: %s\n", password, advice.warning);
	assert_true(advice.acceptable);
	assert_string_equal(advice.warning, "");
}

static void fifteen_characters_alone(void **state)
{
	(void)state;
	refused("vq7#kd2!mzp0wh", false, "at least 15");
	accepted("vq7#kd2!mzp0whx", false);
}

static void eight_with_a_second_factor(void **state)
{
	(void)state;
	refused("vq7#kd2", true, "at least 8");
	accepted("vq7#kd2!", true);
}

static void characters_count_not_bytes(void **state)
{
	(void)state;
	refused("ÄÖÜßéñø", true, "at least 8"); // fourteen bytes
	accepted("ÄÖÜßéñøż", true);
	accepted("三四马天地玄黄宇宙洪荒日月盈昃", false);
	refused("三四马天地玄黄宇宙洪荒日月盈", false, "at least 15");
}

static void nothing_is_demanded_of_composition(void **state)
{
	(void)state;
	accepted("violin harbour moss tundra", false);
	accepted("qzjxvkwpmhgtrbn", false);
}

static void the_blocklist_refuses_in_any_case(void **state)
{
	(void)state;
	refused("springtime-at-the-ward", false, "try first");
	refused("SPRINGTIME-at-the-WARD", true, "try first");
	accepted("springtime-at-the-ward-x7q", false);
}

static void its_comments_and_empty_lines_are_no_passwords(void **state)
{
	(void)state;
	assert_int_equal(map_count(desk.identity->blocked), 1);
}

static void ones_own_name_and_login_are_refused(void **state)
{
	(void)state;
	refused("xZADAMSq-81-kwpt-vm", false, "name or login");
	refused("Zoë Adams 81 kwptvm", false, "name or login");
	refused("adams-kq81-vmwpt-xx", false, "name or login"); // a part of the name
	refused("my-Hospitaller-8xk1", false, "name or login");
}

static void short_parts_of_a_name_forbid_nothing(void **state)
{
	(void)state;
	static const char *const personal[] = {"li", "Bo Li", NULL};
	struct password_advice advice;
	identity_password_advice(desk.identity, "lively-bobcat-tundra-91", true, personal, &advice);
	assert_true(advice.acceptable);
}

static void what_is_quickly_guessed_is_refused_though_long(void **state)
{
	(void)state;
	static const char *const weak[] = {"aaaaaaaaaaaaaaaa", "1234567890123456",
		"welcome123456789", "passwordpassword", "abcabcabcabcabcabc"};
	for (size_t i = 0; i < sizeof weak / sizeof *weak; i++)
		refused(weak[i], false, "guessed");
}

static void scores_rise_with_strength(void **state)
{
	(void)state;
	assert_int_equal(advice_on("password", true).score, 0);
	assert_true(advice_on("monkey1977", true).score < 3);
	assert_int_equal(advice_on("violin harbour moss tundra", false).score, 4);
	assert_int_equal(advice_on("violin harbour moss tundra", false).suggestion_count, 0);
}

static void at_most_1024_bytes_of_text(void **state)
{
	(void)state;
	char *longest = arena_alloc(desk.arena, PASSWORD_MOST_BYTES + 2);
	for (size_t i = 0; i < PASSWORD_MOST_BYTES; i++)
		longest[i] = (char)('a' + i * i % 23);
	longest[PASSWORD_MOST_BYTES] = 0;
	accepted(longest, false);
	longest[PASSWORD_MOST_BYTES] = 'x';
	longest[PASSWORD_MOST_BYTES + 1] = 0;
	refused(longest, false, "too long");
	refused("vq7#kd2!mzp0wh\xff\xfe", false, "not text");
}

static void an_empty_one_is_refused_and_breaks_nothing(void **state)
{
	(void)state;
	refused("", true, "at least 8");
	struct password_advice advice;
	identity_password_advice(desk.identity, "", false, NULL, &advice);
	assert_false(advice.acceptable);
}

static void a_blocklist_that_cannot_be_read_stops_the_start(void **state)
{
	(void)state;
	identity_close(desk.identity);
	desk.identity = NULL;
	assert_int_equal(remove(desk.blocklist), 0);
	assert_err(desk_try_open(7), ERR_IO);
	assert_non_null(strstr(desk.problem, "blocklist.txt cannot be read"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fifteen_characters_alone),
		TEST(eight_with_a_second_factor),
		TEST(characters_count_not_bytes),
		TEST(nothing_is_demanded_of_composition),
		TEST(the_blocklist_refuses_in_any_case),
		TEST(its_comments_and_empty_lines_are_no_passwords),
		TEST(ones_own_name_and_login_are_refused),
		TEST(short_parts_of_a_name_forbid_nothing),
		TEST(what_is_quickly_guessed_is_refused_though_long),
		TEST(scores_rise_with_strength),
		TEST(at_most_1024_bytes_of_text),
		TEST(an_empty_one_is_refused_and_breaks_nothing),
		TEST(a_blocklist_that_cannot_be_read_stops_the_start),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
