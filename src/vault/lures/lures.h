// lures: which patients, accounts and tokens are invented: no honest work touches them.
//
// The list is one file, sealed under a key of its own made from the hospital's; it is always there
// and always of the same size, so that neither tells whether there are lures, or how many. A
// patient's and an account's lure is kept by its id, a token's by its SHA-256. Finding one costs a
// look into a table. Nothing that any answer shows depends on it, but for what the trail tells its
// reviewers. The loop's alone; a change writes and syncs the file.
#pragma once

#include "common/crypto/crypto.h"

enum lure_kind {
	LURE_PATIENT = 1,
	LURE_ACCOUNT,
	LURE_TOKEN,
	LURE_KINDS
};

enum {
	LURES_MOST = 1000,
	LURES_FILE_BYTES = 256 * 1024,
	LURE_ID_BYTES = 72, // with the NUL
	LURE_LABEL_BYTES = 96
};

struct lure {
	enum lure_kind kind;
	char id[LURE_ID_BYTES];       // of the patient or account; of a token, hex of its hash
	char label[LURE_LABEL_BYTES]; // a token's place, an account's login; may be ""
	int64_t made_us;
	// Of tokens, whose use costs a stranger nothing: not more than one a second is told.
	int64_t told_us;
	uint64_t left_out;
};

struct lures;

// Makes the file when it is missing. ERR_CORRUPT: it is not this hospital's, or was changed.
enum err lures_open(const char *path, const struct key *hospital_key, struct lures **ret_lures);
void lures_close(struct lures *lures); // NULL is fine

const char *lure_kind_text(enum lure_kind kind); // "patient"
enum lure_kind lure_kind_find(const char *text); // 0 when unknown

// Borrowed until the next change; NULL when it is none, or `lures` is NULL.
struct lure *lures_find(const struct lures *lures, enum lure_kind kind, const char *id);
struct lure *lures_token(const struct lures *lures, const char *token); // as it was presented
// Durable when it returns. ERR_EXISTS, ERR_LIMIT, ERR_INVALID (an id that is too long or empty).
enum err lures_add(struct lures *lures, const struct lure *lure);
enum err lures_remove(struct lures *lures, enum lure_kind kind, const char *id); // ERR_NOT_FOUND
size_t lures_count(const struct lures *lures);
// The one at a place of the list, in the order they were made.
const struct lure *lures_at(const struct lures *lures, size_t at);
