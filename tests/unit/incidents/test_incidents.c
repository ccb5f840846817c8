// Incidents: which findings open one, which join it, what people do with it, and that nothing
// counts twice.
#include "../unit.h"

#include "common/base/time.h"
#include "watch/incidents/incidents.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOUR_US ((int64_t)3600 * 1000000)

static char path[64];
static struct incidents *incidents;
static int64_t start_us;
static uint64_t next_id, next_entry;

static void open_again(void)
{
	char problem[256];
	incidents_close(incidents);
	incidents = NULL;
	assert_ok(incidents_open(path, &incidents, problem));
}

static int begin(void **state)
{
	(void)state;
	strcpy(path, "/tmp/incidents-XXXXXX");
	close(mkstemp(path));
	incidents = NULL;
	next_id = 0;
	next_entry = 5000;
	assert_ok(time_parse("2026-11-02T08:00:00Z", &start_us));
	time_set_offset_us(start_us + 100 * HOUR_US - time_now_us());
	open_again();
	return 0;
}

static void remove_all(void)
{
	char name[80];
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof name, "%s%s", path, (const char *[]){"", "-wal", "-shm"}[i]);
		(void)unlink(name);
	}
}

static int finish(void **state)
{
	(void)state;
	incidents_close(incidents);
	remove_all();
	time_set_offset_us(0);
	return 0;
}

// What stands in most findings of these tests; the rest is 0 or NULL.
struct made {
	const char *rule, *level, *source, *attack, *person, *patient, *address;
	bool certain;
	int hour, evidence;
};

static json_t *finding_of(const struct made *m, uint64_t seq)
{
	char at[TIME_TEXT_BYTES], title[64];
	time_format(start_us + m->hour * HOUR_US, at);
	snprintf(title, sizeof title, "Title of %s", m->rule);
	json_t *evidence = json_array();
	for (int i = 0; i < m->evidence; i++)
		json_array_append_new(evidence, json_integer((json_int_t)seq - i));
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:b, s:s, s:I, s:s, s:o, s:[s]}", "source",
		m->source ? m->source : "rule", "rule", m->rule, "title", title, "level",
		m->level ? m->level : "high", "certain", m->certain, "time", at, "seq",
		(json_int_t)seq, "sentence", "Something.", "evidence", evidence, "attack",
		m->attack ? m->attack : "collection");
	const char *const keys[] = {"actor", "patient", "address"},
			  *values[] = {m->person, m->patient, m->address};
	for (size_t i = 0; i < 3; i++)
		if (values[i])
			json_object_set_new(json, keys[i], json_string(values[i]));
	return json;
}

static void give(const struct made *m, uint64_t id)
{
	json_t *json = finding_of(m, id * 10);
	incidents_take(incidents, id, "", json);
	json_decref(json);
}

static void take(struct made m)
{
	give(&m, ++next_id);
	assert_ok(incidents_save(incidents));
}

static json_t *ask(json_t *question, int want)
{
	int status = 0;
	json_t *json = incidents_answer(incidents, question, &status);
	json_decref(question);
	assert_int_equal(status, want);
	return json;
}

static json_t *all(void)
{
	return ask(json_pack("{s:s, s:s}", "ask", "incidents", "state", "all"), 200);
}

static size_t count(void)
{
	json_t *json = all();
	size_t size = json_array_size(json_object_get(json, "incidents"));
	json_decref(json);
	return size;
}

static json_t *one(const char *number)
{
	return ask(json_pack("{s:s, s:s}", "ask", "incident", "number", number), 200);
}

static void assert_has(const char *number, const char *key, const char *want)
{
	json_t *json = one(number);
	const char *text = json_string_value(json_object_get(json, key));
	assert_string_equal(text ? text : "", want);
	json_decref(json);
}

static size_t findings_in(const char *number)
{
	json_t *json = one(number);
	size_t size = json_array_size(json_object_get(json, "timeline"));
	json_decref(json);
	return size;
}

