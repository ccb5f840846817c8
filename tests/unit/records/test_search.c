#include "house.h"

static void person(const char *id, const char *given, const char *family, const char *birth)
{
	char text[400];
	snprintf(text, sizeof text,
		"{'resourceType':'Patient','id':'%s','identifier':[{'system':'urn:mrn','value':'%s-7'}],"
		"'name':[{'family':'%s','given':['%s'],'prefix':['Mrs.']}],'birthDate':'%s'}",
		id, id, family, given, birth);
	store(text);
}

static int people(void **state)
{
	if (house_open(state))
		return -1;
	person("a", "Anna", "Müller", "1970-01-01");
	person("b", "Bert", "Mueller", "1970-01-02");
	person("c", "Carla", "Muller-Lüdenscheidt", "1970-01-01");
	person("d", "Dörte", "de la Cruz", "1980-01-01");
	person("e", "Li", "Wu", "1990-01-01");
	return 0;
}

static void persons_are_found(void **state)
{
	(void)state;
	assert_found("Patient", NULL, "name=mul", "a c");
	assert_found("Patient", NULL, "name=MÜLLER", "a c");
	assert_found("Patient", NULL, "family=muell", "b");
	assert_found("Patient", NULL, "given=ann", "a");
	assert_found(
		"Patient", NULL, "family=ann", ""); // proposed by the index, refused by the content
	assert_found("Patient", NULL, "birthdate=1970-01-01", "a c");
	assert_found("Patient", NULL, "name=mul&birthdate=1970-01-01&given=carl", "c");
	assert_found("Patient", NULL, "identifier=urn:mrn|d-7", "d");
	assert_found("Patient", NULL, "identifier=d-7", "d");
	assert_found("Patient", NULL, "identifier=urn:other|d-7", "");
	assert_found("Patient", NULL, "name=mul,bert", "a b c");
	assert_found("Patient", NULL, "name=de la", "d");
	assert_found("Patient", NULL, "phonetic=Miller", "a b c");
	assert_found("Patient", NULL, "phonetic=Miller&given=bert", "b");
	assert_found("Patient", NULL, "phonetic=Kruz", "");
}

static void persons_are_found_by_when_they_were_born(void **state)
{
	(void)state;
	char ids[1024];
	person("y", "Yara", "Year", "1980");
	person("m", "Mara", "Month", "1980-05");
	person("z", "Zoe", "Day", "1980-05-17");
	person("o", "Otto", "Old", "1931-12-31");
	assert_found("Patient", NULL, "birthdate=1980", "d y m z");
	assert_found("Patient", NULL, "birthdate=1980-05", "m z");
	assert_found("Patient", NULL, "birthdate=ge1980-01-01&birthdate=lt1990-01-01", "d y m z");
	assert_found("Patient", NULL, "birthdate=ge1980-05-10&birthdate=le1980-05-20", "y m z");
	assert_found("Patient", NULL, "birthdate=gt1980-05-17&birthdate=lt1981", "y m");
	assert_found("Patient", NULL, "birthdate=sa1980-05-16&birthdate=eb1980-05-18", "z");
	assert_found("Patient", NULL, "birthdate=1970,1990", "a b c e");
	assert_found("Patient", NULL, "birthdate=1931-12-31,1980-05-17", "z o");
	assert_found("Patient", NULL, "birthdate=ge1980&birthdate=lt1970", "");
	assert_found("Patient", NULL, "birthdate=ge1925&birthdate=le1935&name=old", "o");
	assert_found("Patient", NULL, "birthdate=lt1975&name=mul", "a c"); // the name narrows
	struct search_query query = {.type = fhir_type_patient()};
	assert_err(find(&query, "birthdate=lt1975", ids), ERR_LIMIT);
	assert_err(find(&query, "birthdate=ge1900&birthdate=lt1990", ids), ERR_LIMIT);
	assert_err(find(&query, "birthdate=ne1980", ids), ERR_LIMIT);
}

