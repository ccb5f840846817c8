#include "../unit.h"

#include "guard/firewall.h"

#include <string.h>

static struct firewall_line lines[FIREWALL_LINES];

static void the_table_is_read(void **state)
{
	static const char json[] =
		"{\"nftables\": [{\"metainfo\": {}},"
		"{\"set\": {\"name\": \"block4\", \"elem\": [{\"elem\": {\"val\": \"10.0.0.1\", \"timeout\": 100, "
		"\"expires\": 99, \"counter\": {\"packets\": 3, \"bytes\": 180}}}]}},"
		"{\"set\": {\"name\": \"blocknet6\", \"elem\": [{\"elem\": {\"val\": {\"prefix\": "
		"{\"addr\": \"2001:db8::\", \"len\": 64}}, \"expires\": 5}}, "
		"{\"elem\": {\"val\": {\"range\": [\"::1\", \"::9\"]}}}]}},"
		"{\"set\": {\"name\": \"quarantine4\", \"elem\": [\"10.0.0.7\"]}},"
		"{\"set\": {\"name\": \"other\", \"elem\": [\"10.0.0.8\"]}},"
		"{\"rule\": {\"comment\": \"flow f\", \"expr\": [{\"counter\": {\"packets\": 2, \"bytes\": 9}}]}},"
		"{\"rule\": {\"comment\": \"flow f\", \"expr\": [{\"counter\": {\"packets\": 1, \"bytes\": 1}}]}},"
		"{\"rule\": {\"comment\": \"denied to b\", \"expr\": [{\"drop\": null}]}},"
		"{\"rule\": {\"comment\": \"else\", \"expr\": [{\"counter\": {\"packets\": 1}}]}}]}";
	size_t count;
	(void)state;
	assert_ok(firewall_lines_of(bytes_text(json), lines, &count));
	assert_int_equal(count, 5);
	assert_true(lines[0].kind == FIREWALL_BLOCK && lines[0].seconds == 99 &&
		    lines[0].packets == 3 && lines[0].bytes == 180);
	assert_true(lines[1].kind == FIREWALL_BLOCK && lines[1].prefix.length == 64);
	assert_int_equal(lines[2].kind, FIREWALL_QUARANTINE);
	assert_string_equal(lines[3].name, "f");
	assert_true(lines[3].packets == 3 && lines[3].bytes == 10);
	assert_string_equal(lines[4].name, "to b");
	assert_err(firewall_lines_of(bytes_text("nonsense"), lines, &count), ERR_SYNTAX);
}

static void who_knocked_is_put_together(void **state)
{
	static const char json[] =
		"{\"nftables\": [{\"set\": {\"name\": \"knock4\", \"elem\": ["
		"{\"elem\": {\"val\": {\"concat\": [\"10.0.0.1\", \"10.9.0.1\", 6, 22]}, "
		"\"counter\": {\"packets\": 3, \"bytes\": 180}}},"
		"{\"elem\": {\"val\": {\"concat\": [\"10.0.0.2\", \"10.9.0.1\", \"tcp\", 22]}, "
		"\"counter\": {\"packets\": 1, \"bytes\": 60}}},"
		"{\"elem\": {\"val\": {\"concat\": [\"10.0.0.1\", \"10.9.0.2\", 17, 53]}, "
		"\"counter\": {\"packets\": 5, \"bytes\": 300}}},"
		"{\"elem\": {\"val\": {\"concat\": [\"10.0.0.1\", 6]}}},"
		"{\"elem\": {\"val\": \"10.0.0.9\"}}]}},"
		"{\"set\": {\"name\": \"knock6\", \"elem\": ["
		"{\"elem\": {\"val\": {\"concat\": [\"2001:db8::1\", \"2001:db8::2\", 6, 22]}}}]}},"
		"{\"set\": {\"name\": \"knock4\"}}]}";
	size_t count;
	(void)state;
	assert_ok(firewall_lines_of(bytes_text(json), lines, &count));
	assert_int_equal(count, 3);
	assert_true(lines[0].kind == FIREWALL_KNOCK && lines[0].places == 2 &&
		    lines[0].packets == 8 && lines[0].bytes == 480);
	assert_string_equal(lines[0].name, "port 53 (udp) of 10.9.0.2");
	assert_true(lines[1].places == 1 && lines[1].packets == 1);
	assert_string_equal(lines[1].name, "port 22 (tcp) of 10.9.0.1");
	assert_int_equal(lines[2].prefix.family, 6);
}

// Whoever knocks under many addresses does not push what the zones count out of the list.
static void knockers_are_bounded(void **state)
{
	struct buf json = {0};
	size_t count;
	(void)state;
	buf_add_text(&json, "{\"nftables\": [{\"set\": {\"name\": \"knock4\", \"elem\": [");
	for (int i = 0; i < 1000; i++)
		buf_printf(&json,
			"%s{\"elem\": {\"val\": {\"concat\": [\"10.0.%d.%d\", \"10.9.0.1\", 6, 22]}, "
			"\"counter\": {\"packets\": 1, \"bytes\": 1}}}",
			i ? "," : "", i % 300 / 100, i % 300 % 100);
	buf_add_text(&json, "]}}, {\"rule\": {\"comment\": \"denied from a\", \"expr\": []}}]}");
	assert_ok(firewall_lines_of(buf_bytes(&json), lines, &count));
	assert_int_equal(count, FIREWALL_KNOCKERS + 1);
	assert_true(lines[0].packets == 4 && lines[FIREWALL_KNOCKERS - 1].packets == 3);
	assert_int_equal(lines[FIREWALL_KNOCKERS].kind, FIREWALL_DENIED);
	buf_done(&json);
}

static void a_text_that_the_library_does_not_take_changes_nothing(void **state)
{
	struct firewall *firewall;
	struct buf text = {0};
	char problem[FIREWALL_PROBLEM_BYTES] = "";
	(void)state;
	assert_ok(firewall_open(&firewall));
	buf_add_text(&text, "this is no command\n");
	assert_err(firewall_run(firewall, &text, problem), ERR_IO);
	assert_true(*problem && !strchr(problem, '\n'));
	buf_done(&text);
	firewall_close(firewall);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_table_is_read),
		cmocka_unit_test(who_knocked_is_put_together),
		cmocka_unit_test(knockers_are_bounded),
		cmocka_unit_test(a_text_that_the_library_does_not_take_changes_nothing)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
