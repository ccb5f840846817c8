#include "../unit.h"

#include "courier/destinations.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct arena *arena;

static int begin(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int finish(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static const struct destinations *parse(const char *text)
{
	return destinations_parse(bytes_text(text), arena);
}

// A file with that content; readable by everybody only where `mode` says so.
static const char *file(const char *content, mode_t mode)
{
	char *path = arena_text(arena, "/tmp/destination-XXXXXX");
	int fd = mkstemp(path);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	fchmod(fd, mode);
	close(fd);
	return path;
}

static void a_file_names_who_is_there(void **state)
{
	(void)state;
	const struct destinations *all = parse("box:\n"
					       "  kind: mail\n"
					       "  url: smtps://mail.example.org\n"
					       "  from: h@example.org\n"
					       "  recipients: [a@example.org, b@example.org]\n"
					       "  timeout: 2m\n"
					       "siem:\n"
					       "  kind: syslog\n"
					       "  url: tls://[2001:db8::1]:7000\n"
					       "  facility: local7\n"
					       "  max-size: 8KB\n"
					       "hook:\n"
					       "  kind: webhook\n"
					       "  url: https://hook.example.org/a?b=c\n"
					       "  proxy: http://proxy.example.org:3128\n"
					       "  retries: 7\n"
					       "  backoff: 10s\n"
					       "  backoff-most: 2h\n"
					       "  expiry: 3d\n"
					       "  headers: {X-Ward: A 3}\n"
					       "taxii:\n"
					       "  kind: feed\n"
					       "  url: https://taxii.example.org/x/\n"
					       "  accept: application/taxii+json;version=2.1\n"
					       "  max-size: 200MB\n");
	assert_string_equal(all->problem, "");
	assert_int_equal(all->count, 4);
	const struct destination *box = destinations_find(all, "box");
	assert_int_equal(box->kind, DESTINATION_MAIL);
	assert_string_equal(box->recipients[1], "b@example.org");
	assert_null(box->recipients[2]);
	assert_string_equal(box->end.host, "mail.example.org");
	assert_int_equal(box->end.port, 465);
	assert_int_equal(box->timeout_ms, 120000);
	const struct destination *siem = destinations_find(all, "siem");
	assert_string_equal(siem->url, "https://[2001:db8::1]:7000");
	assert_string_equal(siem->end.host, "2001:db8::1");
	assert_int_equal(siem->end.port, 7000);
	assert_int_equal(siem->facility, 23);
	assert_int_equal(siem->most_bytes, 8192);
	const struct destination *hook = destinations_find(all, "hook");
	assert_string_equal(destination_end(hook)->host, "proxy.example.org");
	assert_int_equal(destination_end(hook)->port, 3128);
	assert_int_equal(hook->retries, 7);
	assert_int_equal(hook->backoff_ms, 10000);
	assert_int_equal(hook->backoff_most_ms, 7200000);
	assert_int_equal(hook->expiry_ms, 259200000);
	assert_string_equal(hook->headers[0], "X-Ward: A 3");
	assert_int_equal(destinations_find(all, "taxii")->most_bytes, 200 * 1024 * 1024);
	assert_null(destinations_find(all, "nobody"));
	assert_int_equal(parse("")->count, 0);
	assert_string_equal(parse("")->problem, "");
}

#define HOOK "hook:\n  kind: webhook\n  url: https://h.example/\n"
#define BOX                                                                                        \
	"box:\n  kind: mail\n  url: smtp://m.example\n  from: a@b.example\n  recipients: c@d.example\n"

static const struct wrong {
	const char *text;
	unsigned line;
	const char *words;
} wrong[] = {
	{"- a\n", 1, "names of destinations"},
	{"Hook:\n  kind: webhook\n", 2, "a-z"},
	{"a b:\n  kind: webhook\n", 2, "a-z"},
	{"-a:\n  kind: webhook\n", 2, "a-z"},
	{"hook: https://h.example/\n", 1, "has a kind"},
	{"hook:\n  kind: pigeon\n", 2, "has a kind"},
	{"hook:\n  kind: webhook\n", 2, "a url is needed"},
	{HOOK "  colour: red\n", 4, "colour: this is not an option"},
	{HOOK "  from: a@b.example\n", 4, "no such option"},
	{HOOK HOOK, 4, "there already"},
	{"hook:\n  kind: webhook\n  url: http://h.example/\n", 2, "only for this machine"},
	{"hook:\n  kind: webhook\n  url: http://h.example/\n  insecure: yes\n", 2, "only for this"},
	{"hook:\n  kind: webhook\n  url: http://127.0.0.1/\n", 2, "insecure: yes"},
	{"hook:\n  kind: webhook\n  url: http://127.0.0.1.h.example/\n  insecure: yes\n", 2,
		"only for this"},
	{HOOK "  insecure: yes\n", 2, "only for this"},
	{HOOK "  insecure: maybe\n", 4, "yes or no"},
	{"hook:\n  kind: webhook\n  url: ftp://h.example/\n", 3, "https, smtps"},
	{"hook:\n  kind: webhook\n  url: file:///etc/passwd\n", 3, "url: "},
	{"hook:\n  kind: webhook\n  url: smtps://h.example/\n", 2, "does not fit"},
	{"hook:\n  kind: webhook\n  url: https://u:p@h.example/\n", 3, "belong into a file"},
	{"hook:\n  kind: webhook\n  url: https://h.example/#a\n", 3, "an address is expected"},
	{"hook:\n  kind: webhook\n  url: https://h.example:0/\n", 3, "url: "},
	{"hook:\n  kind: webhook\n  url: https://h.example:70000/\n", 3, "url: "},
	{"hook:\n  kind: webhook\n  url: \"https://h.example/\\r\\nX: y\"\n", 3, "one line"},
	{"hook:\n  kind: webhook\n  url: https://h.ex ample/\n", 3, "an address is expected"},
	{HOOK "  proxy: tls://p.example\n", 2, "http or https"},
	{HOOK "  timeout: 30\n", 4, "a time is expected"},
	{HOOK "  timeout: 0s\n", 4, "a time is expected"},
	{HOOK "  timeout: -1s\n", 4, "a time is expected"},
	{HOOK "  timeout: 2h\n", 4, "too long"},
	{HOOK "  timeout: 99999999999s\n", 4, "a time is expected"},
	{HOOK "  expiry: 31d\n", 4, "too long"},
	{HOOK "  max-size: 2MB\n", 4, "1MB is the most"},
	{HOOK "  retries: many\n", 4, "a number"},
	{HOOK "  backoff: 1h\n  backoff-most: 1m\n", 2, "less than backoff"},
	{HOOK "  headers: {Host: a}\n", 4, "courier's own"},
	{HOOK "  headers: {X Y: a}\n", 4, "headers and"},
	{HOOK "  headers: {X: \"a\\nb\"}\n", 4, "headers and"},
	{HOOK "  headers: x\n", 4, "headers and"},
	{HOOK "  addresses: 10.0.0.0/8\n", 4, "a list of networks"},
	{HOOK "  addresses: [10.0.0.0/33]\n", 4, "a network"},
	{HOOK "  addresses: [example.org]\n", 4, "a network"},
	{HOOK "  addresses: ['::1/129']\n", 4, "a network"},
	{HOOK "  ca: relative.pem\n", 4, "path"},
	{HOOK "  ca: /nonexistent/ca.pem\n", 4, "cannot be read"},
	{HOOK "  ca: /tmp\n", 4, "cannot be read"},
	{HOOK "  secret: /nonexistent/s\n", 4, "cannot be read"},
	{BOX "  retries: 0\n", 6, "a number"},
	{"box:\n  kind: mail\n  url: smtp://m.example\n  from: a@b.example\n", 2,
		"from and recipients"},
	{"box:\n  kind: mail\n  url: smtp://m.example\n  from: a b@c.example\n", 4, "mail address"},
	{"box:\n  kind: mail\n  url: smtp://m.example\n  from: \"a@b.example>\\r\\nX: y\"\n", 4,
		"mail address"},
	{"box:\n  kind: mail\n  url: smtp://m.example\n  recipients: [a@b.example, c]\n", 4,
		"mail address"},
	{"s:\n  kind: syslog\n  url: tls://h.example\n  facility: kern\n", 4, "local7"},
	{"s:\n  kind: syslog\n  url: https://h.example\n", 2, "does not fit"},
	{"f:\n  kind: feed\n  url: https://h.example/\n  max-size: 257MB\n", 4,
		"256MB is the most"},
	{"f:\n  kind: feed\n  url: https://h.example/\n  retries: 3\n", 4, "no such option"},
};

static void what_is_wrong_is_refused_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		const struct destinations *all = parse(wrong[i].text);
		if (all->line != wrong[i].line || !strstr(all->problem, wrong[i].words))
			print_error("%s: %u: %s\n", wrong[i].text, all->line, all->problem);
		assert_non_null(strstr(all->problem, wrong[i].words));
		assert_int_equal(all->line, wrong[i].line);
		assert_int_equal(all->count, 0); // and nobody is a destination
	}
}

