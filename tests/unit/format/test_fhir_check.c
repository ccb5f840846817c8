#include "sample.h"

#include "common/format/fhir_check.h"

struct row {
	const char *json;
	const char *expression; // NULL: nothing is wrong
	enum fhir_issue issue;
};

static void check_row(const struct row *row)
{
	struct arena *arena = arena_new();
	struct fhir_problems problems = {0};
	json_t *value = sample(row->json);
	enum err err = fhir_check(value, arena, &problems);
	if (!row->expression) {
		if (err != OK)
			fail_msg("%s: %s: %s", row->json, problems.at[0].expression,
				problems.at[0].words);
	} else if (err != ERR_INVALID) {
		fail_msg("%s: passed", row->json);
	} else {
		assert_string_equal(problems.at[0].expression, row->expression);
		assert_string_equal(
			fhir_issue_text(problems.at[0].issue), fhir_issue_text(row->issue));
		assert_true(strlen(problems.at[0].words) > 5);
	}
	json_decref(value);
	arena_free(arena);
}

static void check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_row(&rows[i]);
}

static void sound_resources_pass(void **state)
{
	static const struct row rows[] = {
		{"{'resourceType':'Patient'}"},
		{"{'resourceType':'Patient','id':'a.B-9','active':true,'name':[{'family':'Berg',"
		 "'given':['Anna','Maria']}],'birthDate':'1970-02','gender':'female'}"},
		{"{'resourceType':'Patient','_birthDate':{'extension':[{'url':'http://x.org/t',"
		 "'valueDateTime':'1970-01-01T10:00:00+01:00'}]}}"},
		{"{'resourceType':'Patient','name':[{'given':['Anna',null],'_given':[null,{'id':'x'}]}]}"},
		{"{'resourceType':'Patient','deceasedDateTime':'2020'}"},
		{"{'resourceType':'Patient','deceasedBoolean':true,'_deceasedBoolean':{'id':'q'}}"},
		{"{'resourceType':'Patient','contained':[{'resourceType':'Organization','id':'o'}]}"},
		{"{'resourceType':'Observation','status':'final','code':{'text':'x'},"
		 "'valueQuantity':{'value':1.50,'unit':'mg'}}"},
		{"{'resourceType':'Observation','_status':{'extension':[{'url':'http://x.org/absent',"
		 "'valueCode':'unknown'}]},'code':{'text':'x'}}"},
		{"{'resourceType':'Bundle','type':'batch','entry':[{'resource':{'resourceType':'Patient'},"
		 "'request':{'method':'POST','url':'Patient'}}]}"},
		{"{'resourceType':'Parameters','parameter':[{'name':'p','valueInteger':3}]}"},
		{"{'resourceType':'Binary','contentType':'text/plain','data':'aGFs bG8='}"},
		{"{'resourceType':'Patient','multipleBirthInteger':-2147483648}"},
		{"{'resourceType':'Patient','text':{'status':'generated','div':'<div>ok</div>'}}"},
		{"{'resourceType':'Questionnaire','status':'draft','item':[{'linkId':'1','type':'group',"
		 "'item':[{'linkId':'1.1','type':'string'}]}]}"},
	};
	check_rows(rows, sizeof rows / sizeof *rows);
}

