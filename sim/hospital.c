#include "hospital.h"

#include "fhir.h"
#include "tables.h"

#include <stdlib.h>

enum {
	BUNDLE_ENTRIES = 4000
};

struct adding {
	const struct town *town;
	json_t *list, *bundle;
	char organization[37];
};

static json_t *add(struct adding *a, const char *id, json_t *resource)
{
	if (!a->bundle || fhir_size(a->bundle) >= BUNDLE_ENTRIES) {
		a->bundle = fhir_bundle();
		json_array_append_new(a->list, a->bundle);
	}
	return fhir_add(a->bundle, id, resource);
}

static json_t *unit_name(unsigned unit)
{
	const char *ward = wards[unit % ward_count];
	return unit < ward_count ? json_string(ward)
				 : json_sprintf("%s %u", ward, unit / (unsigned)ward_count + 1);
}

static void add_units(struct adding *a)
{
	char id[37];
	struct dice dice = dice_of(1, 'o');
	dice_uuid(&dice, a->organization);
	add(a, a->organization,
		json_pack("{s:s, s:b, s:s}", "resourceType", "Organization", "active", 1, "name",
			"St Anna"));
	for (unsigned i = 0; i < a->town->units; i++) {
		fhir_unit_id(i, id);
		add(a, id,
			json_pack("{s:s, s:s, s:o, s:o}", "resourceType", "Location", "status",
				"active", "name", unit_name(i), "managingOrganization",
				fhir_refer("Organization", a->organization)));
	}
}

// What a roster cannot say in a week's pattern is in the slots.
static json_t *available(const struct person *p)
{
	if (p->job == JOB_NURSE)
		return json_pack("[{s:[s,s,s,s,s,s,s], s:b}]", "daysOfWeek", "mon", "tue", "wed",
			"thu", "fri", "sat", "sun", "allDay", 1);
	return json_pack("[{s:[s,s,s,s,s], s:s, s:s}]", "daysOfWeek", "mon", "tue", "wed", "thu",
		"fri", "availableStartTime", "08:00:00", "availableEndTime", "17:00:00");
}

static void add_member(struct adding *a, uint32_t number)
{
	char unit[37], role[37];
	const struct person *p = &a->town->people[number];
	add(a, p->staff_id,
		json_pack("{s:s, s:b, s:o, s:s}", "resourceType", "Practitioner", "active", 1,
			"name", fhir_name(p), "gender", p->female ? "female" : "male"));
	fhir_unit_id(p->unit, unit);
	struct dice dice = dice_of(number, 77);
	dice_uuid(&dice, role);
	add(a, role,
		json_pack("{s:s, s:b, s:o, s:o, s:[o], s:[{s:s}], s:o}", "resourceType",
			"PractitionerRole", "active", 1, "practitioner",
			fhir_refer("Practitioner", p->staff_id), "organization",
			fhir_refer("Organization", a->organization), "location",
			fhir_refer("Location", unit), "code", "text", p->role, "availableTime",
			available(p)));
}

static void add_slot(
	struct adding *a, struct dice *dice, const char *schedule, int64_t day, enum shift shift)
{
	char id[37];
	const struct shift_hours *hours = &shift_hours[shift];
	int begin = shift == SHIFT_ON_CALL ? roster_call_begins(day) : hours->begin_minute;
	dice_uuid(dice, id);
	add(a, id,
		json_pack("{s:s, s:o, s:s, s:o, s:o, s:[{s:s}]}", "resourceType", "Slot",
			"schedule", fhir_refer("Schedule", schedule), "status", "busy", "start",
			fhir_instant(day, begin), "end", fhir_instant(day, hours->end_minute),
			"serviceType", "text", hours->name));
}

// Day work is the rule, so only what differs has slots: shifts, nights on call.
static void add_schedule(struct adding *a, uint32_t number)
{
	const struct town *town = a->town;
	const struct person *p = &town->people[number];
	int64_t first = town->today_day - town->days + 1;
	char schedule[37], unit[37];
	struct dice dice = dice_of(town->seed ^ 0x510f, number);
	if (p->job != JOB_NURSE && p->job != JOB_CLINICIAN)
		return;
	dice_uuid(&dice, schedule);
	fhir_unit_id(p->unit, unit);
	add(a, schedule,
		json_pack("{s:s, s:b, s:[o, o], s:o, s:s}", "resourceType", "Schedule", "active", 1,
			"actor", fhir_refer("Practitioner", p->staff_id),
			fhir_refer("Location", unit), "planningHorizon",
			fhir_period(first, 0, town->days * 24 * 60), "comment", "Roster"));
	for (int64_t day = first; day <= town->today_day; day++) {
		enum shift shift = roster_shift(town, number, day);
		if (shift >= SHIFT_EARLY && shift <= SHIFT_NIGHT)
			add_slot(a, &dice, schedule, day, shift);
		if (roster_is_on_call(town, number, day))
			add_slot(a, &dice, schedule, day, SHIFT_ON_CALL);
	}
}

void hospital_add_bundles(const struct town *town, json_t *list)
{
	struct adding a = {.town = town, .list = list};
	add_units(&a);
	for (uint32_t i = 0; i < town->count; i++)
		if (town->people[i].job)
			add_member(&a, i);
	for (uint32_t i = 0; i < town->count; i++)
		if (town->people[i].job)
			add_schedule(&a, i);
}

static json_t *roster_json(const struct town *town, uint32_t number)
{
	const struct person *p = &town->people[number];
	int64_t first = town->today_day - town->days + 1;
	char *days = calloc((size_t)town->days + 1, 1);
	json_t *on_call = json_array();
	if (!days)
		abort();
	for (int i = 0; i < town->days; i++) {
		days[i] = shift_hours[roster_shift(town, number, first + i)].letter;
		if (roster_is_on_call(town, number, first + i))
			json_array_append_new(on_call, fhir_day(first + i));
	}
	json_t *json = json_pack("{s:s, s:s, s:s, s:i, s:o, s:s, s:o}", "login", p->login, "staff",
		p->staff_id, "role", p->role, "unit", (int)p->unit, "unit_name", unit_name(p->unit),
		"days", days, "on_call", on_call);
	free(days);
	return json;
}

json_t *hospital_rosters(const struct town *town)
{
	json_t *hours = json_object(), *staff = json_array();
	for (int i = 0; i < SHIFTS; i++) {
		char letter[2] = {shift_hours[i].letter, 0};
		json_object_set_new(hours, letter,
			json_pack("{s:s, s:i, s:i}", "name", shift_hours[i].name, "begin_minute",
				shift_hours[i].begin_minute, "end_minute",
				shift_hours[i].end_minute));
	}
	for (uint32_t i = 0; i < town->count; i++)
		if (town->people[i].job)
			json_array_append_new(staff, roster_json(town, i));
	return json_pack("{s:o, s:i, s:o, s:o}", "first_day",
		fhir_day(town->today_day - town->days + 1), "days", town->days, "shifts", hours,
		"staff", staff);
}
