#include "taken.h"

#include "common/format/stix.h"
#include "common/format/stix_pattern.h"

#define ID "indicator--0c7e22ad-b099-4dc3-b0df-2ea3f49ae2e6"

static enum err parse(struct taken *t, struct stix_page *page, const char *text)
{
	const struct indicator_taker taker = {on_take, on_left, t};
	return stix_parse(bytes_text(text), &taker, page);
}

static void all_of_an_indicator(void **state)
{
	struct taken t = {0};
	(void)state;
	assert_ok(parse(&t, NULL,
		"{\"type\":\"bundle\",\"id\":\"bundle--1\",\"objects\":["
		"{\"type\":\"identity\",\"id\":\"identity--1\",\"name\":\"CERT Example\"},"
		"{\"type\":\"marking-definition\",\"id\":\"marking-definition--own\","
		"\"definition_type\":\"tlp\",\"definition\":{\"tlp\":\"red\"}},"
		"{\"type\":\"malware\",\"id\":\"malware--1\"},"
		"{\"type\":\"indicator\",\"id\":\"" ID "\",\"name\":\"Command server\","
		"\"pattern_type\":\"stix\",\"pattern\":\"[ipv4-addr:value = '192.0.2.7'] OR "
		"[domain-name:value IN ('bad.example', 'worse.example')]\","
		"\"valid_from\":\"2026-01-01T00:00:00Z\",\"valid_until\":\"2026-02-01T00:00:00Z\","
		"\"confidence\":80,\"created_by_ref\":\"identity--1\",\"object_marking_refs\":["
		"\"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82\","
		"\"marking-definition--own\"]}]}"));
	assert_int_equal(t.count, 3);
	assert_int_equal(t.left_count, 0);
	assert_string_equal(t.at[0].value, "192.0.2.7");
	assert_string_equal(t.at[2].value, "worse.example");
	const struct indicator *i = &t.at[1];
	assert_int_equal(i->kind, OBSERVABLE_DOMAIN);
	assert_string_equal(i->id, ID);
	assert_string_equal(i->name, "Command server");
	assert_string_equal(i->author, "CERT Example");
	assert_int_equal(i->tlp, TLP_RED);
	assert_int_equal(i->sure, 80);
	assert_int_equal(i->since_us, 1767225600000000);
	assert_int_equal(i->until_us, 1769904000000000);
	assert_false(i->revoked);
}

static void an_envelope_and_its_pages(void **state)
{
	struct taken t = {0};
	struct stix_page page;
	(void)state;
	assert_ok(parse(&t, &page,
		"{\"more\":true,\"next\":\"page 2\",\"objects\":[{\"type\":\"indicator\",\"id\":\"" ID
		"\",\"revoked\":true,\"pattern\":\"[url:value = 'http://bad.example']\"}]}"));
	assert_true(page.more);
	assert_string_equal(page.next, "page 2");
	assert_int_equal(page.objects, 1);
	assert_true(t.at[0].revoked);
	assert_string_equal(t.at[0].value, "http://bad.example/");
	assert_int_equal(t.at[0].sure, INDICATOR_SURE_UNKNOWN);
	assert_ok(parse(&t, &page, "{}"));
	assert_false(page.more);
	assert_err(parse(&t, &page, "[]"), ERR_INVALID);
	assert_err(parse(&t, &page, "{\"error\":\"no\"}"), ERR_INVALID);
	assert_err(parse(&t, &page, "{\"type\":\"bundle\",\"objects\":7}"), ERR_INVALID);
	assert_err(parse(&t, &page, "<html>"), ERR_SYNTAX);
	assert_int_equal(t.count, 1);
}