static void wrong_structure_is_found(void **state)
{
	static const struct row rows[] = {
		{"{}", "Resource", FHIR_ISSUE_STRUCTURE},
		{"[]", "Resource", FHIR_ISSUE_STRUCTURE},
		{"{'resourceType':'Dragon'}", "Resource", FHIR_ISSUE_STRUCTURE},
		{"{'resourceType':5}", "Resource", FHIR_ISSUE_STRUCTURE},
		{"{'resourceType':1.5}", "Resource", FHIR_ISSUE_STRUCTURE},
		{"{'resourceType':'Patient','nmae':[]}", "Patient", FHIR_ISSUE_STRUCTURE},
		{"{'resourceType':'Patient','__birthDate':{'id':'x'}}", "Patient",
			FHIR_ISSUE_STRUCTURE},
		{"{'resourceType':'Patient','_name':[{'id':'x'}]}", "Patient",
			FHIR_ISSUE_STRUCTURE},
		{"{'resourceType':'Patient','name':{'family':'B'}}", "Patient.name",
			FHIR_ISSUE_STRUCTURE},
		{"{'resourceType':'Patient','name':[]}", "Patient.name", FHIR_ISSUE_STRUCTURE},
		{"{'resourceType':'Patient','name':[{}]}", "Patient.name[0]", FHIR_ISSUE_STRUCTURE},
		{"{'resourceType':'Patient','name':[null]}", "Patient.name[0]",
			FHIR_ISSUE_STRUCTURE},
		{"{'resourceType':'Patient','name':['Berg']}", "Patient.name[0]",
			FHIR_ISSUE_STRUCTURE},
		{"{'resourceType':'Patient','active':'true'}", "Patient.active",
			FHIR_ISSUE_STRUCTURE},
		{"{'resourceType':'Patient','active':[true]}", "Patient.active",
			FHIR_ISSUE_STRUCTURE},
		{"{'resourceType':'Patient','active':null}", "Patient.active",
			FHIR_ISSUE_STRUCTURE},
		{"{'resourceType':'Patient','birthDate':1970}", "Patient.birthDate",
			FHIR_ISSUE_STRUCTURE},
		{"{'resourceType':'Patient','birthDate':19.70}", "Patient.birthDate",
			FHIR_ISSUE_STRUCTURE},
		{"{'resourceType':'Patient','name':[{'given':['A',null]}]}",
			"Patient.name[0].given[1]", FHIR_ISSUE_VALUE},
		{"{'resourceType':'Patient','name':[{'given':['A'],'_given':{'id':'x'}}]}",
			"Patient.name[0]._given", FHIR_ISSUE_STRUCTURE},
		{"{'resourceType':'Patient','_birthDate':{'value':'x'}}", "Patient._birthDate",
			FHIR_ISSUE_STRUCTURE},
		{"{'resourceType':'Patient','contained':[{'resourceType':'Dragon'}]}",
			"Patient.contained[0]", FHIR_ISSUE_STRUCTURE},
		{"{'resourceType':'Patient','contained':[{'resourceType':'Patient','contained':["
		 "{'resourceType':'Patient'}]}]}",
			"Patient.contained[0]", FHIR_ISSUE_INVARIANT},
		{"{'resourceType':'Bundle','type':'batch','entry':[{'resource':{'resourceType':'Patient',"
		 "'link':[{'type':'refer','other':{'reference':7}}]}}]}",
			"Bundle.entry[0].resource.link[0].other.reference", FHIR_ISSUE_STRUCTURE},
		{"{'resourceType':'Patient','meta':{'project':'x'}}", "Patient.meta",
			FHIR_ISSUE_STRUCTURE},
		{"{'resourceType':'Patient','name':[{'resourceType':'Patient'}]}",
			"Patient.name[0]", FHIR_ISSUE_STRUCTURE},
	};
	check_rows(rows, sizeof rows / sizeof *rows);
}

static void codes_are_those_of_their_value_set(void **state)
{
	static const struct row rows[] = {
		{"{'resourceType':'Patient','gender':'Male'}", "Patient.gender", FHIR_ISSUE_CODE},
		{"{'resourceType':'Observation','status':'finl','code':{'text':'x'}}",
			"Observation.status", FHIR_ISSUE_CODE},
		{"{'resourceType':'Timing'}", "Resource", FHIR_ISSUE_STRUCTURE},
		{"{'resourceType':'Patient','name':[{'use':'birth'}]}", "Patient.name[0].use",
			FHIR_ISSUE_CODE},
		{"{'resourceType':'Invoice','status':'draft','totalNet':{'currency':'EUR'}}"},
		{"{'resourceType':'Attachment'}", "Resource", FHIR_ISSUE_STRUCTURE},
		{"{'resourceType':'Binary','contentType':'application/x-unheard-of'}"},
		{"{'resourceType':'Encounter','status':'in-progress','class':{'code':'whatever'}}"},
	};
	check_rows(rows, sizeof rows / sizeof *rows);
}

