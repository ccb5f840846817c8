#include "house.h"

static const char anna[] = "{'resourceType':'Patient','id':'anna','name':[{'family':'Zwetschge',"
			   "'given':['Anna']}],'birthDate':'1970-02-03','gender':'female'}";
static const char sugar[] =
	"{'resourceType':'Observation','id':'sugar','status':'final','code':"
	"{'coding':[{'system':'http://loinc.org','code':'2339-0'}]},"
	"'subject':{'reference':'Patient/anna'},'valueString':'hyperglycaemia'}";

static void a_resource_comes_back_after_reopening(void **state)
{
	(void)state;
	struct record record;
	store(anna);
	store(sugar);
	house_again();
	assert_ok(get("Observation", "sugar", &record));
	assert_string_equal(record.patient, "anna");
	assert_int_equal(record.version, 1);
	assert_int_equal(record.method, RECORD_CREATED);
	assert_int_equal(record.updated_us, NOON_US);
	char *text = arena_text_n(house.arena, (const char *)record.json.at, record.json.size);
	assert_non_null(strstr(text, "hyperglycaemia"));
	assert_non_null(strstr(text, "\"versionId\":\"1\""));
	assert_err(get("Observation", "anna", &record), ERR_NOT_FOUND);
	assert_err(get("Patient", "sugar", &record), ERR_NOT_FOUND);
}

static void versions_count_and_stay(void **state)
{
	(void)state;
	struct record record;
	struct record_page page;
	struct record_key key = {.type = fhir_type_patient(), .id = "anna"};
	for (int i = 0; i < 3; i++)
		store(anna);
	assert_ok(records_begin(house.r));
	assert_ok(records_delete(house.r, &key, NOON_US + 5, house.arena, &record));
	assert_int_equal(record.version, 4);
	assert_ok(records_commit(house.r, 9));
	assert_err(records_read(house.r, &key, house.arena, &record), ERR_GONE);
	assert_string_equal(record.patient, "anna");
	key.version = 2;
	assert_ok(records_read(house.r, &key, house.arena, &record));
	assert_int_equal(record.version, 2);
	key.version = 5;
	assert_err(records_read(house.r, &key, house.arena, &record), ERR_NOT_FOUND);
	assert_ok(records_history(house.r, &key, 1, 2, house.arena, &page));
	assert_int_equal(page.total, 4);
	assert_int_equal(page.count, 2);
	assert_int_equal(page.records[0].version, 3);
	assert_int_equal(page.records[1].version, 2);
	assert_ok(records_history(house.r, &key, 9, 2, house.arena, &page));
	assert_int_equal(page.count, 0);
	store(anna); // comes back as a new creation, with the next number
	key.version = 0;
	assert_ok(records_read(house.r, &key, house.arena, &record));
	assert_int_equal(record.version, 5);
	assert_int_equal(record.method, RECORD_CREATED);
	house_again();
	assert_int_equal(records_trail_end(house.r), 1);
}

static enum err put_expecting(uint64_t expected, bool must_be_new)
{
	struct record record;
	json_t *resource = sample(anna);
	struct record_put wish = {.type = fhir_type_patient(),
		.id = "anna",
		.patient = "anna",
		.resource = resource,
		.expected = expected,
		.must_be_new = must_be_new};
	enum err err = records_put(house.r, &wish, house.arena, &record);
	json_decref(resource);
	return err;
}

static void expectations_hold(void **state)
{
	(void)state;
	assert_ok(records_begin(house.r));
	assert_err(put_expecting(1, false), ERR_CONFLICT);
	assert_ok(put_expecting(0, true));
	assert_err(put_expecting(0, true), ERR_EXISTS);
	assert_err(put_expecting(2, false), ERR_CONFLICT);
	assert_ok(put_expecting(1, false));
	assert_ok(records_commit(house.r, 1));
}

static void uncommitted_is_seen_only_by_who_writes(void **state)
{
	(void)state;
	struct record record;
	struct record_key key = {.type = fhir_type_patient(), .id = "anna"};
	assert_ok(records_begin(house.r));
	assert_ok(put(anna, NULL));
	assert_err(get("Patient", "anna", &record), ERR_NOT_FOUND);
	assert_ok(records_read_staged(house.r, &key, house.arena, &record));
	house_again(); // as if the machine had stopped
	assert_err(get("Patient", "anna", &record), ERR_NOT_FOUND);
}

static void what_is_held_is_one_state(void **state)
{
	(void)state;
	struct record record;
	store(anna);
	assert_ok(records_hold(house.r));
	assert_ok(records_hold(house.r));
	assert_ok(get("Patient", "anna", &record));
	store(sugar); // commits beside it
	assert_err(get("Observation", "sugar", &record), ERR_NOT_FOUND);
	records_rest(house.r);
	assert_ok(get("Observation", "sugar", &record));
	records_rest(house.r); // when nothing is held
	assert_ok(records_hold(house.r));
	struct records_check options = {0};
	struct records_report report;
	assert_ok(records_check(house.r, &options, &report)); // holds one of its own
	assert_true(report.whole);
	assert_int_equal(report.versions, 2);
	assert_ok(records_hold(house.r));
	assert_ok(get("Patient", "anna", &record));
	house_again(); // closing lets go
}