static void act(const char *number, const char *what, json_t *more, int want)
{
	json_t *question = json_pack("{s:s, s:s, s:s, s:I, s:s}", "ask", "incident-act", "number",
		number, "act", what, "entry", (json_int_t)++next_entry, "who", "00000000000000aa");
	if (more)
		json_object_update(question, more);
	json_decref(more);
	json_decref(ask(question, want));
}

#define FIRST "2026-0001"

// ---- Opening.

static void a_flood_of_one_rule_against_a_colleague_opens_nothing(void **state)
{
	struct risky list[INCIDENTS_RISKY];
	(void)state;
	for (int i = 0; i < 300; i++)
		take((struct made){.rule = "a", .level = "critical", .person = "0000000000000001"});
	assert_int_equal(count(), 0);
	assert_int_equal(incidents_risky(incidents, start_us, list), 0);
	struct risk risk = incidents_risk(incidents, RISK_PERSON, "0000000000000001", start_us);
	assert_int_equal(risk.points, RISK_RULE_MOST);
}

static void two_rules_and_tactics_open_one_with_what_led_there(void **state)
{
	struct risky list[INCIDENTS_RISKY];
	(void)state;
	take((struct made){.rule = "a", .person = "0000000000000001", .evidence = 3});
	take((struct made){.rule = "b", .person = "0000000000000002", .attack = "impact"});
	assert_int_equal(count(), 0);
	take((struct made){.rule = "b", .person = "0000000000000001", .attack = "exfiltration"});
	assert_int_equal(count(), 1);
	assert_int_equal(findings_in(FIRST), 2);
	assert_has(FIRST, "state", "open");
	assert_has(FIRST, "severity", "high");
	assert_has(FIRST, "actor", "0000000000000001");
	assert_has(FIRST, "title", "Title of a; Title of b");
	json_t *json = one(FIRST);
	assert_int_equal(json_array_size(json_object_get(json, "evidence")), 4);
	json_decref(json);
	assert_int_equal(incidents_risky(incidents, start_us, list), 1);
	assert_int_equal(list[0].actor, 1);
	assert_int_equal(list[0].points, 60);
	assert_int_equal(incidents_risky(incidents, start_us + 48 * HOUR_US, list), 0);
}

static void a_certain_finding_opens_one_alone(void **state)
{
	(void)state;
	take((struct made){.rule = "h", .level = "low", .certain = true, .address = "10.1.1.1"});
	assert_int_equal(count(), 1);
	assert_has(FIRST, "why", "A finding that is certain by itself.");
}

static void a_person_opens_one_from_a_finding(void **state)
{
	(void)state;
	take((struct made){.rule = "a", .person = "0000000000000001"});
	json_t *question = json_pack("{s:s, s:i, s:i, s:s}", "ask", "incident-open", "finding", 1,
		"entry", 700, "who", "00000000000000aa");
	int64_t before_us = time_now_us(), opened_us = 0;
	json_t *made = ask(json_incref(question), 201);
	assert_ok(time_parse(json_string_value(json_object_get(made, "opened")), &opened_us));
	assert_in_range(opened_us, before_us - 1000, time_now_us());
	char number[40];
	snprintf(number, sizeof number, "%s", json_string_value(json_object_get(made, "number")));
	json_decref(made);
	made = ask(json_incref(question), 409);
	assert_string_equal(json_string_value(json_object_get(made, "number")), number);
	json_decref(made);
	json_object_set_new(question, "finding", json_integer(99));
	json_decref(ask(question, 404));
	assert_int_equal(findings_in(number), 1);
}

// ---- Grouping.

static void open_first(void)
{
	take((struct made){.rule = "h",
		.certain = true,
		.person = "0000000000000001",
		.patient = "00000000000000f1"});
	assert_int_equal(count(), 1);
}

