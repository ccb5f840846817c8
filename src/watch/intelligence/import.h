// import: one document of a source into the database, whatever its format: all of it, or nothing
// changes. Runs in the loader's thread.
#pragma once

#include "common/format/stix.h"
#include "watch/intelligence/shelf.h"

enum import_how {
	IMPORT_WHOLE, // it replaces what the source had
	IMPORT_PAGE,  // objects of STIX that are added, changed or revoked (TAXII)
	IMPORT_EVENT  // an event of MISP that is added or changed
};

struct import {
	const char *source;
	const char *part; // of IMPORT_EVENT: its uuid
	enum import_how how;
};

// What came of it. `state` has the counts; its words say what was wrong.
// ERR_SYNTAX, ERR_INVALID, ERR_LIMIT: nothing of it was taken. ERR_CONFLICT: it has shrunk to
// nothing, or to less than a tenth: what was there stays, until it says so three times in a row
// (nothing at all is never believed). ERR_IO.
enum err import_document(struct shelf *shelf, const struct import *import, struct bytes text,
	struct shelf_state *state, struct stix_page *ret_page);
// Counts without keeping anything, for a person who wants to see first.
enum err import_try(struct bytes text, const struct indicator_taker *taker);
