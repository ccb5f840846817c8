// What is known of a member of staff: roles and places, rosters, and their own record as patient.
#include "vault/explain/explain_in.h"

#include "common/base/text.h"
#include "common/base/time.h"
#include "common/format/fhir_argument.h"
#include "common/format/fhir_refs.h"
#include "common/format/fhir_type.h"
#include "common/format/json.h"

#include <stdlib.h>
#include <string.h>

enum {
	FOUND_MOST = 40,
	BEFORE_MINUTES = 60, // people come early and stay on to write
	AFTER_MINUTES = 150
};

typedef void staff_seen(struct staff *staff, const char *id, const json_t *json);

// Everything of a type that one parameter finds, hospital-wide.
static enum err each(struct explain *x, struct staff *s, const struct fhir_argument *arguments,
	size_t count, staff_seen *seen)
{
	struct search_result found;
	const struct search_query query = {.type = fhir_param_type(arguments->param),
		.arguments = arguments,
		.argument_count = count,
		.count = FOUND_MOST};
	enum err err = records_search(x->records, &query, s->arena, &found);
	if (err == ERR_UNSUPPORTED || err == ERR_LIMIT)
		return OK;
	for (size_t i = 0; !err && i < found.count; i++) {
		json_t *json;
		if (json_parse_strict(found.records[i].json, NULL, &json, NULL))
			return ERR_CORRUPT;
		seen(s, found.records[i].id, json);
		json_decref(json);
	}
	return err;
}

static bool argue(struct staff *s, const char *type, const char *param, const char *value,
	struct fhir_argument *ret)
{
	const struct fhir_param *found = fhir_param_find(fhir_type_find(type), param);
	return found && fhir_argument_parse(found, NULL, value, s->arena, ret) == OK;
}

static void add_place(struct staff *s, const json_t *reference, const struct staff_place *like)
{
	struct fhir_ref ref;
	const char *text = json_get_text(reference, "reference");
	if (!text || s->place_count == STAFF_PLACES || !fhir_ref_parse(text, s->arena, &ref) ||
		!ref.local)
		return;
	struct staff_place *place = &s->places[s->place_count++];
	*place = *like;
	place->place = arena_printf(s->arena, "%s/%s", fhir_type_name(ref.type), ref.id);
}

static int minute_of(const char *text)
{
	return text && strlen(text) >= 5 ? atoi(text) * 60 + atoi(text + 3) : -1;
}

// Round the clock on every day says nothing about when somebody is there.
static void add_hours(struct staff *s, const json_t *time)
{
	static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
	uint8_t days = 0;
	size_t i;
	json_t *one;
	json_array_foreach(json_get_array(time, "daysOfWeek"), i,
		one) for (unsigned d = 0; d < 7;
			  d++) if (json_is_string(one) &&
				   strcmp(json_string_value(one), names[d]) == 0) days |=
		(uint8_t)(1 << d);
	bool all_day = json_is_true(json_object_get(time, "allDay"));
	int from = all_day ? 0 : minute_of(json_get_text(time, "availableStartTime"));
	int to = all_day ? 24 * 60 : minute_of(json_get_text(time, "availableEndTime"));
	if ((all_day && days == 127) || from < 0 || to <= from ||
		s->hour_count == sizeof s->hours / sizeof *s->hours)
		return;
	s->hours[s->hour_count].days = days ? days : 127;
	s->hours[s->hour_count].from_minute = from;
	s->hours[s->hour_count++].to_minute = to;
}

static void see_role(struct staff *s, const char *id, const json_t *json)
{
	static const char *const period[] = {"period", NULL};
	struct staff_place like = {.from = arena_printf(s->arena, "PractitionerRole/%s", id)};
	size_t i;
	json_t *one;
	if (json_is_false(json_object_get(json, "active")))
		return;
	facts_time(json, period, &like.from_us, &like.to_us);
	json_array_foreach(json_get_array(json, "location"), i, one) add_place(s, one, &like);
	add_place(s, json_get_object(json, "organization"), &like);
	json_array_foreach(json_get_array(json, "availableTime"), i, one) add_hours(s, one);
}

