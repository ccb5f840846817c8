#include "../unit.h"

#include "common/base/bytes.h"
#include "common/config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct config config;
static struct config_problem problem;
static struct arena *arena;

static int begin(void **state)
{
	(void)state;
	arena = arena_new();
	config_defaults(&config);
	problem = (struct config_problem){0};
	return 0;
}

static int finish(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static enum err read_text(const char *text)
{
	char path[] = "/tmp/config-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	enum err err = config_read(&config, path, false, arena, &problem);
	unlink(path);
	return err;
}

static enum err set(const char *key, const char *value)
{
	return config_set(&config, key, value, &problem);
}

static const char *value_of(size_t option)
{
	return *(const char *const *)((const char *)&config + config_options[option].offset);
}

static void every_option_has_a_default_that_it_accepts_and_a_sentence(void **state)
{
	(void)state;
	assert_int_equal(
		config_option_count * sizeof(char *), sizeof config); // no field is forgotten
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *o = &config_options[i];
		assert_string_equal(value_of(i), o->value);
		assert_ok(set(o->key, o->value));
		assert_int_equal(o->help[strlen(o->help) - 1], '.');
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(config_options[j].key, o->key);
			assert_true(config_options[j].offset != o->offset);
		}
	}
}

static void a_file_sets_what_it_names(void **state)
{
	(void)state;
	assert_err(read_text("name: St. Anna's\n"), ERR_INVALID);
	assert_ok(read_text("# the house\nname: Sankt Änna\nlisten: '[::1]:443'\nworkers: 4\n"));
	assert_string_equal(config.name, "Sankt Änna");
	assert_string_equal(config.listen, "[::1]:443");
	assert_string_equal(config.workers, "4");
	assert_string_equal(config.tls, "1.3");
	assert_ok(read_text(""));
	assert_ok(read_text("# nothing\n"));
}

static const struct wrong {
	const char *text;
	unsigned line;
	const char *words;
} wrong[] = {
	{"name: a\nlisen: 0.0.0.0:1\n", 2, "'lisen' is not an option"},
	{"name: a\n\ntls: 1.1\n", 3, "tls is 1.3 or 1.2"},
	{"name: a\nname: b\n", 2, "there already"},
	{"name: [a]\n", 1, "a value is expected"},
	{"name:\n  first: a\n", 2, "a value is expected"},
	{"- name\n", 1, "options and their values"},
	{"name\n", 1, "options and their values"},
	{"name: 'a\n", 2, "not YAML"},
	{"name: &a b\n", 1, "anchors"},
	{"? [a]\n: b\n", 1, "a key must be a word"},
	{"name: a\n---\nname: b\n", 3, "more than one document"},
	{"name: \"a\\nb\"\n", 1, "control characters"},
	{"name: \"a\\0b\"\n", 1, "not text"},
};

static void what_is_wrong_is_refused_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		enum err err = read_text(wrong[i].text);
		if (err == OK || problem.line != wrong[i].line ||
			!strstr(problem.text, wrong[i].words))
			print_error("%s: line %u: %s\n", wrong[i].text, problem.line, problem.text);
		assert_true(err == ERR_INVALID || err == ERR_SYNTAX);
		assert_int_equal(problem.line, wrong[i].line);
		assert_non_null(strstr(problem.text, wrong[i].words));
	}
}

static void addresses(void **state)
{
	(void)state;
	static const char *const fine[] = {
		"0.0.0.0:8443", "127.0.0.1:1", "10.1.2.3:65535", "[::]:443", "[2001:db8::1]:8443"};
	static const char *const bad[] = {"", "8443", ":8443", "0.0.0.0", "0.0.0.0:", "0.0.0.0:0",
		"0.0.0.0:65536", "0.0.0.0:99999999999", "0.0.0.0:+1", "0.0.0.0:1 ", " 0.0.0.0:1",
		"hospital.example:443", "::1:443", "[::1]", "[]:1", "[0.0.0.0]:1", "0.0.0.0:1;",
		"[::1:1", "256.0.0.1:1", "0.0.0.0:0443", "0.0.0.0:443 default_server"};
	for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
		assert_ok(set("listen", fine[i]));
		assert_string_equal(config.listen, fine[i]);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_err(set("listen", bad[i]), ERR_INVALID);
		assert_string_equal(config.listen, fine[4]); // as it was
	}
}