static void how_often_is_counted(void **state)
{
	static const struct row rows[] = {
		{"{'resourceType':'Observation','code':{'text':'x'}}", "Observation",
			FHIR_ISSUE_REQUIRED},
		{"{'resourceType':'Observation','status':'final'}", "Observation",
			FHIR_ISSUE_REQUIRED},
		{"{'resourceType':'Patient','link':[{'type':'refer'}]}", "Patient.link[0]",
			FHIR_ISSUE_REQUIRED},
		{"{'resourceType':'Patient','extension':[{'valueString':'x'}]}",
			"Patient.extension[0]", FHIR_ISSUE_REQUIRED},
		{"{'resourceType':'Patient','extension':[{'url':'x'}]}", "Patient.extension[0]",
			FHIR_ISSUE_INVARIANT},
		{"{'resourceType':'Patient','extension':[{'url':'x','valueCode':'a','extension':["
		 "{'url':'y','valueCode':'b'}]}]}",
			"Patient.extension[0]", FHIR_ISSUE_INVARIANT},
		{"{'resourceType':'MedicationRequest','status':'active','intent':'order','subject':"
		 "{'reference':'Patient/1'}}",
			"MedicationRequest", FHIR_ISSUE_REQUIRED},
		{"{'resourceType':'Patient','deceasedBoolean':true,'deceasedDateTime':'2020'}",
			"Patient.deceasedDateTime", FHIR_ISSUE_INVARIANT},
		{"{'resourceType':'Patient','deceasedBoolean':true,'_deceasedDateTime':{'id':'x'}}",
			"Patient._deceasedDateTime", FHIR_ISSUE_INVARIANT},
	};
	check_rows(rows, sizeof rows / sizeof *rows);
}

// One element each of a type whose values are given; "" takes the whole value as JSON.
struct form {
	const char *before, *after;
	const char *right[12], *wrong[24];
};

static void check_form(const struct form *form, const char *value, bool right)
{
	char json[2048];
	struct arena *arena = arena_new();
	struct fhir_problems problems = {0};
	snprintf(json, sizeof json, "%s%s%s", form->before, value, form->after);
	json_t *resource = sample(json);
	if ((fhir_check(resource, arena, &problems) == OK) != right)
		fail_msg("%s: %s", json, right ? problems.at[0].words : "passed");
	json_decref(resource);
	arena_free(arena);
}

