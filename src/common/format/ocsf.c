#include "common/format/ocsf.h"

#include <string.h>

const struct ocsf_field_row ocsf_fields[OCSF_FIELDS] = {
	[OCSF_CLASS_UID] = {"class_uid", OCSF_NUMBER, false,
		"OCSF class of the event, as in the table of categories."},
	[OCSF_CLASS_NAME] = {"class_name", OCSF_TEXT, false, "Its name."},
	[OCSF_CATEGORY_NAME] = {"category_name", OCSF_TEXT, false, "OCSF category of the class."},
	[OCSF_ACTIVITY_ID] = {"activity_id", OCSF_NUMBER, false,
		"OCSF activity within the class; 99 where OCSF has none."},
	[OCSF_ACTIVITY_NAME] = {"activity_name", OCSF_TEXT, false,
		"What was done, in the trail's own word: read, search, update, export, break-glass, sign-in, second-factor, account-change, trail-search and so on."},
	[OCSF_STATUS] = {"status", OCSF_TEXT, false, "Success or Failure."},
	[OCSF_STATUS_DETAIL] = {"status_detail", OCSF_TEXT, false,
		"allowed, denied, failed, intended (a write, before its commit) or aborted."},
	[OCSF_SEVERITY] = {"severity", OCSF_TEXT, false,
		"Informational: the trail judges nothing."},
	[OCSF_TIME] = {"time", OCSF_NUMBER, false, "Milliseconds since 1970, UTC."},
	[OCSF_HOUR] = {"time.hour", OCSF_NUMBER, false,
		"Hour of the day, 0 to 23, in the server's time zone."},
	[OCSF_WEEKDAY] = {"time.weekday", OCSF_NUMBER, false,
		"Day of the week, 0 (Sunday) to 6, in the server's time zone."},
	[OCSF_ACTOR] = {"actor.user.uid", OCSF_TEXT, false,
		"Who did it: 16 hex digits that only the vault can turn back."},
	[OCSF_ACTOR_ROLE] = {"actor.user.role", OCSF_TEXT, false,
		"Their role: clinician, nurse, front-desk, privacy-officer, security-officer, administrator, application, patient or local."},
	[OCSF_SESSION] = {"actor.session.uid", OCSF_TEXT, false, "Their session, opaque."},
	[OCSF_USER] = {"user.uid", OCSF_TEXT, false,
		"The account that was changed or signed in to, opaque as the actor is."},
	[OCSF_ADDRESS] = {"src_endpoint.ip", OCSF_IP, false, "Address the request came from."},
	[OCSF_USER_AGENT] = {"http_request.user_agent", OCSF_TEXT, false,
		"Program that asked, as it calls itself."},
	[OCSF_RESOURCE_TYPE] = {"resource.type", OCSF_TEXT, false,
		"FHIR resource type that was touched or searched."},
	[OCSF_RESOURCE] = {"resource.uid", OCSF_TEXT, false,
		"Which one of that type, opaque; missing of searches."},
	[OCSF_PATIENT] = {"patient.uid", OCSF_TEXT, true,
		"Whose information it was, opaque; several for searches."},
	[OCSF_PATIENT_COUNT] = {"patient.count", OCSF_NUMBER, false,
		"How many patients the whole act concerned, also where fewer are named."},
	[OCSF_PURPOSE] = {"purpose", OCSF_TEXT, false,
		"Purpose of use (HL7): TREAT, BTG, HOPERAT, PATRQT, HSYSADMIN."},
	[OCSF_BROKEN_GLASS] = {"broken_glass", OCSF_TEXT, false,
		"true when it was possible only because the glass was broken."},
	[OCSF_RELATIONSHIP] = {"relationship", OCSF_TEXT, false,
		"Known care relationship: encounter, careteam, appointment, general-practitioner, self, known or none."},
	[OCSF_EXPLANATION] = {"explanation.kind", OCSF_TEXT, false,
		"Of an explained-access: strongest explanation in the hospital's own data, by its code (docs/explained-access.md), or nothing."},
	[OCSF_EXPLANATION_STRENGTH] = {"explanation.strength", OCSF_NUMBER, false,
		"How strong it is, 0 to 100; from 50 on the access counts as explained."},
	[OCSF_EXPLANATION_LOOK] = {"explanation.look", OCSF_NUMBER, false,
		"1: at once; 2: 48 hours later, where nothing explained it at once."},
	[OCSF_FLAGS] = {"flags", OCSF_TEXT, true,
		"Of an explained-access, what is noticeable: family, same-address, neighbour, colleague, vip, own-record, deceased, discharged, sensitive, off-duty, cut. Of any event: honey, honey-listed (docs/lures.md)."},
	[OCSF_POLICY_RULE] = {"policy.rule", OCSF_TEXT, false, "Rule of the policy that decided."},
	[OCSF_DORMANT_DAYS] = {"actor.dormant_days", OCSF_NUMBER, false,
		"On a sign-in: days since this account was last active, as far as watch remembers."},
	[OCSF_SEQ] = {"trail.seq", OCSF_NUMBER, false,
		"Number of the entry of the trail that proves it."},
};

const struct ocsf_class ocsf_classes[] = {
	{"record-access", 6005, "Datastore Activity", "Application Activity",
		"Reading, searching and writing records."},
	{"authentication", 3002, "Authentication", "Identity & Access Management",
		"Signing in and out, second factors."},
	{"account-change", 3001, "Account Change", "Identity & Access Management",
		"Accounts, passwords and tokens."},
	{"access-grant", 3005, "User Access Management", "Identity & Access Management",
		"Breaking the glass."},
	{"review", 6003, "API Activity", "Application Activity", "Reading the trail itself."},
	{"explained-access", 2006, "Data Security Finding", "Findings",
		"An access of a person to a patient's record, told a second time when it was explained: where nothing explains it, or something is noticeable."},
	{"system", 6002, "Application Lifecycle", "Application Activity",
		"Start, stop, keys, restores."},
};
const size_t ocsf_class_count = sizeof ocsf_classes / sizeof *ocsf_classes;