static void numbers_of_workers(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"", "0", "-1", "257", "auto ", "4;", "1e3", "00004", "99999999999"};
	assert_ok(set("workers", "auto"));
	assert_ok(set("workers", "1"));
	assert_ok(set("workers", "256"));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_err(set("workers", bad[i]), ERR_INVALID);
}

// Paths are written into the configuration of nginx, where each of these begins something else.
static void nothing_breaks_out_of_a_path(void **state)
{
	(void)state;
	static const char *const bad[] = {"/a;b", "/a{", "/a}", "/a\"", "/a'", "/a\\", "/a\nb",
		"/a\rb", "/a\tb", "/a b", "/a$uri", "/a #b", "/a\x7f", "/a\x01"};
	for (size_t o = 0; o < config_option_count; o++)
		for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
			bool words = strcmp(config_options[o].key, "name") == 0 ||
				     strcmp(config_options[o].key, "test") == 0;
			if (words && strpbrk(bad[i], " $"))
				continue; // these reach no file
			assert_err(set(config_options[o].key, bad[i]), ERR_INVALID);
		}
	assert_ok(set("state", "/srv/häuser/a-b_c.d"));
}

static void a_path_that_must_be_there_is_not_empty(void **state)
{
	(void)state;
	static const char *const needed[] = {
		"state", "console", "rules", "modules", "nginx", "destinations"};
	static const char *const optional[] = {
		"certificate", "certificate-key", "passphrase", "witness"};
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
		assert_err(set(needed[i], ""), ERR_INVALID);
	for (size_t i = 0; i < sizeof optional / sizeof *optional; i++)
		assert_ok(set(optional[i], ""));
}

static void values_have_a_ceiling(void **state)
{
	(void)state;
	char value[CONFIG_VALUE_BYTES + 2];
	memset(value, 'a', sizeof value);
	value[CONFIG_VALUE_BYTES] = 0;
	assert_ok(set("name", value));
	assert_ok(set("state", value));
	value[CONFIG_VALUE_BYTES] = 'a';
	value[CONFIG_VALUE_BYTES + 1] = 0;
	assert_err(set("name", value), ERR_INVALID);
	assert_err(set("state", value), ERR_INVALID);
	assert_err(set(value, "x"), ERR_INVALID); // and a key of any length has its words
	assert_non_null(strstr(problem.text, "is not an option"));
}

static void a_missing_file_is_fine_only_where_it_may_be(void **state)
{
	(void)state;
	assert_ok(config_read(&config, "/nonexistent/a.yaml", true, arena, &problem));
	assert_err(config_read(&config, "/nonexistent/a.yaml", false, arena, &problem), ERR_IO);
	assert_err(
		config_read(&config, "/tmp", true, arena, &problem), ERR_IO); // a folder is no file
	assert_string_equal(problem.text, "cannot be read");
	assert_err(config_read(&config, "/dev/zero", true, arena, &problem), ERR_LIMIT);
}

static void what_is_switched_off_is_named_whole(void **state)
{
	(void)state;
	assert_false(config_test(&config, "sync"));
	assert_false(config_test(&config, ""));
	assert_ok(set("test", "no-trail-sync,weak-sync,sync"));
	assert_true(config_test(&config, "no-trail-sync"));
	assert_true(config_test(&config, "weak-sync"));
	assert_true(config_test(&config, "sync")); // though it is also the end of others
	assert_false(config_test(&config, "trail-sync"));
	assert_false(config_test(&config, "no-trail"));
	assert_false(config_test(&config, "no-trail-sync,"));
	assert_false(config_test(&config, ""));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_option_has_a_default_that_it_accepts_and_a_sentence),
		TEST(a_file_sets_what_it_names),
		TEST(what_is_wrong_is_refused_with_its_line),
		TEST(addresses),
		TEST(numbers_of_workers),
		TEST(nothing_breaks_out_of_a_path),
		TEST(a_path_that_must_be_there_is_not_empty),
		TEST(values_have_a_ceiling),
		TEST(a_missing_file_is_fine_only_where_it_may_be),
		TEST(what_is_switched_off_is_named_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