static void born_in_a_range_pages(void **state)
{
	(void)state;
	char ids[1024];
	struct search_query query = {.type = fhir_type_patient(), .count = 2};
	assert_ok(find(&query, "birthdate=ge1970&birthdate=lt1981", ids));
	assert_string_equal(ids, "a b");
	assert_ok(find(&query, "birthdate=ge1970&birthdate=lt1981", ids));
	assert_string_equal(ids, "c d");
	assert_null(query.page);
	query = (struct search_query){.type = fhir_type_patient(),
		.count = 9,
		.sort_count = 1,
		.sorts[0] = {fhir_param_find(fhir_type_patient(), "birthdate"), true}};
	assert_ok(find(&query, "birthdate=ge1970&birthdate=lt1981", ids));
	assert_string_equal(ids, "d b a c");
}

static void put_at(const char *id, int64_t at_us)
{
	struct record record;
	char text[128];
	snprintf(text, sizeof text, "{'resourceType':'Patient','id':'%s','gender':'%s'}", id,
		*id < 'k' ? "male" : "female");
	json_t *resource = sample(text);
	struct record_put wish = {.type = fhir_type_patient(),
		.id = id,
		.patient = id,
		.updated_us = at_us,
		.resource = resource};
	assert_ok(records_begin(house.r));
	assert_ok(records_put(house.r, &wish, house.arena, &record));
	assert_ok(records_commit(house.r, 1));
	json_decref(resource);
}

static void written_by_five(void)
{
	put_at("p", 9000000);
	put_at("h", 7000000);
	put_at("q", 7000000);
	put_at("g", 5000000);
	put_at("r", 8000999); // shown as 8.000
	put_at("p", 6000000); // again, with a clock that went back
}

static void persons_are_found_by_when_they_were_written(void **state)
{
	(void)state;
	char ids[1024];
	written_by_five();
	struct search_query query = {
		.type = fhir_type_patient(), .count = 2, .updated_from_us = 5000000};
	assert_ok(find(&query, "", ids));
	assert_string_equal(ids, "g p");
	assert_non_null(query.page);
	put_at("s", 6500000); // while somebody pages: in its place
	assert_ok(find(&query, "", ids));
	assert_string_equal(ids, "s h");
	assert_ok(find(&query, "", ids));
	assert_string_equal(ids, "q r");
	assert_null(query.page);
	query = (struct search_query){.type = fhir_type_patient(),
		.count = 3,
		.updated_from_us = 5000001,
		.updated_to_us = 8000001,
		.sort_count = 1,
		.sorts[0] = {.descending = true}};
	assert_ok(find(&query, "", ids));
	assert_string_equal(ids, "r h q");
	assert_ok(find(&query, "", ids));
	assert_string_equal(ids, "s p");
	assert_null(query.page);
	query = (struct search_query){.type = fhir_type_patient(),
		.count = 9,
		.updated_from_us = 5000000,
		.want_total = true};
	assert_ok(find(&query, "gender=female", ids));
	assert_string_equal(ids, "p s q r");
	query = (struct search_query){.type = fhir_type_patient(), .updated_to_us = 5000000};
	assert_ok(find(&query, "name=mul", ids)); // a word narrows, too: in the order of slots
	assert_string_equal(ids, "a c");
}

static void an_older_database_gets_its_index(void **state)
{
	(void)state;
	char ids[1024];
	written_by_five();
	behind_our_back("DROP INDEX item_time");
	struct search_query query = {.type = fhir_type_patient(), .updated_from_us = 5000000};
	assert_ok(find(&query, "", ids));
	assert_string_equal(ids, "g p h q r");
}