static void see_schedule(struct staff *s, const char *id, const json_t *json)
{
	static const char *const horizon[] = {"planningHorizon", NULL};
	struct fhir_ref ref;
	size_t i;
	json_t *one;
	if (s->schedule_count == STAFF_SCHEDULES || json_is_false(json_object_get(json, "active")))
		return;
	const size_t at = s->schedule_count++;
	s->schedules[at].id = arena_text(s->arena, id);
	facts_time(json, horizon, &s->schedules[at].from_us, &s->schedules[at].to_us);
	json_array_foreach(json_get_array(json, "actor"), i, one)
	{
		const char *text = json_get_text(one, "reference");
		if (text && fhir_ref_parse(text, s->arena, &ref) && ref.local &&
			ref.type == fhir_type_find("Location"))
			s->schedules[at].place = arena_printf(s->arena, "Location/%s", ref.id);
	}
}

static bool says_on_call(const json_t *concept)
{
	char folded[120];
	size_t i;
	json_t *one;
	const char *text = json_get_text(concept, "text");
	text_fold(bytes_text(text ? text : ""), folded, sizeof folded);
	bool says = strstr(folded, "on call") || strstr(folded, "on-call") ||
		    strstr(folded, "standby") || strstr(folded, "bereitschaft");
	json_array_foreach(json_get_array(concept, "coding"), i, one)
	{
		const char *code = json_get_text(one, "code");
		says |= code && (strcmp(code, "on-call") == 0 || strcmp(code, "ONCALL") == 0);
	}
	return says;
}

static void see_slot(struct staff *s, const char *id, const json_t *json)
{
	static const char *const start[] = {"start", NULL}, *const end[] = {"end", NULL};
	const char *status = json_get_text(json, "status");
	struct staff_slot slot = {.id = arena_text(s->arena, id)};
	int64_t none;
	size_t i;
	json_t *one;
	facts_time(json, start, &slot.from_us, &none);
	facts_time(json, end, &slot.to_us, &none);
	if (slot.from_us == INT64_MIN || slot.to_us == INT64_MIN || s->slot_count == STAFF_SLOTS ||
		(status && strcmp(status, "entered-in-error") == 0))
		return;
	json_array_foreach(json_get_array(json, "serviceType"), i, one) slot.on_call |=
		says_on_call(one);
	slot.on_call |= says_on_call(json_get_object(json, "appointmentType"));
	const char *text = json_get_text(json_get_object(json, "schedule"), "reference");
	for (size_t k = 0; text && k < s->schedule_count; k++)
		if (text_starts(text, "Schedule/") && strcmp(text + 9, s->schedules[k].id) == 0)
			slot.place = s->schedules[k].place;
	s->slots[s->slot_count++] = slot;
}

// A patient of the same name, whom nothing contradicts and who works here, or about whom more
// agrees than the name.
static void see_patient(struct staff *s, const char *id, const json_t *json)
{
	struct person person;
	if (s->record_count == STAFF_RECORDS)
		return;
	person_read(json, &person);
	bool works = flags_of_labels(json) & EXPLAINED_COLLEAGUE;
	struct person with = person;
	if (works && !*s->person.born) // then the label stands for the birth date
		memcpy(with.born, "staff", 6);
	struct person own = s->person;
	if (works && !*own.born)
		memcpy(own.born, "staff", 6);
	if (!person_same(&own, &with))
		return;
	s->records[s->record_count] = person;
	s->record_ids[s->record_count++] = arena_text(s->arena, id);
}

static const char *escape_comma(const char *text, struct arena *arena)
{
	char *out = arena_alloc(arena, 2 * strlen(text) + 1), *to = out;
	for (; *text; text++) {
		if (strchr("\\,|$", *text))
			*to++ = '\\';
		*to++ = *text;
	}
	return out;
}

static enum err load_person(struct explain *x, struct staff *s)
{
	struct fhir_argument names[2];
	struct record record;
	json_t *json;
	const struct record_key key = {.type = fhir_type_find("Practitioner"), .id = s->id + 13};
	enum err err = records_read(x->records, &key, s->arena, &record);
	if (err)
		return err == ERR_NOT_FOUND || err == ERR_GONE ? OK : err;
	if (json_parse_strict(record.json, NULL, &json, NULL))
		return ERR_CORRUPT;
	person_read(json, &s->person);
	const json_t *name = json_array_get(json_get_array(json, "name"), 0);
	const char *family = json_get_text(name, "family");
	const char *given = json_string_value(json_array_get(json_get_array(name, "given"), 0));
	if (family && given && *family && *given &&
		argue(s, "Patient", "family", escape_comma(family, s->arena), &names[0]) &&
		argue(s, "Patient", "given", escape_comma(given, s->arena), &names[1]))
		err = each(x, s, names, 2, see_patient);
	json_decref(json);
	return err;
}