static void a_rollback_undoes_only_its_own(void **state)
{
	(void)state;
	struct record record;
	struct records_stats stats;
	assert_ok(records_begin(house.r));
	assert_ok(records_savepoint(house.r));
	assert_ok(put(anna, NULL));
	assert_ok(records_release(house.r));
	assert_ok(records_savepoint(house.r));
	assert_ok(put(sugar, NULL));
	assert_ok(put("{'resourceType':'Patient','id':'bert'}", NULL));
	assert_ok(records_rollback(house.r));
	assert_ok(records_savepoint(house.r));
	assert_ok(put("{'resourceType':'Patient','id':'carl'}", NULL));
	assert_ok(records_release(house.r));
	assert_ok(records_commit(house.r, 3));
	assert_ok(get("Patient", "anna", &record));
	assert_ok(get("Patient", "carl", &record));
	assert_err(get("Patient", "bert", &record), ERR_NOT_FOUND);
	assert_err(get("Observation", "sugar", &record), ERR_NOT_FOUND);
	assert_ok(records_stats(house.r, &stats));
	assert_int_equal(stats.resources, 2);
	assert_int_equal(stats.versions, 2);
	assert_int_equal(stats.patients, 2);
	house_again();
	assert_ok(get("Patient", "anna", &record));
	assert_ok(get("Patient", "carl", &record));
}

static void nothing_is_in_clear_on_disk(void **state)
{
	(void)state;
	store(anna);
	store(sugar);
	const char *const words[] = {"Zwetschge", "zwetschge", "zwet", "anna", "1970-02-03",
		"hyperglycaemia", "2339-0", "sugar", "female"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		assert_false(disk_holds(words[i]));
	house_close(); // the journal is now in the database file
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		assert_false(disk_holds(words[i]));
	assert_true(disk_holds("Observation")); // names of types are there: the search can find
	assert_ok(house_try_open(NULL));
}

static void another_key_does_not_open_it(void **state)
{
	(void)state;
	store(anna);
	house_close();
	house.kek.bytes[0] ^= 1;
	assert_err(house_try_open(NULL), ERR_CORRUPT);
	assert_non_null(strstr(house.problem, "key"));
}

static void staff_are_known_by_what_names_them(void **state)
{
	(void)state;
	struct care care;
	struct care_patient *patients;
	size_t count;
	store(anna);
	store("{'resourceType':'Encounter','id':'visit','status':'finished','class':{'code':'AMB'},"
	      "'subject':{'reference':'Patient/anna'},'participant':[{'individual':"
	      "{'reference':'Practitioner/mueller'}},{'individual':"
	      "{'reference':'https://elsewhere/Practitioner/evil'}}]}");
	assert_ok(records_care(house.r, "Practitioner/mueller", "anna", house.arena, &care));
	assert_int_equal(care.kind, CARE_ENCOUNTER);
	assert_string_equal(care.evidence, "Encounter/visit");
	assert_ok(records_care(house.r, "Practitioner/evil", "anna", house.arena, &care));
	assert_int_equal(care.kind, CARE_NONE);
	assert_ok(records_care(house.r, "Practitioner/mueller", "nobody", house.arena, &care));
	assert_int_equal(care.kind, CARE_NONE);
	assert_ok(records_care_patients(
		house.r, "Practitioner/mueller", 10, house.arena, &patients, &count));
	assert_int_equal(count, 1);
	assert_string_equal(patients[0].patient, "anna");
	store("{'resourceType':'Encounter','id':'visit','status':'finished','class':{'code':'AMB'},"
	      "'subject':{'reference':'Patient/anna'}}");
	assert_ok(records_care(house.r, "Practitioner/mueller", "anna", house.arena, &care));
	assert_int_equal(care.kind, CARE_NONE);
}

static void many_participants_all_leave(void **state)
{
	(void)state;
	struct care care;
	static char text[200000];
	store(anna);
	strcpy(text,
		"{'resourceType':'CareTeam','id':'team','subject':{'reference':'Patient/anna'},"
		"'participant':[");
	for (int i = 0; i < 1000; i++)
		sprintf(text + strlen(text), "%s{'member':{'reference':'Practitioner/p%d'}}",
			i ? "," : "", i);
	strcat(text, "]}");
	store(text);
	for (int i = 0; i < 1000; i += 333) {
		char staff[40];
		snprintf(staff, sizeof staff, "Practitioner/p%d", i);
		assert_ok(records_care(house.r, staff, "anna", house.arena, &care));
		assert_int_equal(care.kind, CARE_TEAM);
	}
	store("{'resourceType':'CareTeam','id':'team','subject':{'reference':'Patient/anna'}}");
	for (int i = 0; i < 1000; i++) {
		char staff[40];
		snprintf(staff, sizeof staff, "Practitioner/p%d", i);
		assert_ok(records_care(house.r, staff, "anna", house.arena, &care));
		assert_int_equal(care.kind, CARE_NONE);
	}
}

#define in_house(test) cmocka_unit_test_setup_teardown(test, house_open, house_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_house(a_resource_comes_back_after_reopening),
		in_house(versions_count_and_stay),
		in_house(expectations_hold),
		in_house(uncommitted_is_seen_only_by_who_writes),
		in_house(what_is_held_is_one_state),
		in_house(a_rollback_undoes_only_its_own),
		in_house(nothing_is_in_clear_on_disk),
		in_house(another_key_does_not_open_it),
		in_house(staff_are_known_by_what_names_them),
		in_house(many_participants_all_leave),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
