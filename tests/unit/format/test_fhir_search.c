#include "sample.h"

#include "common/base/time.h"
#include "common/format/fhir_check.h"
#include "common/format/fhir_search.h"
#include "common/format/fhir_type.h"

#include <math.h>
#include <stdio.h>

static int64_t at(const char *text)
{
	int64_t us;
	assert_ok(time_parse(text, &us));
	return us;
}

static void every_parameter_finds_itself(void **state)
{
	unsigned numbers = 0;
	for (int type = 0; type < fhir_type_count(); type++) {
		assert_non_null(fhir_param_find(type, "_id"));
		assert_non_null(fhir_param_find(type, "_lastUpdated"));
		for (size_t i = 0; i < fhir_param_count(type); i++) {
			const struct fhir_param *param = fhir_param_at(type, i);
			assert_ptr_equal(fhir_param_find(type, fhir_param_name(param)), param);
			assert_int_equal(fhir_param_type(param), type);
			assert_int_equal(fhir_param_number(param), numbers++);
			assert_non_null(strstr(
				fhir_param_url(param), "http://hl7.org/fhir/SearchParameter/"));
			assert_non_null(fhir_param_kind_text(fhir_param_kind(param)));
		}
	}
	assert_int_equal(numbers, fhir_param_number_count());
}

static void what_cannot_be_compiled_is_unknown(void **state)
{
	assert_null(fhir_param_find(fhir_type_find("Location"), "near"));
	assert_null(fhir_param_find(fhir_type_find("Observation"), "code-value-quantity"));
	assert_null(fhir_param_find(fhir_type_find("Patient"), "_text"));
	assert_null(fhir_param_find(fhir_type_find("Patient"), "birth"));
	assert_null(fhir_param_find(fhir_type_find("Patient"), "birthdates"));
	assert_null(fhir_param_find(fhir_type_find("Patient"), ""));
	assert_null(fhir_param_find_n(fhir_type_find("Patient"), "name\0", 5));
}

static void targets_are_known(void **state)
{
	int observation = fhir_type_find("Observation");
	const struct fhir_param *subject = fhir_param_find(observation, "subject");
	assert_true(fhir_param_targets(subject, fhir_type_patient()));
	assert_true(fhir_param_targets(subject, fhir_type_find("Device")));
	assert_false(fhir_param_targets(subject, observation));
	assert_true(
		fhir_param_targets(fhir_param_find(observation, "patient"), fhir_type_patient()));
}

// One line a value, the shortest that shows everything.
static void print_value(struct buf *buf, const struct fhir_value *value)
{
	if (value->kind == FHIR_PARAM_TOKEN) {
		buf_printf(buf, "%s|%s", value->system ? value->system : "",
			value->code ? value->code : "");
		if (value->text)
			buf_printf(buf, "(%s)", value->text);
	} else if (value->kind == FHIR_PARAM_REFERENCE) {
		buf_printf(buf, "%s", value->text ? value->text : "-");
		if (value->id)
			buf_printf(buf, "=%s:%s%s", fhir_type_name(value->type), value->id,
				value->local ? "" : "!");
		if (value->code)
			buf_printf(buf, "#%s", value->code);
	} else if (value->kind == FHIR_PARAM_NUMBER || value->kind == FHIR_PARAM_QUANTITY) {
		buf_printf(buf, "%g..%g", value->low, value->high);
		if (value->code)
			buf_printf(buf, "%s", value->code);
	} else {
		buf_printf(buf, "%s", value->text);
	}
	buf_add_text(buf, ";");
}

struct row {
	const char *param, *want;
};

static void extract_row(const json_t *resource, const struct row *row)
{
	struct arena *arena = arena_new();
	struct buf buf = {0};
	struct fhir_values values;
	const struct fhir_param *param = fhir_param_find(fhir_resource_type(resource), row->param);
	if (!param)
		fail_msg("no parameter %s", row->param);
	assert_ok(fhir_extract(resource, param, arena, &values));
	for (size_t i = 0; i < values.count; i++)
		print_value(&buf, &values.at[i]);
	buf_add(&buf, "", 1);
	if (strcmp((char *)buf.at, row->want) != 0)
		fail_msg("%s: %s, not %s", row->param, (char *)buf.at, row->want);
	buf_done(&buf);
	arena_free(arena);
}

static void extract_rows(const char *json, const struct row *rows, size_t count)
{
	struct arena *arena = arena_new();
	struct fhir_problems problems;
	json_t *resource = sample(json);
	if (fhir_check(resource, arena, &problems) != OK)
		fail_msg("%s: %s", problems.at[0].expression, problems.at[0].words);
	for (size_t i = 0; i < count; i++)
		extract_row(resource, &rows[i]);
	json_decref(resource);
	arena_free(arena);
}

