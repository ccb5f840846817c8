#include "fhir.h"

#include <stdio.h>
#include <time.h>

json_t *fhir_bundle(void)
{
	return json_pack(
		"{s:s, s:s, s:[]}", "resourceType", "Bundle", "type", "transaction", "entry");
}

json_t *fhir_add(json_t *bundle, const char *id, json_t *resource)
{
	const char *type = json_string_value(json_object_get(resource, "resourceType"));
	json_object_set_new(resource, "id", json_string(id));
	json_t *entry = json_pack("{s:o, s:o, s:{s:s, s:o}}", "fullUrl",
		json_sprintf("urn:uuid:%s", id), "resource", resource, "request", "method", "PUT",
		"url", json_sprintf("%s/%s", type, id));
	json_array_append_new(json_object_get(bundle, "entry"), entry);
	return resource;
}

size_t fhir_size(const json_t *bundle)
{
	return json_array_size(json_object_get(bundle, "entry"));
}

json_t *fhir_coded(const char *system, const char *code, const char *display)
{
	return json_pack("{s:[{s:s, s:s, s:s}], s:s}", "coding", "system", system, "code", code,
		"display", display, "text", display);
}

json_t *fhir_refer(const char *type, const char *id)
{
	return json_pack("{s:o}", "reference", json_sprintf("%s/%s", type, id));
}

json_t *fhir_refer_staff(const struct town *town, uint32_t person)
{
	return fhir_refer("Practitioner", town->people[person].staff_id);
}

static json_t *time_json(int64_t seconds, const char *format)
{
	char text[32];
	time_t at = (time_t)seconds;
	struct tm tm;
	gmtime_r(&at, &tm);
	strftime(text, sizeof text, format, &tm);
	return json_string(text);
}

json_t *fhir_day(int64_t day)
{
	return time_json(day * 86400, "%Y-%m-%d");
}

json_t *fhir_instant(int64_t day, int minute)
{
	return time_json(day * 86400 + (int64_t)minute * 60, "%Y-%m-%dT%H:%M:%SZ");
}

json_t *fhir_period(int64_t day, int from_minute, int to_minute)
{
	return json_pack("{s:o, s:o}", "start", fhir_instant(day, from_minute), "end",
		fhir_instant(day, to_minute));
}

json_t *fhir_name(const struct person *p)
{
	return json_pack(
		"[{s:s, s:s, s:[s]}]", "use", "official", "family", p->family, "given", p->given);
}

void fhir_unit_id(unsigned unit, char ret_id[37])
{
	struct dice dice = dice_of(unit + 1, 'w');
	dice_uuid(&dice, ret_id);
}