static void primitives_have_their_form(void **state)
{
	static const struct form forms[] = {
		{"{'resourceType':'Patient','birthDate':'", "'}",
			{"1970", "1970-12", "2000-02-29", "9999-12-31", "0001"},
			{"", "70", "0000", "1970-13", "1970-00", "1970-1", "1970-01-00",
				"1970-01-32", "2001-02-29", "1900-02-29", "1970-01-01T00:00:00Z",
				"1970-", "1970-01-", " 1970", "1970 ", "19700101", "x"}},
		{"{'resourceType':'Patient','deceasedDateTime':'", "'}",
			{"1970", "1970-01-01", "1970-01-01T23:59:60Z",
				"1970-01-01T00:00:00.123456789+14:00", "1970-01-01T00:00:00-05:30"},
			{"1970-01-01T00:00:00", "1970-01-01T00:00Z", "1970-01-01T24:00:00Z",
				"1970-01-01T", "1970-01T00:00:00Z", "1970-01-01T00:00:00.Z",
				"1970-01-01T00:00:00+15:00", "1970-01-01T00:00:00+0100",
				"1970-01-01 00:00:00Z", "1970-01-01T00:60:00Z",
				"1970-01-01t00:00:00z", "1970-01-01T00:00:00Zx"}},
		{"{'resourceType':'Patient','meta':{'lastUpdated':'", "'}}",
			{"2020-01-01T00:00:00Z", "2020-01-01T00:00:00.5+02:00"},
			{"2020", "2020-01-01", "2020-01-01T00:00:00", "2020-01-01T00:00Z", ""}},
		{"{'resourceType':'Patient','id':'", "'}",
			{"a", "A-1.b",
				"0123456789012345678901234567890123456789012345678901234567890123"},
			{"", "a_b", "a/b", "ä",
				"01234567890123456789012345678901234567890123456789012345678901234"}},
		{"{'resourceType':'Patient','language':'", "'}", {"de-CH", "two words", "ä"},
			{"", " male", "male ", "two  words", "a\\tb", "a\\nb"}},
		{"{'resourceType':'Patient','name':[{'family':'", "'}]}",
			{" Berg", "B\\n\\t", "名"}, {"", " ", "\\n", "a\\bb"}},
		{"{'resourceType':'Patient','implicitRules':'", "'}",
			{"urn:x", "http://a/b?c#d", "ä"}, {"", "a b", " a", "a\\n"}},
		{"{'resourceType':'Patient','extension':[{'url':'x','valueOid':'", "'}]}",
			{"urn:oid:1.2.3", "urn:oid:2.0"},
			{"1.2.3", "urn:oid:3.1", "urn:oid:1.02", "urn:oid:1."}},
		{"{'resourceType':'Patient','extension':[{'url':'x','valueUuid':'", "'}]}",
			{"urn:uuid:c757873d-ec9a-4326-a141-556f43239520"},
			{"c757873d-ec9a-4326-a141-556f43239520",
				"urn:uuid:C757873D-EC9A-4326-A141-556F43239520",
				"urn:uuid:c757873d-ec9a-4326-a141-556f4323952"}},
		{"{'resourceType':'Patient','extension':[{'url':'x','valueTime':'", "'}]}",
			{"00:00:00", "23:59:59.5"}, {"24:00:00", "10:00", "10:00:00Z", ""}},
		{"{'resourceType':'Patient','photo':[{'data':'", "'}]}",
			{"AAAA", "AA==", "A A\\nA="},
			{"", "A", "AAA", "A===", "AA=A", "AA_A", "===="}},
		{"{'resourceType':'Patient','photo':[{'size':", "}]}", {"0", "2147483647"},
			{"-1", "2147483648", "1.0", "1e2", "'1'", "-0"}},
		{"{'resourceType':'Patient','telecom':[{'rank':", "}]}", {"1"}, {"0", "-1"}},
		{"{'resourceType':'Patient','multipleBirthInteger':", "}", {"-5", "0"},
			{"2147483648", "-2147483649", "1.5"}},
		{"{'resourceType':'Location','position':{'latitude':1,'longitude':", "}}",
			{"1", "1.50", "-0.0", "1e2", "123456789012345678901"},
			{"'1'", "1e999", "true"}},
		{"{'resourceType':'Patient','text':{'status':'empty','div':'", "'}}", {"<div/>"},
			{"", "text", "<p></p>"}},
	};
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		for (size_t k = 0; forms[i].right[k]; k++)
			check_form(&forms[i], forms[i].right[k], true);
		for (size_t k = 0; forms[i].wrong[k]; k++)
			check_form(&forms[i], forms[i].wrong[k], false);
	}
}

static void problems_are_bounded(void **state)
{
	struct arena *arena = arena_new();
	struct fhir_problems problems;
	json_t *value = json_pack("{s:s}", "resourceType", "Patient");
	for (int i = 0; i < 50; i++) {
		char key[16];
		snprintf(key, sizeof key, "x%d", i);
		json_object_set_new(value, key, json_true());
	}
	assert_err(fhir_check(value, arena, &problems), ERR_INVALID);
	assert_int_equal(problems.count, FHIR_PROBLEMS_MOST);
	json_decref(value);
	arena_free(arena);
}

// What a client writes as a name is only said back when it is harmless.
static void strange_names_are_not_repeated(void **state)
{
	struct arena *arena = arena_new();
	struct fhir_problems problems;
	json_t *value = sample("{'resourceType':'Patient','<script>':1}");
	assert_err(fhir_check(value, arena, &problems), ERR_INVALID);
	assert_null(strstr(problems.at[0].words, "script"));
	json_decref(value);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_resources_pass),
		cmocka_unit_test(wrong_structure_is_found),
		cmocka_unit_test(codes_are_those_of_their_value_set),
		cmocka_unit_test(how_often_is_counted),
		cmocka_unit_test(primitives_have_their_form),
		cmocka_unit_test(problems_are_bounded),
		cmocka_unit_test(strange_names_are_not_repeated),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
