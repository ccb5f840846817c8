#include "common/format/event.h"

#include <string.h>

const struct event_field_row event_fields[EVENT_FIELDS] = {
	[EVENT_CLASS_UID] = {"class_uid", EVENT_NUMBER, false,
		"OCSF class of the event, as in the table of categories."},
	[EVENT_CLASS_NAME] = {"class_name", EVENT_TEXT, false, "Its name."},
	[EVENT_CATEGORY_NAME] = {"category_name", EVENT_TEXT, false,
		"OCSF category of the class."},
	[EVENT_ACTIVITY_ID] = {"activity_id", EVENT_NUMBER, false,
		"OCSF activity within the class; 99 where OCSF has none."},
	[EVENT_ACTIVITY_NAME] = {"activity_name", EVENT_TEXT, false,
		"What was done, in the trail's own word: read, search, update, export, break-glass, sign-in, second-factor, account-change, trail-search and so on."},
	[EVENT_STATUS] = {"status", EVENT_TEXT, false, "Success or Failure."},
	[EVENT_STATUS_DETAIL] = {"status_detail", EVENT_TEXT, false,
		"allowed, denied, failed, intended (a write, before its commit) or aborted."},
	[EVENT_SEVERITY] = {"severity", EVENT_TEXT, false,
		"Informational: the trail judges nothing."},
	[EVENT_TIME] = {"time", EVENT_NUMBER, false, "Milliseconds since 1970, UTC."},
	[EVENT_HOUR] = {"time.hour", EVENT_NUMBER, false,
		"Hour of the day, 0 to 23, in the server's time zone."},
	[EVENT_WEEKDAY] = {"time.weekday", EVENT_NUMBER, false,
		"Day of the week, 0 (Sunday) to 6, in the server's time zone."},
	[EVENT_ACTOR] = {"actor.user.uid", EVENT_TEXT, false,
		"Who did it: 16 hex digits that only the vault can turn back."},
	[EVENT_ACTOR_ROLE] = {"actor.user.role", EVENT_TEXT, false,
		"Their role: clinician, nurse, front-desk, privacy-officer, security-officer, administrator, application, patient or local."},
	[EVENT_SESSION] = {"actor.session.uid", EVENT_TEXT, false, "Their session, opaque."},
	[EVENT_USER] = {"user.uid", EVENT_TEXT, false,
		"The account that was changed or signed in to, opaque as the actor is."},
	[EVENT_ADDRESS] = {"src_endpoint.ip", EVENT_IP, false,
		"Address the request came from."},
	[EVENT_WORKSTATION] = {"src_endpoint.uid", EVENT_TEXT, false,
		"Workstation or network the request came from, opaque."},
	[EVENT_USER_AGENT] = {"http_request.user_agent", EVENT_TEXT, false,
		"Program that asked, as it calls itself."},
	[EVENT_RESOURCE_TYPE] = {"resource.type", EVENT_TEXT, false,
		"FHIR resource type that was touched or searched."},
	[EVENT_RESOURCE] = {"resource.uid", EVENT_TEXT, false, "That resource, opaque."},
	[EVENT_PATIENT] = {"patient.uid", EVENT_TEXT, true,
		"Whose information it was, opaque; several for searches."},
	[EVENT_PATIENT_COUNT] = {"patient.count", EVENT_NUMBER, false,
		"How many patients the whole act concerned, also where fewer are named."},
	[EVENT_PURPOSE] = {"purpose", EVENT_TEXT, false,
		"Purpose of use (HL7): TREAT, BTG, HOPERAT, PATRQT, HSYSADMIN."},
	[EVENT_BROKEN_GLASS] = {"broken_glass", EVENT_TEXT, false,
		"true when it was possible only because the glass was broken."},
	[EVENT_RELATIONSHIP] = {"relationship", EVENT_TEXT, false,
		"Known care relationship: encounter, careteam, appointment, general-practitioner, self, known or none."},
	[EVENT_EXPLANATION] = {"explanation.kind", EVENT_TEXT, false,
		"Strongest explanation of the access in the hospital's own data, or none."},
	[EVENT_EXPLANATION_STRENGTH] = {"explanation.strength", EVENT_NUMBER, false,
		"How strong it is, 0 to 100."},
	[EVENT_FLAGS] = {"flags", EVENT_TEXT, true,
		"What makes the access delicate: family, same-address, colleague, vip, self, deceased, long-discharged, sensitive, honey."},
	[EVENT_POLICY_RULE] = {"policy.rule", EVENT_TEXT, false,
		"Rule of the policy that decided."},
	[EVENT_DORMANT_DAYS] = {"actor.dormant_days", EVENT_NUMBER, false,
		"On a sign-in: days since this account was last active, as far as watch remembers."},
	[EVENT_SEQ] = {"trail.seq", EVENT_NUMBER, false,
		"Number of the entry of the trail that proves it."},
};

