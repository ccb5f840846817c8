#include "../unit.h"

#include "common/format/json.h"
#include "vault/serve/openapi.h"
#include "vault/serve/route.h"

#include <stdio.h>
#include <string.h>

static json_t *document;

static int begin(void **state)
{
	document = openapi_new("0.1.0");
	return document ? 0 : -1;
}

static int finish(void **state)
{
	json_decref(document);
	return 0;
}

// A path of the table as the document writes it, by other means than the code: word by word.
static void path_of(const char *path, char *ret, size_t room)
{
	char copy[200], *save = NULL;
	size_t at = 0;
	snprintf(copy, sizeof copy, "%s", path);
	for (char *s = strtok_r(copy, "/", &save); s; s = strtok_r(NULL, "/", &save))
		at += (size_t)snprintf(
			ret + at, room - at, *s == ':' ? "/{%s}" : "/%s", s + (*s == ':'));
}

static const char *method_of(enum door_method method)
{
	return method == DOOR_GET     ? "get"
	       : method == DOOR_POST  ? "post"
	       : method == DOOR_PATCH ? "patch"
	       : method == DOOR_PUT   ? "put"
				      : "delete";
}

static void every_route_of_the_api_is_there_and_nothing_else(void **state)
{
	size_t routes_of_api = 0, operations = 0;
	const char *key;
	json_t *item, *paths = json_object_get(document, "paths");
	for (size_t i = 0; i < route_count; i++) {
		char path[200];
		if (strncmp(routes[i].path, "/api", 4) != 0)
			continue;
		routes_of_api++;
		path_of(routes[i].path, path, sizeof path);
		json_t *operation =
			json_object_get(json_object_get(paths, path), method_of(routes[i].method));
		if (!operation)
			print_error("%s %s\n", method_of(routes[i].method), path);
		assert_non_null(operation);
		assert_string_equal(
			json_string_value(json_object_get(operation, "summary")), routes[i].help);
		if (routes[i].needs & NEEDS_BODY)
			assert_non_null(json_object_get(operation, "requestBody"));
		bool open = json_array_size(json_object_get(operation, "security")) == 0 &&
			    json_object_get(operation, "security");
		assert_int_equal(open, (routes[i].needs & NEEDS_NOBODY) != 0);
	}
	json_object_foreach(paths, key, item) operations += json_object_size(item);
	assert_int_equal(operations, routes_of_api);
	assert_true(routes_of_api > 30);
}

static void every_operation_has_a_name_of_its_own(void **state)
{
	const char *path, *method;
	json_t *item, *operation, *seen = json_object();
	json_object_foreach(json_object_get(document, "paths"), path, item)
	{
		json_object_foreach(item, method, operation)
		{
			const char *name =
				json_string_value(json_object_get(operation, "operationId"));
			assert_non_null(name);
			assert_int_equal(
				strspn(name,
					"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"),
				strlen(name));
			assert_null(json_object_get(seen, name));
			json_object_set_new(seen, name, json_true());
		}
	}
	json_decref(seen);
}

static const json_t *follow(const char *reference)
{
	const char *prefix = "#/components/schemas/";
	assert_int_equal(strncmp(reference, prefix, strlen(prefix)), 0);
	return json_object_get(json_object_get(json_object_get(document, "components"), "schemas"),
		reference + strlen(prefix));
}

static size_t references;

static void check_references(const json_t *at)
{
	const char *key;
	json_t *value;
	size_t i;
	json_object_foreach((json_t *)at, key, value)
	{
		if (strcmp(key, "$ref") == 0) {
			references++;
			assert_non_null(follow(json_string_value(value)));
		}
		check_references(value);
	}
	json_array_foreach(at, i, value) check_references(value);
}

static void whatever_is_named_is_described(void **state)
{
	check_references(document);
	assert_true(references > 100);
	static const char *const types[] = {"string", "integer", "boolean", "time", "object"};
	for (size_t i = 0; i < route_count; i++) {
		const struct route_field *const lists[] = {
			routes[i].query, routes[i].body, routes[i].answer};
		for (size_t n = 0; n < 3; n++)
			for (const struct route_field *f = lists[n]; f && f->name; f++) {
				size_t known = 0, length = strcspn(f->type, "[");
				for (size_t t = 0; t < 5; t++)
					known += strlen(types[t]) == length &&
						 strncmp(types[t], f->type, length) == 0;
				assert_true(known || (f->type[0] >= 'A' && f->type[0] <= 'Z'));
			}
	}
}

static void the_text_is_strict_json_and_bounded(void **state)
{
	struct buf text = {0};
	json_t *again = NULL;
	struct json_problem problem;
	openapi_write("0.1.0", &text);
	assert_ok(json_parse_strict(buf_bytes(&text), NULL, &again, &problem));
	assert_true(json_equal(again, document));
	assert_string_equal(json_string_value(json_object_get(again, "openapi")), "3.1.0");
	assert_true(text.size < 128 * 1024);
	json_decref(again);
	buf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_route_of_the_api_is_there_and_nothing_else),
		cmocka_unit_test(every_operation_has_a_name_of_its_own),
		cmocka_unit_test(whatever_is_named_is_described),
		cmocka_unit_test(the_text_is_strict_json_and_bounded),
	};
	return cmocka_run_group_tests(tests, begin, finish);
}
