// fhir_check: is this JSON a resource of FHIR R4, by its structure?
//
// Checked, against tables made from HL7's definitions: known resource type and elements, right
// JSON kinds, how often an element may and must occur, one of a choice at most, the written form
// of every primitive (dates and times, id, code, uri, oid, uuid, base64Binary, numbers, the XHTML
// of a narrative), the codes of elements of type code whose value set HL7 lists, no empty text,
// list or object, `_field` companions, extensions with a value or extensions, contained resources,
// and resources inside a Bundle or Parameters. Not checked: other value sets, other invariants,
// profiles, and whether a reference leads anywhere.
#pragma once

#include "common/base/arena.h"
#include "common/base/err.h"

#include <jansson.h>
#include <stddef.h>

enum {
	FHIR_PROBLEMS_MOST = 16
};

// Codes of issue-type that a check can give.
enum fhir_issue {
	FHIR_ISSUE_STRUCTURE, // unknown element, wrong kind
	FHIR_ISSUE_REQUIRED,  // something is missing
	FHIR_ISSUE_VALUE,     // a value is not written as its type demands
	FHIR_ISSUE_INVARIANT, // too many of something, two of a choice
	FHIR_ISSUE_TOO_LONG,
	FHIR_ISSUE_CODE, // not one of the codes that the element may have
};

struct fhir_problem {
	enum fhir_issue issue;
	const char *expression; // "Patient.name[0].given[1]"; in the arena
	const char *words; // a sentence for the developer; may quote element names, never values
};

struct fhir_problems {
	size_t count; // the first FHIR_PROBLEMS_MOST of them
	struct fhir_problem at[FHIR_PROBLEMS_MOST];
};

// OK, or ERR_INVALID with at least one problem written. Allocates only when something is wrong.
// `resource` comes from json_parse_strict().
enum err fhir_check(
	const json_t *resource, struct arena *arena, struct fhir_problems *ret_problems);

// The type of a resource by its resourceType, FHIR_TYPE_NONE when it has none or an unknown one.
int fhir_resource_type(const json_t *resource);

const char *fhir_issue_text(enum fhir_issue issue); // the code of FHIR's issue-type value set
