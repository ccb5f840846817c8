#include "vault/records/records_in.h"

#include "common/format/fhir_type.h"
#include "common/format/json.h"

#include <string.h>

// Where a resource names the staff who care for its patient.
static const struct care_source {
	const char *type, *param;
	enum care_kind kind;
} sources[] = {
	{"Encounter", "participant", CARE_ENCOUNTER},
	{"CareTeam", "participant", CARE_TEAM},
	{"Appointment", "actor", CARE_APPOINTMENT},
	{"Patient", "general-practitioner", CARE_PRACTITIONER},
};

const char *care_kind_text(enum care_kind kind)
{
	static const char *const texts[] = {[CARE_NONE] = "none",
		[CARE_ENCOUNTER] = "encounter",
		[CARE_TEAM] = "careteam",
		[CARE_APPOINTMENT] = "appointment",
		[CARE_PRACTITIONER] = "general-practitioner"};
	return kind <= CARE_PRACTITIONER ? texts[kind] : "?";
}

static int64_t staff_token(struct records *r, const char *type, const char *id)
{
	return word_token(r->search, "staff", type, bytes_text(id));
}

// A PractitionerRole stands for the practitioner in it.
static const char *practitioner_of(
	struct records *r, const struct fhir_value *value, struct arena *arena)
{
	const char *type = fhir_type_name(value->type);
	if (strcmp(type, "Practitioner") == 0)
		return value->id;
	struct record record;
	struct record_key key = {.type = value->type, .id = value->id};
	json_t *json;
	if (strcmp(type, "PractitionerRole") != 0 || read_in(r, &r->staged, &key, arena, &record) ||
		json_parse_strict(record.json, NULL, &json, NULL))
		return NULL;
	const char *reference = json_get_text(json_get_object(json, "practitioner"), "reference");
	const char *slash = reference ? strchr(reference, '/') : NULL;
	const char *id = slash && strncmp(reference, "Practitioner/", 13) == 0
				 ? arena_text(arena, slash + 1)
				 : NULL;
	json_decref(json);
	return id;
}

static enum err care_one(struct records *r, int64_t patient, int64_t slot,
	const struct care_source *source, const char *practitioner)
{
	struct store_query *q = r->writes[W_CARE];
	int64_t staff = staff_token(r, "Practitioner", practitioner);
	query_int(q, 1, staff);
	query_int(q, 2, patient);
	query_int(q, 3, source->kind);
	query_int(q, 4, slot);
	enum err err = query_run(q);
	return err ? err : link_row(r, slot, LINKED_CARE, staff, source->kind);
}

enum err care_write(struct records *r, int64_t patient, int64_t slot, int type,
	const json_t *resource, struct arena *arena)
{
	const char *name = fhir_type_name(type);
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		const struct care_source *source = &sources[i];
		struct fhir_values values;
		if (patient == HOSPITAL || strcmp(source->type, name) != 0)
			continue;
		const struct fhir_param *param = fhir_param_find(type, source->param);
		enum err err =
			param ? fhir_extract(resource, param, arena, &values) : ERR_UNSUPPORTED;
		if (err)
			return err == ERR_UNSUPPORTED ? OK : err;
		for (size_t v = 0; v < values.count; v++) {
			const struct fhir_value *value = &values.at[v];
			if (value->type == FHIR_TYPE_NONE || !value->id || !value->local)
				continue;
			const char *practitioner = practitioner_of(r, value, arena);
			err = practitioner ? care_one(r, patient, slot, source, practitioner) : OK;
			if (err)
				return err;
		}
	}
	return OK;
}

struct care_row {
	int64_t patient, slot;
	enum care_kind kind;
};

