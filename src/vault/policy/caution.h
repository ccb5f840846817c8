// caution: what changes while watch finds somebody's risk high (docs/incidents.md).
//
// A rule of the policy's `risk` demands a fresh second factor or refuses, from so many points on.
// It only ever takes away, and care comes first, whatever the file says: it never concerns breaking
// the glass, a record whose patient one cares for, for whom one broke the glass or who one is, a
// search that names one person by their number or by name and birth date, nor what belongs to no
// patient.
#pragma once

#include "common/format/yaml.h"
#include "vault/policy/policy.h"

enum {
	CAUTIONS_MOST = 20,
	CAUTION_KEYS = 7
};

struct caution {
	char name[80], why[200];
	bool roles[POLICY_ROLES], actions[POLICY_ACTIONS];
	int from;    // points
	int minutes; // a second factor at most so old; 0: refused
};

struct cautions {
	struct caution at[CAUTIONS_MOST];
	size_t count;
};

// False: the problem is filled.
bool caution_read(const struct yaml *list, struct cautions *ret, struct yaml_fault *fault);
// Whether a rule concerns what is asked; the decision then says so.
void caution_apply(const struct cautions *cautions, const struct policy_ask *ask,
	struct policy_decision *decision);
