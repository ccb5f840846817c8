// act: what a playbook can do, as one table. Watch asks, the vault and guard do; the manual, the
// docs and the check of a playbook are made from it.
//
// Care comes first: none of them keeps anybody from breaking the glass but revoke-token, which
// shuts out a whole application and therefore always asks a person. Every one ends by itself or
// changes nothing that would have to end, and says how it is taken back. Who or what is on the list
// in rules/playbooks/never-touch.yaml is never touched, whatever a playbook says. Pure.
#pragma once

#include "common/base/bytes.h"

enum act_target {
	ACT_ON_NOTHING,
	ACT_ON_ACTOR,   // the account of the finding
	ACT_ON_PATIENT, // the record of the finding
	ACT_ON_SESSION, // the token that was used
	ACT_ON_ADDRESS,
};

enum act_doer {
	ACT_BY_VAULT,
	ACT_BY_GUARD, // through the vault, which puts it on the trail
	ACT_BY_WATCH, // changes nothing for anybody
};

// When a person has to agree, whatever the playbook says.
enum act_approval {
	ACT_FREE,
	// An account: unless the entry shows that it was signed in and did it itself, so that
	// nobody gets a colleague into trouble by failing at their password. An address: when it is
	// one of the house (private ranges), where many may sit behind one. A token: always, once
	// it is known to be an application's, for people may treat through it.
	ACT_UNLESS_PLAIN,
	ACT_ALWAYS,
};

enum {
	ACT_NAME_BYTES = 24,
	ACT_MOST_SECONDS = 7 * 24 * 3600,
};

struct act_kind {
	const char *name, *does, *undo, *spares; // words for a person
	enum act_target target;
	enum act_doer doer;
	enum act_approval approval;
	const char *approver;   // the role that must agree, where one must
	uint32_t seconds, most; // default and longest; 0: there is nothing to end
	const char *arguments;  // names with blanks between: "to text"
};

// What the vault says of an act that it is not asked to do; sentences without their full stop, or
// NULL.
struct act_trial {
	const char *refused;  // whoever approves it
	const char *approval; // why a person would have to agree
};

extern const struct act_kind act_kinds[];
extern const size_t act_kind_count;

const struct act_kind *act_find(const char *name); // NULL when there is none
bool act_takes(const struct act_kind *kind, const char *argument);
const char *act_approval_text(const struct act_kind *kind); // a sentence

// What somebody agrees to, as it stands on the trail: "lock-account of 0123456789abcdef, entry 77".
// Whom is what the table's target says: the number of the account or patient, or the address.
enum {
	ACT_ABOUT_BYTES = 128
};
struct act_whom {
	const char *actor, *patient, *address; // "" or NULL: none
	uint64_t seq;                          // the entry that names them
};
void act_about(
	const struct act_kind *kind, const struct act_whom *whom, char ret_text[ACT_ABOUT_BYTES]);
