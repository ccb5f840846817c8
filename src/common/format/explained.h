// explained: how well the hospital's own data explain an access to a record: the kinds of
// explanation, how strong each may be, and what is noticeable about an access that has none.
//
// The vault works it out (vault/explain) and watch weighs it; both speak these numbers, which are
// part of the feed's encoding and of watch's database: add at the end, never renumber. Strength is
// 0 to 100; from EXPLAINED_ENOUGH on an access counts as explained. Pure tables.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum explained_kind {
	EXPLAINED_UNKNOWN,      // not worked out, or nobody whom the rosters could know
	EXPLAINED_NOTHING,      // looked for, and nothing found
	EXPLAINED_ENCOUNTER,    // participant of an encounter
	EXPLAINED_CARE_TEAM,    // member of the team
	EXPLAINED_PRACTITIONER, // general practitioner
	EXPLAINED_APPOINTMENT,  // has an appointment with the patient
	EXPLAINED_ORDER,        // ordered, carries out or interprets
	EXPLAINED_REFERRAL,     // asked by somebody else
	EXPLAINED_ON_CALL,      // on call while the patient was in the house
	EXPLAINED_WARD,         // works where the patient was
	EXPLAINED_DEPARTMENT,   // works with somebody who treats the patient
	EXPLAINED_HOUSE,        // the patient was in the house; weak
	EXPLAINED_FOLLOW_UP,    // an earlier access of the same person was explained
	EXPLAINED_DOCUMENT,     // wrote part of the record before
	EXPLAINED_KINDS
};

enum {
	EXPLAINED_ENOUGH = 50,
	EXPLAINED_STEPS = 6, // of a path, at most
};

enum explained_flag {
	EXPLAINED_FAMILY = 1 << 0,       // same family name and address, or named as related
	EXPLAINED_SAME_ADDRESS = 1 << 1, // another name
	EXPLAINED_NEIGHBOUR = 1 << 2,    // same street
	EXPLAINED_COLLEAGUE = 1 << 3,    // the patient works here
	EXPLAINED_VIP = 1 << 4,          // known to all
	EXPLAINED_OWN = 1 << 5,          // one's own record
	EXPLAINED_DECEASED = 1 << 6,
	EXPLAINED_DISCHARGED = 1 << 7, // the last encounter ended more than a year ago
	EXPLAINED_SENSITIVE = 1 << 8,  // labelled: restricted, or of a protected category
	EXPLAINED_OFF_DUTY = 1 << 9,   // the rosters say: not at work at that time
	EXPLAINED_CUT = 1 << 10,       // there was more than may be looked at
};
enum {
	EXPLAINED_FLAGS = 11,
	EXPLAINED_FLAG_MASK = (1 << EXPLAINED_FLAGS) - 1
};

// What is told of one access without a name.
struct explained {
	enum explained_kind kind;
	uint8_t strength, steps;
	uint32_t flags;
};

const char *explained_kind_code(enum explained_kind kind); // "care-team"; "?" when unknown
const char *explained_kind_text(enum explained_kind kind); // "in the team that treats"
// The flag of bit number `bit`, "off-duty" and "not on duty at that time"; NULL past the last.
const char *explained_flag_code(unsigned bit);
const char *explained_flag_text(unsigned bit);
// Kind, strength, steps and flags are ones that this build knows.
bool explained_valid(const struct explained *explained);
