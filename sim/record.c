#include "record.h"

#include "tables.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static void day_text(int64_t day, char ret[16])
{
	time_t at = (time_t)(day * 86400);
	struct tm tm;
	gmtime_r(&at, &tm);
	strftime(ret, 16, "%Y-%m-%d", &tm);
}

static json_t *add(json_t *bundle, const char *id, json_t *resource)
{
	const char *type = json_string_value(json_object_get(resource, "resourceType"));
	json_object_set_new(resource, "id", json_string(id));
	json_t *entry = json_pack("{s:o, s:o, s:{s:s, s:o}}", "fullUrl", json_sprintf("urn:uuid:%s", id), "resource",
		resource, "request", "method", "PUT", "url", json_sprintf("%s/%s", type, id));
	json_array_append_new(json_object_get(bundle, "entry"), entry);
	return resource;
}

static json_t *add_new(json_t *bundle, struct dice *dice, char ret_id[37], json_t *resource)
{
	dice_uuid(dice, ret_id);
	return add(bundle, ret_id, resource);
}

static json_t *bundle_new(void)
{
	return json_pack("{s:s, s:s, s:[]}", "resourceType", "Bundle", "type", "transaction", "entry");
}

size_t record_size(const json_t *bundle)
{
	return json_array_size(json_object_get(bundle, "entry"));
}

static json_t *coded(const char *system, const char *code, const char *display)
{
	return json_pack("{s:[{s:s, s:s, s:s}], s:s}", "coding", "system", system, "code", code, "display", display,
		"text", display);
}

static json_t *refer(const char *type, const char *id)
{
	return json_pack("{s:o}", "reference", json_sprintf("%s/%s", type, id));
}

static json_t *name_of(const struct person *p)
{
	return json_pack("[{s:s, s:s, s:[s]}]", "use", "official", "family", p->family, "given", p->given);
}

static json_t *address_of(const struct person *p)
{
	return json_pack("[{s:[o], s:s, s:s}]", "line", json_sprintf("%d %s", p->house_number, p->street), "city",
		"Annaburg", "postalCode", "10420");
}

static void hospital_id(const char *what, unsigned number, char ret_id[37])
{
	struct dice dice = dice_of(number + 1, (uint64_t)what[0]);
	dice_uuid(&dice, ret_id);
}

json_t *record_hospital(const struct town *town)
{
	json_t *bundle = bundle_new();
	char id[37], ward[37], role[37];
	hospital_id("organization", 0, id);
	add(bundle, id, json_pack("{s:s, s:b, s:s}", "resourceType", "Organization", "active", 1, "name", "St Anna"));
	for (unsigned i = 0; i < ward_count; i++) {
		hospital_id("ward", i, ward);
		add(bundle, ward, json_pack("{s:s, s:s, s:s, s:o}", "resourceType", "Location", "status", "active",
			"name", wards[i], "managingOrganization", refer("Organization", id)));
	}
	for (size_t i = 0; i < town->count; i++) {
		const struct person *p = &town->people[i];
		if (!*p->staff_id)
			continue;
		add(bundle, p->staff_id, json_pack("{s:s, s:b, s:o, s:s}", "resourceType", "Practitioner", "active", 1,
			"name", name_of(p), "gender", p->female ? "female" : "male"));
		hospital_id("ward", p->ward, ward);
		struct dice dice = dice_of((uint64_t)i, 77);
		dice_uuid(&dice, role);
		add(bundle, role, json_pack("{s:s, s:b, s:o, s:o, s:[o], s:[{s:s}]}", "resourceType", "PractitionerRole",
			"active", 1, "practitioner", refer("Practitioner", p->staff_id), "organization",
			refer("Organization", id), "location", refer("Location", ward), "code", "text", p->role));
	}
	return bundle;
}

struct making {
	struct dice *dice;
	const struct town *town;
	const struct person *person;
	json_t *bundle;
	const struct person *doctor; // the general practitioner
};

static const struct person *some_staff(struct making *m, const char *role)
{
	for (int tries = 0; tries < 400; tries++) {
		const struct person *p = &m->town->people[dice_below(m->dice, (unsigned)m->town->count)];
		if (*p->staff_id && strcmp(p->role, role) == 0)
			return p;
	}
	return m->doctor;
}

static json_t *subject(const struct making *m)
{
	return refer("Patient", m->person->id);
}

