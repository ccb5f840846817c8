// stix: indicators of a STIX 2.1 bundle, or of the envelope in which TAXII 2.1 hands objects over.
//
// Of an indicator is used: pattern (see stix_pattern.h), valid_from, valid_until, revoked,
// confidence, name, indicator_types or labels, created_by_ref (with the identity's name where it is
// in the bundle) and the TLP of its object_marking_refs, TLP 1 and 2; the strictest counts. What is
// left out is told with its id. Other objects are passed by. Pure.
#pragma once

#include "common/format/indicator.h"
#include "common/format/json.h"

enum {
	STIX_BYTES = 32 * 1024 * 1024,
	STIX_NEXT_BYTES = 300
};

// What an envelope says of the pages behind it.
struct stix_page {
	bool more;
	char next[STIX_NEXT_BYTES]; // "" when the server gave none
	size_t objects, indicators; // in this one
};

// ERR_SYNTAX or ERR_INVALID for what is no bundle and no envelope, ERR_LIMIT; then nothing was
// taken. ret_page may be NULL.
enum err stix_parse(
	struct bytes text, const struct indicator_taker *taker, struct stix_page *ret_page);
// The marking definition of TLP 2.0, "marking-definition--…"; NULL for none.
const char *stix_marking(enum tlp tlp);