static void what_nothing_narrows_is_refused(void **state)
{
	(void)state;
	char ids[1024];
	struct search_query patients = {.type = fhir_type_patient()};
	assert_err(find(&patients, "gender=female", ids), ERR_UNSUPPORTED);
	assert_err(find(&patients, "name=mu", ids), ERR_UNSUPPORTED);
	assert_err(find(&patients, "name=mrs.", ids), ERR_UNSUPPORTED); // would tell the gender
	struct search_query results = {.type = fhir_type_find("Observation")};
	assert_err(find(&results, "code=1", ids), ERR_UNSUPPORTED);
	struct search_query huge = {.type = fhir_type_patient(), .count = RECORDS_SEARCH_COUNT + 1};
	assert_err(find(&huge, "name=mul", ids), ERR_LIMIT);
	struct search_query page = {.type = fhir_type_patient(), .page = "1.2.3"};
	assert_err(find(&page, "name=mul", ids), ERR_INVALID);
}

static void result(const char *id, const char *patient, const char *code, const char *when)
{
	char text[400];
	snprintf(text, sizeof text,
		"{'resourceType':'Observation','id':'%s','status':'final','code':{'coding':[{'system':"
		"'http://loinc.org','code':'%s'}]},'subject':{'reference':'Patient/%s'},"
		"'effectiveDateTime':'%s'}",
		id, code, patient, when);
	store(text);
}

static void clinical_search_stays_within_a_patient(void **state)
{
	(void)state;
	result("o1", "a", "2339-0", "2025-03-01");
	result("o2", "b", "2339-0", "2025-02-01");
	result("o3", "a", "2339-0", "2025-01-01");
	result("o4", "a", "9999-9", "2025-01-01");
	assert_found("Observation", "a", "code=2339-0", "o1 o3");
	assert_found("Observation", "a", "code=http://loinc.org|2339-0&status=final", "o1 o3");
	assert_found("Observation", "a", "code=|2339-0", "");
	assert_found("Observation", "a", "date=ge2025-02-01", "o1");
	assert_found("Observation", "b", "code=2339-0,9999-9", "o2");
	assert_found("Observation", "nobody", "code=2339-0", "");
	result("o1", "a", "1111-1", "2025-03-01"); // no longer under the old code
	assert_found("Observation", "a", "code=2339-0", "o3");
	assert_found("Observation", "a", "code=1111-1", "o1");
	result("o1", "b", "1111-1", "2025-03-01"); // it was another patient's after all
	assert_found("Observation", "a", "code=1111-1", "");
	assert_found("Observation", "b", "code=1111-1", "o1");
}

static void sorting_goes_by_the_content(void **state)
{
	(void)state;
	char ids[1024];
	result("o1", "a", "1-8", "2025-03-01");
	result("o2", "a", "1-8", "2025-01-01");
	result("o3", "a", "1-8", "2025-02-01");
	int type = fhir_type_find("Observation");
	struct search_query query = {.type = type,
		.patient = "a",
		.sort_count = 1,
		.sorts[0] = {fhir_param_find(type, "date"), true},
		.want_total = true,
		.count = 2};
	assert_ok(find(&query, "code=1-8", ids));
	assert_string_equal(ids, "o1 o3");
	assert_non_null(query.page);
	assert_ok(find(&query, "code=1-8", ids));
	assert_string_equal(ids, "o2");
	assert_null(query.page);
}

static void pages_stay_when_others_write(void **state)
{
	(void)state;
	char ids[1024], id[16];
	for (int i = 0; i < 10; i++) {
		snprintf(id, sizeof id, "r%d", i);
		result(id, "a", "1-8", "2025-03-01");
	}
	struct search_query query = {
		.type = fhir_type_find("Observation"), .patient = "a", .count = 4};
	assert_ok(find(&query, "code=1-8", ids));
	assert_string_equal(ids, "r0 r1 r2 r3");
	result("new", "a", "1-8", "2020-03-01");
	struct record record;
	struct record_key key = {.type = query.type, .id = "r3"}; // the last of the page before
	assert_ok(records_begin(house.r));
	assert_ok(records_delete(house.r, &key, NOON_US, house.arena, &record));
	assert_ok(records_commit(house.r, 1));
	assert_ok(find(&query, "code=1-8", ids));
	assert_string_equal(ids, "r4 r5 r6 r7");
	assert_ok(find(&query, "code=1-8", ids));
	assert_string_equal(ids, "r8 r9 new");
	assert_null(query.page);
}

