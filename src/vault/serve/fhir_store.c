#include "vault/serve/fhir_store.h"

#include "common/base/text.h"
#include "common/format/fhir_patient.h"
#include "common/format/fhir_type.h"
#include "vault/serve/fhir_base.h"
#include "vault/serve/fhir_query.h"

#include <string.h>

char *fhir_new_id(struct arena *arena)
{
	uint8_t random[16];
	char *id = arena_alloc(arena, 37);
	crypto_random(random, sizeof random);
	text_uuid(random, id);
	return id;
}

// What the caller may not read is not there for them; of a person they may learn that there is one.
static enum err keep_visible(struct vault *vault, struct exchange *x,
	const struct search_query *query, struct search_result *result)
{
	size_t kept = 0;
	for (size_t i = 0; i < result->count; i++) {
		const struct record *record = &result->records[i];
		struct verdict verdict;
		struct access access = {
			.action = TRAIL_READ, .type = record->type, .id = record->id};
		fhir_owners(x, record, &access);
		enum err err = access_decide(vault, x, &access, &verdict);
		if (err)
			return err;
		if (verdict.allowed || query->type == fhir_type_patient())
			result->records[kept++] = *record;
	}
	result->count = kept;
	return result->next && kept < 2 ? ERR_LIMIT : OK;
}

static void note_found(struct vault *vault, struct exchange *x, struct trail_entry *note,
	const struct access *search, const struct search_result *result)
{
	struct named named = {.arena = x->arena};
	fhir_named_add(&named, search);
	for (size_t i = 0; i < result->count; i++) {
		struct access access = {0};
		fhir_owners(x, &result->records[i], &access);
		fhir_named_add(&named, &access);
	}
	note_add_patients(vault, x, note, named.patients, named.count);
}

enum err fhir_find_staged(struct vault *vault, struct exchange *x, int type, const char *query,
	struct record *ret_first, size_t *ret_count)
{
	struct search_query parsed;
	struct search_result result = {0};
	struct query_problem problem;
	struct verdict verdict;
	struct access access = {.action = TRAIL_SEARCH, .type = type, .query = query};
	enum err err = fhir_query_of_text(vault, type, query, x->arena, &parsed, &problem);
	if (err)
		return err;
	parsed.count = RECORDS_SEARCH_COUNT;
	access.patient = parsed.patient;
	err = access_decide(vault, x, &access, &verdict);
	if (err)
		return err;
	if (verdict.allowed)
		err = records_search_staged(vault->parts.records, &parsed, x->arena, &result);
	if (!err)
		err = keep_visible(vault, x, &parsed, &result);
	struct trail_entry note = note_access(x, &access, &verdict,
		err               ? TRAIL_FAILED
		: verdict.allowed ? TRAIL_ALLOWED
				  : TRAIL_DENIED);
	note.detail = err ? err_text(err) : "condition of a write";
	note_found(vault, x, &note, &access, &result);
	if (err)
		return err;
	*ret_count = result.count;
	if (result.count)
		*ret_first = result.records[0];
	return OK;
}

bool fhir_exists(struct vault *vault, struct exchange *x, const struct store_wish *wish,
	struct record *ret_record, bool *ret_failed)
{
	struct verdict verdict;
	size_t count = 0;
	*ret_failed = true;
	enum err err =
		fhir_find_staged(vault, x, wish->type, wish->if_none_exist, ret_record, &count);
	if (err) {
		answer_error(x, 400, "invalid", "If-None-Exist cannot be searched for: %s.",
			err_text(err));
		return true;
	}
	if (count > 1) {
		answer_error(x, 412, "conflict", "If-None-Exist matches more than one resource.");
		return true;
	}
	*ret_failed = false;
	if (!count)
		return false;
	// The answer is the resource that is there: that is a read, of whoever's record it is.
	struct access access = {.action = TRAIL_READ,
		.type = wish->type,
		.id = ret_record->id,
		.version = ret_record->version};
	fhir_owners(x, ret_record, &access);
	*ret_failed = !access_check(vault, x, &access, &verdict);
	if (*ret_failed)
		return true;
	struct trail_entry note = note_access(x, &access, &verdict, TRAIL_ALLOWED);
	note.detail = "exists already";
	note_add(vault, x, &note);
	return true;
}

// A free id answers as one that is taken by somebody else's does: who may not know which resources
// there are cannot find out by writing to them. Ids of their own choice are for those who may.
static bool allowed_to_name(struct vault *vault, struct exchange *x, const struct store_wish *wish)
{
	struct verdict verdict;
	struct access any = {.action = wish->action, .type = wish->type, .id = wish->id};
	if (wish->action != TRAIL_UPDATE || !fhir_type_in_compartment(wish->type))
		return true;
	any.patient = wish->type == fhir_type_patient() ? wish->id : ACCESS_SOMEBODY;
	return access_check(vault, x, &any, &verdict);
}

