#include "../unit.h"

#include "common/base/bytes.h"
#include "common/format/fhir_type.h"
#include "vault/policy/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct policy *hospital;
static char path[64];

static int load(void **state)
{
	(void)state;
	struct yaml_fault problem;
	enum err err = policy_load(RULES "/policy/hospital.yaml", &hospital, &problem);
	if (err)
		print_error("line %u: %s\n", problem.line, problem.text);
	return err;
}

static int unload(void **state)
{
	(void)state;
	policy_free(hospital);
	return 0;
}

// ---- The whole matrix of rules/policy/hospital.yaml, written out a second time.

enum group {
	PATIENT,
	RELATED,
	CLINICAL,
	SCHEDULING,
	BILLING,
	DIRECTORY,
	SECURITY,
	OTHER,
	GROUPS
};

static const char *const members[GROUPS] = {
	[PATIENT] = " Patient ",
	[RELATED] = " RelatedPerson ",
	[SCHEDULING] = " Appointment AppointmentResponse Schedule Slot ",
	[BILLING] = (" Account Claim ClaimResponse Coverage CoverageEligibilityRequest "
		     "CoverageEligibilityResponse ExplanationOfBenefit Invoice PaymentNotice "
		     "PaymentReconciliation EnrollmentRequest EnrollmentResponse ChargeItem "),
	[DIRECTORY] =
		(" Practitioner PractitionerRole Organization OrganizationAffiliation Location "
		 "HealthcareService Endpoint Medication Substance "),
	[SECURITY] = " AuditEvent Consent Provenance ",
	// What else may be about a patient: R4's patient compartment without the above, and what
	// has a patient though R4 leaves it out: Contract, Device, GuidanceResponse, Task.
	[CLINICAL] =
		(" AdverseEvent AllergyIntolerance Basic BodyStructure CarePlan CareTeam "
		 "ClinicalImpression Communication CommunicationRequest Composition Condition Contract "
		 "DetectedIssue Device DeviceRequest DeviceUseStatement DiagnosticReport DocumentManifest "
		 "DocumentReference Encounter EpisodeOfCare FamilyMemberHistory Flag Goal Group "
		 "GuidanceResponse "
		 "ImagingStudy Immunization ImmunizationEvaluation ImmunizationRecommendation List "
		 "MeasureReport Media MedicationAdministration MedicationDispense MedicationRequest "
		 "MedicationStatement MolecularSequence NutritionOrder Observation Person Procedure "
		 "QuestionnaireResponse RequestGroup ResearchSubject RiskAssessment ServiceRequest "
		 "Specimen SupplyDelivery SupplyRequest Task VisionPrescription "),
};

// a: always; r: with a care relationship; o: one's own; in capitals also with broken glass. In the
// order read, search, create, update, delete, export, who-saw, break-glass.
#define NOTHING "--------"
static const char *const matrix[POLICY_ROLES][GROUPS] = {
	[ROLE_NONE] = {NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING},
	[ROLE_CLINICIAN] = {"RaRR--Ra", "RRRR--R-", "RRRRr-R-", "RRRRr-R-", NOTHING, "aa------",
		"RRRR--R-", NOTHING},
	[ROLE_NURSE] = {"RaRR--Ra", "RRRR--R-", "RRRR--R-", "RRRR--R-", NOTHING, "aa------",
		"RRRR--R-", NOTHING},
	[ROLE_FRONT_DESK] = {"aaaa----", "aaaa----", NOTHING, "aaaa----", "aaaa----", "aa------",
		NOTHING, NOTHING},
	[ROLE_PRIVACY_OFFICER] = {"aa----aa", "OO------", "OO------", "OO------", "OO------",
		"aa------", "OO------", NOTHING},
	[ROLE_SECURITY_OFFICER] = {NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING,
		NOTHING},
	[ROLE_ADMINISTRATOR] = {NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING,
		NOTHING},
	[ROLE_APPLICATION] = {"aaaa----", "aaaa----", "aaaa----", "aaaa----", "aaaa----",
		"aaaa----", "aaaa----", "aaaa----"},
	[ROLE_PATIENT] = {"oo----o-", "oo----o-", "oo----o-", "oo----o-", "oo----o-", "aa------",
		"oo----o-", NOTHING},
	[ROLE_LOCAL] = {"--a-----", "--a-----", "--a-----", "--a-----", "--a-----", "--a-----",
		"--a-----", "--a-----"},
};