static void sorted_pages_stay_when_the_last_hit_changes(void **state)
{
	(void)state;
	char ids[1024], id[16], date[16];
	int type = fhir_type_find("Observation");
	for (int i = 0; i < 6; i++) {
		snprintf(id, sizeof id, "s%d", i);
		snprintf(date, sizeof date, "2025-03-0%d", i + 1);
		result(id, "a", "1-8", date);
	}
	struct search_query query = {.type = type,
		.patient = "a",
		.sort_count = 1,
		.sorts[0] = {fhir_param_find(type, "date"), false},
		.count = 2};
	assert_ok(find(&query, "code=1-8", ids));
	assert_string_equal(ids, "s0 s1");
	result("s1", "a", "1-8", "2025-03-09"); // the last of the page before: now it comes last
	struct search_query other = query;
	other.sorts[0].descending = true;
	assert_err(find(&other, "code=1-8", ids), ERR_INVALID); // a page of another order
	assert_ok(find(&query, "code=1-8", ids));
	assert_string_equal(ids, "s2 s3");
	result("s3", "a", "1-8", "2020-01-01"); // and now it comes first
	assert_ok(find(&query, "code=1-8", ids));
	assert_string_equal(ids, "s4 s5");
	assert_ok(find(&query, "code=1-8", ids));
	assert_string_equal(ids, "s1");
	assert_null(query.page);
}

static enum err only_of_a(void *context, const struct record *record, bool *ret_may)
{
	(*(int *)context)++;
	*ret_may = strcmp(record->patient, "a") == 0;
	return OK;
}

static void what_may_not_be_read_is_not_matched(void **state)
{
	(void)state;
	char ids[1024];
	int asked = 0;
	result("o1", "a", "1-8", "2025-03-01");
	result("o2", "b", "1-8", "2025-03-01");
	const char *const wanted[] = {"o1", "o2"};
	struct search_query query = {.type = fhir_type_find("Observation"),
		.ids = wanted,
		.id_count = 2,
		.count = 10,
		.may = only_of_a,
		.may_context = &asked};
	assert_ok(find(&query, "code=1-8", ids));
	assert_string_equal(ids, "o1");
	assert_int_equal(asked, 2);
}

static enum err nobody(void *context, const struct record *record, bool *ret_may)
{
	const char **last = context;
	*last = record->version ? arena_text(house.arena, record->id) : "nothing";
	*ret_may = false;
	return OK;
}

// The end of the content is broken: whoever opens it would notice.
static void large_and_broken(void)
{
	char text[30000];
	snprintf(text, sizeof text,
		"{'resourceType':'Observation','id':'large','status':'final','code':{'text':'x'},"
		"'subject':{'reference':'Patient/b'},'valueString':'%020000d'}",
		7);
	store(text);
	behind_our_back(
		"UPDATE blob SET sealed = CAST(substr(sealed, 1, length(sealed) - 1) || CASE"
		" substr(sealed, -1) WHEN x'00' THEN x'01' ELSE x'00' END AS BLOB)"
		" WHERE length(sealed) > 20000");
}

static void it_is_decided_before_anything_is_opened(void **state)
{
	(void)state;
	char found[1024];
	const char *asked = NULL, *const id = "large";
	struct search_query query = {
		.type = fhir_type_find("Observation"), .ids = &id, .id_count = 1, .count = 10};
	large_and_broken();
	assert_err(find(&query, "", found), ERR_CORRUPT); // control: opening it is noticed
	query.may = nobody;
	query.may_context = &asked;
	assert_ok(find(&query, "", found));
	assert_string_equal(found, "");
	assert_string_equal(asked, "large");
}

static void of_what_does_not_exist_it_is_asked_too(void **state)
{
	(void)state;
	char found[1024];
	const char *asked = NULL, *const id = "absent";
	struct search_query query = {.type = fhir_type_find("Observation"),
		.ids = &id,
		.id_count = 1,
		.count = 10,
		.may = nobody,
		.may_context = &asked};
	assert_ok(find(&query, "", found));
	assert_non_null(asked);
	assert_string_equal(asked, "nothing");
}