static void the_same_person_within_three_days(void **state)
{
	(void)state;
	open_first();
	take((struct made){.rule = "a", .level = "low", .person = "0000000000000001", .hour = 71});
	assert_int_equal(findings_in(FIRST), 2);
	take((struct made){.rule = "a", .level = "low", .person = "0000000000000001", .hour = 143});
	assert_int_equal(findings_in(FIRST), 3); // counted from the last one
	take((struct made){.rule = "a", .level = "low", .person = "0000000000000001", .hour = 216});
	assert_int_equal(findings_in(FIRST), 3);
	take((struct made){.rule = "a", .person = "0000000000000002", .hour = 144});
	assert_int_equal(findings_in(FIRST), 3);
	take((struct made){
		.rule = "i", .level = "informational", .person = "0000000000000001", .hour = 144});
	assert_int_equal(findings_in(FIRST), 3);
}

static void the_same_patient_within_a_day(void **state)
{
	(void)state;
	open_first();
	take((struct made){.rule = "a", .patient = "00000000000000f1", .hour = 23});
	assert_int_equal(findings_in(FIRST), 2);
	take((struct made){.rule = "a", .patient = "00000000000000f1", .hour = 48});
	assert_int_equal(findings_in(FIRST), 2);
}

static void two_people_at_one_record_are_judged_apart(void **state)
{
	(void)state;
	open_first();
	take((struct made){.rule = "a",
		.person = "0000000000000002",
		.patient = "00000000000000f1",
		.hour = 1});
	assert_int_equal(findings_in(FIRST), 1);
	take((struct made){.rule = "h", .certain = true, .patient = "00000000000000f2"});
	take((struct made){.rule = "a",
		.person = "0000000000000003",
		.patient = "00000000000000f2",
		.hour = 1});
	assert_int_equal(findings_in("2026-0002"), 2); // nobody was named there before
	take((struct made){.rule = "a",
		.person = "0000000000000004",
		.patient = "00000000000000f2",
		.hour = 2});
	assert_int_equal(findings_in("2026-0002"), 2);
}

static void an_address_only_where_nobody_is_named(void **state)
{
	(void)state;
	take((struct made){.rule = "h", .certain = true, .address = "10.1.1.1"});
	take((struct made){.rule = "a", .address = "10.1.1.1", .person = "0000000000000002"});
	assert_int_equal(findings_in(FIRST), 1);
	take((struct made){.rule = "a", .address = "10.1.1.1", .hour = 1});
	assert_int_equal(findings_in(FIRST), 2);
}

static void where_many_work_nobody_is_suspected(void **state)
{
	(void)state;
	static const char *const people[] = {
		"0000000000000001", "0000000000000002", "0000000000000003", "0000000000000004"};
	static const char *const rules[] = {"a", "b", "c", "d"};
	static const char *const tactics[] = {"collection", "discovery", "collection", "impact"};
	for (size_t i = 0; i < 4; i++)
		take((struct made){.rule = rules[i],
			.person = people[i],
			.address = "10.1.1.1",
			.attack = tactics[i]});
	assert_int_equal(count(), 0); // four colleagues at one terminal
	for (size_t i = 0; i < 4; i++)
		take((struct made){.rule = rules[i],
			.person = people[i],
			.address = "10.1.1.2",
			.hour = 400,
			.attack = i % 2 ? "credential-access" : "initial-access"});
	assert_int_equal(count(), 1); // somebody who tries accounts
}

static void what_is_closed_takes_nothing_and_opens_nothing_again(void **state)
{
	(void)state;
	take((struct made){.rule = "a", .person = "0000000000000001"});
	take((struct made){.rule = "b", .person = "0000000000000001", .attack = "impact"});
	act(FIRST, "verdict", json_pack("{s:s}", "verdict", "true"), 200);
	act(FIRST, "close", NULL, 200);
	take((struct made){.rule = "c", .level = "low", .person = "0000000000000001", .hour = 1});
	assert_int_equal(count(), 1); // what was judged does not open another
	assert_int_equal(findings_in(FIRST), 2);
	take((struct made){.rule = "h", .certain = true, .person = "0000000000000001", .hour = 2});
	assert_int_equal(count(), 2);
	assert_int_equal(findings_in("2026-0002"), 2);
}

