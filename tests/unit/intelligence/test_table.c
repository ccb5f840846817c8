#include "../unit.h"

#include "watch/intelligence/table.h"

#include <stdio.h>
#include <string.h>

static void add(struct table *table, enum observable kind, const char *text, const char *warning)
{
	struct indicator one = {.sure = 70, .since_us = 1000000, .until_us = 9000000};
	assert_ok(indicator_set(&one, kind, bytes_text(text)));
	snprintf(one.id, sizeof one.id, "id of %.80s", text);
	strcpy(one.name, "a name");
	assert_ok(table_add(table, &one, 3, warning));
}

static struct table *sample(void)
{
	struct table *t = table_new();
	add(t, OBSERVABLE_ADDRESS, "192.0.2.7", NULL);
	add(t, OBSERVABLE_ADDRESS, "192.0.2.7", NULL); // of another list
	add(t, OBSERVABLE_ADDRESS, "192.0.2.0/24", NULL);
	add(t, OBSERVABLE_ADDRESS, "2001:db8::/32", "Own networks");
	add(t, OBSERVABLE_DOMAIN, "bad.example", NULL);
	add(t, OBSERVABLE_URL, "http://other.example/x", NULL);
	add(t, OBSERVABLE_HASH, "d41d8cd98f00b204e9800998ecf8427e", NULL);
	add(t, OBSERVABLE_AGENT, "Evil Browser/1.0", NULL);
	add(t, OBSERVABLE_AGENT_PART, "sqlmap", NULL);
	add(t, OBSERVABLE_AGENT_PART, "masscan", NULL);
	assert_ok(table_ready(t));
	return t;
}

static void what_fits(void **state)
{
	static const struct {
		enum observable kind;
		const char *text;
		size_t count;
		const char *first;
	} rows[] = {
		{OBSERVABLE_ADDRESS, "192.0.2.7", 3, "192.0.2.7"},
		{OBSERVABLE_ADDRESS, "192.0.2.8", 1, "192.0.2.0/24"},
		{OBSERVABLE_ADDRESS, "192.0.3.8", 0, NULL},
		{OBSERVABLE_ADDRESS, "2001:db8::5", 1, "2001:db8::/32"},
		{OBSERVABLE_ADDRESS, "no address", 0, NULL},
		{OBSERVABLE_DOMAIN, "bad.example", 1, "bad.example"},
		{OBSERVABLE_DOMAIN, "a.b.BAD.example.", 1, "bad.example"},
		{OBSERVABLE_DOMAIN, "notbad.example", 0, NULL},
		{OBSERVABLE_DOMAIN, "example", 0, NULL},
		{OBSERVABLE_URL, "HTTP://other.example:80/x#y", 1, "http://other.example/x"},
		{OBSERVABLE_URL, "http://other.example/y", 0, NULL},
		{OBSERVABLE_URL, "https://www.bad.example/any", 1, "bad.example"},
		{OBSERVABLE_URL, "https://192.0.2.9/any", 1, "192.0.2.0/24"},
		{OBSERVABLE_HASH, "D41D8CD98F00B204E9800998ECF8427E", 1,
			"d41d8cd98f00b204e9800998ecf8427e"},
		{OBSERVABLE_AGENT, "evil browser/1.0", 1, "evil browser/1.0"},
		{OBSERVABLE_AGENT, "evil browser/1.01", 0, NULL},
		{OBSERVABLE_AGENT, "Mozilla/5.0 (SQLMap; masscan)", 2, NULL},
	};
	struct table *t = sample();
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct table_hit hits[TABLE_HITS];
		size_t count = table_find(t, rows[i].kind, bytes_text(rows[i].text), hits);
		assert_int_equal(count, rows[i].count);
		if (rows[i].first)
			assert_string_equal(hits[0].value, rows[i].first);
		if (count)
			assert_true(hits[0].sure == 70 && hits[0].source == 3 &&
				    hits[0].since_us == 1000000 && hits[0].until_us == 9000000);
	}
	table_free(t);
}

static void a_warning_is_shown(void **state)
{
	struct table *t = sample();
	struct table_hit hits[TABLE_HITS];
	(void)state;
	assert_int_equal(table_look(t, bytes_text("2001:db8::5"), hits), 1);
	assert_string_equal(hits[0].warning, "Own networks");
	assert_string_equal(hits[0].id, "id of 2001:db8::/32");
	assert_int_equal(table_warned(t), 1);
	assert_int_equal(table_count(t), 10);
	assert_int_equal(table_look(t, bytes_text("sqlmap/1.7"), hits), 1);
	table_free(t);
}

static void many_of_each(void **state)
{
	enum {
		MANY = 20000
	};
	struct table *t = table_new();
	struct table_hit hits[TABLE_HITS];
	char text[80];
	(void)state;
	for (int i = 0; i < MANY; i++) {
		snprintf(text, sizeof text, "host%d.example%d.org", i, i % 7);
		add(t, OBSERVABLE_DOMAIN, text, NULL);
		snprintf(text, sizeof text, "10.%d.%d.9", i >> 8, i & 255);
		add(t, OBSERVABLE_ADDRESS, text, NULL);
	}
	assert_ok(table_ready(t));
	for (int i = 0; i < MANY; i++) {
		snprintf(text, sizeof text, "www.host%d.example%d.org", i, i % 7);
		assert_int_equal(table_find(t, OBSERVABLE_DOMAIN, bytes_text(text), hits), 1);
		assert_string_equal(hits[0].value, text + 4);
		snprintf(text, sizeof text, "host%d.example%d.org", i, 1 + i % 7);
		assert_int_equal(table_find(t, OBSERVABLE_DOMAIN, bytes_text(text), hits), 0);
		snprintf(text, sizeof text, "10.%d.%d.9", i >> 8, i & 255);
		assert_int_equal(table_find(t, OBSERVABLE_ADDRESS, bytes_text(text), hits), 1);
	}
	assert_true(table_bytes(t) > MANY * 50 && table_bytes(t) < 12 * 1024 * 1024);
	table_free(t);
}

static void nothing_finds_nothing(void **state)
{
	struct table *t = table_new();
	struct table_hit hits[TABLE_HITS];
	(void)state;
	assert_ok(table_ready(t));
	assert_int_equal(table_look(t, bytes_text("192.0.2.1"), hits), 0);
	assert_int_equal(table_look(t, bytes_text("some agent"), hits), 0);
	assert_int_equal(table_look(t, bytes_text(""), hits), 0);
	table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_fits),
		cmocka_unit_test(a_warning_is_shown), cmocka_unit_test(many_of_each),
		cmocka_unit_test(nothing_finds_nothing)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
