// What high risk takes away, and that care comes first whatever the file says.
#include "../unit.h"

#include "common/format/fhir_type.h"
#include "vault/policy/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct policy *hospital;

static int load(void **state)
{
	struct yaml_fault problem;
	(void)state;
	return policy_load(RULES "/policy/hospital.yaml", &hospital, &problem) != OK;
}

static int unload(void **state)
{
	(void)state;
	policy_free(hospital);
	return 0;
}

static struct policy_ask search_of(enum policy_role role)
{
	return (struct policy_ask){.role = role,
		.action = POLICY_SEARCH,
		.type = fhir_type_patient(),
		.second_factor = true,
		.factor_age_s = 3600};
}

static struct policy_decision decide(const struct policy_ask *ask)
{
	struct policy_decision d;
	policy_decide(hospital, ask, &d);
	return d;
}

static void without_high_risk_nothing_changes(void **state)
{
	(void)state;
	struct policy_ask ask = search_of(ROLE_FRONT_DESK);
	assert_true(decide(&ask).allowed);
	ask.risk = 49;
	assert_true(decide(&ask).allowed);
}

static void a_fresh_second_factor_is_demanded(void **state)
{
	(void)state;
	struct policy_ask ask = search_of(ROLE_FRONT_DESK);
	ask.risk = 50;
	struct policy_decision d = decide(&ask);
	assert_false(d.allowed);
	assert_true(d.risk_refused && d.fresh_factor_would_help);
	assert_string_equal(d.rule, "fresh second factor");
	ask.factor_age_s = 15 * 60 - 1;
	assert_true(decide(&ask).allowed);
	ask.factor_age_s++;
	assert_false(decide(&ask).allowed);
}

static void searches_over_many_are_refused_at_very_high_risk(void **state)
{
	(void)state;
	struct policy_ask ask = search_of(ROLE_FRONT_DESK);
	ask.risk = 90;
	ask.factor_age_s = 0;
	struct policy_decision d = decide(&ask);
	assert_false(d.allowed || d.fresh_factor_would_help);
	assert_true(d.risk_refused);
	ask.one_person = true;
	assert_true(decide(&ask).allowed);
}

// Whatever the risk: everything that the matrix allows with a relationship, broken glass or as
// oneself, breaking the glass, and what belongs to no patient.
static void care_comes_first(void **state)
{
	(void)state;
	unsigned asked = 0;
	for (int role = 1; role < POLICY_ROLES; role++)
		for (int type = 0; type < fhir_type_count(); type++)
			for (int action = 0; action < POLICY_ACTIONS; action++)
				for (int held = 0; held < 4; held++) {
					struct policy_ask ask = {.role = (enum policy_role)role,
						.type = type,
						.action = (enum policy_action)action,
						.of_patient = held > 0,
						.relationship = held == 1,
						.broken_glass = held == 2,
						.own = held == 3,
						.second_factor = true,
						.factor_age_s = 1000000};
					if (held == 0 && fhir_type_in_compartment(type))
						continue;
					bool calm = decide(&ask).allowed;
					ask.risk = 10000;
					assert_int_equal(decide(&ask).allowed, calm);
					asked += calm;
				}
	assert_true(asked > 1000);
	struct policy_ask glass = {.role = ROLE_CLINICIAN,
		.action = POLICY_BREAK_GLASS,
		.type = fhir_type_patient(),
		.of_patient = true,
		.second_factor = true,
		.factor_age_s = 1000000,
		.risk = 10000};
	assert_true(decide(&glass).allowed);
}

static void risk_never_allows(void **state)
{
	(void)state;
	struct policy_ask ask = search_of(ROLE_ADMINISTRATOR);
	ask.risk = 70;
	ask.factor_age_s = 0;
	struct policy_decision d = decide(&ask);
	assert_false(d.allowed || d.risk_refused);
}

#define RULE                                                                                       \
	"risk:\n  - name: a\n    why: b\n    roles: [nurse]\n    actions: [read]\n    from: 50\n"

static void what_is_wrong_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
	} all[] = {{RULE, 2}, {RULE "    refuse: false\n", 2}, {RULE "    refuse: maybe\n", 2},
		{RULE "    second-factor-minutes: 0\n", 2},
		{RULE "    second-factor-minutes: 1441\n", 2},
		{RULE "    second-factor-minutes: 5\n    refuse: true\n", 2},
		{RULE "    until: 5\n", 7}, {"risk: none\n", 1}, {"risk: [x]\n", 1},
		{"risk:\n  - name: a\n    why: b\n    roles: [king]\n", 2}};
	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		char path[] = "/tmp/caution-XXXXXX";
		struct policy *policy;
		struct yaml_fault problem = {0};
		int fd = mkstemp(path);
		assert_int_equal(write(fd, all[i].text, strlen(all[i].text)), strlen(all[i].text));
		close(fd);
		assert_err(policy_load(path, &policy, &problem), ERR_INVALID);
		assert_int_equal(problem.line, all[i].line);
		assert_true(*problem.text);
		unlink(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_high_risk_nothing_changes),
		cmocka_unit_test(a_fresh_second_factor_is_demanded),
		cmocka_unit_test(searches_over_many_are_refused_at_very_high_risk),
		cmocka_unit_test(care_comes_first),
		cmocka_unit_test(risk_never_allows),
		cmocka_unit_test(what_is_wrong_is_refused_with_its_line),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
