// fhir_answer: what the FHIR handlers share: resource types, conditions, headers, bodies.
#pragma once

#include "common/format/fhir_check.h"
#include "vault/records/records.h"
#include "vault/serve/who.h"

// The type of the route's :type, answering 404 when there is none.
bool fhir_route_type(struct exchange *exchange, int *ret_type);
bool fhir_route_id(struct exchange *exchange, const char **ret_id);

// Whose the record is: one patient, or those that a resource of several names.
void fhir_owners(struct exchange *exchange, const struct record *record, struct access *ret_access);

// The patients whom an entry has to name, each once.
struct named {
	struct arena *arena;
	const char **patients;
	size_t count, room;
};
void fhir_named_add(struct named *named, const struct access *access);

void fhir_headers(struct exchange *exchange, const struct record *record);
// 404 where nothing is, without telling more than the policy lets know. Writes the trail.
void fhir_answer_absent(
	struct vault *vault, struct exchange *exchange, const struct access *access, enum err err);
// An error of storing, in HTTP's terms.
void fhir_answer_storing(struct exchange *exchange, enum err err);
// Answers with the outcome of a failed check: 422.
void fhir_answer_problems(struct exchange *exchange, const struct fhir_problems *problems);

// Parses and checks the body as one resource of that type (FHIR_TYPE_NONE: any). NULL: answered.
json_t *fhir_body(struct exchange *exchange, int type);
// As JSON only, to be checked: it may be no resource at all.
json_t *fhir_body_unchecked(struct exchange *exchange);
// Is a checked resource of this type? False: answered.
bool fhir_body_is(struct exchange *exchange, const json_t *json, int type);
// The version in If-Match, 0 when there is none. False: answered.
bool fhir_if_match(struct exchange *exchange, uint64_t *ret_version);
// Answers a write as Prefer asks for: representation, minimal or OperationOutcome.
void fhir_answer_written(struct exchange *exchange, uint16_t status, const struct record *record);
// The hexadecimal hash of the sealed version, for the trail.
const char *fhir_content_hash(struct exchange *exchange, const struct record *record);
