#include "taken.h"

#include "common/format/misp.h"

#define UUID "5b1e9a3e-0000-4000-8000-00000000000"

static void an_event(void **state)
{
	struct taken t = {0};
	const struct indicator_taker taker = {on_take, on_left, &t};
	(void)state;
	assert_ok(misp_event(
		bytes_text(
			"{\"Event\":{\"uuid\":\"" UUID "1\",\"info\":\"Phishing wave\","
			"\"Orgc\":{\"name\":\"CERT Example\"},\"Tag\":[{\"name\":\"tlp:green\"}],"
			"\"Attribute\":["
			"{\"uuid\":\"" UUID "2\",\"type\":\"ip-dst\",\"to_ids\":true,"
			"\"value\":\"192.0.2.9\",\"timestamp\":\"1767225600\",\"comment\":\"C2\","
			"\"Tag\":[{\"name\":\"tlp:red\"},"
			"{\"name\":\"misp:confidence-level=\\\"usually-confident\\\"\"}]},"
			"{\"uuid\":\"" UUID "3\",\"type\":\"ip-dst\",\"to_ids\":false,"
			"\"value\":\"192.0.2.10\"},"
			"{\"uuid\":\"" UUID "4\",\"type\":\"email-src\",\"to_ids\":true,"
			"\"value\":\"x@bad.example\"},"
			"{\"uuid\":\"" UUID "5\",\"type\":\"domain|ip\",\"to_ids\":true,"
			"\"value\":\"bad.example|192.0.2.11\"}],"
			"\"Object\":[{\"Attribute\":[{\"uuid\":\"" UUID
			"6\",\"type\":\"user-agent\","
			"\"to_ids\":true,\"value\":\"Evil/1.0\",\"deleted\":true}]}]}}"),
		&taker));
	assert_int_equal(t.count, 4);
	assert_string_equal(t.at[0].value, "192.0.2.9");
	assert_string_equal(t.at[0].name, "C2");
	assert_string_equal(t.at[0].author, "CERT Example");
	assert_int_equal(t.at[0].tlp, TLP_RED);
	assert_int_equal(t.at[0].sure, 75);
	assert_int_equal(t.at[0].since_us, 1767225600000000);
	assert_string_equal(t.at[1].value, "bad.example");
	assert_int_equal(t.at[1].tlp, TLP_GREEN);
	assert_string_equal(t.at[1].name, "Phishing wave");
	assert_string_equal(t.at[2].value, "192.0.2.11");
	assert_true(t.at[3].revoked);
	assert_int_equal(t.left_count, 1);
	assert_string_equal(t.left[0], UUID "4: a type of attribute that is not compared here");
}

static void what_is_no_event(void **state)
{
	static const char *const bad[] = {"{}", "[]", "{\"response\":[{}]}", "{\"response\":[7]}"};
	struct taken t = {0};
	const struct indicator_taker taker = {on_take, on_left, &t};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_err(misp_event(bytes_text(bad[i]), &taker), ERR_INVALID);
	assert_err(misp_event(bytes_text("<"), &taker), ERR_SYNTAX);
	assert_int_equal(t.count + t.left_count, 0);
}

static void on_row(void *context, const char *uuid, int64_t changed_s)
{
	snprintf(context, 100, "%s %lld", uuid, (long long)changed_s);
}

static void a_manifest(void **state)
{
	char out[100] = "";
	(void)state;
	assert_ok(misp_manifest(
		bytes_text("{\"" UUID "1\":{\"timestamp\":\"1767225600\",\"info\":\"x\"}}"), on_row,
		out));
	assert_string_equal(out, UUID "1 1767225600");
	assert_err(
		misp_manifest(bytes_text("{\"../../etc/passwd\":{}}"), on_row, out), ERR_INVALID);
	assert_err(misp_manifest(bytes_text("{\"" UUID "1\":7}"), on_row, out), ERR_INVALID);
}

static void on_warning(void *context, const struct misp_warnings *list, const char *text)
{
	char *out = context;
	sprintf(out + strlen(out), "%s/%d/%s ", list->name, list->kind, text);
}

static void warning_lists(void **state)
{
	char out[200] = "";
	(void)state;
	assert_ok(misp_warning_list(bytes_text("{\"name\":\"Resolvers\",\"type\":\"cidr\","
					       "\"list\":[\"192.0.2.53\",\"198.51.100.0/24\"]}"),
		on_warning, out));
	assert_string_equal(out, "Resolvers/0/192.0.2.53 Resolvers/0/198.51.100.0/24 ");
	assert_err(misp_warning_list(bytes_text("{\"name\":\"x\",\"type\":\"regex\",\"list\":[]}"),
			   on_warning, out),
		ERR_UNSUPPORTED);
	assert_err(misp_warning_list(
			   bytes_text("{\"name\":\"x\",\"list\":[\"a\",1]}"), on_warning, out),
		ERR_INVALID);
	assert_err(misp_warning_list(bytes_text("{\"list\":[]}"), on_warning, out), ERR_INVALID);
}

int main(void)
{
	json_init();
	const struct CMUnitTest tests[] = {cmocka_unit_test(an_event),
		cmocka_unit_test(what_is_no_event), cmocka_unit_test(a_manifest),
		cmocka_unit_test(warning_lists)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
