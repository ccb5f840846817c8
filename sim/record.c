#include "record.h"

#include "fhir.h"
#include "tables.h"

#include <math.h>
#include <stdlib.h>

#define TERMINOLOGY "http://terminology.hl7.org/CodeSystem/"

struct making {
	struct dice dice;
	const struct town *town;
	const struct plan *plan;
	const struct person *person;
	json_t *bundle;
	double level[32]; // of each disease's test, as it is followed
};

// A resource of this moment of a visit.
struct moment {
	const struct visit *visit;
	int64_t day;
	int minute;
	char encounter[37];
};

static json_t *add(struct making *m, json_t *resource)
{
	char id[37];
	dice_uuid(&m->dice, id);
	return fhir_add(m->bundle, id, resource);
}

static json_t *subject(const struct making *m)
{
	return fhir_refer("Patient", m->person->id);
}

static json_t *bound(double value, const char *unit)
{
	return json_pack("{s:f, s:s}", "value", value, "unit", unit);
}

static void add_result(struct making *m, const struct moment *at, unsigned which, double level)
{
	const struct test *t = &tests[which];
	int vital = which >= 7 && which <= 10;
	double result = (t->low + t->high) / 2 + level * (t->high - t->low) +
			dice_normal(&m->dice, 0, t->deviation);
	json_t *value = bound(round(result < 0 ? 0 : result * 10) / 10, t->unit);
	json_object_set_new(value, "system", json_string("http://unitsofmeasure.org"));
	json_object_set_new(value, "code", json_string(t->unit));
	add(m, json_pack("{s:s, s:s, s:[o], s:o, s:o, s:o, s:o, s:o, s:[{s:o, s:o}]}",
		       "resourceType", "Observation", "status", "final", "category",
		       fhir_coded(TERMINOLOGY "observation-category",
			       vital ? "vital-signs" : "laboratory",
			       vital ? "Vital signs" : "Laboratory"),
		       "code", fhir_coded("http://loinc.org", t->loinc, t->name), "subject",
		       subject(m), "encounter", fhir_refer("Encounter", at->encounter),
		       "effectiveDateTime",
		       fhir_instant(at->day, at->minute + dice_between(&m->dice, 0, 40)),
		       "valueQuantity", value, "referenceRange", "low", bound(t->low, t->unit),
		       "high", bound(t->high, t->unit)));
}

static const struct {
	const char *code, *display;
} classes[] = {
	[VISIT_FOLLOW_UP] = {"AMB", "ambulatory"},
	[VISIT_CHECK_UP] = {"AMB", "ambulatory"},
	[VISIT_EMERGENCY] = {"EMER", "emergency"},
	[VISIT_STAY] = {"IMP", "inpatient encounter"},
};

static int is_open(const struct making *m, const struct visit *v)
{
	return v->day + v->nights >= m->town->today_day;
}

static void add_encounter(struct making *m, const struct moment *at)
{
	const struct visit *v = at->visit;
	int open = is_open(m, v);
	char unit[37];
	fhir_unit_id(v->unit, unit);
	json_t *participants =
		json_pack("[{s:o}, {s:o}]", "individual", fhir_refer_staff(m->town, v->doctor),
			"individual", fhir_refer_staff(m->town, v->nurse));
	json_t *period =
		fhir_period(v->day, v->minute, v->minute + v->nights * 24 * 60 + v->minutes);
	if (open)
		json_object_del(period, "end");
	fhir_add(m->bundle, at->encounter,
		json_pack("{s:s, s:s, s:{s:s, s:s, s:s}, s:o, s:o, s:o, s:[{s:o}], s:[{s:s}]}",
			"resourceType", "Encounter", "status", open ? "in-progress" : "finished",
			"class", "system", TERMINOLOGY "v3-ActCode", "code", classes[v->kind].code,
			"display", classes[v->kind].display, "subject", subject(m), "participant",
			participants, "period", period, "location", "location",
			fhir_refer("Location", unit), "reasonCode", "text", visit_reason(v)));
}

static void add_team(struct making *m, const struct moment *at)
{
	const struct visit *v = at->visit;
	char id[37];
	json_t *members = json_array();
	for (size_t i = 0; i < v->team_count; i++)
		json_array_append_new(members,
			json_pack("{s:o}", "member", fhir_refer_staff(m->town, v->team[i])));
	plan_id(m->town, m->plan->patient, v->number, THING_TEAM, id);
	fhir_add(m->bundle, id,
		json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "resourceType", "CareTeam", "status",
			is_open(m, v) ? "active" : "inactive", "subject", subject(m), "encounter",
			fhir_refer("Encounter", at->encounter), "period",
			fhir_period(v->day, v->minute, v->minute + v->nights * 24 * 60),
			"participant", members));
}

struct booking {
	unsigned number;
	int64_t day;
	int minute;
	const char *status;
	uint32_t doctor;
};

