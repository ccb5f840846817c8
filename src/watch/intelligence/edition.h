// edition: the table that is matched against, made of the database, with what it was made of.
//
// When an indicator ends: at its own valid_until; else its source's `expires` (or, by kind, 30 days
// for addresses and URLs, 90 for domains, 180 for user agents, a year for hashes) after its own
// date; without a date after the list was last fetched; a file without dates holds as long as it is
// there.
#pragma once

#include "watch/intelligence/shelf.h"
#include "watch/intelligence/table.h"

struct states {
	struct shelf_state at[TABLE_SOURCES];
	size_t count;
};
struct shelf_state *states_find(struct states *states, const char *name); // or NULL
// Made when it is not there; NULL when there are too many.
struct shelf_state *states_of(struct states *states, const char *name);

struct edition {
	struct table *table;
	char names[TABLE_SOURCES][SOURCE_NAME_BYTES]; // of the sources, by the table's numbers
	size_t name_count;
	size_t warning_lists;
	size_t by_kind[OBSERVABLES];
	int64_t built_us, took_us;
	bool full;     // more than TABLE_MOST: some are left out
	bool no_parts; // parts of user agents cannot be looked for on this processor
};

struct edition_from {
	struct shelf *shelf;
	const struct sources *sources;
	struct states *states;
	const struct warnings *warnings;
	int64_t now_us;
};
// ERR_IO: the database cannot be read.
enum err edition_make(const struct edition_from *from, struct edition **ret_edition);
void edition_free(struct edition *edition); // NULL is fine
