#include "sample.h"

#include "common/base/time.h"
#include "common/format/fhir_check.h"
#include "common/format/fhir_match.h"
#include "common/format/fhir_type.h"

static const char patient[] =
	"{'resourceType':'Patient','id':'1','active':true,'gender':'female',"
	"'identifier':[{'system':'s','value':'77'},{'value':'88'}],"
	"'name':[{'family':'Müller-Østergård','given':['Anna']}],'birthDate':'1980-06-15',"
	"'maritalStatus':{'text':'x'},'communication':[{'language':{'coding':[{'system':'bcp',"
	"'code':'de','display':'German'}],'text':'Deutsch'}}],"
	"'managingOrganization':{'reference':'Organization/o'}}";
static const char observation[] =
	"{'resourceType':'Observation','status':'final','code':{'coding':[{'system':'l','code':'a'}]},"
	"'subject':{'reference':'Patient/1'},'focus':[{'reference':'https://o.org/Patient/9'}],"
	"'effectivePeriod':{'start':'2020-03','end':'2020-05'},"
	"'valueQuantity':{'value':5.40,'unit':'milligram','system':'u','code':'mg'},"
	"'performer':[{'identifier':{'system':'s','value':'7'}}]}";

struct row {
	const char *key, *text;
	bool matches;
};

static void match_row(const json_t *resource, const struct row *row)
{
	struct arena *arena = arena_new();
	struct fhir_key key;
	struct fhir_argument argument;
	int64_t now;
	bool matches = false;
	assert_ok(time_parse("2025-01-01T00:00:00Z", &now));
	assert_ok(fhir_key_parse(row->key, arena, &key));
	const struct fhir_param *param = fhir_param_find(fhir_resource_type(resource), key.name);
	assert_non_null(param);
	assert_ok(fhir_argument_parse(param, key.modifier, row->text, arena, &argument));
	assert_ok(fhir_match_resource(resource, &argument, now, arena, &matches));
	if (matches != row->matches)
		fail_msg("%s=%s: %d", row->key, row->text, matches);
	arena_free(arena);
}

static void match_rows(const char *json, const struct row *rows, size_t count)
{
	json_t *resource = sample(json);
	for (size_t i = 0; i < count; i++)
		match_row(resource, &rows[i]);
	json_decref(resource);
}

static void strings(void **state)
{
	static const struct row rows[] = {
		{"family", "muller", true},
		{"family", "MÜLLER-os", true},
		{"family", "ostergard", true},
		{"family", "stergard", false},
		{"family:contains", "ostergard", true},
		{"family:contains", "zz", false},
		{"family:exact", "Müller-Østergård", true},
		{"family:exact", "Müller", false},
		{"family:exact", "müller-østergård", false},
		{"name", "anna", true},
		{"name", "x,ann", true},
		{"family:missing", "false", true},
		{"family:missing", "true", false},
		{"address", "x", false},
		{"address:missing", "true", true},
	};
	match_rows(patient, rows, sizeof rows / sizeof *rows);
}

static void tokens(void **state)
{
	static const struct row rows[] = {
		{"identifier", "77", true},
		{"identifier", "s|77", true},
		{"identifier", "s|", true},
		{"identifier", "t|77", false},
		{"identifier", "|77", false},
		{"identifier", "|88", true},
		{"identifier", "7", false},
		{"identifier:not", "77", false},
		{"identifier:not", "99", true},
		{"gender", "female", true},
		{"gender", "FEMALE", false},
		{"gender", "male,female", true},
		{"gender", "http://hl7.org/fhir/administrative-gender|female", true},
		{"gender", "x|female", false},
		{"active", "true", true},
		{"deceased", "false", true},
		{"language:text", "germ", true},
		{"language:text", "deut", true},
		{"language:text", "erm", false},
		{"language", "de", true},
		{"_id", "1", true},
		{"phone:not", "5", true},
	};
	match_rows(patient, rows, sizeof rows / sizeof *rows);
}

static void references(void **state)
{
	static const struct row rows[] = {
		{"subject", "Patient/1", true},
		{"subject", "1", true},
		{"subject:Patient", "1", true},
		{"subject:Group", "1", false},
		{"subject", "Patient/2", false},
		{"patient", "1", true},
		{"focus", "Patient/9", false},
		{"focus", "9", false},
		{"focus", "https://o.org/Patient/9", true},
		{"focus", "https://p.org/Patient/9", false},
		{"performer:identifier", "s|7", true},
		{"performer:identifier", "s|8", false},
		{"performer", "7", false},
		{"encounter:missing", "true", true},
	};
	match_rows(observation, rows, sizeof rows / sizeof *rows);
}