static void add_result(struct making *m, unsigned which, double level, const char *day, const char *encounter)
{
	const struct test *t = &tests[which];
	char id[37], value[32];
	double wide = t->high - t->low;
	double result = (t->low + t->high) / 2 + level * wide + dice_normal(m->dice, 0, t->deviation);
	if (result < 0)
		result = 0;
	snprintf(value, sizeof value, "%.1f", result);
	json_t *observation = add_new(m->bundle, m->dice, id,
		json_pack("{s:s, s:s, s:[o], s:o, s:o, s:o, s:o, s:{s:f, s:s, s:s, s:s}}", "resourceType", "Observation",
			"status", "final", "category", coded("http://terminology.hl7.org/CodeSystem/observation-category",
			which >= 7 && which <= 10 ? "vital-signs" : "laboratory",
			which >= 7 && which <= 10 ? "Vital signs" : "Laboratory"), "code",
			coded("http://loinc.org", t->loinc, t->name), "subject", subject(m), "encounter",
			refer("Encounter", encounter), "effectiveDateTime", json_sprintf("%sT%02d:%02d:00Z", day,
			dice_between(m->dice, 7, 18), dice_between(m->dice, 0, 59)), "valueQuantity", "value",
			round(result * 10) / 10, "unit", t->unit, "system", "http://unitsofmeasure.org", "code", t->unit));
	json_object_set_new(observation, "referenceRange",
		json_pack("[{s:{s:f, s:s}, s:{s:f, s:s}}]", "low", "value", t->low, "unit", t->unit, "high", "value",
			t->high, "unit", t->unit));
}

static const char *visit(struct making *m, int64_t day, const char *reason, char ret_id[37])
{
	char text[16];
	int emergency = dice_chance(m->dice, 0.15), open = m->town->today_day - day < 2;
	const struct person *doctor = dice_chance(m->dice, 0.5) ? m->doctor : some_staff(m, "clinician");
	const struct person *nurse = some_staff(m, "nurse");
	char ward[37];
	hospital_id("ward", doctor->ward, ward);
	day_text(day, text);
	json_t *encounter = add_new(m->bundle, m->dice, ret_id,
		json_pack("{s:s, s:s, s:{s:s, s:s, s:s}, s:o, s:[{s:o},{s:o}], s:{s:o}, s:[{s:o}], s:[{s:s}]}",
			"resourceType", "Encounter", "status", open ? "in-progress" : "finished", "class", "system",
			"http://terminology.hl7.org/CodeSystem/v3-ActCode", "code", emergency ? "EMER" : "AMB",
			"display", emergency ? "emergency" : "ambulatory", "subject", subject(m), "participant",
			"individual", refer("Practitioner", doctor->staff_id), "individual",
			refer("Practitioner", nurse->staff_id), "period", "start", json_sprintf("%sT08:30:00Z", text),
			"location", "location", refer("Location", ward), "reasonCode", "text", reason));
	if (!open)
		json_object_set_new(json_object_get(encounter, "period"), "end", json_sprintf("%sT16:10:00Z", text));
	return ret_id;
}

static void add_prescription(struct making *m, unsigned which, const char *day, const char *encounter)
{
	char id[37];
	add_new(m->bundle, m->dice, id,
		json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:o, s:[{s:s}]}", "resourceType", "MedicationRequest",
			"status", "active", "intent", "order", "medicationCodeableConcept",
			coded("http://www.whocc.no/atc", drugs[which].atc, drugs[which].name), "subject", subject(m),
			"encounter", refer("Encounter", encounter), "authoredOn", day, "requester",
			refer("Practitioner", m->doctor->staff_id), "dosageInstruction", "text", drugs[which].dose));
}

static void add_disease(struct making *m, const struct disease *d)
{
	char id[37], encounter[37], day[16];
	int64_t since = m->town->today_day - dice_between(m->dice, 30, 2500);
	day_text(since, day);
	visit(m, since, d->name, encounter);
	add_new(m->bundle, m->dice, id,
		json_pack("{s:s, s:o, s:o, s:[o], s:o, s:o, s:o, s:s, s:s}", "resourceType", "Condition", "clinicalStatus",
			coded("http://terminology.hl7.org/CodeSystem/condition-clinical", "active", "Active"),
			"verificationStatus", coded("http://terminology.hl7.org/CodeSystem/condition-ver-status",
			"confirmed", "Confirmed"), "category",
			coded("http://terminology.hl7.org/CodeSystem/condition-category", "problem-list-item",
			"Problem list item"), "code", coded("http://snomed.info/sct", d->snomed, d->name), "subject",
			subject(m), "encounter", refer("Encounter", encounter), "onsetDateTime", day, "recordedDate", day));
	add_prescription(m, d->drug, day, encounter);
	// Followed up every few months; treatment pulls the value half of the way back.
	double level = d->shift;
	for (int64_t at = since; at < m->town->today_day; at += dice_between(m->dice, 60, 200)) {
		if (at != since)
			visit(m, at, d->name, encounter);
		day_text(at, day);
		add_result(m, d->test, level, day, encounter);
		if (dice_chance(m->dice, 0.5)) {
			add_result(m, 7, dice_normal(m->dice, 0.1, 0.1), day, encounter);
			add_result(m, 8, dice_normal(m->dice, 0.1, 0.1), day, encounter);
		}
		level = level * 0.8 + d->shift * 0.5 * 0.2;
	}
}