#define EXTRACT(json, ...)                                                                         \
	do {                                                                                       \
		static const struct row rows[] = {__VA_ARGS__};                                    \
		extract_rows(json, rows, sizeof rows / sizeof *rows);                              \
	} while (0)

static void a_patient_is_taken_apart(void **state)
{
	EXTRACT("{'resourceType':'Patient','id':'p1','active':true,'gender':'female',"
		"'meta':{'tag':[{'system':'s','code':'t'}],'profile':['http://p|1']},"
		"'identifier':[{'system':'urn:mrn','value':'77','type':{'text':'MRN'}},{'value':'88'},"
		"{'system':'urn:empty'}],"
		"'name':[{'text':'Dr Anna Berg','family':'Berg','given':['Anna','Maria'],'prefix':['Dr']}],"
		"'telecom':[{'system':'phone','value':'+1 555'},{'system':'email','value':'a@b.org'},"
		"{'value':'bare'}],'address':[{'line':['Main 1','Flat 2'],'city':'Bonn'}],"
		"'deceasedDateTime':'2020-01-01','generalPractitioner':[{'reference':'Practitioner/d'}],"
		"'communication':[{'language':{'coding':[{'system':'bcp','code':'de','display':'German'}],"
		"'text':'Deutsch'}}],'link':[{'type':'refer','other':{'reference':'Patient/p2'}}]}",
		{"_id", "|p1;"}, {"_tag", "s|t;"}, {"_profile", "http://p|1;"},
		{"active", "|true;"},
		{"gender", "http://hl7.org/fhir/administrative-gender|female;"},
		{"identifier", "urn:mrn|77(MRN);|88;"}, {"family", "Berg;"},
		{"given", "Anna;Maria;"}, {"name", "Dr Anna Berg;Berg;Anna;Maria;Dr;"},
		{"phonetic", "Dr Anna Berg;Berg;Anna;Maria;Dr;"}, {"phone", "|+1 555;"},
		{"email", "|a@b.org;"}, {"telecom", "|+1 555;|a@b.org;|bare;"},
		{"address", "Main 1;Flat 2;Bonn;"}, {"address-city", "Bonn;"},
		{"deceased", "|true;"}, {"general-practitioner", "Practitioner/d=Practitioner:d;"},
		{"language", "bcp|de(German);|(Deutsch);"}, {"link", "Patient/p2=Patient:p2;"},
		{"organization", ""});
}

static void whether_dead_is_always_answered(void **state)
{
	EXTRACT("{'resourceType':'Patient'}", {"deceased", "|false;"}, {"active", ""});
	EXTRACT("{'resourceType':'Patient','deceasedBoolean':false}", {"deceased", "|false;"});
	EXTRACT("{'resourceType':'Patient','deceasedBoolean':true}", {"deceased", "|true;"});
}

static void an_observation_is_taken_apart(void **state)
{
	EXTRACT("{'resourceType':'Observation','status':'final','category':[{'coding':[{'code':'lab'}]}],"
		"'code':{'coding':[{'system':'http://loinc.org','code':'8480-6'},{'code':'x'}]},"
		"'subject':{'reference':'Patient/1'},'performer':[{'reference':'https://o.org/f/Practitioner/2'}],"
		"'valueQuantity':{'value':1.50,'system':'http://unitsofmeasure.org','code':'mm[Hg]'},"
		"'component':[{'code':{'text':'c'},'valueQuantity':{'value':7,'comparator':'<','unit':'g'}}]}",
		{"status", "http://hl7.org/fhir/observation-status|final;"}, {"category", "|lab;"},
		{"code", "http://loinc.org|8480-6;|x;"}, {"patient", "Patient/1=Patient:1;"},
		{"subject", "Patient/1=Patient:1;"},
		{"performer", "https://o.org/f/Practitioner/2=Practitioner:2!;"},
		{"value-quantity", "1.5..1.5mm[Hg];"}, {"component-value-quantity", "-inf..7;"},
		{"combo-value-quantity", "1.5..1.5mm[Hg];-inf..7;"},
		{"combo-code", "http://loinc.org|8480-6;|x;|(c);"}, {"value-string", ""},
		{"value-concept", ""});
	EXTRACT("{'resourceType':'Observation','status':'final','code':{'text':'x'},"
		"'subject':{'reference':'Group/9'},'valueCodeableConcept':{'text':'red'}}",
		{"patient", ""}, {"subject", "Group/9=Group:9;"}, {"value-string", "red;"},
		{"value-concept", "|(red);"});
	EXTRACT("{'resourceType':'Observation','status':'final','code':{'text':'x'},"
		"'valueString':'plain'}",
		{"value-string", "plain;"});
}