const struct event_class event_classes[] = {
	{"record-access", 6005, "Datastore Activity", "Application Activity",
		"Reading, searching and writing records."},
	{"authentication", 3002, "Authentication", "Identity & Access Management",
		"Signing in and out, second factors."},
	{"account-change", 3001, "Account Change", "Identity & Access Management",
		"Accounts, passwords and tokens."},
	{"access-grant", 3005, "User Access Management", "Identity & Access Management",
		"Breaking the glass."},
	{"review", 6003, "API Activity", "Application Activity", "Reading the trail itself."},
	{"system", 6002, "Application Lifecycle", "Application Activity",
		"Start, stop, keys, restores."},
};
const size_t event_class_count = sizeof event_classes / sizeof *event_classes;

int event_field_find(const char *name)
{
	for (int i = 0; i < EVENT_FIELDS; i++)
		if (strcmp(event_fields[i].name, name) == 0)
			return i;
	return -1;
}

const struct event_class *event_class_find(const char *category)
{
	for (size_t i = 0; i < event_class_count; i++)
		if (strcmp(event_classes[i].category, category) == 0)
			return &event_classes[i];
	return NULL;
}

const struct event_class *event_class_of(int uid)
{
	for (size_t i = 0; i < event_class_count; i++)
		if (event_classes[i].uid == uid)
			return &event_classes[i];
	return NULL;
}

void event_begin(struct event_record *event, struct arena *arena)
{
	event->arena = arena;
	event->seq = 0;
	event->time_us = 0;
	event->class_uid = 0;
	event->count = event->dropped = 0;
	memset(event->first, 0, sizeof event->first);
	memset(event->last, 0, sizeof event->last);
}

static struct event_value *value_new(struct event_record *event, enum event_field field)
{
	bool single = !event_fields[field].many && event->first[field];
	if (event->count == EVENT_VALUES || single) {
		event->dropped++;
		return NULL;
	}
	struct event_value *value = &event->values[event->count++];
	*value = (struct event_value){0};
	if (event->last[field])
		event->values[event->last[field] - 1].next = event->count;
	else
		event->first[field] = event->count;
	event->last[field] = event->count;
	return value;
}

void event_add(struct event_record *event, enum event_field field, struct bytes text)
{
	if (!text.size)
		return;
	struct event_value *value = value_new(event, field);
	if (!value)
		return;
	value->text = text;
	if (text.size > EVENT_VALUE_BYTES)
		value->text.size = EVENT_VALUE_BYTES;
}

void event_add_text(struct event_record *event, enum event_field field, const char *text)
{
	event_add(event, field, bytes_text(text));
}

void event_add_number(struct event_record *event, enum event_field field, int64_t number)
{
	char digits[24];
	size_t at = sizeof digits;
	uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
	struct event_value *value = value_new(event, field);
	if (!value)
		return;
	do
		digits[--at] = (char)('0' + left % 10);
	while ((left /= 10));
	if (number < 0)
		digits[--at] = '-';
	value->number = number;
	value->text = bytes_copy(event->arena, bytes_of(digits + at, sizeof digits - at));
}

void event_add_opaque(struct event_record *event, enum event_field field, uint64_t number)
{
	static const char hex[] = "0123456789abcdef";
	char digits[16];
	if (!number)
		return;
	for (int i = 0; i < 16; i++)
		digits[i] = hex[number >> (60 - 4 * i) & 15];
	event_add(event, field, bytes_copy(event->arena, bytes_of(digits, sizeof digits)));
}

void event_set_when(struct event_record *event, uint64_t seq, int64_t time_us)
{
	event->seq = seq;
	event->time_us = time_us;
	event_add_number(event, EVENT_SEQ, seq > INT64_MAX ? INT64_MAX : (int64_t)seq);
	event_add_number(event, EVENT_TIME, time_us / 1000);
}

void event_set_local(struct event_record *event, int hour, int weekday)
{
	event_add_number(event, EVENT_HOUR, hour);
	event_add_number(event, EVENT_WEEKDAY, weekday);
}

void event_set_class(struct event_record *event, const struct event_class *class)
{
	event->class_uid = class->uid;
	event_add_number(event, EVENT_CLASS_UID, class->uid);
	event_add_text(event, EVENT_CLASS_NAME, class->name);
	event_add_text(event, EVENT_CATEGORY_NAME, class->category_name);
}

const struct event_value *event_first(const struct event_record *event, enum event_field field)
{
	uint16_t at = event->first[field];
	return at ? &event->values[at - 1] : NULL;
}

const struct event_value *event_next(
	const struct event_record *event, const struct event_value *value)
{
	return value->next ? &event->values[value->next - 1] : NULL;
}

void event_fields_markdown(struct buf *out)
{
	static const char *const types[] = {
		[EVENT_TEXT] = "text", [EVENT_NUMBER] = "number", [EVENT_IP] = "address"};
	buf_add_text(out, "| field | holds | meaning |\n|---|---|---|\n");
	for (int i = 0; i < EVENT_FIELDS; i++)
		buf_printf(out, "| `%s` | %s%s | %s |\n", event_fields[i].name,
			types[event_fields[i].type], event_fields[i].many ? "s" : "",
			event_fields[i].help);
	buf_add_text(out, "\n| category | OCSF class | what happens |\n|---|---|---|\n");
	for (size_t i = 0; i < event_class_count; i++)
		buf_printf(out, "| `%s` | %d %s | %s |\n", event_classes[i].category,
			event_classes[i].uid, event_classes[i].name, event_classes[i].help);
}
