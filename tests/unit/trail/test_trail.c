#include "../unit.h"

#include "common/format/trail.h"

#include <string.h>

static const char *const patients[] = {"p1", "p2"};
static const struct trail_entry sample = {.time_us = -5,
	.kind = TRAIL_ACCESS,
	.action = TRAIL_SEARCH,
	.outcome = TRAIL_ALLOWED,
	.status = 200,
	.refers_to = 3,
	.version = 9,
	.patient_count = 2,
	.actor = "a1",
	.actor_name = "Dr Müller",
	.role = "clinician",
	.session = "s",
	.address = "10.0.0.1",
	.application = "console",
	.resource = "Observation",
	.relationship = "encounter",
	.evidence = "Encounter/1",
	.purpose = "TREAT",
	.reason = "r",
	.query = "code=1",
	.rule = "care",
	.detail = "d",
	.trace = "t",
	.content = "c",
	.target = "a2",
	.flags = "honey",
	.patients = patients,
	.patients_here = 2};

static void an_entry_comes_back(void **state)
{
	struct arena *arena = arena_new();
	struct buf out = {0};
	struct trail_entry e;
	trail_encode(&sample, &out);
	assert_ok(trail_parse(buf_bytes(&out), arena, &e));
	assert_int_equal(e.time_us, -5);
	assert_int_equal(e.kind, TRAIL_ACCESS);
	assert_int_equal(e.action, TRAIL_SEARCH);
	assert_int_equal(e.status, 200);
	assert_int_equal(e.refers_to, 3);
	assert_int_equal(e.version, 9);
	assert_string_equal(e.actor_name, "Dr Müller");
	assert_string_equal(e.content, "c");
	assert_string_equal(e.target, "a2");
	assert_string_equal(e.flags, "honey");
	assert_string_equal(e.evidence, "Encounter/1");
	assert_int_equal(e.patients_here, 2);
	assert_string_equal(e.patients[1], "p2");
	buf_done(&out);
	arena_free(arena);
}

static void no_prefix_is_an_entry(void **state)
{
	struct arena *arena = arena_new();
	struct buf out = {0};
	struct trail_entry e;
	trail_encode(&sample, &out);
	for (size_t size = 0; size < out.size; size++)
		assert_true(trail_parse(bytes_of(out.at, size), arena, &e) != OK);
	put_u8(&out, 0);
	assert_err(trail_parse(buf_bytes(&out), arena, &e), ERR_SYNTAX);
	out.at[0] = 3;
	assert_err(trail_parse(buf_bytes(&out), arena, &e), ERR_UNSUPPORTED);
	buf_done(&out);
	arena_free(arena);
}

static void long_texts_are_cut_between_characters(void **state)
{
	struct arena *arena = arena_new();
	struct buf out = {0}, text = {0};
	struct trail_entry e = sample;
	buf_add_text(&text, "x");
	while (text.size < 2 * TRAIL_TEXT_BYTES)
		buf_add_text(&text, "é");
	put_u8(&text, 0);
	e.reason = (const char *)text.at;
	trail_encode(&e, &out);
	assert_ok(trail_parse(buf_bytes(&out), arena, &e));
	assert_int_equal(strlen(e.reason), TRAIL_TEXT_BYTES - 1);
	buf_done(&out);
	buf_done(&text);
	arena_free(arena);
}

static void every_action_has_its_words(void **state)
{
	struct arena *arena = arena_new();
	for (int action = 1; action < TRAIL_ACTIONS; action++) {
		const char *text = trail_action_text((enum trail_action)action);
		assert_string_not_equal(text, "?");
		assert_int_equal(trail_action_find(text), action);
		for (int outcome = 1; outcome < TRAIL_OUTCOMES; outcome++) {
			struct trail_entry e = sample;
			e.action = (enum trail_action)action;
			e.outcome = (enum trail_outcome)outcome;
			assert_non_null(
				strstr(trail_sentence(&e, "Anna Berg", arena), "Dr Müller"));
		}
	}
	assert_int_equal(trail_action_find("nothing"), 0);
	arena_free(arena);
}

static struct trail_entry trail_nothing(void)
{
	struct trail_entry e = sample;
	e.resource = e.relationship = e.evidence = e.purpose = e.reason = "";
	return e;
}

static const char *said(struct trail_entry e, const char *patient, struct arena *arena)
{
	e.actor_name = "Dr Berg";
	e.role = "clinician";
	return trail_sentence(&e, patient, arena);
}

static void sentences_say_what_is_known(void **state)
{
	static const char *const two[] = {"a", "b"};
	struct arena *arena = arena_new();
	struct trail_entry e = trail_nothing();
	e.kind = TRAIL_ACCESS, e.action = TRAIL_SEARCH, e.outcome = TRAIL_ALLOWED;
	e.resource = "Patient", e.patients = two, e.patients_here = 2, e.patient_count = 12;
	e.relationship = "all", e.evidence = "12 of 12";
	assert_string_equal(said(e, "Paul Marsh", arena),
		"Dr Berg (clinician) searched the personal details of Paul Marsh and 11 other "
		"patients, all of them in their care.");
	e.relationship = "some", e.evidence = "3 of 12";
	assert_non_null(strstr(said(e, NULL, arena), "of 12 patients, 3 of them in their care."));
	e.relationship = "none", e.evidence = "0 of 12";
	assert_non_null(strstr(said(e, NULL, arena), "without a known care relationship."));
	e.evidence = ""; // written before it was worked out for each
	assert_null(strstr(said(e, NULL, arena), "without"));
	e.patient_count = 0, e.patients_here = 0, e.outcome = TRAIL_DENIED;
	e.resource = "Observation";
	assert_string_equal(said(e, NULL, arena),
		"Dr Berg (clinician) tried to search results and measurements; it was refused.");
	e.action = TRAIL_TRANSACTION, e.resource = "";
	assert_string_equal(said(e, NULL, arena),
		"Dr Berg (clinician) tried to store a bundle with several entries; it was refused.");
	arena_free(arena);
}