static void add_appointment(struct making *m, const struct booking *b)
{
	char id[37];
	plan_id(m->town, m->plan->patient, b->number, THING_APPOINTMENT, id);
	fhir_add(m->bundle, id,
		json_pack("{s:s, s:s, s:o, s:o, s:s, s:[{s:o, s:s},{s:o, s:s}]}", "resourceType",
			"Appointment", "status", b->status, "start",
			fhir_instant(b->day, b->minute), "end",
			fhir_instant(b->day, b->minute + 20), "description", "Follow-up",
			"participant", "actor", subject(m), "status", "accepted", "actor",
			fhir_refer_staff(m->town, b->doctor), "status", "accepted"));
}

static void add_referral(struct making *m, const struct moment *at)
{
	const struct visit *v = at->visit;
	char id[37];
	plan_id(m->town, m->plan->patient, v->number, THING_REFERRAL, id);
	fhir_add(m->bundle, id,
		json_pack("{s:s, s:s, s:s, s:{s:s}, s:o, s:o, s:o, s:o, s:[o]}", "resourceType",
			"ServiceRequest", "status", "completed", "intent", "order", "code", "text",
			"Opinion of a colleague", "subject", subject(m), "encounter",
			fhir_refer("Encounter", at->encounter), "authoredOn",
			fhir_instant(v->consult_day, 8 * 60), "requester",
			fhir_refer_staff(m->town, v->doctor), "performer",
			fhir_refer_staff(m->town, v->consultant)));
}

static void add_prescription(struct making *m, const struct moment *at, unsigned which)
{
	add(m, json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:[{s:s}]}", "resourceType",
		       "MedicationRequest", "status", "active", "intent", "order",
		       "medicationCodeableConcept",
		       fhir_coded("http://www.whocc.no/atc", drugs[which].atc, drugs[which].name),
		       "subject", subject(m), "encounter", fhir_refer("Encounter", at->encounter),
		       "authoredOn", fhir_day(at->day), "requester",
		       fhir_refer_staff(m->town, at->visit->doctor), "dosageInstruction", "text",
		       drugs[which].dose));
}

static void add_condition(struct making *m, const struct moment *at, const struct disease *d)
{
	add(m, json_pack("{s:s, s:o, s:o, s:[o], s:o, s:o, s:o, s:o, s:o}", "resourceType",
		       "Condition", "clinicalStatus",
		       fhir_coded(TERMINOLOGY "condition-clinical", "active", "Active"),
		       "verificationStatus",
		       fhir_coded(TERMINOLOGY "condition-ver-status", "confirmed", "Confirmed"),
		       "category",
		       fhir_coded(TERMINOLOGY "condition-category", "problem-list-item",
			       "Problem list item"),
		       "code", fhir_coded("http://snomed.info/sct", d->snomed, d->name), "subject",
		       subject(m), "encounter", fhir_refer("Encounter", at->encounter),
		       "onsetDateTime", fhir_day(at->day), "recordedDate", fhir_day(at->day)));
}

// Treatment pulls the value half of the way back.
static void follow_disease(struct making *m, const struct moment *at)
{
	const struct visit *v = at->visit;
	const struct disease *d = &diseases[v->disease];
	double *level = &m->level[v->disease % 32];
	if (v->first) {
		*level = d->shift;
		add_condition(m, at, d);
		add_prescription(m, at, d->drug);
	}
	add_result(m, at, d->test, *level);
	for (unsigned t = 7; t <= 8 && v->number % 2; t++)
		add_result(m, at, t, dice_normal(&m->dice, 0.1, 0.1));
	*level = *level * 0.8 + d->shift * 0.5 * 0.2;
}

// Written when there was time for it: now and then days later.
static void add_summary(struct making *m, const struct moment *at)
{
	int late = dice_chance(&m->dice, 0.3) ? dice_between(&m->dice, 1, 3) : 0;
	int64_t issued = at->day + late > m->town->today_day ? m->town->today_day : at->day + late;
	add(m, json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:[o], s:s}", "resourceType",
		       "DiagnosticReport", "status", "final", "code",
		       fhir_coded("http://loinc.org", "34133-9", "Summary of the visit"), "subject",
		       subject(m), "encounter", fhir_refer("Encounter", at->encounter),
		       "effectiveDateTime", fhir_day(at->day), "issued",
		       fhir_instant(issued, at->minute + 90), "performer",
		       fhir_refer_staff(m->town, at->visit->doctor), "conclusion",
		       "In stable condition; continue treatment and come back as arranged."));
}

static void add_immunization(struct making *m, const struct moment *at)
{
	add(m, json_pack("{s:s, s:s, s:o, s:o, s:o, s:b}", "resourceType", "Immunization", "status",
		       "completed", "vaccineCode",
		       fhir_coded("http://hl7.org/fhir/sid/cvx", "150", "Influenza vaccine"),
		       "patient", subject(m), "occurrenceDateTime", fhir_day(at->day),
		       "primarySource", 1));
}

