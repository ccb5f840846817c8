// What each type of resource says about who has to do with the patient, where and when.
#include "vault/explain/explain_in.h"

#include "common/format/fhir_date.h"
#include "common/format/fhir_refs.h"
#include "common/format/fhir_type.h"
#include "common/format/json.h"

#include <stdio.h>
#include <string.h>

// `path` leads to References; the elements before its last may have a period of their own.
static const struct rule {
	const char *type, *path;
	enum fact_kind kind;
	const char *what;
} rules[] = {
	{"Encounter", "participant.individual", FACT_ENCOUNTER, "participant"},
	{"Encounter", "location.location", FACT_PLACE, "there"},
	{"Encounter", "serviceProvider", FACT_PLACE, "provided by"},
	{"CareTeam", "participant.member", FACT_CARE_TEAM, "member of the team"},
	{"CareTeam", "managingOrganization", FACT_PLACE, "team of"},
	{"Appointment", "participant.actor", FACT_APPOINTMENT, "appointment"},
	{"Patient", "generalPractitioner", FACT_PRACTITIONER, "general practitioner"},
	{"ServiceRequest", "requester", FACT_ORDER, "requested"},
	{"ServiceRequest", "performer", FACT_REFERRAL, "asked to carry out"},
	{"MedicationRequest", "requester", FACT_ORDER, "prescribed"},
	{"MedicationRequest", "performer", FACT_REFERRAL, "asked to give"},
	{"MedicationRequest", "recorder", FACT_ORDER, "recorded the prescription"},
	{"DiagnosticReport", "performer", FACT_ORDER, "reported"},
	{"DiagnosticReport", "resultsInterpreter", FACT_ORDER, "interpreted"},
	{"Task", "owner", FACT_REFERRAL, "given the task"},
	{"Task", "requester", FACT_ORDER, "gave the task"},
	{"Observation", "performer", FACT_DOCUMENT, "observed"},
	{"ClinicalImpression", "assessor", FACT_DOCUMENT, "assessed"},
	{"DocumentReference", "author", FACT_DOCUMENT, "wrote"},
	{"Composition", "author", FACT_DOCUMENT, "wrote"},
	{"Procedure", "performer.actor", FACT_DOCUMENT, "carried out"},
	{"Condition", "recorder", FACT_DOCUMENT, "recorded"},
	{"Condition", "asserter", FACT_DOCUMENT, "asserted"},
	{"Immunization", "performer.actor", FACT_DOCUMENT, "vaccinated"},
	{"MedicationAdministration", "performer.actor", FACT_DOCUMENT, "gave"},
};

static const char *const types[DEPTHS][12] = {
	{"Encounter", "CareTeam", "Appointment", "RelatedPerson"},
	{"ServiceRequest", "Task", "MedicationRequest", "DiagnosticReport"},
	{"Observation", "ClinicalImpression", "DocumentReference", "Composition", "Procedure",
		"Condition", "Immunization", "MedicationAdministration"},
};

// When the resource happened, by the first of these that it has.
static const char *const times[] = {"period", "occurrencePeriod", "occurrenceDateTime",
	"executionPeriod", "start", "authoredOn", "effectiveDateTime", "effectivePeriod", "issued",
	"performedDateTime", "performedPeriod", "date", "recordedDate", NULL};

const char *const *facts_types(enum depth depth)
{
	return types[depth];
}

static bool read_time(const json_t *value, int64_t *ret_from, int64_t *ret_to)
{
	struct fhir_interval at;
	if (json_is_string(value) &&
		fhir_date_parse(json_string_value(value), FHIR_FORM_DATE_TIME, &at)) {
		*ret_from = at.low_us;
		*ret_to = at.high_us;
		return true;
	}
	if (!json_is_object(value))
		return false;
	const char *start = json_get_text(value, "start"), *end = json_get_text(value, "end");
	if (start && fhir_date_parse(start, FHIR_FORM_DATE_TIME, &at))
		*ret_from = at.low_us;
	if (end && fhir_date_parse(end, FHIR_FORM_DATE_TIME, &at))
		*ret_to = at.high_us;
	return start || end;
}

void facts_time(const json_t *json, const char *const *names, int64_t *ret_from, int64_t *ret_to)
{
	*ret_from = INT64_MIN;
	*ret_to = INT64_MAX;
	for (; *names; names++)
		if (read_time(json_object_get(json, *names), ret_from, ret_to))
			return;
}