static void only_those_who_treat_lack_a_care_relationship(void **state)
{
	static const struct {
		const char *role, *end;
	} rows[] = {{"clinician", ", without a known care relationship."},
		{"nurse", ", without a known care relationship."},
		{"front-desk",
			", as the front desk does for registration, appointments and bills."},
		{"privacy-officer", ", as the one who answers for who reads records."},
		{"security-officer", ", in a role that takes no part in care."},
		{"application", ", as a program: whom it asked for is not known here."},
		{"patient", ", as a patient who is not known to be this one."},
		{"local", ", from the server itself."}};
	static const char *const one[] = {"a"};
	struct arena *arena = arena_new();
	struct trail_entry e = trail_nothing();
	e.kind = TRAIL_ACCESS, e.action = TRAIL_READ, e.outcome = TRAIL_ALLOWED;
	e.resource = "Patient/a", e.patients = one, e.patients_here = e.patient_count = 1;
	e.relationship = "none", e.actor_name = "Ada";
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		e.role = rows[i].role;
		const struct trail_entry told = trail_about(&e, NULL, "a"); // the patient's view
		assert_string_equal(trail_sentence(&told, "Paul Marsh", arena),
			arena_printf(arena, "Ada (%s) read the personal details of Paul Marsh%s",
				rows[i].role, rows[i].end));
		assert_int_equal(trail_care_expected(e.role), i < 2);
	}
	e.role = "front-desk", e.relationship = "appointment", e.evidence = "Appointment/1";
	assert_non_null(strstr(trail_sentence(&e, "Paul", arena), "has an appointment with them"));
	arena_free(arena);
}

static void refused_work_says_what_was_tried(void **state)
{
	struct arena *arena = arena_new();
	struct trail_entry e = trail_nothing();
	e.kind = TRAIL_ACCOUNT, e.action = TRAIL_WORK, e.outcome = TRAIL_DENIED;
	e.detail = "accounts-manage: Make an account, POST /api/accounts";
	assert_string_equal(said(e, NULL, arena),
		"Dr Berg (clinician) tried to do what another role does (accounts-manage: Make an "
		"account, POST /api/accounts); it was refused.");
	arena_free(arena);
}

static void one_patient_is_told_nothing_of_another(void **state)
{
	static const char *const both[] = {"p", "a"};
	struct arena *arena = arena_new();
	struct trail_entry e = trail_nothing();
	e.kind = TRAIL_REVIEW, e.action = TRAIL_WHO_SAW, e.outcome = TRAIL_ALLOWED;
	e.resource = "Patient/p", e.relationship = "encounter", e.evidence = "Encounter/rv1";
	e.reason = "p fell", e.patients = both, e.patients_here = 2, e.patient_count = 2;
	struct trail_entry told = trail_about(&e, NULL, "a");
	assert_string_equal(said(told, "Paul Marsh", arena),
		"Dr Berg (clinician) looked at the trail, where Paul Marsh was named.");
	assert_string_equal(told.resource, "");
	assert_string_equal(told.evidence, "");
	assert_string_equal(told.relationship, "");
	assert_string_equal(told.reason, "");
	told = trail_about(&e, NULL, "p");
	assert_string_equal(told.evidence, "Encounter/rv1");
	assert_non_null(strstr(said(told, "Ines", arena), "asked who has seen Ines, who is in"));
	struct trail_entry more = e;
	more.action = TRAIL_CONTINUED, more.patients = both + 1, more.patients_here = 1;
	told = trail_about(&more, &e, "a");
	assert_non_null(strstr(said(told, "Paul Marsh", arena), "looked at the trail, where Paul"));
	e.kind = TRAIL_ACCESS, e.action = TRAIL_READ, e.resource = "Appointment/both";
	e.purpose = "BTG", e.relationship = "some", e.evidence = "1 of 2";
	told = trail_about(&e, NULL, "a");
	assert_string_equal(said(told, "Paul Marsh", arena),
		"Dr Berg (clinician) read an appointment of Paul Marsh and 1 other patient.");
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_comes_back),
		cmocka_unit_test(no_prefix_is_an_entry),
		cmocka_unit_test(long_texts_are_cut_between_characters),
		cmocka_unit_test(every_action_has_its_words),
		cmocka_unit_test(sentences_say_what_is_known),
		cmocka_unit_test(only_those_who_treat_lack_a_care_relationship),
		cmocka_unit_test(refused_work_says_what_was_tried),
		cmocka_unit_test(one_patient_is_told_nothing_of_another),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
