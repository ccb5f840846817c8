// explain: why somebody may have opened a record, worked out from the hospital's own data.
//
// After explanation-based auditing (Fabbri & LeFevre, VLDB 2011 and later): an access is explained
// by a path of resources that leads from the person to the patient. The strongest path is told,
// with a strength on a scale that docs/explained-access.md gives, and for every access what would
// be noticeable about it (common/format/explained.h).
//
// What always holds: what counts was recorded before the access, or by somebody else; what was
// recorded after `known_us` does not count at all, so the same question gives the same answer
// later. The work for one question is bounded (EXPLAIN_* below), and so is what is remembered
// between questions. Names and addresses are compared in here and never leave: a path names
// resources, staff by their ids, and times.
//
// Used by the vault's feeder and vault/serve, from the loop, never on a clinician's request.
#pragma once

#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/format/explained.h"

struct explain;
struct ledger;
struct records;

enum {
	EXPLAIN_OF_TYPE = 60,      // newest resources of each type that are looked at
	EXPLAIN_FACTS = 1500,      // what is kept of one patient
	EXPLAIN_VERSIONS = 8,      // of one resource, to find when it began to name somebody
	EXPLAIN_TRAIL = 300,       // entries of the trail, for earlier accesses
	EXPLAIN_PATIENTS = 128,    // remembered
	EXPLAIN_STAFF = 512,       // remembered
	EXPLAIN_REMEMBERED_S = 60, // how long
};

struct explain *explain_new(struct records *records, struct ledger *ledger);
void explain_free(struct explain *explain); // NULL is fine

struct explain_ask {
	const char *actor;    // account id, as on the trail
	const char *staff;    // "Practitioner/1"; "" when the account is nobody's
	const char *role;     // of the account
	const char *patient;  // id
	const char *resource; // "Observation/1" or a type, as on the trail; may be ""
	int64_t at_us;        // of the access
	int64_t known_us;     // what was recorded later does not count
	uint64_t seq;         // of its entry: earlier accesses are looked for before it
};

// One step of the path, from the person to the patient. Texts are in the arena.
struct explain_step {
	const char *resource; // "Encounter/12", or "" for an entry of the trail
	uint64_t seq;         // of that entry, where resource is ""
	const char *words;    // "participant, 3 May 14:02 to 15:10"
};

struct explanation {
	struct explained told;
	struct explain_step steps[EXPLAINED_STEPS];
	int64_t recorded_us; // when what explains was recorded; 0 where nothing does
};

// ERR_IO, ERR_CORRUPT: the records or the trail cannot be read. An account without a Practitioner
// is EXPLAINED_UNKNOWN.
enum err explain_access(struct explain *explain, const struct explain_ask *ask, struct arena *arena,
	struct explanation *ret);

// The patient's record was changed: what is remembered of it is dropped.
void explain_forget(struct explain *explain, const char *patient);