// ---- Nothing twice.

static const struct made story[] = {
	{.rule = "a", .person = "0000000000000001", .evidence = 2},
	{.rule = "b", .level = "medium", .person = "0000000000000002", .hour = 1},
	{.rule = "b", .person = "0000000000000001", .attack = "impact", .hour = 2},
	{.rule = "h", .certain = true, .person = "0000000000000003", .hour = 3},
	{.rule = "a", .level = "low", .person = "0000000000000003", .hour = 4},
	{.rule = "c", .level = "critical", .person = "0000000000000002", .hour = 5},
};
enum {
	STORY = sizeof story / sizeof *story
};

static char *dump(void)
{
	json_t *list = all(), *json = json_array(), *row;
	size_t i;
	json_array_foreach(json_object_get(list, "incidents"), i, row)
		json_array_append_new(json, one(json_string_value(json_object_get(row, "number"))));
	json_array_append_new(json, list);
	char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(json);
	return text;
}

// Begins again after each finding, before it was kept and after.
static void killed_at_any_point_nothing_counts_twice(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < STORY; i++)
		take(story[i]);
	char *want = dump();
	assert_non_null(strstr(want, "2026-0002"));
	for (uint64_t killed = 0; killed < STORY; killed++) {
		finish(NULL);
		begin(NULL);
		for (uint64_t i = 0; i <= killed; i++)
			give(&story[i], i + 1);
		if (killed % 2)
			assert_ok(incidents_save(incidents));
		open_again();
		assert_int_equal(incidents_place(incidents), killed % 2 ? killed + 1 : 0);
		for (uint64_t i = 0; i < STORY; i++)
			give(&story[i], i + 1); // also what it has already
		assert_ok(incidents_save(incidents));
		char *got = dump();
		assert_string_equal(got, want);
		free(got);
	}
	free(want);
}

static void a_findings_store_made_anew_gives_nothing_twice(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < STORY; i++)
		take(story[i]);
	char *want = dump();
	incidents_begin_again(incidents);
	for (uint64_t i = 0; i < STORY; i++)
		give(&story[i], i + 1);
	assert_ok(incidents_save(incidents));
	char *got = dump();
	assert_string_equal(got, want);
	free(got);
	free(want);
}

// The database was lost, and the trail names findings and incidents that are not in it.
static void no_number_that_the_trail_knows_is_given_again(void **state)
{
	(void)state;
	incidents_number_from(incidents, 57, 2026000007);
	incidents_number_from(incidents, 3, 2026000002); // never back
	for (uint64_t i = 0; i < STORY; i++)
		take(story[i]);
	json_t *finding = incidents_next_finding(incidents, 0);
	json_t *opened = incidents_next_opened(incidents, 0);
	assert_in_range(json_integer_value(json_object_get(finding, "number")), 58, 57 + STORY);
	assert_int_equal(json_integer_value(json_object_get(opened, "number")), 2026000008);
	json_decref(finding);
	json_decref(opened);
	act("2026-0007", "note", NULL, 404);
}

// ---- What people do.

static void work_goes_from_open_to_closed(void **state)
{
	(void)state;
	open_first();
	act(FIRST, "assign", json_pack("{s:s}", "to", "00000000000000bb"), 200);
	assert_has(FIRST, "state", "assigned");
	act(FIRST, "note", NULL, 200);
	act(FIRST, "task", NULL, 200);
	act(FIRST, "task-done", json_pack("{s:i}", "task", 2), 409);
	act(FIRST, "task-done", json_pack("{s:i}", "task", 1), 200);
	act(FIRST, "task-done", json_pack("{s:i}", "task", 1), 409);
	act(FIRST, "contain", NULL, 200);
	assert_has(FIRST, "state", "contained");
	act(FIRST, "close", NULL, 409); // without a verdict
	act(FIRST, "verdict", json_pack("{s:s}", "verdict", "perhaps"), 409);
	act(FIRST, "verdict", json_pack("{s:s}", "verdict", "policy-violation"), 200);
	act(FIRST, "close", NULL, 200);
	assert_has(FIRST, "state", "closed");
	act(FIRST, "contain", NULL, 409);
	act(FIRST, "reopen", NULL, 200);
	assert_has(FIRST, "state", "assigned");
	act("2026-0009", "note", NULL, 404);
	act(FIRST, "nonsense", NULL, 404);
	json_t *json = one(FIRST);
	assert_int_equal(json_array_size(json_object_get(json, "acts")), 8);
	json_decref(json);
}