static void references_of_all_sorts(void **state)
{
	EXTRACT("{'resourceType':'List','status':'current','mode':'working','entry':["
		"{'item':{'reference':'Patient/1/_history/3'}},{'item':{'reference':'#inside'}},"
		"{'item':{'reference':'urn:uuid:c757873d-ec9a-4326-a141-556f43239520'}},"
		"{'item':{'type':'Patient','identifier':{'system':'s','value':'77'}}},"
		"{'item':{'display':'only'}},{'item':{'reference':'Dragon/1'}}]}",
		{"item",
			"Patient/1/_history/3=Patient:1;urn:uuid:c757873d-ec9a-4326-a141-556f43239520;"
			"-#77;Dragon/1;"});
	EXTRACT("{'resourceType':'Condition','subject':{'type':'Patient','identifier':{'value':'5'}},"
		"'onsetAge':{'value':40,'code':'a'},'abatementRange':{'low':{'value':1.5,'code':'a'}}}",
		{"patient", "-#5;"}, {"onset-age", "40..40a;"}, {"abatement-age", "1.5..infa;"});
}

static void numbers_and_money(void **state)
{
	EXTRACT("{'resourceType':'RiskAssessment','status':'final','subject':{'reference':'Patient/1'},"
		"'prediction':[{'probabilityDecimal':0.20},{'probabilityRange':{'high':{'value':3}}}]}",
		{"probability", "0.2..0.2;-inf..3;"});
	EXTRACT("{'resourceType':'Invoice','status':'draft','totalNet':{'value':9.95,'currency':'EUR'}}",
		{"totalnet", "9.95..9.95EUR;"});
}

static void date_row(const char *json, const char *param, int64_t low, int64_t high)
{
	struct arena *arena = arena_new();
	struct fhir_values values;
	json_t *resource = sample(json);
	assert_ok(fhir_extract(
		resource, fhir_param_find(fhir_resource_type(resource), param), arena, &values));
	assert_int_equal(values.count, 1);
	if (values.at[0].low_us != low || values.at[0].high_us != high)
		fail_msg("%s: %ld to %ld", json, (long)values.at[0].low_us,
			(long)values.at[0].high_us);
	json_decref(resource);
	arena_free(arena);
}

static void dates_are_intervals(void **state)
{
	date_row("{'resourceType':'Patient','birthDate':'1970'}", "birthdate", 0,
		at("1971-01-01T00:00:00Z"));
	date_row("{'resourceType':'Patient','birthDate':'1970-12'}", "birthdate",
		at("1970-12-01T00:00:00Z"), at("1971-01-01T00:00:00Z"));
	date_row("{'resourceType':'Patient','birthDate':'2000-02-29'}", "birthdate",
		at("2000-02-29T00:00:00Z"), at("2000-03-01T00:00:00Z"));
	date_row("{'resourceType':'Patient','meta':{'lastUpdated':'2020-01-01T02:00:00.25+02:00'}}",
		"_lastUpdated", at("2020-01-01T00:00:00Z") + 250000,
		at("2020-01-01T00:00:00Z") + 260000);
	date_row("{'resourceType':'Encounter','period':{'start':'2020-01-01T10:00:00Z'}}", "date",
		at("2020-01-01T10:00:00Z"), INT64_MAX);
	date_row("{'resourceType':'Encounter','period':{'end':'2020'}}", "date", INT64_MIN,
		at("2021-01-01T00:00:00Z"));
	date_row("{'resourceType':'Observation','effectiveTiming':{'event':['2020','2018-06']}}",
		"date", at("2018-06-01T00:00:00Z"), at("2021-01-01T00:00:00Z"));
	date_row("{'resourceType':'Observation','effectiveInstant':'1969-12-31T23:59:59Z'}", "date",
		-1000000, 0);
}

static void ceilings_hold(void **state)
{
	struct arena *arena = arena_new();
	struct fhir_values values;
	json_t *given = json_array(), *resource;
	for (int i = 0; i <= FHIR_VALUES_MOST; i++)
		json_array_append_new(given, json_string("A"));
	resource = json_pack("{s:s, s:[{s:o}]}", "resourceType", "Patient", "name", "given", given);
	const struct fhir_param *param = fhir_param_find(fhir_type_patient(), "given");
	assert_err(fhir_extract(resource, param, arena, &values), ERR_LIMIT);
	json_array_remove(given, 0);
	assert_ok(fhir_extract(resource, param, arena, &values));
	assert_int_equal(values.count, FHIR_VALUES_MOST);
	json_decref(resource);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_parameter_finds_itself),
		cmocka_unit_test(what_cannot_be_compiled_is_unknown),
		cmocka_unit_test(targets_are_known),
		cmocka_unit_test(a_patient_is_taken_apart),
		cmocka_unit_test(whether_dead_is_always_answered),
		cmocka_unit_test(an_observation_is_taken_apart),
		cmocka_unit_test(references_of_all_sorts),
		cmocka_unit_test(numbers_and_money),
		cmocka_unit_test(dates_are_intervals),
		cmocka_unit_test(ceilings_hold),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
