// measures: what was done to an account, a token or a record to contain a case, until when, and
// what came of every act that watch asked for, so that none is done twice.
//
// Kept sealed in identity.db and in memory; a measure holds until its time is over or it is lifted,
// also after a restart. Nobody is kept from breaking the glass by one: `narrow` says that the
// account still signs in and opens records that way. At most MEASURES_MOST are remembered: the
// oldest that no longer hold go. Used by vault/serve and the vault's own acts.c.
#pragma once

#include "vault/identity/identity.h"

enum {
	MEASURES_MOST = 5000,
	MEASURE_KEY_BYTES = 64,
	MEASURE_ACTION_BYTES = 24,
	MEASURE_SUBJECT_BYTES = 128,
	MEASURE_WORDS_BYTES = 300,
};

enum measure_state {
	MEASURE_SENT = 1, // guard was asked, and has not answered
	MEASURE_HOLDS,    // done; holds until its time is over (or is over at once: until_us 0)
	MEASURE_OVER,     // expired or lifted
	MEASURE_FAILED,
};

enum measure_kind {
	MEASURE_NONE, // nothing that is asked about again
	MEASURE_STEP_UP,
	MEASURE_LOCK,
	MEASURE_RECORD,
	MEASURE_TOKEN,
	MEASURE_KINDS
};

struct measure {
	char key[MEASURE_KEY_BYTES]; // of the run and step
	char action[MEASURE_ACTION_BYTES];
	char subject[MEASURE_SUBJECT_BYTES]; // account id, patient id, session handle, address
	char words[MEASURE_WORDS_BYTES];     // what came of it
	enum measure_state state;
	enum measure_kind kind;
	bool narrow;    // of a lock: broken glass still opens records
	bool by_itself; // no person agreed
	int64_t from_us, until_us;
	uint64_t entry; // of the trail that announced it
};

// Keeps it, or replaces the one with its key. ERR_IO: nothing changed.
enum err measure_keep(struct identity *identity, const struct measure *measure);
const struct measure *measure_by_key(const struct identity *identity, const char *key); // or NULL
// The one that holds now, or NULL. Nanoseconds while there is none of any kind.
const struct measure *measure_on(
	struct identity *identity, enum measure_kind kind, const char *subject, int64_t now_us);
bool measures_any(const struct identity *identity, enum measure_kind kind);
// Walks all, the newest first; start with NULL. Must not change meanwhile.
const struct measure *measure_next(const struct identity *identity, const struct measure *before);

// Ends every session of an account, and what it had begun of signing in.
enum err identity_end_sessions(struct identity *identity, const char *account);
