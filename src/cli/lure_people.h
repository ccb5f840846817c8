// lure_people: invents people and records out of RULES/lures/people.json, for `lure make`.
//
// Nothing in what it makes says that it is invented. Ids and numbers take the shape of an example
// where one is given: digits for digits, and the rest as it stands.
#pragma once

#include <jansson.h>

enum {
	LURE_PEOPLE_BYTES = 65 // an id, with the NUL
};

// The data, checked to hold what is needed; NULL: a sentence says what is wrong. The caller's.
json_t *lure_people_read(const char *rules, char ret_problem[400]);

size_t lure_any(size_t count); // a number below it, by chance; 0 of none

struct lure_shape {
	const char *id_like;     // NULL: a UUID
	const char *number_like; // "SYSTEM|EXAMPLE"; NULL: no number
};
// A bundle of one patient with a past visit; the caller's. The id is written to ret_id.
json_t *lure_patient(
	const json_t *data, const struct lure_shape *shape, char ret_id[LURE_PEOPLE_BYTES]);
// A name for an account, both borrowed from the data.
void lure_name(const json_t *data, const char **ret_given, const char **ret_family);
// A Practitioner of that name in a bundle; the caller's.
json_t *lure_practitioner(const char *given, const char *family, char ret_id[LURE_PEOPLE_BYTES]);
