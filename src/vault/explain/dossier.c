// What is known of one patient, read once for several questions.
#include "vault/explain/explain_in.h"

#include "common/base/time.h"
#include "common/format/fhir_argument.h"
#include "common/format/fhir_date.h"
#include "common/format/fhir_type.h"
#include "common/format/json.h"

#include <string.h>

enum {
	COLLEAGUES_MOST = 20
};

static void read_death(const json_t *patient, struct dossier *d)
{
	struct fhir_interval at;
	const char *when = json_get_text(patient, "deceasedDateTime");
	if (when && fhir_date_parse(when, FHIR_FORM_DATE_TIME, &at))
		d->died_us = at.high_us;
	else if (json_is_true(json_object_get(patient, "deceasedBoolean")))
		d->died_us = INT64_MIN;
}

// Is there a Practitioner who is this person? The name narrows, the rest decides.
static enum err look_for_colleague(struct explain *x, struct dossier *d, const char *family)
{
	struct fhir_argument argument;
	struct search_result found;
	int type = fhir_type_find("Practitioner");
	struct arena *arena = d->arena;
	if (!family ||
		fhir_argument_parse(fhir_param_find(type, "name"), NULL, family, arena, &argument))
		return OK;
	const struct search_query query = {.type = type,
		.arguments = &argument,
		.argument_count = 1,
		.count = COLLEAGUES_MOST};
	enum err err = records_search(x->records, &query, arena, &found);
	if (err == ERR_LIMIT || err == ERR_UNSUPPORTED) // a name of too many, or too short
		return OK;
	for (size_t i = 0; !err && i < found.count; i++) {
		struct person person;
		json_t *json;
		if (json_parse_strict(found.records[i].json, NULL, &json, NULL))
			return ERR_CORRUPT;
		person_read(json, &person);
		if (person_same(&person, &d->person))
			d->flags |= EXPLAINED_COLLEAGUE;
		json_decref(json);
	}
	return err;
}

// FHIR's strings are escaped in searches: a name may hold a comma.
static const char *escaped(const char *text, struct arena *arena)
{
	char *out = arena_alloc(arena, 2 * strlen(text) + 1), *to = out;
	for (; *text; text++) {
		if (strchr("\\,|$", *text))
			*to++ = '\\';
		*to++ = *text;
	}
	return out;
}

static enum err load_patient(struct explain *x, struct dossier *d)
{
	struct record record;
	const struct record_key key = {.type = fhir_type_patient(), .id = d->patient};
	json_t *json;
	enum err err = records_read(x->records, &key, d->arena, &record);
	if (err == ERR_NOT_FOUND || err == ERR_GONE)
		return OK;
	if (err)
		return err;
	if (json_parse_strict(record.json, NULL, &json, NULL))
		return ERR_CORRUPT;
	person_read(json, &d->person);
	d->flags |= flags_of_labels(json);
	read_death(json, d);
	facts_add(x, d, &record, json);
	const json_t *name = json_array_get(json_get_array(json, "name"), 0);
	const char *family = json_get_text(name, "family");
	if (!(d->flags & EXPLAINED_COLLEAGUE) && family && *family)
		err = look_for_colleague(x, d, escaped(family, d->arena));
	json_decref(json);
	return err;
}

static enum err load_type(struct explain *x, struct dossier *d, const char *type)
{
	const struct record_newest wish = {
		.patient = d->patient, .type = fhir_type_find(type), .most = EXPLAIN_OF_TYPE};
	struct arena *scratch = arena_new();
	struct record_page page;
	bool more = false;
	enum err err = records_newest(x->records, &wish, scratch, &page, &more);
	if (err == ERR_NOT_FOUND) // forgotten meanwhile
		err = OK;
	else if (!err)
		d->cut |= more;
	for (size_t i = 0; !err && i < page.count; i++) {
		json_t *json;
		if (json_parse_strict(page.records[i].json, NULL, &json, NULL)) {
			err = ERR_CORRUPT;
			break;
		}
		if (strcmp(type, "RelatedPerson") == 0 && d->related_count < RELATED_MOST) {
			d->related_ids[d->related_count] = arena_text(d->arena, page.records[i].id);
			person_read(json, &d->related[d->related_count++]);
		}
		facts_add(x, d, &page.records[i], json);
		json_decref(json);
	}
	arena_free(scratch);
	return err;
}

static enum err load(struct explain *x, struct dossier *d, enum depth depth)
{
	enum err err = OK;
	for (; d->depth <= (int)depth && !err; d->depth += !err) {
		const char *const *types = facts_types((enum depth)d->depth);
		for (; *types && !err; types++)
			err = load_type(x, d, *types);
	}
	return err;
}

static enum err dossier_new(struct explain *x, const char *patient, struct dossier **ret)
{
	struct arena *arena = arena_new();
	struct dossier *d = arena_alloc(arena, sizeof *d);
	d->arena = arena;
	d->patient = arena_text(arena, patient);
	d->facts = arena_alloc(arena, EXPLAIN_FACTS * sizeof *d->facts);
	d->died_us = INT64_MAX;
	d->last_end_us = INT64_MIN;
	enum err err = load_patient(x, d);
	if (err) {
		arena_free(arena);
		return err;
	}
	cache_add(x->patients, patient, d, time_monotonic_us());
	*ret = d;
	return OK;
}

enum err dossier_find(
	struct explain *x, const char *patient, enum depth depth, struct dossier **ret)
{
	struct dossier *d = cache_find(x->patients, patient, time_monotonic_us());
	enum err err = d ? OK : dossier_new(x, patient, &d);
	if (!err)
		err = load(x, d, depth);
	if (!err)
		*ret = d;
	else
		cache_remove(x->patients, patient); // half of it is worse than none
	return err;
}
