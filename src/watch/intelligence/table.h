// table: all indicators in memory, and which of them fit something that was seen.
//
// Filled once beside the one in use, made ready, and then only read; whoever owns it swaps the two.
// Addresses are searched in ranges, domains, URLs, hashes and whole user agents in one hash table
// under a secret of the table's own (a feed cannot choose collisions), parts of user agents by
// libhyperscan. At most TABLE_MOST indicators; texts that repeat are kept once.
#pragma once

#include "common/format/indicator.h"
#include "watch/intelligence/warnings.h"

enum {
	TABLE_MOST = 2000000,
	TABLE_HITS = 16,
	TABLE_SOURCES = 250
};

struct table;

struct table_hit {
	enum observable kind;
	enum tlp tlp;
	uint8_t sure, source;                   // a number of the caller's
	const char *value, *id, *name, *author; // the table's
	const char *warning;                    // the list that it is on, or NULL
	int64_t since_us, until_us;
};

struct table *table_new(void);
void table_free(struct table *table); // NULL is fine
// `sure` must be known. ERR_LIMIT.
enum err table_add(struct table *table, const struct indicator *indicator, uint8_t source,
	const char *warning);
// ERR_UNSUPPORTED: parts of user agents cannot be looked for on this processor; all else can.
enum err table_ready(struct table *table);
// What fits, expired or on a warning list or not; the caller looks. For a domain what is above it,
// too; for a URL its host; for a user agent what it contains. `text` as it was seen. At most
// TABLE_HITS.
size_t table_find(const struct table *table, enum observable kind, struct bytes text,
	struct table_hit ret_hits[TABLE_HITS]);
// The same for something of which nobody says what it is.
size_t table_look(
	const struct table *table, struct bytes text, struct table_hit ret_hits[TABLE_HITS]);
size_t table_count(const struct table *table);
size_t table_warned(const struct table *table);
size_t table_bytes(const struct table *table);