// Whose record it was may differ from whose it becomes: both must be allowed.
static bool allowed_before(
	struct vault *vault, struct exchange *x, const struct store_wish *wish, const char *owner)
{
	struct record current = {0};
	struct record_key key = {.type = wish->type, .id = wish->id};
	enum err err = records_read_staged(vault->parts.records, &key, x->arena, &current);
	if (err == ERR_NOT_FOUND)
		return allowed_to_name(vault, x, wish);
	if (wish->must_be_new || (err && err != ERR_GONE))
		return true; // records_put will say what is wrong; what was deleted has an owner
	struct verdict verdict;
	struct access access = {.action = wish->action, .type = wish->type, .id = wish->id};
	fhir_owners(x, &current, &access);
	bool same = owner && access.patient && strcmp(access.patient, owner) == 0;
	bool owned = !same && (access.patient || access.patient_count);
	if (owned && !access_check(vault, x, &access, &verdict))
		return false;
	if (!err && wish->if_none_match)
		fhir_answer_storing(x, ERR_CONFLICT);
	return err || !wish->if_none_match;
}

bool fhir_store(
	struct vault *vault, struct exchange *x, struct store_wish *wish, struct record *ret_record)
{
	struct fhir_patients patients;
	struct verdict verdict;
	bool failed = false;
	enum err err = fhir_base_strip(vault, wish->resource);
	if (!err)
		err = fhir_patients_of(wish->resource, wish->id, x->arena, &patients);
	if (err) {
		answer_error(x, 422, "invalid", "The resource names too many patients.");
		return false;
	}
	// Storing replaces the resource's id, which some of these texts are.
	for (size_t i = 0; i < patients.count; i++)
		patients.ids[i] = arena_text(x->arena, patients.ids[i]);
	patients.owner = patients.owner ? arena_text(x->arena, patients.owner) : NULL;
	struct access access = {.action = wish->action,
		.type = wish->type,
		.id = wish->id,
		.patient = patients.owner,
		.patients = patients.ids,
		.patient_count = patients.count};
	if (!access_check(vault, x, &access, &verdict) ||
		!allowed_before(vault, x, wish, patients.owner))
		return false;
	if (wish->if_none_exist && fhir_exists(vault, x, wish, ret_record, &failed)) {
		wish->unchanged = !failed;
		return !failed;
	}
	struct record_put put = {.type = wish->type,
		.id = wish->id,
		.patient = patients.owner,
		.resource = wish->resource,
		.updated_us = x->now_us,
		.expected = wish->expected,
		.must_be_new = wish->must_be_new};
	err = records_put(vault->parts.records, &put, x->arena, ret_record);
	access.version = err ? 0 : ret_record->version;
	struct trail_entry note =
		note_access(x, &access, &verdict, err ? TRAIL_FAILED : TRAIL_INTENDED);
	note.content = err ? "" : fhir_content_hash(x, ret_record);
	note.detail = err ? err_text(err) : "";
	note_add_patients(vault, x, &note, patients.ids, patients.count);
	if (err)
		fhir_answer_storing(x, err);
	return !err;
}

bool fhir_remove(
	struct vault *vault, struct exchange *x, struct store_wish *wish, struct record *ret_record)
{
	struct record current = {0};
	struct verdict verdict;
	struct record_key key = {.type = wish->type, .id = wish->id};
	struct access access = {.action = TRAIL_DELETE, .type = wish->type, .id = wish->id};
	enum err err = records_read_staged(vault->parts.records, &key, x->arena, &current);
	if (err && err != ERR_GONE) {
		fhir_answer_absent(vault, x, &access, err);
		return false;
	}
	if (!err || err == ERR_GONE)
		fhir_owners(x, &current, &access);
	if (!access_check(vault, x, &access, &verdict))
		return false;
	if (!err && wish->expected && wish->expected != current.version) {
		fhir_answer_storing(x, ERR_CONFLICT);
		return false;
	}
	wish->unchanged = err == ERR_GONE; // deleting again is fine, says FHIR
	if (!err)
		err = records_delete(vault->parts.records, &key, x->now_us, x->arena, ret_record);
	if (wish->unchanged)
		err = OK;
	access.version = err || wish->unchanged ? 0 : ret_record->version;
	struct trail_entry note =
		note_access(x, &access, &verdict, err ? TRAIL_FAILED : TRAIL_INTENDED);
	note.content = err || wish->unchanged ? "" : fhir_content_hash(x, ret_record);
	note_add(vault, x, &note);
	if (err)
		fhir_answer_storing(x, err);
	return !err;
}
