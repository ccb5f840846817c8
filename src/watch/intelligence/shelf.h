// shelf: what is known on disk, STATE/watch/intelligence.db: indicators by source, how each source
// stands, what was left out, sightings, and the place in the trail.
//
// One connection, which belongs to one thread at a time: the loader has it while it works, the
// role's own thread otherwise. An import is one transaction: all of it, or nothing changes.
#pragma once

#include "common/store/store.h"
#include "watch/intelligence/sources.h"

enum {
	SHELF_LEFT = 200, // of one source, what was left out
	SHELF_WORDS_BYTES = 240
};

struct shelf;

// How a source stands.
struct shelf_state {
	char name[SOURCE_NAME_BYTES];
	char etag[200];
	char since[64];                // TAXII: added_after; MISP: the last event's time
	char words[SHELF_WORDS_BYTES]; // of the last attempt, when it was not fine
	int64_t tried_us, fine_us;
	uint64_t stamp; // of a file
	uint32_t count, left, failures, shrunk;
};

enum err shelf_open(const char *path, struct shelf **ret_keep, char ret_problem[256]);
void shelf_close(struct shelf *shelf); // NULL is fine

enum err shelf_begin(struct shelf *shelf);
enum err shelf_commit(struct shelf *shelf);
void shelf_rollback(struct shelf *shelf);

// Indicators. `part` names what is replaced together: an object of STIX, an event of MISP, or "".
enum err shelf_add(struct shelf *shelf, const char *source, const char *part,
	const struct indicator *indicator);
enum err shelf_drop(struct shelf *shelf, const char *source, const char *part); // NULL: all
enum err shelf_left(struct shelf *shelf, const char *source, const char *id, const char *why);
enum err shelf_drop_left(struct shelf *shelf, const char *source);
uint32_t shelf_count(struct shelf *shelf, const char *source);
// All of them, in no order. False from `row` ends it. ERR_IO.
typedef bool shelf_row(void *context, const char *source, const struct indicator *indicator);
enum err shelf_each(struct shelf *shelf, shelf_row *row, void *context);
// Up to `most` of what was left out of a source, as [{"id", "why"}].
typedef void shelf_left_row(void *context, const char *id, const char *why);
void shelf_each_left(struct shelf *shelf, const char *source, shelf_left_row *row, void *context);

// Sources. Writes; the transaction is the caller's, or none.
enum err shelf_state_save(struct shelf *shelf, const struct shelf_state *state);
enum err shelf_state_drop(struct shelf *shelf, const char *name);
typedef void shelf_state_row(void *context, const struct shelf_state *state);
enum err shelf_states(struct shelf *shelf, shelf_state_row *row, void *context);

struct store *shelf_store(struct shelf *shelf); // for what keeps its own tables there: sightings