int ocsf_field_find(const char *name)
{
	for (int i = 0; i < OCSF_FIELDS; i++)
		if (strcmp(ocsf_fields[i].name, name) == 0)
			return i;
	return -1;
}

const struct ocsf_class *ocsf_class_find(const char *category)
{
	for (size_t i = 0; i < ocsf_class_count; i++)
		if (strcmp(ocsf_classes[i].category, category) == 0)
			return &ocsf_classes[i];
	return NULL;
}

const struct ocsf_class *ocsf_class_of(int uid)
{
	for (size_t i = 0; i < ocsf_class_count; i++)
		if (ocsf_classes[i].uid == uid)
			return &ocsf_classes[i];
	return NULL;
}

void ocsf_begin(struct ocsf_event *event, struct arena *arena)
{
	event->arena = arena;
	event->seq = event->place = 0;
	event->time_us = 0;
	event->class_uid = 0;
	event->count = event->dropped = 0;
	memset(event->first, 0, sizeof event->first);
	memset(event->last, 0, sizeof event->last);
}

static struct ocsf_value *value_new(struct ocsf_event *event, enum ocsf_field field)
{
	bool single = !ocsf_fields[field].many && event->first[field];
	if (event->count == OCSF_VALUES || single) {
		event->dropped++;
		return NULL;
	}
	struct ocsf_value *value = &event->values[event->count++];
	*value = (struct ocsf_value){0};
	if (event->last[field])
		event->values[event->last[field] - 1].next = event->count;
	else
		event->first[field] = event->count;
	event->last[field] = event->count;
	return value;
}

void ocsf_add(struct ocsf_event *event, enum ocsf_field field, struct bytes text)
{
	if (!text.size)
		return;
	struct ocsf_value *value = value_new(event, field);
	if (!value)
		return;
	value->text = text;
	if (text.size > OCSF_VALUE_BYTES)
		value->text.size = OCSF_VALUE_BYTES;
}

void ocsf_add_text(struct ocsf_event *event, enum ocsf_field field, const char *text)
{
	ocsf_add(event, field, bytes_text(text));
}

void ocsf_add_number(struct ocsf_event *event, enum ocsf_field field, int64_t number)
{
	char digits[24];
	size_t at = sizeof digits;
	uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
	struct ocsf_value *value = value_new(event, field);
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

void ocsf_add_opaque(struct ocsf_event *event, enum ocsf_field field, uint64_t number)
{
	static const char hex[] = "0123456789abcdef";
	char digits[16];
	if (!number)
		return;
	for (int i = 0; i < 16; i++)
		digits[i] = hex[number >> (60 - 4 * i) & 15];
	ocsf_add(event, field, bytes_copy(event->arena, bytes_of(digits, sizeof digits)));
}

void ocsf_set_when(struct ocsf_event *event, uint64_t seq, int64_t time_us)
{
	event->seq = event->place = seq;
	event->time_us = time_us;
	ocsf_add_number(event, OCSF_SEQ, seq > INT64_MAX ? INT64_MAX : (int64_t)seq);
	ocsf_add_number(event, OCSF_TIME, time_us / 1000);
}

void ocsf_set_local(struct ocsf_event *event, int hour, int weekday)
{
	ocsf_add_number(event, OCSF_HOUR, hour);
	ocsf_add_number(event, OCSF_WEEKDAY, weekday);
}

void ocsf_set_class(struct ocsf_event *event, const struct ocsf_class *class)
{
	event->class_uid = class->uid;
	ocsf_add_number(event, OCSF_CLASS_UID, class->uid);
	ocsf_add_text(event, OCSF_CLASS_NAME, class->name);
	ocsf_add_text(event, OCSF_CATEGORY_NAME, class->category_name);
}

const struct ocsf_value *ocsf_first(const struct ocsf_event *event, enum ocsf_field field)
{
	uint16_t at = event->first[field];
	return at ? &event->values[at - 1] : NULL;
}

struct bytes ocsf_text(const struct ocsf_event *event, enum ocsf_field field)
{
	const struct ocsf_value *value = ocsf_first(event, field);
	return value ? value->text : (struct bytes){0};
}

const struct ocsf_value *ocsf_next(const struct ocsf_event *event, const struct ocsf_value *value)
{
	return value->next ? &event->values[value->next - 1] : NULL;
}

void ocsf_fields_markdown(struct buf *out)
{
	static const char *const types[] = {
		[OCSF_TEXT] = "text", [OCSF_NUMBER] = "number", [OCSF_IP] = "address"};
	buf_add_text(out, "| field | holds | meaning |\n|---|---|---|\n");
	for (int i = 0; i < OCSF_FIELDS; i++)
		buf_printf(out, "| `%s` | %s%s | %s |\n", ocsf_fields[i].name,
			types[ocsf_fields[i].type], ocsf_fields[i].many ? "s" : "",
			ocsf_fields[i].help);
	buf_add_text(out, "\n| category | OCSF class | what happens |\n|---|---|---|\n");
	for (size_t i = 0; i < ocsf_class_count; i++)
		buf_printf(out, "| `%s` | %d %s | %s |\n", ocsf_classes[i].category,
			ocsf_classes[i].uid, ocsf_classes[i].name, ocsf_classes[i].help);
}
