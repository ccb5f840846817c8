// policy: who may do what, from one readable file, denying by default.
//
// Loaded once into a table; a decision is a lookup without allocation. Nothing here knows accounts,
// records or the trail: the caller says what holds, the policy says what follows. After NIST
// SP 800-162 (ABAC) in spirit: role, kind of resource, action, relationship. docs/policy.md.
#pragma once

#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/format/yaml_read.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum policy_role {
	ROLE_NONE,
	ROLE_CLINICIAN,
	ROLE_NURSE,
	ROLE_FRONT_DESK,
	ROLE_PRIVACY_OFFICER,
	ROLE_SECURITY_OFFICER,
	ROLE_ADMINISTRATOR,
	ROLE_APPLICATION,
	ROLE_PATIENT,
	ROLE_LOCAL, // the command line on the server: root, or the administrators' group
	POLICY_ROLES
};
const char *policy_role_text(enum policy_role role); // "front-desk"
enum policy_role policy_role_find(const char *text); // ROLE_NONE when unknown

enum policy_action {
	POLICY_READ,   // read, vread, history, and as part of a search
	POLICY_SEARCH, // asking with parameters
	POLICY_CREATE,
	POLICY_UPDATE, // and patch
	POLICY_DELETE,
	POLICY_EXPORT,
	POLICY_WHO_SAW,
	POLICY_BREAK_GLASS,
	POLICY_ACTIONS
};
const char *policy_action_text(enum policy_action action);

struct policy;

// Unknown keys, roles, types, actions and conditions are refused with their line. ERR_IO,
// ERR_SYNTAX, ERR_INVALID.
enum err policy_load(const char *path, struct policy **ret_policy, struct yaml_fault *fault);
void policy_free(struct policy *policy);

struct policy_ask {
	enum policy_role role;
	enum policy_action action;
	int type;           // fhir_type
	bool of_patient;    // the resource belongs to a patient
	bool relationship;  // the one who asks has a care relationship with that patient
	bool own;           // and is that patient
	bool broken_glass;  // and has broken the glass for them
	bool second_factor; // the session gave one
	// Where watch finds their risk high (caution.h): its points, how long ago the second factor
	// was given, and whether a search names one person.
	int risk;
	int64_t factor_age_s;
	bool one_person;
};

struct policy_decision {
	bool allowed;
	bool break_glass_would_help, second_factor_would_help;
	bool risk_refused, fresh_factor_would_help; // only because of their risk; a new code helps
	const char *rule; // its name in the file; "deny by default" when none applied
	const char *why;  // one plain sentence
};
// Pure, well under a microsecond. The texts live as long as the policy.
void policy_decide(const struct policy *policy, const struct policy_ask *ask,
	struct policy_decision *ret_decision);

// Console work, by name ("trail-search", "accounts-manage", "sessions-manage", "status-view",
// "import", "keys-manage", "contain").
bool policy_may(const struct policy *policy, enum policy_role role, const char *verb);
// Whether the role sees and does nothing before it gave its second factor.
bool policy_needs_factor(const struct policy *policy, enum policy_role role);
size_t policy_verbs(const struct policy *policy, enum policy_role role, const char *ret_verbs[32]);

// The whole table as text for people: role, kinds of resources, actions, conditions.
char *policy_explain(const struct policy *policy, struct arena *arena);