// The target is 1980-06-15; the rules are R4's table of prefixes.
static void days(void **state)
{
	static const struct row rows[] = {
		{"birthdate", "1980", true},
		{"birthdate", "1980-06-15", true},
		{"birthdate", "1980-07", false},
		{"birthdate", "1980-06-15T10:00:00Z", false},
		{"birthdate", "ne1980", false},
		{"birthdate", "ne1981", true},
		{"birthdate", "gt1979", true},
		{"birthdate", "gt1980", false},
		{"birthdate", "ge1980", true},
		{"birthdate", "ge1980-06-16", false},
		{"birthdate", "lt1980", false},
		{"birthdate", "lt1980-06-16", true},
		{"birthdate", "le1980-06-15", true},
		{"birthdate", "le1980-06-14", false},
		{"birthdate", "sa1980-06-14", true},
		{"birthdate", "sa1980-06", false},
		{"birthdate", "eb1980-06-16", true},
		{"birthdate", "eb1980", false},
		{"birthdate", "ap1983", true},
		{"birthdate", "ap1990", false},
	};
	match_rows(patient, rows, sizeof rows / sizeof *rows);
}

// The target is March to May of 2020.
static void periods(void **state)
{
	static const struct row rows[] = {
		{"date", "2020", true},
		{"date", "2020-04", false},
		{"date", "ge2020-04", true},
		{"date", "le2020-04", true},
		{"date", "gt2020-05", false},
		{"date", "lt2020-03", false},
		{"date", "sa2020-02", true},
		{"date", "sa2020-03", false},
		{"date", "eb2020-06", true},
		{"date", "eb2020-05", false},
		{"date", "ap2020-05-31", true},
	};
	match_rows(observation, rows, sizeof rows / sizeof *rows);
}

static void quantities(void **state)
{
	static const struct row rows[] = {
		{"value-quantity", "5.4", true},
		{"value-quantity", "5.40", true},
		{"value-quantity", "5.41", false},
		{"value-quantity", "5", true},
		{"value-quantity", "6", false},
		{"value-quantity", "5.4|u|mg", true},
		{"value-quantity", "5.4||mg", true},
		{"value-quantity", "5.4||milligram", true},
		{"value-quantity", "5.4|u|g", false},
		{"value-quantity", "5.4|v|mg", false},
		{"value-quantity", "ne5.4", false},
		{"value-quantity", "gt5.4", false},
		{"value-quantity", "gt5.3", true},
		{"value-quantity", "ge5.4", true},
		{"value-quantity", "lt5.4", false},
		{"value-quantity", "le5.4", true},
		{"value-quantity", "sa5", true},
		{"value-quantity", "eb5", false},
		{"value-quantity", "ap5", true},
		{"value-quantity", "ap4", false},
	};
	match_rows(observation, rows, sizeof rows / sizeof *rows);
}

static void addresses(void **state)
{
	static const struct row rows[] = {
		{"url", "http://a/b", true},
		{"url", "http://a/b/c", false},
		{"url", "http://a", false},
		{"_profile", "http://p", true},
		{"_profile", "http://p|1", true},
		{"_profile", "http://p|2", false},
	};
	match_rows("{'resourceType':'ValueSet','status':'draft','url':'http://a/b',"
		   "'meta':{'profile':['http://p|1']}}",
		rows, sizeof rows / sizeof *rows);
}

static void sorting(void **state)
{
	struct arena *arena = arena_new();
	json_t *old =
		sample("{'resourceType':'Patient','birthDate':'1950','name':[{'family':'Äbel'}]}");
	json_t *young =
		sample("{'resourceType':'Patient','birthDate':'1990','name':[{'family':'Berg'}]}");
	json_t *none = sample("{'resourceType':'Patient'}");
	static const char *const names[] = {"birthdate", "family"};
	for (size_t i = 0; i < 2; i++) {
		const struct fhir_param *param = fhir_param_find(fhir_type_patient(), names[i]);
		struct fhir_values a, b, c;
		assert_ok(fhir_extract(old, param, arena, &a));
		assert_ok(fhir_extract(young, param, arena, &b));
		assert_ok(fhir_extract(none, param, arena, &c));
		assert_true(fhir_values_compare(&a, &b) < 0);
		assert_true(fhir_values_compare(&b, &a) > 0);
		assert_true(fhir_values_compare(&a, &a) == 0);
		assert_true(fhir_values_compare(&b, &c) < 0);
		assert_true(fhir_values_compare(&c, &b) > 0);
		assert_true(fhir_values_compare(&c, &c) == 0);
	}
	json_decref(old);
	json_decref(young);
	json_decref(none);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings),
		cmocka_unit_test(tokens),
		cmocka_unit_test(references),
		cmocka_unit_test(days),
		cmocka_unit_test(periods),
		cmocka_unit_test(quantities),
		cmocka_unit_test(addresses),
		cmocka_unit_test(sorting),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
