#include "../unit.h"

#include "guard/zones.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct zones zones;
static struct yaml_fault problem;

static enum err parse(const char *text)
{
	problem = (struct yaml_fault){0};
	return zones_parse(bytes_text(text), &zones, &problem);
}

static void the_example_is_whole(void **state)
{
	char text[16384], why[240];
	struct prefix p;
	(void)state;
	FILE *file = fopen(RULES "/network/zones.yaml", "r");
	assert_non_null(file);
	size_t size = fread(text, 1, sizeof text, file);
	fclose(file);
	assert_ok(zones_parse(bytes_of(text, size), &zones, &problem));
	assert_true(zones.deny && zones.zone_count == 5 && zones.flow_count == 4);
	assert_int_equal(zones.longest_s, 24 * 3600);
	assert_ok(prefix_parse("10.20.0.0/24", &p));
	assert_true(zones_keep(&zones, &p, why));
	assert_string_equal(
		why, "10.20.0.5 is never blocked: gateway of the ventilators in intensive care");
	assert_ok(prefix_parse("10.20.1.0/24", &p));
	assert_false(zones_keep(&zones, &p, why));
}

static void an_empty_file_denies_nothing(void **state)
{
	(void)state;
	assert_ok(parse(""));
	assert_true(!zones.deny && !zones.zone_count && !zones.kept_count && !zones.clear_at_stop);
}

static void problems_name_their_line(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *words;
	} cases[] = {
		{"colour: red\n", 1, "'colour' is not a key of this"},
		{"default: perhaps\n", 1, "'perhaps' is neither deny nor allow"},
		{"longest-block: 8d\n", 1, "the longest block is a time such as 24h, at most 7d"},
		{"longest-block: 0s\n", 1, "the longest block is a time such as 24h, at most 7d"},
		{"zones:\n  any: {prefixes: [10.0.0.0/8]}\n", 2, "'any' cannot be a zone's name"},
		{"zones:\n  'a\"b': {prefixes: [10.0.0.0/8]}\n", 2,
			"'a\"b' cannot be a zone's name"},
		{"zones:\n  a: {}\n", 1, "a zone has a list of prefixes"},
		{"zones:\n  a: {prefixes: [10.0.0.1/8]}\n", 2,
			"'10.0.0.1/8' has bits behind its length, or is IPv4 written as IPv6"},
		{"zones:\n  a: {prefixes: [10.0.0.0/8]}\n  b: {prefixes: [10.1.0.0/16]}\n", 3,
			"'10.1.0.0/16' overlaps what zone 'a' has"},
		{"zones:\n  a: {prefixes: [10.0.0.0/8], interfaces: [\"e th\"]}\n", 2,
			"'e th' is not an interface"},
		{"zones:\n  a: {prefixes: [10.0.0.0/8]}\nflows:\n  - {name: f, why: w, from: a, to: b, tcp: [1]}\n",
			4, "there is no zone 'b'"},
		{"zones:\n  a: {prefixes: [10.0.0.0/8]}\nflows:\n  - {name: f, why: w, from: any, to: any, tcp: [1]}\n",
			4, "a flow from any to any is no flow: set default: allow"},
		{"zones:\n  a: {prefixes: [10.0.0.0/8]}\nflows:\n  - {name: f, why: w, from: a, to: any}\n",
			4, "a flow needs tcp, udp or ping"},
		{"zones:\n  a: {prefixes: [10.0.0.0/8]}\nflows:\n  - {name: f, why: w, from: a, to: any, tcp: [0]}\n",
			4, "'0' is not a port or a range of ports"},
		{"zones:\n  a: {prefixes: [10.0.0.0/8]}\nflows:\n  - {name: f, why: w, from: a, to: any, tcp: [9-8]}\n",
			4, "'9-8' is not a port or a range of ports"},
		{"zones:\n  a: {prefixes: [10.0.0.0/8]}\nflows:\n  - {name: f, why: w, from: a, to: any, tcp: [1-9, 5]}\n",
			4, "port 5 is in this list already"},
		{"zones:\n  a: {prefixes: [10.0.0.0/8]}\nflows:\n  - {name: f, from: a, to: any, tcp: [1]}\n",
			4, "say why, in one line of at most 120 bytes"},
		{"never-block:\n  - {address: 10.0.0.1}\n", 2,
			"say why, in one line of at most 120 bytes"},
		{"never-block:\n  - {why: x}\n", 2, "an address is missing"},
		{"quarantine-reach: [x]\n", 1, "'x' is not an address or a prefix"},
		{"flows: {}\n", 1, "flows are a list"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		zones.longest_s = 12345;
		assert_err(parse(cases[i].text), ERR_INVALID);
		assert_string_equal(problem.text, cases[i].words);
		assert_int_equal(problem.line, cases[i].line);
		assert_int_equal(zones.longest_s, 12345); // what held is untouched
	}
	assert_err(parse("a: [\n"), ERR_SYNTAX);
}

static void there_are_ceilings(void **state)
{
	struct buf text = {0};
	(void)state;
	buf_add_text(&text, "never-block:\n");
	for (int i = 0; i <= ZONES_KEPT; i++)
		buf_printf(&text, "  - {address: 10.0.%d.%d, why: w}\n", i / 256, i % 256);
	assert_err(zones_parse(buf_bytes(&text), &zones, &problem), ERR_INVALID);
	assert_int_equal(problem.line, ZONES_KEPT + 2);
	buf_done(&text);
	buf_add_text(&text, "zones:\n");
	for (int i = 0; i <= ZONES_MOST; i++)
		buf_printf(&text, "  z%d: {prefixes: [10.%d.0.0/16]}\n", i, i);
	assert_err(zones_parse(buf_bytes(&text), &zones, &problem), ERR_INVALID);
	buf_done(&text);
}

static void times(void **state)
{
	(void)state;
	assert_int_equal(zones_seconds("90"), 90);
	assert_int_equal(zones_seconds("90s"), 90);
	assert_int_equal(zones_seconds("5m"), 300);
	assert_int_equal(zones_seconds("1h"), 3600);
	assert_int_equal(zones_seconds("2d"), 172800);
	static const char *const none[] = {
		"", "h", "-1h", "1.5h", "1h30m", "1w", "12345678", "0", "1 h"};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_int_equal(zones_seconds(none[i]), 0);
	assert_int_equal(zones_seconds("9999999d"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_example_is_whole),
		cmocka_unit_test(an_empty_file_denies_nothing),
		cmocka_unit_test(problems_name_their_line), cmocka_unit_test(there_are_ceilings),
		cmocka_unit_test(times)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
