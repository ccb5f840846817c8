#include "../unit.h"

#include "common/format/json.h"
#include "watch/intelligence/warnings.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *find(const struct warnings *w, enum observable kind, const char *text)
{
	struct indicator one = {0};
	enum err err = indicator_set(&one, kind, bytes_text(text));
	assert_true(!err || err == ERR_INVALID);
	return warnings_find(w, &one);
}

static void add(struct warnings *w, const char *type, const char *list)
{
	char json[500];
	snprintf(json, sizeof json, "{\"name\":\"%s\",\"type\":\"%s\",\"list\":[%s]}", type, type,
		list);
	assert_ok(warnings_add(w, bytes_text(json)));
}

static void what_is_listed(void **state)
{
	struct warnings *w = warnings_new();
	(void)state;
	add(w, "cidr", "\"10.0.0.0/8\",\"9.9.9.9\",\"2001:db8::/32\"");
	add(w, "hostname", "\"www.example.com\",\".hospital.example\"");
	add(w, "string", "\"d41d8cd98f00b204e9800998ecf8427e\"");
	add(w, "substring", "\"mozilla/5.0\"");
	warnings_ready(w);
	assert_string_equal(find(w, OBSERVABLE_ADDRESS, "10.1.2.3"), "cidr");
	assert_string_equal(find(w, OBSERVABLE_ADDRESS, "9.9.0.0/16"), "cidr"); // contains one
	assert_string_equal(find(w, OBSERVABLE_ADDRESS, "0.0.0.0/0"), "cidr");
	assert_string_equal(find(w, OBSERVABLE_ADDRESS, "2001:db8::1"), "cidr");
	assert_null(find(w, OBSERVABLE_ADDRESS, "192.0.2.1"));
	assert_string_equal(find(w, OBSERVABLE_DOMAIN, "www.example.com"), "hostname");
	assert_string_equal(find(w, OBSERVABLE_DOMAIN, "example.com"), "hostname"); // above it
	assert_null(find(w, OBSERVABLE_DOMAIN, "evil.www.example.com"));
	assert_string_equal(find(w, OBSERVABLE_DOMAIN, "pc7.hospital.example"), "hostname");
	assert_null(find(w, OBSERVABLE_DOMAIN, "nothospital.example"));
	assert_string_equal(find(w, OBSERVABLE_HASH, "d41d8cd98f00b204e9800998ecf8427e"), "string");
	assert_string_equal(find(w, OBSERVABLE_AGENT, "Mozilla/5.0 (X11)"), "substring");
	assert_string_equal(find(w, OBSERVABLE_URL, "http://www.example.com"), "hostname");
	assert_null(find(w, OBSERVABLE_URL, "http://www.example.com/evil.exe"));
	warnings_free(w);
}

static void our_own_are_lists(void **state)
{
	const char *rules = getenv("RULES");
	char path[500];
	static char text[100000];
	struct warnings *w = warnings_new();
	struct dirent *one;
	size_t lists = 0;
	(void)state;
	snprintf(path, sizeof path, "%s/intelligence/warninglists", rules);
	DIR *dir = opendir(path);
	assert_non_null(dir);
	while ((one = readdir(dir))) {
		if (*one->d_name == '.')
			continue;
		snprintf(path, sizeof path, "%s/intelligence/warninglists/%s", rules, one->d_name);
		FILE *file = fopen(path, "r");
		assert_non_null(file);
		size_t size = fread(text, 1, sizeof text, file);
		fclose(file);
		assert_ok(warnings_add(w, bytes_of(text, size)));
		lists++;
	}
	closedir(dir);
	warnings_ready(w);
	assert_true(lists >= 4 && warnings_count(w) == lists);
	assert_non_null(find(w, OBSERVABLE_ADDRESS, "192.168.1.1"));
	assert_non_null(find(w, OBSERVABLE_ADDRESS, "8.8.8.8"));
	assert_non_null(find(w, OBSERVABLE_DOMAIN, "google.com"));
	assert_null(find(w, OBSERVABLE_DOMAIN, "bad.example"));
	warnings_free(w);
}

int main(void)
{
	json_init();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_listed), cmocka_unit_test(our_own_are_lists)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
