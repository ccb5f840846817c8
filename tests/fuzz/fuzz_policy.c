// Any file as the policy: it is refused with its place, or every decision can be made from it, and
// nobody without a role is ever allowed anything.
#include "fuzz.h"

#include "file.h"

#include "common/format/fhir_type.h"
#include "vault/policy/policy.h"

static void decide(const struct policy *policy, const struct policy_ask *ask)
{
	struct policy_decision d;
	policy_decide(policy, ask, &d);
	fuzz_rule(d.rule && d.why, "a decision has its reason");
	fuzz_rule(!d.allowed ||
			  (ask->role > ROLE_NONE && ask->role < POLICY_ROLES && ask->type >= 0 &&
				  ask->type < fhir_type_count() && ask->action < POLICY_ACTIONS),
		"nobody is allowed nothing");
	fuzz_rule(!d.allowed || !d.break_glass_would_help, "allowed is allowed");
	if (ask->broken_glass || !ask->of_patient)
		return;
	struct policy_ask glass = *ask;
	struct policy_decision after;
	glass.broken_glass = true;
	policy_decide(policy, &glass, &after);
	fuzz_rule(!d.allowed || after.allowed, "breaking the glass takes nothing away");
	fuzz_rule(!d.break_glass_would_help || after.allowed || after.second_factor_would_help,
		"what would help does");
}

static void decide_all(const struct policy *policy)
{
	int types[] = {
		-1, 0, fhir_type_patient(), fhir_type_find("Observation"), fhir_type_count()};
	for (size_t t = 0; t < sizeof types / sizeof *types; t++)
		for (int role = 0; role <= POLICY_ROLES; role++)
			for (int action = 0; action <= POLICY_ACTIONS; action++)
				for (int bits = 0; bits < 16; bits++) {
					const struct policy_ask ask = {.type = types[t],
						.role = (enum policy_role)role,
						.action = (enum policy_action)action,
						.of_patient = bits & 1,
						.relationship = bits & 2,
						.own = bits & 4,
						.second_factor = bits & 8};
					decide(policy, &ask);
				}
}

static void verbs(const struct policy *policy)
{
	const char *list[32];
	for (int role = 0; role < POLICY_ROLES; role++) {
		size_t count = policy_verbs(policy, (enum policy_role)role, list);
		for (size_t i = 0; i < count; i++)
			fuzz_rule(policy_may(policy, (enum policy_role)role, list[i]),
				"what is listed holds");
		fuzz_rule(role != ROLE_NONE || !count, "nobody has no work");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	char path[FILE_PATH_BYTES];
	int fd = file_of(at, size, path);
	struct policy *policy = NULL;
	struct yaml_fault problem = {0};
	struct arena *arena = arena_new();
	if (policy_load(path, &policy, &problem)) {
		fuzz_rule(!policy && problem.text[0], "a problem has words");
	} else {
		decide_all(policy);
		verbs(policy);
		fuzz_rule(policy_explain(policy, arena) != NULL, "it can be explained");
	}
	policy_free(policy);
	arena_free(arena);
	close(fd);
	return 0;
}