static void reading_is_decided_before_opening(void **state)
{
	(void)state;
	struct record record;
	const char *asked = NULL;
	large_and_broken();
	struct record_key key = {.type = fhir_type_find("Observation"), .id = "large"};
	assert_err(records_read(house.r, &key, house.arena, &record), ERR_CORRUPT);
	key.may = nobody;
	key.may_context = &asked;
	assert_err(records_read(house.r, &key, house.arena, &record), ERR_DENIED);
	assert_string_equal(record.patient, "b");
	assert_int_equal(record.json.size, 0);
	behind_our_back("UPDATE blob SET sealed = CAST(CASE substr(sealed, 1, 1) WHEN x'00'"
			" THEN x'01' ELSE x'00' END || substr(sealed, 2) AS BLOB)"
			" WHERE length(sealed) > 20000"); // now its beginning is broken, too
	assert_err(records_read(house.r, &key, house.arena, &record), ERR_CORRUPT);
}

static void ids_come_once_and_page(void **state)
{
	(void)state;
	struct search_result result;
	const char *const ids[] = {"c", "a", "c", "nobody", "b"};
	struct search_query query = {
		.type = fhir_type_patient(), .ids = ids, .id_count = 5, .count = 2};
	assert_ok(records_search(house.r, &query, house.arena, &result));
	assert_int_equal(result.count, 2);
	assert_string_equal(result.records[0].id, "a");
	assert_string_equal(result.records[1].id, "b");
	query.page = result.next;
	assert_ok(records_search(house.r, &query, house.arena, &result));
	assert_int_equal(result.count, 1);
	assert_string_equal(result.records[0].id, "c");
	query.page = NULL;
	query.count = 0;
	query.want_total = true;
	assert_ok(records_search(house.r, &query, house.arena, &result));
	assert_int_equal(result.count, 0);
	assert_int_equal(result.total, 3);
}

static void the_hospitals_own_is_found(void **state)
{
	(void)state;
	store("{'resourceType':'Practitioner','id':'mueller','name':[{'family':'Müller'}]}");
	store("{'resourceType':'Organization','id':'ward','name':'Ward of Müller'}");
	assert_found("Practitioner", NULL, "name=mul", "mueller");
	assert_found("Organization", NULL, "name=ward", "ward");
	assert_found("Patient", NULL, "name=mul", "a c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(persons_are_found, people, house_end),
		cmocka_unit_test_setup_teardown(
			persons_are_found_by_when_they_were_born, people, house_end),
		cmocka_unit_test_setup_teardown(born_in_a_range_pages, people, house_end),
		cmocka_unit_test_setup_teardown(
			persons_are_found_by_when_they_were_written, people, house_end),
		cmocka_unit_test_setup_teardown(
			an_older_database_gets_its_index, people, house_end),
		cmocka_unit_test_setup_teardown(what_nothing_narrows_is_refused, people, house_end),
		cmocka_unit_test_setup_teardown(
			clinical_search_stays_within_a_patient, people, house_end),
		cmocka_unit_test_setup_teardown(sorting_goes_by_the_content, people, house_end),
		cmocka_unit_test_setup_teardown(pages_stay_when_others_write, people, house_end),
		cmocka_unit_test_setup_teardown(
			sorted_pages_stay_when_the_last_hit_changes, people, house_end),
		cmocka_unit_test_setup_teardown(
			what_may_not_be_read_is_not_matched, people, house_end),
		cmocka_unit_test_setup_teardown(
			it_is_decided_before_anything_is_opened, people, house_end),
		cmocka_unit_test_setup_teardown(
			of_what_does_not_exist_it_is_asked_too, people, house_end),
		cmocka_unit_test_setup_teardown(
			reading_is_decided_before_opening, people, house_end),
		cmocka_unit_test_setup_teardown(ids_come_once_and_page, people, house_end),
		cmocka_unit_test_setup_teardown(the_hospitals_own_is_found, people, house_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