static void add_appointment(struct making *m)
{
	char id[37], day[16];
	const struct person *doctor = some_staff(m, "clinician");
	day_text(m->town->today_day + dice_between(m->dice, 1, 30), day);
	add_new(m->bundle, m->dice, id,
		json_pack("{s:s, s:s, s:o, s:o, s:s, s:[{s:o, s:s},{s:o, s:s}]}", "resourceType", "Appointment", "status",
			"booked", "start", json_sprintf("%sT10:00:00Z", day), "end", json_sprintf("%sT10:20:00Z", day),
			"description", "Follow-up", "participant", "actor", subject(m), "status", "accepted", "actor",
			refer("Practitioner", doctor->staff_id), "status", "accepted"));
}

static void add_document(struct making *m, const char *encounter, int64_t act)
{
	char id[37], day[16];
	day_text(act + dice_between(m->dice, 0, 3), day); // documentation comes late
	add_new(m->bundle, m->dice, id,
		json_pack("{s:s, s:s, s:o, s:o, s:o, s:s, s:s}", "resourceType", "DiagnosticReport", "status", "final",
			"code", coded("http://loinc.org", "34133-9", "Summary of the visit"), "subject", subject(m),
			"encounter", refer("Encounter", encounter), "effectiveDateTime", day, "conclusion",
			"In stable condition; continue treatment and come back as arranged."));
}

static void add_odds(struct making *m)
{
	char id[37], encounter[37], day[16];
	if (dice_chance(m->dice, 0.25)) {
		const struct allergen *a = &allergens[dice_below(m->dice, (unsigned)allergen_count)];
		add_new(m->bundle, m->dice, id,
			json_pack("{s:s, s:o, s:o, s:s, s:o, s:o}", "resourceType", "AllergyIntolerance", "clinicalStatus",
				coded("http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "active", "Active"),
				"verificationStatus", coded(
				"http://terminology.hl7.org/CodeSystem/allergyintolerance-verification", "confirmed",
				"Confirmed"), "criticality", dice_chance(m->dice, 0.3) ? "high" : "low", "code",
				coded("http://snomed.info/sct", a->snomed, a->name), "patient", subject(m)));
	}
	int64_t act = m->town->today_day - dice_between(m->dice, 0, m->town->days);
	day_text(act, day);
	visit(m, act, "Check-up", encounter);
	for (unsigned t = 7; t <= 10; t++)
		add_result(m, t, dice_normal(m->dice, 0, 0.12), day, encounter);
	add_document(m, encounter, act);
	add_new(m->bundle, m->dice, id,
		json_pack("{s:s, s:s, s:o, s:o, s:s, s:b}", "resourceType", "Immunization", "status", "completed",
			"vaccineCode", coded("http://hl7.org/fhir/sid/cvx", "150", "Influenza vaccine"), "patient", subject(m),
			"occurrenceDateTime", day, "primarySource", 1));
	if (dice_chance(m->dice, 0.4))
		add_appointment(m);
}

json_t *record_patient(struct dice *dice, const struct town *town, const struct person *p)
{
	struct making m = {.dice = dice, .town = town, .person = p, .bundle = bundle_new()};
	for (size_t i = 0; i < town->count && !m.doctor; i++)
		if (*town->people[i].staff_id && strcmp(town->people[i].role, "clinician") == 0)
			m.doctor = &town->people[i];
	m.doctor = some_staff(&m, "clinician");
	add(m.bundle, p->id, json_pack("{s:s, s:b, s:[{s:{s:o}, s:s, s:s}], s:o, s:s, s:o, s:o, s:[{s:s, s:o}], s:[o]}",
		"resourceType", "Patient", "active", 1, "identifier", "type",
		"coding", json_pack("[{s:s, s:s}]", "system", "http://terminology.hl7.org/CodeSystem/v2-0203", "code", "MR"),
		"system", "urn:oid:2.16.840.1.113883.19.5", "value", p->mrn, "name", name_of(p), "gender",
		p->female ? "female" : "male", "birthDate", json_sprintf("%04d-%02d-%02d", p->born_year, p->born_month,
		p->born_day), "address", address_of(p), "telecom", "system", "phone", "value",
		json_sprintf("030-555-%04u", dice_below(dice, 10000)), "generalPractitioner",
		refer("Practitioner", m.doctor->staff_id)));
	int age = 2026 - p->born_year;
	for (size_t i = 0; i < disease_count; i++)
		if (age >= diseases[i].least_age && dice_chance(dice, diseases[i].prevalence))
			add_disease(&m, &diseases[i]);
	add_odds(&m);
	return m.bundle;
}