static const char *with(const char *before, const char *path)
{
	return arena_printf(arena, "%s%s\n", before, path);
}

static void secrets_are_kept_from_others(void **state)
{
	(void)state;
	static const char *const fine[] = {
		"user: me\npassword: 'a b'\n", "token: abc\n", "authorization: Key abc\n"};
	static const char *const bad[] = {"", "me:word\n", "user: me\n", "password: x\n",
		"user: me\npassword: x\ntoken: y\n", "token: \"a\\r\\nb\"\n", "pin: 1\n", "- a\n"};
	for (size_t i = 0; i < 3; i++) {
		const char *path = file(fine[i], 0640);
		assert_string_equal(parse(with(HOOK "  credentials: ", path))->problem, "");
		chmod(path, 0644);
		assert_non_null(strstr(parse(with(HOOK "  credentials: ", path))->problem,
			"everybody on this machine"));
		unlink(path);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		const char *path = file(bad[i], 0600);
		assert_string_not_equal(parse(with(HOOK "  credentials: ", path))->problem, "");
		unlink(path);
	}
	const char *token = file(fine[1], 0600);
	assert_string_equal(
		parse(with(HOOK "  credentials: ", token))->list[0].credentials.authorization,
		"Bearer abc");
	assert_non_null(strstr(parse(with(BOX "  credentials: ", token))->problem, "a user"));
	unlink(token);
}