static void what_is_left_is_told(void **state)
{
	struct taken t = {0};
	(void)state;
	assert_ok(parse(&t, NULL,
		"{\"objects\":["
		"{\"type\":\"indicator\",\"id\":\"a\",\"pattern\":\"[file:name = 'x']\"},"
		"{\"type\":\"indicator\",\"id\":\"b\",\"pattern\":\"alert tcp\",\"pattern_type\":\"snort\"},"
		"{\"type\":\"indicator\",\"id\":\"c\",\"confidence\":900,\"pattern\":\"[url:value = 'x']\"},"
		"{\"type\":\"indicator\",\"id\":\"d\"},"
		"{\"type\":\"indicator\",\"id\":\"e\",\"pattern\":\"[ipv4-addr:value = '0.0.0.0/0']\"},"
		"{\"type\":\"indicator\",\"pattern\":\"[ipv4-addr:value = '192.0.2.1']\"}]}"));
	static const char *const left[] = {"a: an object or a property that is not compared here",
		"b: a pattern in another language than STIX",
		"c: a confidence that is not between 0 and 100", "d: it has no pattern",
		"e: it would match almost everybody",
		"an indicator without an id: an indicator without an id"};
	assert_int_equal(t.count, 0);
	assert_int_equal(t.left_count, 6);
	for (size_t i = 0; i < 6; i++)
		assert_string_equal(t.left[i], left[i]);
}

static void on_value(void *context, enum observable kind, struct bytes text)
{
	char *out = context;
	sprintf(out + strlen(out), "%s=%.*s ", observable_text(kind), (int)text.size,
		(const char *)text.at);
}

static void patterns(void **state)
{
	static const struct {
		const char *text, *values;
		enum err err;
	} rows[] = {
		{"[ipv4-addr:value = '192.0.2.1']", "address=192.0.2.1 ", OK},
		{"([ipv6-addr:value ISSUBSET '2001:db8::/32'])", "address=2001:db8::/32 ", OK},
		{"[(url:value='a' OR url:value='b')] OR [domain-name:value IN ('c','d')]",
			"url=a url=b domain=c domain=d ", OK},
		{"[file:hashes.'SHA-256' = 'x' OR file:hashes.MD5 = 'y']", "hash=x hash=y ", OK},
		{"[network-traffic:dst_ref.value = '192.0.2.1']", "address=192.0.2.1 ", OK},
		{"[url:value = 'it\\'s \\\\']", "url=it's \\ ", OK},
		{"[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'A']",
			"agent=A ", OK},
		{"[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' LIKE "
		 "'%sqlmap%']",
			"agent-part=sqlmap ", OK},
		{"[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' LIKE "
		 "'sql%']",
			"", ERR_UNSUPPORTED},
		{"[url:value = 'a' AND url:value = 'b']", "", ERR_UNSUPPORTED},
		{"[url:value = 'a'] AND [url:value = 'b']", "", ERR_UNSUPPORTED},
		{"[url:value = 'a'] FOLLOWEDBY [url:value = 'b']", "", ERR_UNSUPPORTED},
		{"[url:value = 'a'] WITHIN 5 SECONDS", "", ERR_UNSUPPORTED},
		{"[url:value != 'a']", "", ERR_UNSUPPORTED},
		{"[url:value NOT = 'a']", "", ERR_UNSUPPORTED},
		{"[url:value MATCHES 'a']", "", ERR_UNSUPPORTED},
		{"[url:value = 'a' OR file:name = 'b']", "", ERR_UNSUPPORTED},
		{"[url:value = 'a'", "", ERR_SYNTAX},
		{"[url:value = 'a]", "", ERR_SYNTAX},
		{"url:value = 'a'", "", ERR_SYNTAX},
		{"[url:value = 'a'])", "", ERR_SYNTAX},
		{"[url:value = 'a'] [url:value = 'b']", "", ERR_SYNTAX},
		{"[url:value IN ()]", "", ERR_SYNTAX},
		{"", "", ERR_SYNTAX},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char out[500] = "";
		const char *why = NULL;
		assert_err(
			stix_pattern(bytes_text(rows[i].text), on_value, out, &why), rows[i].err);
		assert_string_equal(out, rows[i].values);
		assert_true(!rows[i].err || why);
	}
}

int main(void)
{
	json_init();
	const struct CMUnitTest tests[] = {cmocka_unit_test(all_of_an_indicator),
		cmocka_unit_test(an_envelope_and_its_pages), cmocka_unit_test(what_is_left_is_told),
		cmocka_unit_test(patterns)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