static enum group group_of(int type)
{
	char wanted[64];
	snprintf(wanted, sizeof wanted, " %s ", fhir_type_name(type));
	for (int group = 0; group < OTHER; group++)
		if (strstr(members[group], wanted))
			return (enum group)group;
	return OTHER;
}

static bool expected(const struct policy_ask *ask)
{
	char rule = matrix[ask->role][group_of(ask->type)][ask->action];
	bool held = rule == 'a' ||
		    (strchr("rR", rule) && (ask->relationship || !ask->of_patient)) ||
		    (strchr("oO", rule) && ask->own);
	return held || (strchr("RO", rule) && ask->broken_glass);
}

static void every_role_type_action_and_condition(void **state)
{
	(void)state;
	struct policy_decision d;
	unsigned allowed = 0, wrong = 0;
	for (int role = 0; role < POLICY_ROLES; role++)
		for (int type = 0; type < fhir_type_count(); type++)
			for (int action = 0; action < POLICY_ACTIONS; action++)
				for (unsigned bits = 0; bits < 16; bits++) {
					struct policy_ask ask = {.role = (enum policy_role)role,
						.type = type,
						.action = (enum policy_action)action,
						.of_patient = bits & 1,
						.relationship = bits & 2,
						.own = bits & 4,
						.broken_glass = bits & 8,
						.second_factor = true};
					policy_decide(hospital, &ask, &d);
					allowed += d.allowed;
					if (d.allowed == expected(&ask))
						continue;
					if (++wrong > 10)
						continue;
					print_error("%s %s %s %x: %s\n", policy_role_text(ask.role),
						policy_action_text(ask.action),
						fhir_type_name(type), bits, d.rule);
				}
	assert_int_equal(wrong, 0);
	assert_true(allowed > 10000); // the test itself asked something
}

static struct policy_decision ask_for(
	enum policy_role role, const char *type, enum policy_action action, struct policy_ask ask)
{
	struct policy_decision d;
	ask.role = role;
	ask.type = fhir_type_find(type);
	ask.action = action;
	assert_true(ask.type >= 0);
	policy_decide(hospital, &ask, &d);
	return d;
}

static void glass_is_offered_where_it_would_help_and_nowhere_else(void **state)
{
	(void)state;
	struct policy_ask stranger = {.of_patient = true, .second_factor = true};
	struct policy_decision d = ask_for(ROLE_NURSE, "Observation", POLICY_READ, stranger);
	assert_false(d.allowed);
	assert_true(d.break_glass_would_help);
	assert_string_equal(d.rule, "deny by default");
	stranger.broken_glass = true;
	d = ask_for(ROLE_NURSE, "Observation", POLICY_READ, stranger);
	assert_true(d.allowed);
	assert_false(d.break_glass_would_help);
	assert_string_equal(d.rule, "care relationship");
	stranger.broken_glass = false;
	assert_false(ask_for(ROLE_CLINICIAN, "Observation", POLICY_DELETE, stranger)
			     .break_glass_would_help);
	assert_false(
		ask_for(ROLE_CLINICIAN, "Claim", POLICY_READ, stranger).break_glass_would_help);
	assert_false(ask_for(ROLE_FRONT_DESK, "Observation", POLICY_READ, stranger)
			     .break_glass_would_help);
	assert_false(
		ask_for(ROLE_PATIENT, "Observation", POLICY_READ, stranger).break_glass_would_help);
	stranger.of_patient = false;
	assert_false(ask_for(ROLE_PRIVACY_OFFICER, "Observation", POLICY_READ, stranger)
			     .break_glass_would_help);
}

static void breaking_glass_is_never_refused_to_those_who_treat(void **state)
{
	(void)state;
	struct policy_ask stranger = {.of_patient = true, .second_factor = true};
	assert_true(ask_for(ROLE_CLINICIAN, "Patient", POLICY_BREAK_GLASS, stranger).allowed);
	assert_true(ask_for(ROLE_NURSE, "Patient", POLICY_BREAK_GLASS, stranger).allowed);
	assert_false(ask_for(ROLE_FRONT_DESK, "Patient", POLICY_BREAK_GLASS, stranger).allowed);
	assert_false(ask_for(ROLE_APPLICATION, "Patient", POLICY_BREAK_GLASS, stranger).allowed);
	assert_false(ask_for(ROLE_ADMINISTRATOR, "Patient", POLICY_BREAK_GLASS, stranger).allowed);
}

