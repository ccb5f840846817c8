// acts_in: what the two files of acts share. Nobody else includes this.
#pragma once

#include "common/base/allowance.h"
#include "common/base/text.h"
#include "common/format/act.h"
#include "vault/acts.h"
#include "vault/identity/measures.h"
#include "vault/parts.h"

#include <jansson.h>

enum {
	ACTS_MOST = 1000, // that wait, and that come at once
	ACTS_A_SECOND = 20,
	ACTS_APPROVAL_S = 7 * 24 * 3600, // an approval counts so long; nobody is asked for longer
	ACTS_PLAIN = 500,                // in an hour, of those that touch nobody
};

struct act {
	struct act *next;
	struct arena *arena;
	uint64_t ticket, seq, approved, entry, order;
	const struct act_kind *kind;
	const char *key, *case_id, *playbook, *reason;
	const char *actor, *patient, *address; // as watch gave them
	const char *subject;                   // account, patient, session or address
	const char *whom;                      // for a person
	struct prefix prefix;
	uint32_t seconds;
	int64_t from_us;
	bool undo, narrow, begun;
};

struct acts {
	const struct parts *parts;
	struct acts_owner owner;
	struct act *first;
	struct allowance allowance;
	size_t count;
};

// Reads and bounds every field. False: *ret_problem says why.
bool acts_read(struct act *act, const json_t *json, const char **ret_problem);
// Finds whom it concerns, and why it must not be done; NULL: it may.
const char *acts_problem(struct acts *acts, struct act *act);
// The same of one that is only tried: what nobody could approve, and what somebody would have to.
struct act_trial acts_try(struct acts *acts, struct act *act);
bool act_is_guards(const char *action);