static void record_of(const char *rule, const char *key, int want)
{
	json_t *json = all(), *row;
	size_t i;
	json_array_foreach(json_object_get(json, "rules"), i, row)
	{
		if (strcmp(json_string_value(json_object_get(row, "rule")), rule) == 0)
			assert_int_equal(json_integer_value(json_object_get(row, key)), want);
	}
	json_decref(json);
}

static void a_false_alarm_teaches(void **state)
{
	struct risky list[INCIDENTS_RISKY];
	(void)state;
	take((struct made){.rule = "a", .person = "0000000000000001"});
	take((struct made){.rule = "b", .person = "0000000000000001", .attack = "impact"});
	assert_int_equal(incidents_risky(incidents, start_us, list), 1);
	act(FIRST, "verdict", json_pack("{s:s}", "verdict", "true"), 200);
	record_of("a", "true", 1);
	act(FIRST, "verdict", json_pack("{s:s}", "verdict", "false-alarm"), 200);
	record_of("a", "fired", 1);
	record_of("a", "true", 0);
	record_of("a", "false", 1);
	assert_int_equal(incidents_risky(incidents, start_us, list), 0);
	json_t *json = one(FIRST), *proposals = json_object_get(json, "proposals");
	assert_int_equal(json_array_size(proposals), 2);
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(proposals, 0), "text")),
		"- {rule: a, when: actor.user.uid=0000000000000001, reason: 'false alarm, "
		"incident 2026-0001', until: 2027-02-04}");
	json_decref(json);
	act(FIRST, "verdict", json_pack("{s:s}", "verdict", "accident"), 200);
	record_of("a", "false", 0);
	assert_int_equal(incidents_risky(incidents, start_us, list), 1);
}

static void no_breach_needs_the_four_factors(void **state)
{
	static const char *const factors[] = {"nature", "recipient", "acquired", "mitigated"};
	(void)state;
	open_first();
	act(FIRST, "assess", json_pack("{s:s, s:s}", "key", "breach", "value", "no"), 409);
	for (size_t i = 0; i < 4; i++) {
		char key[40];
		snprintf(key, sizeof key, "factor-%s", factors[i]);
		act(FIRST, "assess", json_pack("{s:s}", "key", key), 200);
	}
	act(FIRST, "assess", json_pack("{s:s, s:s}", "key", "breach", "value", "no"), 200);
	act(FIRST, "assess", json_pack("{s:s, s:s}", "key", "breach", "value", "maybe"), 409);
	act(FIRST, "assess", json_pack("{s:s, s:s}", "key", "affected", "value", "x"), 409);
	act(FIRST, "assess", json_pack("{s:s, s:s}", "key", "mood", "value", "x"), 409);
	json_t *json = one(FIRST), *answers = json_object_get(json, "assessment");
	assert_int_equal(json_object_size(answers), 5);
	assert_null(json_object_get(json_object_get(answers, "factor-nature"), "value"));
	json_decref(json);
}

// ---- What the trail and others are told.