static void add_vitals(struct making *m, struct moment at, int day)
{
	at.day += day;
	at.minute = day ? 7 * 60 : at.minute;
	for (unsigned t = 7; t <= 10 && at.day <= m->town->today_day; t++)
		add_result(m, &at, t, dice_normal(&m->dice, 0, 0.12));
}

static void add_visit(struct making *m, const struct visit *v)
{
	struct moment at = {.visit = v, .day = v->day, .minute = v->minute};
	plan_id(m->town, m->plan->patient, v->number, THING_ENCOUNTER, at.encounter);
	add_encounter(m, &at);
	if (v->appointment)
		add_appointment(
			m, &(struct booking){v->number, v->day, v->minute, "fulfilled", v->doctor});
	if (v->kind == VISIT_FOLLOW_UP) {
		follow_disease(m, &at);
	} else {
		add_vitals(m, at, 0);
		add_summary(m, &at);
	}
	if (v->kind == VISIT_CHECK_UP)
		add_immunization(m, &at);
	if (v->kind == VISIT_STAY)
		add_team(m, &at);
	for (int day = 1; day <= v->nights; day++)
		add_vitals(m, at, day);
	if (v->consultant != NOBODY && v->referral)
		add_referral(m, &at);
}

static void add_allergy(struct making *m)
{
	const struct allergen *a = &allergens[dice_below(&m->dice, (unsigned)allergen_count)];
	add(m, json_pack("{s:s, s:o, s:o, s:s, s:o, s:o}", "resourceType", "AllergyIntolerance",
		       "clinicalStatus",
		       fhir_coded(TERMINOLOGY "allergyintolerance-clinical", "active", "Active"),
		       "verificationStatus",
		       fhir_coded(TERMINOLOGY "allergyintolerance-verification", "confirmed",
			       "Confirmed"),
		       "criticality", dice_chance(&m->dice, 0.3) ? "high" : "low", "code",
		       fhir_coded("http://snomed.info/sct", a->snomed, a->name), "patient",
		       subject(m)));
}

// Labels after HL7's sensitivities: somebody known to all, somebody who works here.
static void label_person(const struct person *p, json_t *patient)
{
	json_t *labels = json_array();
	if (p->vip)
		json_array_append_new(labels,
			json_pack("{s:s, s:s, s:s}", "system", TERMINOLOGY "v3-ActCode", "code",
				"CEL", "display", "celebrity information sensitivity"));
	if (p->job)
		json_array_append_new(labels,
			json_pack("{s:s, s:s, s:s}", "system", TERMINOLOGY "v3-ActCode", "code",
				"EMP", "display", "employee information sensitivity"));
	if (json_array_size(labels))
		json_object_set_new(patient, "meta", json_pack("{s:O}", "security", labels));
	json_decref(labels);
}

static void add_person(struct making *m)
{
	const struct person *p = m->person;
	json_t *identifier = json_pack("[{s:{s:[{s:s, s:s}]}, s:s, s:s}]", "type", "coding",
		"system", TERMINOLOGY "v2-0203", "code", "MR", "system",
		"urn:oid:2.16.840.1.113883.19.5", "value", p->mrn);
	json_t *address = json_pack("[{s:[o], s:s, s:s}]", "line",
		json_sprintf("%d %s", p->house_number, p->street), "city", "Annaburg", "postalCode",
		"10420");
	json_t *patient = fhir_add(m->bundle, p->id,
		json_pack("{s:s, s:b, s:o, s:o, s:s, s:o, s:o, s:[{s:s, s:o}], s:[o]}",
			"resourceType", "Patient", "active", 1, "identifier", identifier, "name",
			fhir_name(p), "gender", p->female ? "female" : "male", "birthDate",
			json_sprintf("%04d-%02d-%02d", p->born_year, p->born_month, p->born_day),
			"address", address, "telecom", "system", "phone", "value",
			json_sprintf("030-555-%04u", dice_below(&m->dice, 10000)),
			"generalPractitioner", fhir_refer_staff(m->town, m->plan->doctor)));
	label_person(p, patient);
}

json_t *record_make(const struct town *town, const struct plan *plan)
{
	struct making m = {.town = town,
		.plan = plan,
		.person = &town->people[plan->patient],
		.bundle = fhir_bundle(),
		.dice = dice_of(town->seed ^ 0x4ec04d, plan->patient)};
	add_person(&m);
	for (size_t i = 0; i < plan->count; i++)
		add_visit(&m, &plan->visits[i]);
	if (dice_chance(&m.dice, 0.25))
		add_allergy(&m);
	if (plan->next_doctor != NOBODY)
		add_appointment(&m, &(struct booking){(unsigned)plan->count, plan->next_day,
					    plan->next_minute, "booked", plan->next_doctor});
	return m.bundle;
}
