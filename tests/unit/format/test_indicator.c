#include "taken.h"

#include "common/format/indicator_list.h"

static void one_spelling(void **state)
{
	static const struct {
		enum observable kind;
		const char *text, *value;
		enum err err;
	} rows[] = {
		{OBSERVABLE_ADDRESS, " 192.0.2.1 ", "192.0.2.1", OK},
		{OBSERVABLE_ADDRESS, "192.0.2.77/24", "192.0.2.0/24", OK},
		{OBSERVABLE_ADDRESS, "2001:DB8:0::1", "2001:db8::1", OK},
		{OBSERVABLE_ADDRESS, "0.0.0.0/0", NULL, ERR_INVALID},
		{OBSERVABLE_ADDRESS, "192.0.2.1/33", NULL, ERR_SYNTAX},
		{OBSERVABLE_ADDRESS, "192.0.2", NULL, ERR_SYNTAX},
		{OBSERVABLE_DOMAIN, "Bad.Example.", "bad.example", OK},
		{OBSERVABLE_DOMAIN, "com", NULL, ERR_INVALID},
		{OBSERVABLE_DOMAIN, "a..example", NULL, ERR_SYNTAX},
		{OBSERVABLE_DOMAIN, "bad example.org", NULL, ERR_SYNTAX},
		{OBSERVABLE_HASH, "D41D8CD98F00B204E9800998ECF8427E",
			"d41d8cd98f00b204e9800998ecf8427e", OK},
		{OBSERVABLE_HASH, "d41d8cd98f00b204e9800998ecf8427", NULL, ERR_SYNTAX},
		{OBSERVABLE_URL, "HTTP://Bad.Example:80#x", "http://bad.example/", OK},
		{OBSERVABLE_URL, "https://bad.example:443/A?b=C#d", "https://bad.example/A?b=C",
			OK},
		{OBSERVABLE_URL, "http://bad.example:8080?x", "http://bad.example:8080/?x", OK},
		{OBSERVABLE_URL, "javascript://x", NULL, ERR_SYNTAX},
		{OBSERVABLE_AGENT, "SQLMap/1.0", "sqlmap/1.0", OK},
		{OBSERVABLE_AGENT_PART, "curl", NULL, ERR_INVALID},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct indicator one = {0};
		assert_err(
			indicator_set(&one, rows[i].kind, bytes_text(rows[i].text)), rows[i].err);
		if (rows[i].value)
			assert_string_equal(one.value, rows[i].value);
	}
}

static void hosts_of_urls(void **state)
{
	static const char *const rows[][2] = {{"http://a.example/x", "a.example"},
		{"http://user:p@a.example:80/", "a.example"},
		{"http://[2001:db8::1]:8/", "2001:db8::1"}, {"nothing", ""}};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_true(bytes_equal(indicator_host(rows[i][0]), bytes_text(rows[i][1])));
}

static void a_list_as_it_comes(void **state)
{
	static const char text[] = "# comment\n\n192.0.2.1\r\n198.51.100.0/24 ; why\n"
				   "hxxps://bad[.]example/x\n0.0.0.0 tracker.example\n"
				   "agent: Evil Browser/1.0 # a note\nagent part: SQLMap\n"
				   "10.0.0.0/4\nwhat is this\n";
	static const struct indicator_taker none = {on_take, on_left, NULL};
	struct taken t = {0};
	struct indicator_taker taker = none;
	(void)state;
	taker.context = &t;
	assert_ok(indicator_list(bytes_text(text), &taker));
	static const char *const values[] = {"192.0.2.1", "198.51.100.0/24",
		"https://bad.example/x", "tracker.example", "evil browser/1.0", "sqlmap"};
	assert_int_equal(t.count, 6);
	for (size_t i = 0; i < 6; i++)
		assert_string_equal(t.at[i].value, values[i]);
	assert_int_equal(t.left_count, 2);
	assert_string_equal(t.left[0], "line 9: it would match almost everybody");
	assert_string_equal(t.left[1], "line 10: nothing that is known");
}

static void a_page_is_no_list(void **state)
{
	struct taken t = {0};
	const struct indicator_taker taker = {on_take, on_left, &t};
	(void)state;
	assert_err(
		indicator_list(bytes_text("<html>\n<b>gone</b>\n1.2.3.4\n"), &taker), ERR_SYNTAX);
	assert_int_equal(t.count + t.left_count, 0);
}

static void colours(void **state)
{
	(void)state;
	assert_int_equal(tlp_find("TLP:AMBER+STRICT"), TLP_AMBER_STRICT);
	assert_int_equal(tlp_find("white"), TLP_CLEAR);
	assert_int_equal(tlp_find("pink"), TLP_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(one_spelling),
		cmocka_unit_test(hosts_of_urls), cmocka_unit_test(a_list_as_it_comes),
		cmocka_unit_test(a_page_is_no_list), cmocka_unit_test(colours)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
