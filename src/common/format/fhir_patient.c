#include "common/format/fhir_patient.h"

#include "common/format/fhir_check.h"
#include "common/format/fhir_refs.h"
#include "common/format/fhir_tables.h"
#include "common/format/json.h"

#include <string.h>

struct gather {
	struct arena *arena;
	struct fhir_patients patients;
	size_t room;
	unsigned depth;
};

enum {
	MOST_BUNDLES = 4
}; // one inside the other

static enum err add(struct gather *gather, const char *id)
{
	struct fhir_patients *patients = &gather->patients;
	for (size_t i = 0; i < patients->count; i++) {
		if (strcmp(patients->ids[i], id) == 0)
			return OK;
	}
	if (patients->count == FHIR_PATIENTS_MOST)
		return ERR_LIMIT;
	if (patients->count == gather->room) {
		gather->room = gather->room ? gather->room * 2 : 4;
		const char **ids = arena_alloc(gather->arena, gather->room * sizeof *ids);
		if (patients->count > 0)
			memcpy(ids, patients->ids, patients->count * sizeof *ids);
		patients->ids = ids;
	}
	patients->ids[patients->count++] = id;
	return OK;
}

static enum err add_param(
	struct gather *gather, const json_t *resource, const struct fhir_param *param)
{
	struct fhir_values values;
	enum err err = fhir_extract(resource, param, gather->arena, &values);
	for (size_t i = 0; err == OK && i < values.count; i++) {
		const struct fhir_value *value = &values.at[i];
		if (value->type == fhir_counts.patient && value->id && value->local)
			err = add(gather, value->id);
		else if (value->type == fhir_counts.patient)
			gather->patients.elsewhere = true;
	}
	return err;
}

// A Binary has no search parameters; what it is kept as safe as may be a patient.
static enum err add_binary(struct gather *gather, const json_t *resource)
{
	const char *text = json_get_text(json_get_object(resource, "securityContext"), "reference");
	struct fhir_ref ref;
	if (text && fhir_ref_parse(text, gather->arena, &ref) && ref.type == fhir_counts.patient &&
		ref.local)
		return add(gather, ref.id);
	return OK;
}

static enum err gather_from(struct gather *gather, const json_t *resource, const char *id);

static enum err add_entries(struct gather *gather, const json_t *bundle)
{
	const json_t *entries = json_get_array(bundle, "entry");
	enum err err = OK;
	if (gather->depth == MOST_BUNDLES)
		return ERR_LIMIT;
	gather->depth++;
	for (size_t i = 0; err == OK && i < json_array_size(entries); i++) {
		const json_t *resource = json_get_object(json_array_get(entries, i), "resource");
		if (resource)
			err = gather_from(gather, resource, NULL);
	}
	gather->depth--;
	return err;
}

// A subject that leads nowhere: one that is contained, only named, or known elsewhere.
static bool leads_nowhere(const json_t *resource, struct arena *arena)
{
	static const char *const keys[] = {"patient", "subject", "beneficiary", "individual"};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		const json_t *subject = json_get_object(resource, keys[i]);
		const char *text = json_get_text(subject, "reference");
		struct fhir_ref ref;
		if (text ? !fhir_ref_parse(text, arena, &ref)
			 : json_get_object(subject, "identifier") ||
					json_get_text(subject, "display"))
			return true;
	}
	return false;
}

// The owner is who the first parameter that names anybody names, if it names one patient only.
static void choose_owner(struct gather *gather, bool from_owners, size_t before)
{
	struct fhir_patients *patients = &gather->patients;
	if (from_owners && before == 0 && patients->count == 1)
		patients->owner = patients->ids[0];
}

static enum err gather_from(struct gather *gather, const json_t *resource, const char *id)
{
	int type = fhir_resource_type(resource);
	if (type == FHIR_TYPE_NONE)
		return OK;
	const struct fhir_type_row *row = &fhir_types[type];
	if (!id)
		id = json_get_text(resource, "id");
	enum err err = OK;
	if (type == fhir_counts.patient && id) {
		err = add(gather, id);
		choose_owner(gather, true, 0);
	} else if (type == fhir_counts.binary) {
		err = add_binary(gather, resource);
	} else if (type == fhir_counts.bundle) {
		err = add_entries(gather, resource);
	}
	for (size_t i = 0; err == OK && i < row->member_count; i++) {
		size_t before = gather->patients.count;
		err = add_param(
			gather, resource, &fhir_params[fhir_members[row->first_member + i]]);
		choose_owner(gather, i < row->owner_count, before);
	}
	return err;
}

enum err fhir_patients_of(
	const json_t *resource, const char *id, struct arena *arena, struct fhir_patients *ret)
{
	struct gather gather = {.arena = arena};
	enum err err = gather_from(&gather, resource, id);
	if (err != OK)
		return err;
	struct fhir_patients *patients = &gather.patients;
	if (fhir_resource_type(resource) == fhir_counts.bundle)
		patients->owner = NULL;
	patients->elsewhere |= leads_nowhere(resource, arena);
	if (!patients->owner && patients->count == 1)
		patients->owner = patients->ids[0];
	*ret = gather.patients;
	return OK;
}