static void the_trail_hears_of_medium_and_above_in_order(void **state)
{
	(void)state;
	take((struct made){.rule = "l", .level = "low", .person = "0000000000000001"});
	take((struct made){.rule = "m", .level = "medium", .person = "0000000000000001"});
	take((struct made){.rule = "h", .certain = true, .person = "0000000000000003"});
	json_t *json = incidents_next_finding(incidents, 0);
	assert_int_equal(json_integer_value(json_object_get(json, "number")), 2);
	json_decref(json);
	json = incidents_next_finding(incidents, 2);
	assert_int_equal(json_integer_value(json_object_get(json, "number")), 3);
	json_decref(json);
	assert_null(incidents_next_finding(incidents, 3));
	json = incidents_next_opened(incidents, 0);
	assert_int_equal(json_integer_value(json_object_get(json, "number")), 2026000001);
	json_decref(json);
	assert_null(incidents_next_opened(incidents, 2026000001));
	json = incidents_untold(incidents);
	assert_non_null(json);
	json_decref(json);
	assert_ok(incidents_told(incidents, 2026000001));
	assert_null(incidents_untold(incidents));
}

static void numbers_are_read_as_they_are_written(void **state)
{
	char text[INCIDENT_NUMBER_BYTES];
	(void)state;
	incident_text(2026000007, text);
	assert_string_equal(text, "2026-0007");
	assert_int_equal(incident_number("2026-0007"), 2026000007);
	incident_text(2026012345, text);
	assert_int_equal(incident_number(text), 2026012345);
	for (const char *const *bad = (const char *const[]){"", "7", "2026-", "2026-1x", "-1-1",
		     "2026-0001-1", "99999999999999", "1-1", NULL};
		*bad; bad++)
		assert_int_equal(incident_number(*bad), 0);
}

static void what_is_no_finding_is_left_out(void **state)
{
	(void)state;
	json_t *json = json_pack("{s:s}", "title", "x");
	incidents_take(incidents, 1, "", json);
	json_decref(json);
	assert_ok(incidents_save(incidents));
	assert_int_equal(incidents_place(incidents), 1);
	assert_int_equal(count(), 0);
}

// ---- Attacks.

// Somebody told of something small is told again when it becomes something bad.
static void what_becomes_worse_is_told_again(void **state)
{
	(void)state;
	take((struct made){
		.rule = "h", .level = "low", .certain = true, .person = "0000000000000001"});
	assert_ok(incidents_told(incidents, incident_number(FIRST)));
	take((struct made){.rule = "a", .level = "low", .person = "0000000000000001"});
	assert_null(incidents_untold(incidents));
	take((struct made){
		.rule = "h", .level = "critical", .certain = true, .person = "0000000000000001"});
	json_t *json = incidents_untold(incidents);
	assert_true(json_is_true(json_object_get(json, "worse")));
	json_decref(json);
	assert_ok(incidents_told(incidents, incident_number(FIRST)));
	take((struct made){
		.rule = "h", .level = "critical", .certain = true, .person = "0000000000000001"});
	assert_null(incidents_untold(incidents));
}

static bool shows(const json_t *incident, const char *rule)
{
	json_t *one;
	size_t i;
	json_array_foreach(json_object_get(incident, "timeline"), i,
		one) if (strcmp(json_string_value(json_object_get(one, "rule")), rule) ==
			 0) return true;
	return false;
}

// Hundreds that came after it do not push what matters out of sight.
static void a_flood_does_not_hide_another_finding_of_the_incident(void **state)
{
	(void)state;
	open_first();
	take((struct made){.rule = "quiet", .level = "medium", .person = "0000000000000001"});
	for (int i = 0; i < 400; i++)
		take((struct made){.rule = "noise", .person = "0000000000000001"});
	json_t *json = one(FIRST);
	assert_true(shows(json, "h") && shows(json, "quiet") && shows(json, "noise"));
	json_int_t left_out = json_integer_value(json_object_get(json, "timeline_left_out"));
	size_t shown = json_array_size(json_object_get(json, "timeline"));
	assert_true(left_out > 0);
	assert_int_equal(left_out + (json_int_t)shown, 402);
	json_decref(json);
}