static void without_the_second_factor_no_record(void **state)
{
	(void)state;
	struct policy_ask ask = {
		.of_patient = true, .relationship = true, .own = true, .broken_glass = true};
	struct policy_decision d;
	unsigned helped = 0;
	for (int role = 0; role < POLICY_ROLES; role++)
		for (int type = 0; type < fhir_type_count(); type++)
			for (int action = 0; action < POLICY_ACTIONS; action++) {
				ask.role = (enum policy_role)role;
				ask.type = type;
				ask.action = (enum policy_action)action;
				policy_decide(hospital, &ask, &d);
				bool free = role == ROLE_APPLICATION || role == ROLE_PATIENT ||
					    role == ROLE_LOCAL;
				assert_int_equal(d.allowed, free && expected(&ask));
				assert_int_equal(
					d.second_factor_would_help, !free && expected(&ask));
				helped += d.second_factor_would_help;
			}
	assert_true(helped > 100);
}

static void what_is_out_of_range_is_denied(void **state)
{
	(void)state;
	struct policy_decision d;
	struct policy_ask fine = {.role = ROLE_APPLICATION,
		.type = fhir_type_find("Observation"),
		.action = POLICY_READ};
	policy_decide(hospital, &fine, &d);
	assert_true(d.allowed);
	const struct policy_ask odd[] = {
		{.role = ROLE_NONE, .type = fine.type},
		{.role = POLICY_ROLES, .type = fine.type},
		{.role = (enum policy_role)1000, .type = fine.type},
		{.role = ROLE_APPLICATION, .type = FHIR_TYPE_NONE},
		{.role = ROLE_APPLICATION, .type = fhir_type_count()},
		{.role = ROLE_APPLICATION, .type = INT32_MAX},
		{.role = ROLE_APPLICATION, .type = fine.type, .action = POLICY_ACTIONS},
	};
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		policy_decide(hospital, &odd[i], &d);
		assert_false(d.allowed);
		assert_string_equal(d.rule, "deny by default");
	}
}

static void work_is_shared_out_as_written(void **state)
{
	(void)state;
	static const char *const verbs[] = {"trail-search", "accounts-manage", "sessions-manage",
		"status-view", "import", "keys-manage", "contain", "playbooks"};
	static const char *const may[POLICY_ROLES] = {[ROLE_PRIVACY_OFFICER] = "x-x----x",
		[ROLE_SECURITY_OFFICER] = "x-xx--xx",
		[ROLE_ADMINISTRATOR] = "-xxx--xx",
		[ROLE_LOCAL] = "xxxxxxxx"};
	for (int role = 0; role < POLICY_ROLES; role++) {
		const char *list[32], *row = may[role] ? may[role] : "--------";
		size_t count = policy_verbs(hospital, (enum policy_role)role, list), want = 0;
		for (int v = 0; v < 8; v++) {
			assert_int_equal(policy_may(hospital, (enum policy_role)role, verbs[v]),
				row[v] == 'x');
			want += row[v] == 'x';
		}
		assert_int_equal(count, want);
		assert_false(policy_may(hospital, (enum policy_role)role, ""));
		assert_false(policy_may(hospital, (enum policy_role)role, "read-everything"));
	}
	assert_false(policy_may(hospital, POLICY_ROLES, "import"));
}

static void roles_have_one_word_each(void **state)
{
	(void)state;
	for (int role = 1; role < POLICY_ROLES; role++)
		assert_int_equal(policy_role_find(policy_role_text((enum policy_role)role)), role);
	assert_int_equal(policy_role_find("nobody"), ROLE_NONE);
	assert_int_equal(policy_role_find("Clinician"), ROLE_NONE);
	assert_int_equal(policy_role_find(""), ROLE_NONE);
	assert_string_equal(policy_role_text(POLICY_ROLES), "?");
	assert_string_equal(policy_action_text(POLICY_ACTIONS), "?");
}

static void it_explains_itself(void **state)
{
	(void)state;
	struct arena *arena = arena_new();
	const char *text = policy_explain(hospital, arena);
	assert_non_null(
		strstr(text, "nurse\tObservation\tread\trelationship\tcare relationship\n"));
	assert_non_null(
		strstr(text, "nurse\tObservation\tread\tbroken-glass\tcare relationship\n"));
	assert_non_null(strstr(text, "patient\tObservation\tread\town\tone's own record\n"));
	assert_null(strstr(text, "administrator\t"));
	assert_null(strstr(text, "\texport\t"));
	arena_free(arena);
}

