// fhir_argument: one parameter of a search as the client wrote it, name, modifier and values.
//
// `birthdate=ge1970,lt1950`: several values by comma mean or; a comma, bar, dollar or backslash
// that belongs to a value is written with a backslash before it. Texts are in the arena.
#pragma once

#include "common/base/err.h"
#include "common/format/fhir_search.h"

enum {
	FHIR_ARGUMENT_MOST_VALUES = 200,
	FHIR_ARGUMENT_MOST_BYTES = 16384, // of one argument's text
};

enum fhir_prefix {
	FHIR_EQ,
	FHIR_NE,
	FHIR_GT,
	FHIR_LT,
	FHIR_GE,
	FHIR_LE,
	FHIR_SA, // starts after
	FHIR_EB, // ends before
	FHIR_AP, // approximately
};

enum fhir_modifier {
	FHIR_PLAIN,
	FHIR_EXACT,      // string
	FHIR_CONTAINS,   // string
	FHIR_MISSING,    // any: true or false
	FHIR_NOT,        // token
	FHIR_TEXT,       // token: the display or text begins with this
	FHIR_OF_TYPE,    // reference: subject:Patient=23 (the type is in the values)
	FHIR_IDENTIFIER, // reference: by Reference.identifier
};

struct fhir_wanted {
	enum fhir_prefix prefix; // number, date, quantity; FHIR_EQ otherwise
	// As fhir_extract() would give it. token and quantity: a NULL system means any system, an
	// empty one means "without a system"; a NULL code means any code of the system.
	// reference: `Patient/1`, `1` (type FHIR_TYPE_NONE), or an absolute address in text.
	struct fhir_value value;
};

struct fhir_argument {
	const struct fhir_param *param;
	enum fhir_modifier modifier;
	bool missing; // FHIR_MISSING: the value
	struct fhir_wanted *at;
	size_t count; // 0 with FHIR_MISSING, else at least 1
};

// What a key of the query says: `subject:Patient.name:exact` has the name "subject", the modifier
// "Patient" and the chain "name:exact". Absent parts are NULL. Texts are in the arena. ERR_SYNTAX
// for an empty part.
struct fhir_key {
	const char *name, *modifier, *chain;
};
enum err fhir_key_parse(const char *text, struct arena *arena, struct fhir_key *ret);

// Parses the values. `modifier` may be NULL. ERR_UNSUPPORTED for a modifier that we do not have for
// this kind of parameter, ERR_SYNTAX for values that cannot be read, ERR_LIMIT for too many.
enum err fhir_argument_parse(const struct fhir_param *param, const char *modifier, const char *text,
	struct arena *arena, struct fhir_argument *ret);
