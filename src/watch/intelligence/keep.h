// keep: what is known on disk, STATE/watch/intelligence.db: indicators by source, how each source
// stands, what was left out, sightings, and the place in the trail.
//
// One connection, which belongs to one thread at a time: the loader has it while it works, the
// role's own thread otherwise. An import is one transaction: all of it, or nothing changes.
#pragma once

#include "common/store/store.h"
#include "watch/intelligence/sources.h"

enum {
	KEEP_LEFT = 200, // of one source, what was left out
	KEEP_WORDS_BYTES = 240
};

struct keep;

// How a source stands.
struct keep_state {
	char name[SOURCE_NAME_BYTES];
	char etag[200];
	char since[64];               // TAXII: added_after; MISP: the last event's time
	char words[KEEP_WORDS_BYTES]; // of the last attempt, when it was not fine
	int64_t tried_us, fine_us;
	uint64_t stamp; // of a file
	uint32_t count, left, failures, shrunk;
};

enum err keep_open(const char *path, struct keep **ret_keep, char ret_problem[256]);
void keep_close(struct keep *keep); // NULL is fine

enum err keep_begin(struct keep *keep);
enum err keep_commit(struct keep *keep);
void keep_rollback(struct keep *keep);

// Indicators. `part` names what is replaced together: an object of STIX, an event of MISP, or "".
enum err keep_add(
	struct keep *keep, const char *source, const char *part, const struct indicator *indicator);
enum err keep_drop(struct keep *keep, const char *source, const char *part); // NULL: all
enum err keep_left(struct keep *keep, const char *source, const char *id, const char *why);
enum err keep_drop_left(struct keep *keep, const char *source);
uint32_t keep_count(struct keep *keep, const char *source);
// All of them, in no order. False from `row` ends it. ERR_IO.
typedef bool keep_row(void *context, const char *source, const struct indicator *indicator);
enum err keep_each(struct keep *keep, keep_row *row, void *context);
// Up to `most` of what was left out of a source, as [{"id", "why"}].
typedef void keep_left_row(void *context, const char *id, const char *why);
void keep_each_left(struct keep *keep, const char *source, keep_left_row *row, void *context);

// Sources. Writes; the transaction is the caller's, or none.
enum err keep_state_save(struct keep *keep, const struct keep_state *state);
enum err keep_state_drop(struct keep *keep, const char *name);
typedef void keep_state_row(void *context, const struct keep_state *state);
enum err keep_states(struct keep *keep, keep_state_row *row, void *context);

struct store *keep_store(struct keep *keep); // for what keeps its own tables there: sightings