// ---- Files that are wrong.

static enum err load_text(const char *text, struct yaml_fault *ret_problem)
{
	struct policy *policy = NULL;
	strcpy(path, "/tmp/policy-XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	enum err err = policy_load(path, &policy, ret_problem);
	unlink(path);
	if (!err)
		policy_free(policy);
	return err;
}

#define RULE(more) "rules:\n  - name: n\n    why: w\n" more
#define LISTS      "    roles: [nurse]\n    resources: [Patient]\n    actions: [read]\n"

static const struct malformed {
	const char *text;
	unsigned line;
	const char *words;
} malformed[] = {
	{"rules:\n  - name: [\n", 3, "not YAML"},
	{"- a\n- b\n", 1, "keys and values"},
	{"just words\n", 1, "keys and values"},
	{"\n\nrulez: []\n", 3, "'rulez'"},
	{"rules: {}\n", 1, "rules are a list"},
	{"rules:\n  - words\n", 2, "keys and values"},
	{"rules: []\nrules: []\n", 2, "there already"},
	{RULE("    wen: always\n" LISTS), 4, "'wen'"},
	{RULE(LISTS "    when: sometimes\n"), 7, "'sometimes'"},
	{RULE(LISTS "    when: broken-glass\n"), 7, "'broken-glass'"},
	{RULE(LISTS "    when: [always]\n"), 7, "not a condition"},
	{RULE(LISTS "    break-glass: yes\n"), 7, "neither true nor false"},
	{RULE(LISTS "    break-glass: [true]\n"), 7, "neither true nor false"},
	{RULE("    roles: [nurse, doctor]\n    resources: [Patient]\n    actions: [read]\n"), 4,
		"'doctor'"},
	{RULE("    roles: [nobody]\n    resources: [Patient]\n    actions: [read]\n"), 4,
		"'nobody'"},
	{RULE("    roles: [[nurse]]\n    resources: [Patient]\n    actions: [read]\n"), 4,
		"not known"},
	{RULE("    roles: [nurse]\n    resources: [Patients]\n    actions: [read]\n"), 5,
		"'Patients'"},
	{RULE("    roles: [nurse]\n    resources: [patient]\n    actions: [read]\n"), 5,
		"'patient'"},
	{RULE("    roles: [nurse]\n    resources: [Patient]\n    actions:\n      - read\n      - peek\n"),
		8, "'peek'"},
	{RULE("    roles: [nurse]\n    resources: Patient\n    actions: [read]\n"), 2,
		"list of roles"},
	{RULE("    roles: [nurse]\n    resources: []\n    actions: [read]\n"), 2, "list of roles"},
	{RULE("    roles: []\n    resources: [Patient]\n    actions: [read]\n"), 2,
		"list of roles"},
	{RULE("    roles: [nurse]\n    resources: [Patient]\n"), 2, "list of roles"},
	{"rules:\n  - name: n\n" LISTS, 2, "a name and a why"},
	{"rules:\n  - why: w\n" LISTS, 2, "a name and a why"},
	{"rules:\n  - name: ''\n    why: w\n" LISTS, 2, "a name and a why"},
	{"rules:\n  - name: [n]\n    why: w\n" LISTS, 2, "a name and a why"},
	{RULE(LISTS) "  - name: n\n    why: w\n" LISTS, 7, "of this name already"},
	{RULE(LISTS "    name: m\n"), 7, "there already"},
	{"groups: []\n", 1, "groups have names"},
	{"groups:\n  g: Patient\n", 2, "a group is a list"},
	{"groups:\n  g: []\n", 2, "a group is a list"},
	{"groups:\n  g: [Patient]\n  h: [Observation, Patient]\n", 3, "in a group already"},
	{"groups:\n  g: [Patent]\n", 2, "'Patent'"},
	{"groups:\n  clinical: [Patient]\n", 2, "a meaning already"},
	{"groups:\n  other: [Patient]\n", 2, "a meaning already"},
	{"groups:\n  Observation: [Patient]\n", 2, "a meaning already"},
	{"groups:\n  g: &x [Patient]\n  h: *x\n", 2, "anchors"},
	{"groups:\n  g: [&x Patient]\n", 2, "anchors"},
	{"second-factor: nurse\n", 1, "a list of words"},
	{"second-factor: [nurse,\n  surgeon]\n", 2, "'surgeon'"},
	{"work:\n  - x\n", 2, "verbs for each role"},
	{"work:\n  chief: [import]\n", 2, "'chief' is not a role"},
	{"work:\n  nurse: import\n", 2, "a list of words"},
	{"work:\n  nurse: [import, export]\n", 2, "'export'"},
};

static void what_is_wrong_is_refused_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
		struct yaml_fault problem = {0};
		const struct malformed *m = &malformed[i];
		enum err err = load_text(m->text, &problem);
		if (err == OK || problem.line != m->line || !strstr(problem.text, m->words))
			print_error("%s: line %u: %s: %s\n", m->text, problem.line, err_text(err),
				problem.text);
		assert_true(err == ERR_INVALID || err == ERR_SYNTAX);
		assert_int_equal(problem.line, m->line);
		assert_non_null(strstr(problem.text, m->words));
	}
}

