// What is noticeable about an access, whether or not it is explained.
#include "vault/explain/explain_in.h"

#include "common/format/fhir_type.h"
#include "common/format/json.h"

#include <string.h>

// HL7's ActCode sensitivities and Confidentiality.
static const struct {
	const char *code;
	uint32_t flags;
} labels[] = {
	{"CEL", EXPLAINED_VIP},
	{"VIP", EXPLAINED_VIP},
	{"V", EXPLAINED_VIP | EXPLAINED_SENSITIVE},
	{"R", EXPLAINED_SENSITIVE},
	{"EMP", EXPLAINED_COLLEAGUE},
	{"HIV", EXPLAINED_SENSITIVE},
	{"PSY", EXPLAINED_SENSITIVE},
	{"PSYTHPN", EXPLAINED_SENSITIVE},
	{"MH", EXPLAINED_SENSITIVE},
	{"BH", EXPLAINED_SENSITIVE},
	{"ETH", EXPLAINED_SENSITIVE},
	{"ETHUD", EXPLAINED_SENSITIVE},
	{"SUD", EXPLAINED_SENSITIVE},
	{"OPIOIDUD", EXPLAINED_SENSITIVE},
	{"SDV", EXPLAINED_SENSITIVE},
	{"SEX", EXPLAINED_SENSITIVE},
	{"STD", EXPLAINED_SENSITIVE},
	{"GDIS", EXPLAINED_SENSITIVE},
	{"SICKLE", EXPLAINED_SENSITIVE},
	{"TBOO", EXPLAINED_SENSITIVE},
	{"VIO", EXPLAINED_SENSITIVE},
	{"ABORT", EXPLAINED_SENSITIVE},
};

uint32_t flags_of_labels(const json_t *resource)
{
	uint32_t flags = 0;
	size_t i;
	json_t *one;
	json_array_foreach(json_get_array(json_get_object(resource, "meta"), "security"), i, one)
	{
		const char *code = json_get_text(one, "code");
		for (size_t l = 0; code && l < sizeof labels / sizeof *labels; l++)
			if (strcmp(labels[l].code, code) == 0)
				flags |= labels[l].flags;
	}
	return flags;
}

// The labels of the one resource that was opened.
static enum err flags_of_resource(
	struct explain *x, const struct explain_ask *ask, struct arena *arena, uint32_t *flags)
{
	const char *slash = strchr(ask->resource, '/');
	struct record record;
	json_t *json;
	int type = slash ? fhir_type_find_n(ask->resource, (size_t)(slash - ask->resource))
			 : FHIR_TYPE_NONE;
	if (type == FHIR_TYPE_NONE || type == fhir_type_patient())
		return OK;
	const struct record_key key = {.type = type, .id = slash + 1};
	enum err err = records_read(x->records, &key, arena, &record);
	if (err)
		return err == ERR_NOT_FOUND || err == ERR_GONE ? OK : err;
	if (!record.patient || strcmp(record.patient, ask->patient) != 0)
		return OK;
	if (json_parse_strict(record.json, NULL, &json, NULL))
		return ERR_CORRUPT;
	*flags |= flags_of_labels(json) & EXPLAINED_SENSITIVE;
	json_decref(json);
	return OK;
}

static uint32_t family_of(const struct dossier *d, const struct person *one)
{
	uint32_t flags = 0;
	if (person_shares_address(one, &d->person))
		flags |= *one->family && strcmp(one->family, d->person.family) == 0
				 ? EXPLAINED_FAMILY
				 : EXPLAINED_SAME_ADDRESS;
	else if (person_shares_street(one, &d->person))
		flags |= EXPLAINED_NEIGHBOUR;
	for (size_t i = 0; i < d->related_count; i++)
		if (person_same(one, &d->related[i]))
			flags |= EXPLAINED_FAMILY;
	return flags;
}

static bool is_own(const struct staff *staff, const struct dossier *d)
{
	for (size_t i = 0; i < staff->record_count; i++)
		if (strcmp(staff->record_ids[i], d->patient) == 0)
			return true;
	return person_same(&staff->person, &d->person);
}

static uint32_t flags_of_time(const struct dossier *d, const struct explain_ask *ask)
{
	uint32_t flags = 0;
	if (d->died_us < ask->at_us)
		flags |= EXPLAINED_DECEASED;
	if (d->last_end_us != INT64_MIN && d->last_end_us < ask->at_us - 365 * DAY_US)
		flags |= EXPLAINED_DISCHARGED;
	return flags;
}

enum err flags_of(
	struct explain *x, const struct explain_ask *ask, struct arena *arena, uint32_t *ret_flags)
{
	struct dossier *d;
	struct staff *staff;
	enum duty duty = DUTY_UNKNOWN;
	const struct staff_slot *slot;
	enum err err = dossier_find(x, ask->patient, DEPTH_CARE, &d);
	if (!err)
		err = staff_find(x, ask->staff, &staff);
	if (!err)
		err = staff_duty(x, staff, ask->at_us, &duty, &slot);
	if (err)
		return err;
	uint32_t flags = d->flags | flags_of_time(d, ask);
	flags |= duty == DUTY_OFF ? EXPLAINED_OFF_DUTY : 0;
	flags |= d->cut ? EXPLAINED_CUT : 0;
	if (is_own(staff, d)) {
		flags |= EXPLAINED_OWN;
	} else {
		flags |= family_of(d, &staff->person);
		for (size_t i = 0; i < staff->record_count; i++)
			flags |= family_of(d, &staff->records[i]);
	}
	err = flags_of_resource(x, ask, arena, &flags);
	if (!err)
		*ret_flags = flags;
	return err;
}
