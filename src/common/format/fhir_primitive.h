// fhir_primitive: is a JSON value written as its primitive type in FHIR R4 demands? For fhir_check.
#pragma once

#include "common/format/fhir_tables.h"

#include <jansson.h>

enum fhir_fit {
	FHIR_FIT,       // it is
	FHIR_FIT_KIND,  // not the right kind of JSON value
	FHIR_FIT_VALUE, // the right kind, but not written so
};

enum fhir_fit fhir_primitive_fit(enum fhir_kind kind, const json_t *value);

// "a date: YYYY, YYYY-MM or YYYY-MM-DD", to say what was expected. Static memory.
const char *fhir_primitive_text(enum fhir_kind kind);