static void the_smallest_rule_is_right(void **state)
{
	(void)state; // the control of the above
	struct yaml_fault problem;
	assert_ok(load_text(RULE(LISTS), &problem));
	assert_ok(load_text(RULE(LISTS "    when: own\n    break-glass: true\n"), &problem));
}

static void an_empty_policy_allows_nothing(void **state)
{
	(void)state;
	struct policy *policy = NULL;
	struct yaml_fault problem;
	struct policy_decision d;
	strcpy(path, "/tmp/policy-XXXXXX");
	close(mkstemp(path));
	assert_ok(policy_load(path, &policy, &problem));
	unlink(path);
	struct policy_ask ask = {.of_patient = true,
		.relationship = true,
		.own = true,
		.broken_glass = true,
		.second_factor = true};
	for (int role = 0; role < POLICY_ROLES; role++)
		for (int type = 0; type < fhir_type_count(); type++)
			for (int action = 0; action < POLICY_ACTIONS; action++) {
				ask.role = (enum policy_role)role;
				ask.type = type;
				ask.action = (enum policy_action)action;
				policy_decide(policy, &ask, &d);
				assert_false(d.allowed || d.break_glass_would_help);
			}
	policy_free(policy);
}

static void too_much_is_refused(void **state)
{
	(void)state;
	struct yaml_fault problem;
	struct buf text = {0};
	buf_add_text(&text, "rules:\n");
	for (int i = 0; i < 250; i++)
		buf_printf(&text, "  - name: n%d\n    why: w\n" LISTS, i);
	buf_add(&text, "", 1);
	assert_err(load_text((const char *)text.at, &problem), ERR_INVALID);
	assert_non_null(strstr(problem.text, "too many rules"));
	assert_int_equal(problem.line, 2 + 249 * 5);
	buf_clear(&text);
	for (int i = 0; i < 9000; i++)
		buf_add_text(&text, "# thirty bytes of a comment ..\n");
	buf_add(&text, "", 1);
	assert_err(load_text((const char *)text.at, &problem), ERR_LIMIT);
	buf_clear(&text);
	buf_add_text(&text, "rules:\n  - name: ");
	for (int i = 0; i < 80; i++)
		buf_add_text(&text, "n");
	buf_add_text(&text, "\n    why: w\n" LISTS);
	buf_add(&text, "", 1);
	assert_err(load_text((const char *)text.at, &problem), ERR_INVALID);
	buf_done(&text);
}

static void a_file_that_is_none_is_refused(void **state)
{
	(void)state;
	struct policy *policy;
	struct yaml_fault problem;
	assert_err(policy_load("/nonexistent/policy.yaml", &policy, &problem), ERR_IO);
	assert_err(policy_load("/tmp", &policy, &problem), ERR_IO);
	assert_string_equal(problem.text, "cannot be read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_role_type_action_and_condition),
		cmocka_unit_test(glass_is_offered_where_it_would_help_and_nowhere_else),
		cmocka_unit_test(breaking_glass_is_never_refused_to_those_who_treat),
		cmocka_unit_test(without_the_second_factor_no_record),
		cmocka_unit_test(what_is_out_of_range_is_denied),
		cmocka_unit_test(work_is_shared_out_as_written),
		cmocka_unit_test(roles_have_one_word_each),
		cmocka_unit_test(it_explains_itself),
		cmocka_unit_test(what_is_wrong_is_refused_with_its_line),
		cmocka_unit_test(the_smallest_rule_is_right),
		cmocka_unit_test(an_empty_policy_allows_nothing),
		cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test(a_file_that_is_none_is_refused),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
