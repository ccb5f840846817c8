#include "vault/serve/fhir_answer.h"

#include "common/base/text.h"
#include "common/base/time.h"
#include "common/format/fhir_outcome.h"
#include "common/format/fhir_patient.h"
#include "common/format/fhir_type.h"
#include "common/format/json.h"
#include "vault/serve/route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool fhir_route_type(struct exchange *x, int *ret_type)
{
	int type = fhir_type_find(route_segment(x, "type"));
	if (type == FHIR_TYPE_NONE) {
		answer_error(x, 404, "not-supported", "There is no such resource type in FHIR R4.");
		return false;
	}
	*ret_type = type;
	return true;
}

bool fhir_route_id(struct exchange *x, const char **ret_id)
{
	const char *id = route_segment(x, "id");
	if (!text_is_id(id)) {
		answer_error(x, 404, "not-found", "This is not an id that FHIR allows.");
		return false;
	}
	*ret_id = id;
	return true;
}

void fhir_owners(struct exchange *x, const struct record *record, struct access *access)
{
	struct fhir_patients patients;
	json_t *json;
	access->patient = record->patient;
	access->patient_count = 0;
	if (record->patient || !record->json.size || !fhir_type_in_compartment(record->type))
		return;
	access->patient = ACCESS_SOMEBODY; // until it was read: nobody's is not everybody's
	if (json_parse_strict(record->json, NULL, &json, NULL))
		return;
	if (fhir_patients_of(json, record->id, x->arena, &patients) == OK) {
		for (size_t i = 0; i < patients.count; i++)
			patients.ids[i] = arena_text(x->arena, patients.ids[i]);
		access->patient = patients.elsewhere && !patients.count ? ACCESS_SOMEBODY : NULL;
		access->patients = patients.ids;
		access->patient_count = patients.count;
	}
	json_decref(json);
}

static void name_one(struct named *named, const char *patient)
{
	for (size_t i = 0; i < named->count; i++)
		if (strcmp(named->patients[i], patient) == 0)
			return;
	if (named->count == named->room) {
		size_t room = named->room ? 2 * named->room : 16;
		const char **more = arena_alloc(named->arena, room * sizeof *more);
		if (named->count)
			memcpy(more, named->patients, named->count * sizeof *more);
		named->patients = more;
		named->room = room;
	}
	named->patients[named->count++] = patient;
}

void fhir_named_add(struct named *named, const struct access *access)
{
	if (access->patient)
		name_one(named, access->patient);
	for (size_t i = 0; !access->patient && i < access->patient_count; i++)
		name_one(named, access->patients[i]);
}

void fhir_headers(struct exchange *x, const struct record *record)
{
	char date[TIME_TEXT_BYTES];
	time_format_http(record->updated_us, date);
	answer_header(x, "ETag",
		arena_printf(x->arena, "W/\"%llu\"", (unsigned long long)record->version));
	answer_header(x, "Last-Modified", date);
}

void fhir_answer_absent(
	struct vault *vault, struct exchange *x, const struct access *access, enum err err)
{
	// Decided as if it were some other patient's: whoever would be refused that is refused
	// this, in the same words, and learns nothing.
	struct access any = *access;
	struct verdict verdict;
	if (!any.patient && fhir_type_in_compartment(access->type))
		any.patient = access->type == fhir_type_patient() && access->id ? access->id
										: ACCESS_SOMEBODY;
	if (err == ERR_NOT_FOUND || err == ERR_GONE) {
		if (!access_check(vault, x, &any, &verdict))
			return;
		any.patient = access->patient;
		struct trail_entry note = note_access(x, &any, &verdict, TRAIL_FAILED);
		note.status = err == ERR_GONE ? 410 : 404;
		note_add(vault, x, &note);
	}
	if (err == ERR_NOT_FOUND)
		answer_error(x, 404, "not-found", "There is no such resource.");
	else if (err == ERR_GONE)
		answer_error(x, 410, "deleted", "This resource was deleted.");
	else
		answer_error(
			x, 500, "unavailable", "The record cannot be read: %s.", err_text(err));
}

