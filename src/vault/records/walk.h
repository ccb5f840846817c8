// walk: every stored version, opened in its place, some at a time, so that whoever checks a large
// house holds up nobody who reads a record meanwhile. Used by vault/serve only.
#pragma once

#include "vault/records/records.h"

enum {
	WALK_BYTES = 4 * 1024 * 1024
}; // of content; then a step ends before `most`

struct walk_place {
	int64_t next;      // 0 at first; the key to go on with
	bool end;          // everything was opened
	uint64_t versions; // opened so far
};
// The next `most` versions at most. ERR_CORRUPT when one does not open in its place; ERR_IO.
enum err records_walk_some(struct records *records, struct walk_place *place, size_t most);
