#include "../unit.h"

#include "guard/ruleset.h"

#include <string.h>

static struct zones zones;
static struct buf text;

static const char *rules(const char *file)
{
	struct yaml_fault problem;
	assert_ok(zones_parse(bytes_text(file), &zones, &problem));
	buf_clear(&text);
	ruleset_whole(&zones, &text);
	buf_add(&text, "", 1);
	return (const char *)text.at;
}

static size_t place(const char *whole, const char *what)
{
	const char *at = strstr(whole, what);
	if (!at)
		print_message("missing: %s\n", what);
	assert_non_null(at);
	return (size_t)(at - whole);
}

static void what_is_never_blocked_stands_before_the_sets(void **state)
{
	const char *whole = rules("never-block: [{address: 10.0.0.53, why: n}]\n"
				  "lifelines: [{address: 10.0.0.5, why: g}]\n");
	(void)state;
	assert_true(place(whole, "contain ip saddr { 10.0.0.5 } return") <
		    place(whole, "contain ip daddr { 10.0.0.5 } return"));
	assert_true(place(whole, "contain ip daddr { 10.0.0.5 } return") <
		    place(whole, "contain jump from"));
	assert_true(place(whole, "from ip saddr { 10.0.0.53 } return") <
		    place(whole, "from ip saddr @block4 drop"));
	assert_true(place(whole, "to ip daddr { 10.0.0.53 } return") <
		    place(whole, "to ip daddr @block4"));
	assert_true(place(whole, "input jump contain") < place(whole, "input jump zones-input"));
}

static void lists_hold_none_inside_another(void **state)
{
	const char *whole =
		rules("never-block:\n  - {address: 10.0.0.5, why: a}\n"
		      "  - {address: 10.0.0.0/24, why: b}\n  - {address: 10.0.0.7, why: c}\n"
		      "  - {address: 2001:db8::1, why: d}\n");
	(void)state;
	place(whole, "from ip saddr { 10.0.0.0/24 } return\n");
	place(whole, "from ip6 saddr { 2001:db8::1 } return\n");
}

static void flows_and_denials(void **state)
{
	static const char file[] =
		"default: deny\nzones:\n"
		"  a: {prefixes: [10.1.0.0/16, \"2001:db8:1::/48\"], interfaces: [eth1]}\n"
		"  b: {prefixes: [10.2.0.0/16]}\n"
		"flows:\n  - {name: f, why: w, from: a, to: b, tcp: [443, 80-90], udp: any}\n"
		"  - {name: g, why: w, from: b, to: any, ping: true, direction: both}\n";
	const char *whole = rules(file);
	(void)state;
	size_t flow = place(whole,
		"zones-forward ip saddr { 10.1.0.0/16 } ip daddr { 10.2.0.0/16 } iifname { \"eth1\" } tcp dport { 443, 80-90 } counter accept comment \"flow f\"\n");
	place(whole, "udp dport { 1-65535 } counter accept comment \"flow f\"");
	assert_true(
		flow < place(whole, "zones-forward ip saddr { 10.1.0.0/16 } counter goto refuse"));
	place(whole,
		"zones-output ip daddr { 10.2.0.0/16 } icmp type echo-request counter accept comment \"flow g\"");
	assert_null(strstr(whole, "ip6 daddr { } ")); // no end without an address of its family
	place(whole,
		"zones-input ip6 saddr { 2001:db8:1::/48 } counter goto refuse comment \"denied from a\"");
	const char *allowed = rules("default: allow\nzones:\n  a: {prefixes: [10.1.0.0/16]}\n");
	assert_null(strstr(allowed, "goto refuse"));
	// A set that is full, or a packet that is no connection, does not keep it from being
	// dropped.
	size_t knock =
		place(whole, "refuse meta pkttype unicast meta l4proto { tcp, udp } add @knock4");
	assert_true(knock < place(whole, "add rule inet hospitaller refuse drop\n"));
}

static void everything_is_in_our_table(void **state)
{
	const char *whole = rules("default: deny\nzones:\n  a: {prefixes: [10.1.0.0/16]}\n");
	(void)state;
	for (const char *line = whole; *line; line = strchr(line, '\n') + 1) {
		assert_true(
			strncmp(line, "add ", 4) == 0 || strncmp(line, "flush chain ", 12) == 0);
		const char *end = strchr(line, '\n'), *table = strstr(line, "inet hospitaller");
		assert_true(table && table < end);
	}
}

static void elements(void **state)
{
	struct prefix one, range, six;
	(void)state;
	assert_ok(prefix_parse("10.0.0.9", &one));
	assert_ok(prefix_parse("10.0.0.0/24", &range));
	assert_ok(prefix_parse("2001:db8::/64", &six));
	assert_string_equal(ruleset_set(RULESET_BLOCK, &one), "block4");
	assert_string_equal(ruleset_set(RULESET_BLOCK, &range), "blocknet4");
	assert_string_equal(ruleset_set(RULESET_BLOCK, &six), "blocknet6");
	assert_string_equal(ruleset_set(RULESET_QUARANTINE, &one), "quarantine4");
	buf_clear(&text);
	ruleset_add(RULESET_BLOCK, &one, 60, &text);
	buf_add(&text, "", 1);
	assert_string_equal((const char *)text.at,
		"add element inet hospitaller block4 { 10.0.0.9 timeout 60s }\n");
}

static int finish(void **state)
{
	(void)state;
	buf_done(&text);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_never_blocked_stands_before_the_sets),
		cmocka_unit_test(lists_hold_none_inside_another),
		cmocka_unit_test(flows_and_denials), cmocka_unit_test(everything_is_in_our_table),
		cmocka_unit_test(elements)};
	return cmocka_run_group_tests(tests, NULL, finish);
}
