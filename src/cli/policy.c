// The policy as it would be loaded, checked and said in words.
#include "cli/talk.h"

#include "common/format/fhir_type.h"
#include "vault/policy/policy.h"

#include <stdio.h>

struct case_ {
	const char *words;
	struct policy_ask ask;
};

// What somebody asks most: the same record, seen with and without being in charge of the patient.
static const struct case_ cases[] = {
	{"in one's care", {.of_patient = true, .relationship = true, .second_factor = true}},
	{"a stranger's", {.of_patient = true, .second_factor = true}},
	{"after breaking the glass",
		{.of_patient = true, .broken_glass = true, .second_factor = true}},
	{"one's own", {.of_patient = true, .own = true, .second_factor = true}},
};
enum {
	CASES = sizeof cases / sizeof *cases
};

static json_t *role_matrix(const struct policy *policy, enum policy_role role, int type)
{
	json_t *matrix = json_object();
	for (size_t i = 0; i < CASES; i++) {
		json_t *allowed = json_array();
		for (int action = 0; action < POLICY_ACTIONS; action++) {
			struct policy_decision decision;
			struct policy_ask ask = cases[i].ask;
			ask.role = role;
			ask.type = type;
			ask.action = (enum policy_action)action;
			policy_decide(policy, &ask, &decision);
			if (decision.allowed)
				json_array_append_new(
					allowed, json_string(policy_action_text(ask.action)));
		}
		json_object_set_new(matrix, cases[i].words, allowed);
	}
	return matrix;
}

static void print_role(const char *role, const json_t *matrix)
{
	const char *words;
	json_t *actions;
	printf("%s\n", role);
	json_object_foreach((json_t *)matrix, words, actions)
	{
		size_t i;
		json_t *action;
		printf("  %-26s", words);
		json_array_foreach(actions, i, action)
			printf("%s%s", i ? ", " : "", json_string_value(action));
		puts(json_array_size(actions) ? "" : "nothing");
	}
}

static const char *wrong_type(const char *value)
{
	return fhir_type_find(value) < 0 ? "this is not a resource type" : NULL;
}

static int run_show(const struct invocation *invocation)
{
	char path[600];
	struct policy *policy;
	struct yaml_fault problem;
	const char *name = argument_of(invocation, 0);
	int type = fhir_type_find(name ? name : "Observation");
	snprintf(path, sizeof path, "%s/policy/hospital.yaml", invocation->config->rules);
	if (policy_load(path, &policy, &problem)) {
		char words[900];
		snprintf(words, sizeof words, "%s:%u: %s", path, problem.line, problem.text);
		return fail_with(invocation, EXIT_NOT_WHOLE, "not-whole", words);
	}
	json_t *whole = json_object();
	for (int role = ROLE_NONE + 1; role < POLICY_ROLES; role++) {
		const char *text = policy_role_text((enum policy_role)role);
		json_t *matrix = role_matrix(policy, (enum policy_role)role, type);
		if (!invocation->json)
			print_role(text, matrix);
		json_object_set_new(whole, text, matrix);
	}
	if (invocation->json)
		print_json(whole);
	json_decref(whole);
	policy_free(policy);
	return EXIT_FINE;
}

const struct command command_policy_show = {
	.usage = {.words = "policy show",
		.summary = "Checks the policy, and shows what each role may do.",
		.help = "The server loads the policy when it starts: this tells beforehand whether it will. Needs no server. The file, rules/policy/hospital.yaml: hospitaller-policy(5).",
		.arguments = {{.name = "TYPE",
			.optional = true,
			.wrong = wrong_type,
			.help = "A resource type of FHIR; Observation when it is not given."}}},
	.run = run_show,
};