// As many as an incident holds, and then one that is worse than all of them.
static void a_full_incident_still_takes_what_is_worse(void **state)
{
	(void)state;
	open_first();
	for (uint64_t i = 0; i < INCIDENT_FINDINGS + 10; i++) {
		struct made noise = {.rule = "noise", .level = "low", .person = "0000000000000001"};
		give(&noise, ++next_id);
	}
	take((struct made){.rule = "late", .level = "critical", .person = "0000000000000001"});
	assert_has(FIRST, "severity", "critical");
	json_t *json = one(FIRST);
	assert_true(shows(json, "late") && shows(json, "h"));
	assert_int_equal(
		json_integer_value(json_object_get(json, "findings")), INCIDENT_FINDINGS + 12);
	json_decref(json);
}

static void nobody_judges_themselves(void **state)
{
	static const char me[] = "00000000000000aa";
	(void)state;
	take((struct made){.rule = "h", .certain = true, .person = me});
	act(FIRST, "verdict", json_pack("{s:s}", "verdict", "false-alarm"), 403);
	act(FIRST, "contain", NULL, 403);
	act(FIRST, "assign", json_pack("{s:s}", "to", me), 403);
	act(FIRST, "assess", json_pack("{s:s, s:s}", "key", "breach", "value", "no"), 403);
	act(FIRST, "note", NULL, 200); // their own words are heard
	assert_has(FIRST, "verdict", "");
	act(FIRST, "verdict", json_pack("{s:s, s:s}", "verdict", "true", "who", "00000000000000bb"),
		200);
	act(FIRST, "close", NULL, 403);
	act(FIRST, "close", json_pack("{s:s}", "who", "00000000000000bb"), 200);
	act(FIRST, "reopen", NULL, 403);
}

// More persons than are told have a high risk: those with the most are.
static void a_crowd_does_not_push_out_the_worst(void **state)
{
	static struct risky list[INCIDENTS_RISKY];
	char who[17];
	(void)state;
	for (uint64_t i = 0; i < 1000; i++) {
		snprintf(who, sizeof who, "%016llx", (unsigned long long)i + 0x100);
		struct made one = {.rule = "a", .level = "high", .person = who};
		struct made two = {.rule = "b", .level = "high", .attack = "impact", .person = who};
		give(&one, ++next_id);
		give(&two, ++next_id);
	}
	take((struct made){.rule = "h", .certain = true, .person = "ffffffffffffffff"});
	assert_int_equal(incidents_risky(incidents, start_us, list), INCIDENTS_RISKY);
	assert_int_equal(list[0].actor, 0xffffffffffffffff);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_flood_of_one_rule_against_a_colleague_opens_nothing),
		TEST(two_rules_and_tactics_open_one_with_what_led_there),
		TEST(a_certain_finding_opens_one_alone),
		TEST(a_person_opens_one_from_a_finding),
		TEST(the_same_person_within_three_days),
		TEST(the_same_patient_within_a_day),
		TEST(two_people_at_one_record_are_judged_apart),
		TEST(an_address_only_where_nobody_is_named),
		TEST(where_many_work_nobody_is_suspected),
		TEST(what_is_closed_takes_nothing_and_opens_nothing_again),
		TEST(killed_at_any_point_nothing_counts_twice),
		TEST(a_findings_store_made_anew_gives_nothing_twice),
		TEST(no_number_that_the_trail_knows_is_given_again),
		TEST(work_goes_from_open_to_closed),
		TEST(a_false_alarm_teaches),
		TEST(no_breach_needs_the_four_factors),
		TEST(the_trail_hears_of_medium_and_above_in_order),
		TEST(numbers_are_read_as_they_are_written),
		TEST(what_is_no_finding_is_left_out),
		TEST(what_becomes_worse_is_told_again),
		TEST(a_flood_does_not_hide_another_finding_of_the_incident),
		TEST(a_full_incident_still_takes_what_is_worse),
		TEST(nobody_judges_themselves),
		TEST(a_crowd_does_not_push_out_the_worst),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
