// fhir_search: the search parameters of FHIR R4, and what a resource says under each of them.
//
// The parameters come from HL7's SearchParameter resources; their FHIRPath expressions are turned
// into short lists of steps at build time. What the generator cannot turn is not in the table:
// fhir_param_find() does not know it, and the build writes the list (fhir_tables.report.txt).
// Used by the records (index tokens) and by whoever matches a decrypted resource again.
#pragma once

#include "common/base/arena.h"
#include "common/base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fhir_param_kind {
	FHIR_PARAM_NUMBER,
	FHIR_PARAM_DATE,
	FHIR_PARAM_STRING,
	FHIR_PARAM_TOKEN,
	FHIR_PARAM_REFERENCE,
	FHIR_PARAM_QUANTITY,
	FHIR_PARAM_URI,
	FHIR_PARAM_KINDS
};

struct fhir_param; // one parameter of one type; constant, lives for ever

const struct fhir_param *fhir_param_find(int type, const char *name); // NULL when there is none
const struct fhir_param *fhir_param_find_n(int type, const char *name, size_t length_bytes);
size_t fhir_param_count(int type);
const struct fhir_param *fhir_param_at(int type, size_t index); // in the order of their names
const char *fhir_param_name(const struct fhir_param *param);    // "birthdate", "_id"
const char *fhir_param_url(const struct fhir_param *param);     // of HL7's definition
enum fhir_param_kind fhir_param_kind(const struct fhir_param *param);
const char *fhir_param_kind_text(enum fhir_param_kind kind); // "token", as FHIR names it
int fhir_param_type(const struct fhir_param *param);
// A number that is unique among all parameters of all types; in memory only, as types are.
unsigned fhir_param_number(const struct fhir_param *param);
unsigned fhir_param_number_count(void);
// Whether a reference parameter can lead to this type.
bool fhir_param_targets(const struct fhir_param *param, int type);

// One value. The kind is the parameter's. Texts are borrowed from the resource or the arena and
// live as long as both; a text that is absent is NULL.
struct fhir_value {
	enum fhir_param_kind kind;
	// token: system and code; text holds what :text searches (display, text).
	// quantity: system and code of the unit; text is its printed form.
	const char *system, *code;
	// A CodeableConcept gives one value for each coding, and one more, without a code, for its
	// text. string, uri: the value as written. reference: the reference as written.
	const char *text;
	// reference: target type and id where it is Type/id, with or without a base before it or a
	// version behind it; else FHIR_TYPE_NONE and NULL ("urn:uuid:…", "#contained").
	// A Reference.identifier is in system and code.
	int type;
	const char *id;
	bool local; // reference: relative, "Patient/1" and not "https://other/Patient/1"
	// date: from low_us (included) to high_us (excluded), since 1970 in UTC; a date without a
	// zone is read as UTC; INT64_MIN and INT64_MAX where a period is open.
	int64_t low_us, high_us;
	// number, quantity: in a resource all three are the same, unless it is a range or has a
	// comparator (±INFINITY where it is open); in an argument low and high are the interval
	// that its digits imply (1.0 is 0.95 to 1.05).
	double number, low, high;
};

struct fhir_values {
	struct fhir_value *at;
	size_t count;
};

// All values of the resource under this parameter, in document order, in the arena; none is
// {NULL, 0}. The resource must have passed fhir_check() and be of the parameter's type. ERR_LIMIT
// past FHIR_VALUES_MOST values.
enum {
	FHIR_VALUES_MOST = 100000
};
enum err fhir_extract(const json_t *resource, const struct fhir_param *param, struct arena *arena,
	struct fhir_values *ret);