static enum err load(struct explain *x, struct staff *s)
{
	struct fhir_argument argument;
	enum err err = load_person(x, s);
	if (!err && argue(s, "PractitionerRole", "practitioner", s->id, &argument))
		err = each(x, s, &argument, 1, see_role);
	if (!err && argue(s, "Schedule", "actor", s->id, &argument))
		err = each(x, s, &argument, 1, see_schedule);
	return err;
}

enum err staff_find(struct explain *x, const char *id, struct staff **ret)
{
	int64_t now_us = time_monotonic_us();
	struct staff *s = cache_find(x->staff, id, now_us);
	if (s) {
		*ret = s;
		return OK;
	}
	struct arena *arena = arena_new();
	s = arena_alloc(arena, sizeof *s);
	s->arena = arena;
	s->id = arena_text(arena, id);
	enum err err = load(x, s);
	if (err) {
		arena_free(arena);
		return err;
	}
	cache_add(x->staff, id, s, now_us);
	*ret = s;
	return OK;
}

static bool has_day(const struct staff *s, int64_t day)
{
	for (size_t i = 0; i < s->day_count; i++)
		if (s->days[i] == day)
			return true;
	return false;
}

static enum err load_day(struct explain *x, struct staff *s, int64_t day)
{
	struct fhir_argument arguments[2];
	char at[TIME_TEXT_BYTES];
	if (has_day(s, day))
		return OK;
	if (s->day_count == sizeof s->days / sizeof *s->days) { // another week: begin again
		s->day_count = 0;
		s->slot_count = 0;
	}
	time_format(day * DAY_US, at);
	at[10] = 0;
	for (size_t i = 0; i < s->schedule_count; i++) {
		const char *schedule = arena_printf(s->arena, "Schedule/%s", s->schedules[i].id);
		if (!argue(s, "Slot", "schedule", schedule, &arguments[0]) ||
			!argue(s, "Slot", "start", at, &arguments[1]))
			continue;
		enum err err = each(x, s, arguments, 2, see_slot);
		if (err)
			return err;
	}
	s->days[s->day_count++] = day;
	return OK;
}

static bool in_hours(const struct staff *s, int64_t at_us)
{
	int64_t day = at_us / DAY_US;
	int minute = (int)(at_us % DAY_US / 60000000);
	unsigned weekday = (unsigned)((day + 3) % 7); // 1970 began on a Thursday
	for (size_t i = 0; i < s->hour_count; i++)
		if ((s->hours[i].days >> weekday & 1) &&
			minute >= s->hours[i].from_minute - BEFORE_MINUTES &&
			minute <= s->hours[i].to_minute + AFTER_MINUTES)
			return true;
	return false;
}

static bool is_planned(const struct staff *s, int64_t at_us)
{
	for (size_t i = 0; i < s->schedule_count; i++)
		if (s->schedules[i].from_us != INT64_MIN && at_us >= s->schedules[i].from_us &&
			at_us < s->schedules[i].to_us)
			return true;
	return false;
}

enum err staff_duty(struct explain *x, struct staff *s, int64_t at_us, enum duty *ret,
	const struct staff_slot **ret_slot)
{
	int64_t day = at_us / DAY_US;
	const struct staff_slot *found = NULL;
	enum err err = load_day(x, s, day - 1);
	if (!err)
		err = load_day(x, s, day);
	if (err)
		return err;
	for (size_t i = 0; i < s->slot_count; i++) {
		const struct staff_slot *slot = &s->slots[i];
		if (at_us < slot->from_us - BEFORE_MINUTES * 60000000ll ||
			at_us > slot->to_us + AFTER_MINUTES * 60000000ll)
			continue;
		if (!found || (found->on_call && !slot->on_call))
			found = slot;
	}
	bool known = s->hour_count || is_planned(s, at_us);
	*ret = found && !found->on_call ? DUTY_ON
	       : in_hours(s, at_us)     ? DUTY_ON
	       : found                  ? DUTY_CALL
	       : known                  ? DUTY_OFF
					: DUTY_UNKNOWN;
	*ret_slot = found;
	return OK;
}