const char *facts_staff_of(struct explain *x, const char *reference, struct arena *arena)
{
	struct fhir_ref ref;
	struct record record;
	json_t *json;
	if (!fhir_ref_parse(reference, arena, &ref) || !ref.local)
		return NULL;
	if (ref.type == fhir_type_find("Practitioner"))
		return arena_printf(arena, "Practitioner/%s", ref.id);
	const struct record_key key = {.type = ref.type, .id = ref.id};
	if (ref.type != fhir_type_find("PractitionerRole") ||
		records_read(x->records, &key, arena, &record) ||
		json_parse_strict(record.json, NULL, &json, NULL))
		return NULL;
	const char *text = json_get_text(json_get_object(json, "practitioner"), "reference");
	bool known = text && fhir_ref_parse(text, arena, &ref) && ref.local &&
		     ref.type == fhir_type_find("Practitioner");
	const char *staff = known ? arena_printf(arena, "Practitioner/%s", ref.id) : NULL;
	json_decref(json);
	return staff;
}

static void push(struct dossier *d, const struct fact *fact)
{
	if (d->count == EXPLAIN_FACTS) {
		d->cut = true;
		return;
	}
	d->facts[d->count++] = *fact;
}

// What a rule's path leads to, with the time of the element that it passes.
struct walk {
	struct explain *x;
	struct dossier *d;
	const struct rule *rule;
	struct fact fact;
};

static void add_reference(struct walk *w, const json_t *value)
{
	struct fact fact = w->fact;
	struct arena *arena = w->d->arena;
	struct fhir_ref ref;
	const char *text = json_get_text(value, "reference");
	if (!text || !fhir_ref_parse(text, arena, &ref) || !ref.local)
		return;
	const char *type = fhir_type_name(ref.type);
	fact.mention = arena_printf(arena, "%s/%s", type, ref.id);
	bool place = strcmp(type, "Location") == 0 || strcmp(type, "Organization") == 0;
	if (place) {
		fact.kind = FACT_PLACE;
		fact.who = fact.mention;
	} else if (w->rule->kind != FACT_PLACE) {
		fact.who = facts_staff_of(w->x, text, arena);
		fact.via = strcmp(type, "PractitionerRole") == 0 ? fact.mention : NULL;
	}
	if (fact.who)
		push(w->d, &fact);
}

static void follow(struct walk *w, const json_t *value, const char *path)
{
	static const char *const period[] = {"period", NULL};
	char name[40];
	size_t length = strcspn(path, ".");
	struct fact before = w->fact;
	if (json_is_array(value)) {
		size_t i;
		json_t *one;
		json_array_foreach(value, i, one) follow(w, one, path);
		return;
	}
	if (!*path) {
		add_reference(w, value);
		return;
	}
	int64_t from, to;
	facts_time(value, period, &from, &to);
	if (from != INT64_MIN || to != INT64_MAX) {
		w->fact.from_us = from;
		w->fact.to_us = to;
	}
	snprintf(name, sizeof name, "%.*s", (int)length, path);
	follow(w, json_object_get(value, name), path + length + (path[length] == '.'));
	w->fact = before;
}

static bool is_void(const json_t *json)
{
	static const char *const statuses[] = {"cancelled", "entered-in-error", "noshow", "revoked",
		"rejected", "proposed", "waitlist"};
	const char *status = json_get_text(json, "status");
	for (size_t i = 0; status && i < sizeof statuses / sizeof *statuses; i++)
		if (strcmp(status, statuses[i]) == 0)
			return true;
	return false;
}

static void add_stay(struct dossier *d, const struct fact *about, const char *type)
{
	struct fact stay = *about;
	bool coming = strcmp(type, "Appointment") == 0;
	if (!coming && strcmp(type, "Encounter") != 0)
		return;
	stay.kind = coming ? FACT_COMING : FACT_STAY;
	stay.who = stay.mention = "";
	stay.what = coming ? "expected" : "in the house";
	push(d, &stay);
	if (!coming && stay.to_us > d->last_end_us)
		d->last_end_us = stay.to_us;
}

void facts_add(
	struct explain *x, struct dossier *d, const struct record *record, const json_t *json)
{
	const char *type = fhir_type_name(record->type);
	struct walk w = {.x = x,
		.d = d,
		.fact = {.type = record->type,
			.id = arena_text(d->arena, record->id),
			.version = record->version,
			.updated_us = record->updated_us}};
	if (is_void(json))
		return;
	facts_time(json, times, &w.fact.from_us, &w.fact.to_us);
	if (strcmp(type, "Patient") == 0) { // a birth date is no time of care
		w.fact.from_us = INT64_MIN;
		w.fact.to_us = INT64_MAX;
	} else if (strcmp(type, "Appointment") == 0) {
		static const char *const end[] = {"end", NULL};
		int64_t from;
		facts_time(json, end, &from, &w.fact.to_us);
	}
	add_stay(d, &w.fact, type);
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		if (strcmp(rules[i].type, type) != 0)
			continue;
		w.rule = &rules[i];
		w.fact.kind = rules[i].kind;
		w.fact.what = rules[i].what;
		follow(&w, json, rules[i].path);
	}
}
