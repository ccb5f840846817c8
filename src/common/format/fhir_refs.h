// fhir_refs: every place in a resource that leads to another one, for rewriting the references of
// a transaction (urn:uuid:…, Type?query) and for following _include.
//
// Visited: Reference.reference, and every uri, url, oid, uuid and canonical; in contained resources
// and extensions too. Not visited: fullUrl, identifiers that are strings, narrative.
#pragma once

#include "common/base/arena.h"
#include "common/base/err.h"

#include <jansson.h>
#include <stdbool.h>

enum fhir_ref_kind {
	FHIR_REF_REFERENCE, // Reference.reference
	FHIR_REF_URI,       // an element of type uri, url, oid, uuid or canonical
};

struct fhir_ref_visitor {
	// `*ret_text` starts as NULL; set it to replace the text. Any error ends the walk.
	enum err (*visit)(
		void *context, enum fhir_ref_kind kind, const char *text, const char **ret_text);
	void *context;
};

// The resource must have passed fhir_check(). Returns the visitor's first error.
enum err fhir_refs_walk(json_t *resource, const struct fhir_ref_visitor *visitor);

// Splits "Patient/1", "Patient/1/_history/2", "https://base/Patient/1". False for anything else.
// The id is in the arena; local means without a base. version is NULL when there is none.
struct fhir_ref {
	int type;
	const char *id, *version;
	bool local;
};
bool fhir_ref_parse(const char *text, struct arena *arena, struct fhir_ref *ret);