// The resource whose row says the relationship: "Encounter/12", and whose it is.
static enum err evidence_of(struct records *r, const struct care_row *row, struct arena *arena,
	struct care_patient *ret)
{
	static const char *const types[] = {[CARE_ENCOUNTER] = "Encounter",
		[CARE_TEAM] = "CareTeam",
		[CARE_APPOINTMENT] = "Appointment",
		[CARE_PRACTITIONER] = "Patient"};
	struct view *view = &r->committed;
	struct store_query *q = view->queries[Q_ITEM];
	struct record record;
	if (row->kind <= CARE_NONE || row->kind > CARE_PRACTITIONER)
		return ERR_CORRUPT; // somebody changed the row
	int type = fhir_type_find(types[row->kind]);
	query_int(q, 1, row->patient);
	query_int(q, 2, r->kind_of_type[type]);
	query_int(q, 3, row->slot);
	uint64_t version = query_step(q) == STORE_ROW ? (uint64_t)row_int(q, 0) : 0;
	query_reset(q);
	if (!version)
		return ERR_CORRUPT;
	enum err err = blob_read(r, view, row->slot, version, arena, &record);
	if (err)
		return err;
	if (record.type != type || !record.patient)
		return ERR_CORRUPT;
	ret->care.kind = row->kind;
	ret->care.evidence = arena_printf(arena, "%s/%s", types[row->kind], record.id);
	ret->patient = record.patient;
	return OK;
}

static const char *practitioner_id(const char *staff)
{
	return strncmp(staff, "Practitioner/", 13) == 0 ? staff + 13 : NULL;
}

enum err records_care(struct records *r, const char *staff, const char *patient,
	struct arena *arena, struct care *ret_care)
{
	struct care_patient found = {.care.evidence = ""};
	struct care_row row = {0};
	struct owner *owner;
	const char *id = practitioner_id(staff);
	enum err err = id ? owner_find(r, &r->committed, patient, &owner) : ERR_NOT_FOUND;
	if (err) {
		*ret_care = found.care;
		return err == ERR_NOT_FOUND || err == ERR_GONE ? OK : err;
	}
	struct store_query *q = r->committed.queries[Q_CARE];
	query_int(q, 1, staff_token(r, "Practitioner", id));
	query_int(q, 2, owner->number);
	enum store_step step = query_step(q);
	if (step == STORE_ROW)
		row = (struct care_row){
			owner->number, row_int(q, 1), (enum care_kind)row_int(q, 0)};
	query_reset(q);
	if (step == STORE_FAILED)
		return ERR_IO;
	if (row.kind != CARE_NONE)
		err = evidence_of(r, &row, arena, &found);
	if (!err && found.patient && strcmp(found.patient, patient) != 0)
		err = ERR_CORRUPT; // what is said to show it belongs to somebody else
	if (!err)
		*ret_care = found.care;
	return err;
}

enum {
	CARE_PATIENTS_MOST = 1000
};

enum err records_care_patients(struct records *r, const char *staff, size_t most,
	struct arena *arena, struct care_patient **ret_patients, size_t *ret_count)
{
	const char *id = practitioner_id(staff);
	size_t count = 0, done = 0;
	if (most > CARE_PATIENTS_MOST)
		most = CARE_PATIENTS_MOST;
	struct care_patient *patients = arena_alloc(arena, most * sizeof *patients);
	struct care_row *rows = arena_alloc(arena, most * sizeof *rows);
	struct store_query *q = r->committed.queries[Q_CARE_PATIENTS];
	query_int(q, 1, id ? staff_token(r, "Practitioner", id) : 0);
	query_int(q, 2, (int64_t)most);
	while (id && count < most && query_step(q) == STORE_ROW)
		rows[count++] = (struct care_row){
			row_int(q, 0), row_int(q, 2), (enum care_kind)row_int(q, 1)};
	query_reset(q);
	for (size_t i = 0; i < count; i++)
		if (evidence_of(r, &rows[i], arena, &patients[done]) == OK &&
			patients[done].patient)
			done++;
	*ret_patients = patients;
	*ret_count = done;
	return OK;
}
