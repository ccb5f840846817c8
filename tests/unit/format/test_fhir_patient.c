#include "sample.h"

#include "common/format/fhir_patient.h"

struct row {
	const char *json, *id;
	const char *ids;   // with a ';' behind each
	const char *owner; // NULL: none
};

static void patients_row(const struct row *row)
{
	struct arena *arena = arena_new();
	struct fhir_patients patients;
	struct buf buf = {0};
	json_t *resource = sample(row->json);
	assert_ok(fhir_patients_of(resource, row->id, arena, &patients));
	for (size_t i = 0; i < patients.count; i++)
		buf_printf(&buf, "%s;", patients.ids[i]);
	buf_add(&buf, "", 1);
	if (strcmp((char *)buf.at, row->ids) != 0)
		fail_msg("%s: %s", row->json, (char *)buf.at);
	if (!patients.owner != !row->owner ||
		(row->owner && strcmp(patients.owner, row->owner) != 0))
		fail_msg("%s: owned by %s", row->json, patients.owner ? patients.owner : "nobody");
	buf_done(&buf);
	json_decref(resource);
	arena_free(arena);
}

static void everybody_is_named(void **state)
{
	static const struct row rows[] = {
		{"{'resourceType':'Patient','id':'1'}", NULL, "1;", "1"},
		{"{'resourceType':'Patient'}", "2", "2;", "2"},
		{"{'resourceType':'Patient','id':'1','link':[{'type':'refer','other':"
		 "{'reference':'Patient/2'}}]}",
			NULL, "1;2;", "1"},
		{"{'resourceType':'Observation','subject':{'reference':'Patient/1'}}", NULL, "1;",
			"1"},
		{"{'resourceType':'Observation','subject':{'reference':'Patient/1'},'performer':["
		 "{'reference':'Patient/2'},{'reference':'Practitioner/3'}]}",
			NULL, "1;2;", "1"},
		{"{'resourceType':'Observation','performer':[{'reference':'Patient/2'}]}", NULL,
			"2;", "2"},
		{"{'resourceType':'Observation','subject':{'reference':'Group/1'}}", NULL, "",
			NULL},
		{"{'resourceType':'Observation','subject':{'reference':'https://o.org/Patient/1'}}",
			NULL, "", NULL},
		{"{'resourceType':'Observation','subject':{'reference':'urn:uuid:1'}}", NULL, "",
			NULL},
		{"{'resourceType':'Account','subject':[{'reference':'Patient/1'},{'reference':'Patient/2'}]}",
			NULL, "1;2;", NULL},
		{"{'resourceType':'Coverage','policyHolder':{'reference':'Patient/1'},'beneficiary':"
		 "{'reference':'Patient/2'}}",
			NULL, "2;1;", "2"},
		{"{'resourceType':'Appointment','participant':[{'actor':{'reference':'Patient/1'}},"
		 "{'actor':{'reference':'Practitioner/2'}}]}",
			NULL, "1;", "1"},
		{"{'resourceType':'Task','for':{'reference':'Patient/1'}}", NULL, "1;", "1"},
		{"{'resourceType':'Device','patient':{'reference':'Patient/1'}}", NULL, "1;", "1"},
		{"{'resourceType':'Provenance','target':[{'reference':'Observation/5'},"
		 "{'reference':'Patient/1'}]}",
			NULL, "1;", "1"},
		{"{'resourceType':'Binary','securityContext':{'reference':'Patient/1'}}", NULL,
			"1;", "1"},
		{"{'resourceType':'Group','member':[{'entity':{'reference':'Patient/1'}},"
		 "{'entity':{'reference':'Patient/2'}}]}",
			NULL, "1;2;", NULL},
		{"{'resourceType':'Organization','id':'1'}", NULL, "", NULL},
		{"{'resourceType':'Practitioner','id':'1'}", "1", "", NULL},
		{"{'resourceType':'Bundle','type':'document','entry':[{'resource':{'resourceType':'Patient',"
		 "'id':'1'}},{'resource':{'resourceType':'Observation','subject':{'reference':'Patient/2'}}}]}",
			"b", "1;2;", NULL},
		{"{'resourceType':'Bundle','type':'document','entry':[{'resource':{'resourceType':'Patient',"
		 "'id':'1'}}]}",
			"b", "1;", "1"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		patients_row(&rows[i]);
}

static void there_is_a_ceiling(void **state)
{
	struct arena *arena = arena_new();
	struct fhir_patients patients;
	json_t *members = json_array();
	for (int i = 0; i <= FHIR_PATIENTS_MOST; i++) {
		char text[32];
		snprintf(text, sizeof text, "Patient/%d", i);
		json_array_append_new(members, json_pack("{s:{s:s}}", "entity", "reference", text));
	}
	json_t *group = json_pack("{s:s, s:o}", "resourceType", "Group", "member", members);
	assert_err(fhir_patients_of(group, NULL, arena, &patients), ERR_LIMIT);
	json_array_remove(members, 0);
	assert_ok(fhir_patients_of(group, NULL, arena, &patients));
	assert_int_equal(patients.count, FHIR_PATIENTS_MOST);
	json_decref(group);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everybody_is_named),
		cmocka_unit_test(there_is_a_ceiling),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