static void a_webhooks_secret_has_its_form(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool fine;
	} cases[] = {{"whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz\n", true},
		{"whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", true},
		{"whsec_MDEyMzQ1Njc4OTA=", false},
		{"whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMw==", false},
		{"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz", false}, {"whsec_!", false}, {"whsec_", false}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *path = file(cases[i].text, 0600);
		const struct destinations *all = parse(with(HOOK "  secret: ", path));
		assert_int_equal(all->count, cases[i].fine);
		if (cases[i].fine)
			assert_memory_equal(all->list[0].secret.at, "012345678901234567890123", 24);
		unlink(path);
	}
}

// ---- Addresses.

static bool may(const char *more, const char *address, unsigned port)
{
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	const struct destinations *all = parse(with("h:\n  kind: webhook\n  url: ", more));
	assert_string_equal(all->problem, "");
	if (inet_pton(AF_INET, address, &four.sin_addr) == 1)
		return destination_allows(&all->list[0], (struct sockaddr *)&four);
	assert_int_equal(inet_pton(AF_INET6, address, &six.sin6_addr), 1);
	return destination_allows(&all->list[0], (struct sockaddr *)&six);
}

static void a_name_may_lead_to_others_machines_alone(void **state)
{
	(void)state;
	static const char *const fine[] = {
		"10.1.2.3", "192.168.0.1", "198.51.100.7", "fd00::1", "2a00::1", "::ffff:10.1.2.3"};
	static const char *const bad[] = {"127.0.0.1", "127.9.9.9", "0.0.0.0", "169.254.169.254",
		"224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "ff02::1",
		"::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1",
		"2002:7f00:1::"};
	for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
		assert_true(may("https://h.example/", fine[i], 443));
		assert_false(may("https://h.example/", fine[i], 444));
		assert_false(may("https://localhost/", fine[i], 443));
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(may("https://h.example/", bad[i], 443));
}

static void what_is_named_is_where_it_may_go(void **state)
{
	(void)state;
	assert_true(may("https://localhost:99/", "127.0.0.1", 99));
	assert_true(may("https://localhost:99/", "::1", 99));
	assert_false(may("https://localhost:99/", "10.0.0.1", 99));
	assert_true(may("https://127.0.0.1:99/", "127.0.0.1", 99));
	assert_false(may("https://127.0.0.1:99/", "127.0.0.2", 99));
	assert_false(may("https://127.0.0.1:99/", "::1", 99));
	assert_true(may("https://[2001:db8::5]/", "2001:db8::5", 443));
	assert_false(may("https://[2001:db8::5]/", "2001:db8::6", 443));
	static const char within[] =
		"https://h.example/\n  addresses: [10.1.16.0/20, '2001:db8::/33']";
	assert_true(may(within, "10.1.31.255", 443));
	assert_false(may(within, "10.1.32.0", 443));
	assert_true(may(within, "2001:db8:7fff::1", 443));
	assert_false(may(within, "2001:db8:8000::1", 443));
	assert_true(may(within, "::ffff:10.1.16.1", 443));
	static const char proxied[] = "https://h.example/\n  proxy: http://localhost:3128";
	assert_true(may(proxied, "127.0.0.1", 3128)); // it is the proxy that is connected to
	assert_false(may(proxied, "127.0.0.1", 443));
	assert_false(may(proxied, "10.0.0.1", 443));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_names_who_is_there),
		TEST(what_is_wrong_is_refused_with_its_line),
		TEST(secrets_are_kept_from_others),
		TEST(a_webhooks_secret_has_its_form),
		TEST(a_name_may_lead_to_others_machines_alone),
		TEST(what_is_named_is_where_it_may_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