void fhir_answer_storing(struct exchange *x, enum err err)
{
	switch (err) {
	case ERR_CONFLICT:
		answer_error(
			x, 412, "conflict", "Another version is current; read it and try again.");
		break;
	case ERR_EXISTS:
		answer_error(x, 409, "conflict", "There is such a resource already.");
		break;
	case ERR_GONE:
	case ERR_NOT_FOUND:
		answer_error(x, 404, "not-found", "There is no such resource.");
		break;
	case ERR_LIMIT:
		answer_error(x, 413, "too-large", "This is larger than can be stored.");
		break;
	default:
		answer_error(x, 503, "unavailable", "Nothing was stored: %s.", err_text(err));
	}
}

static void answer_outcome(struct exchange *x, uint16_t status, json_t *outcome)
{
	answer_json(x, status, outcome);
	json_decref(outcome);
}

void fhir_answer_problems(struct exchange *x, const struct fhir_problems *problems)
{
	answer_outcome(x, 422, fhir_outcome_of_problems(problems));
}

json_t *fhir_body_unchecked(struct exchange *x)
{
	const struct json_limits limits = {.most_bytes = DOOR_BODY_BYTES};
	struct json_problem problem;
	json_t *json;
	enum err err = json_parse_strict(buf_bytes(&x->body), &limits, &json, &problem);
	if (err) {
		answer_outcome(x, err == ERR_LIMIT ? 413 : 400, fhir_outcome_of_json(&problem));
		return NULL;
	}
	return json;
}

bool fhir_body_is(struct exchange *x, const json_t *json, int type)
{
	int found = fhir_resource_type(json);
	if (type == FHIR_TYPE_NONE || found == type)
		return true;
	answer_error(x, 400, "invalid", "The body is a %s, the address says %s.",
		fhir_type_name(found), fhir_type_name(type));
	return false;
}

json_t *fhir_body(struct exchange *x, int type)
{
	struct fhir_problems problems;
	json_t *json = fhir_body_unchecked(x);
	if (!json)
		return NULL;
	bool valid = fhir_check(json, x->arena, &problems) == OK;
	if (!valid)
		fhir_answer_problems(x, &problems);
	if (valid && fhir_body_is(x, json, type))
		return json;
	json_decref(json);
	return NULL;
}

bool fhir_if_match(struct exchange *x, uint64_t *ret_version)
{
	const char *text = x->ask.if_match;
	char *end;
	*ret_version = 0;
	if (!*text)
		return true;
	if (text_starts(text, "W/"))
		text += 2;
	bool quoted = *text == '"';
	text += quoted;
	unsigned long long version = strtoull(text, &end, 10);
	if (text[0] < '1' || text[0] > '9' || strcmp(end, quoted ? "\"" : "") != 0) {
		answer_error(x, 400, "invalid", "If-Match must look like W/\"3\".");
		return false;
	}
	*ret_version = version;
	return true;
}

void fhir_answer_written(struct exchange *x, uint16_t status, const struct record *record)
{
	const char *type = fhir_type_name(record->type);
	fhir_headers(x, record);
	answer_header(x, "Location",
		arena_printf(x->arena, "/fhir/%s/%s/_history/%llu", type, record->id,
			(unsigned long long)record->version));
	if (strstr(x->ask.prefer, "return=minimal")) {
		buf_clear(&x->answer);
		x->status = status;
	} else if (strstr(x->ask.prefer, "return=OperationOutcome")) {
		answer_outcome(x, status,
			fhir_outcome_new(&(struct fhir_outcome){.severity = "information",
				.code = "informational",
				.diagnostics = "Stored."}));
	} else {
		answer_bytes(x, status, record->json);
	}
}

const char *fhir_content_hash(struct exchange *x, const struct record *record)
{
	char *hex = arena_alloc(x->arena, 2 * HASH_BYTES + 1);
	text_hex(bytes_of(record->sealed_hash.bytes, HASH_BYTES), hex);
	return hex;
}
