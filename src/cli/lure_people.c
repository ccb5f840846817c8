#include "cli/lure_people.h"

#include "common/base/text.h"
#include "common/base/time.h"
#include "common/crypto/crypto.h"

#include <stdio.h>
#include <string.h>

enum {
	MEASUREMENTS = 3,
	DAYS_AGO_LEAST = 60,
	DAYS_AGO_SPREAD = 700
};

size_t lure_any(size_t count)
{
	uint64_t random;
	crypto_random(&random, sizeof random);
	return count ? (size_t)(random % count) : 0;
}

static const json_t *one_of(const json_t *object, const char *key)
{
	const json_t *list = json_object_get(object, key);
	return json_array_get(list, lure_any(json_array_size(list)));
}

static const char *word_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(one_of(object, key));
	return text ? text : "";
}

json_t *lure_people_read(const char *rules, char ret_problem[400])
{
	static const char *const lists[] = {
		"family", "places", "streets", "conditions", "measurements", "medicines"};
	char path[600];
	json_error_t error;
	snprintf(path, sizeof path, "%s/lures/people.json", rules);
	json_t *data = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!data) {
		snprintf(ret_problem, 400, "%.200s:%d: %.120s", path, error.line, error.text);
		return NULL;
	}
	const json_t *given = json_object_get(data, "given");
	bool fine = json_array_size(json_object_get(given, "female")) &&
		    json_array_size(json_object_get(given, "male"));
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		fine = fine && json_array_size(json_object_get(data, lists[i]));
	if (fine)
		return data;
	snprintf(ret_problem, 400, "%.300s: a list is missing or empty", path);
	json_decref(data);
	return NULL;
}

// ---- Ids, numbers, days.

static void uuid(char ret_id[LURE_PEOPLE_BYTES])
{
	uint8_t random[16];
	char hex[33];
	crypto_random(random, sizeof random);
	random[6] = (uint8_t)((random[6] & 0x0f) | 0x40);
	random[8] = (uint8_t)((random[8] & 0x3f) | 0x80);
	text_hex(bytes_of(random, sizeof random), hex);
	snprintf(ret_id, LURE_PEOPLE_BYTES, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
		hex + 16, hex + 20);
}

static void shaped(const char *like, char ret_text[LURE_PEOPLE_BYTES])
{
	if (!like || strlen(like) == 36) {
		uuid(ret_text);
		return;
	}
	snprintf(ret_text, LURE_PEOPLE_BYTES, "%s", like);
	for (char *c = ret_text; *c; c++)
		if (*c >= '0' && *c <= '9')
			*c = (char)('0' + lure_any(10));
}

// "2025-03-04" and, with an hour, "2025-03-04T09:12:00Z".
static void day(int64_t days_ago, bool hour, char ret_text[TIME_TEXT_BYTES])
{
	int64_t at_us = time_now_us() - days_ago * 86400000000ll;
	at_us -= at_us % 86400000000ll;
	at_us += (int64_t)(8 * 60 + lure_any(9 * 60)) * 60000000;
	time_format(at_us, ret_text);
	char *fraction = strchr(ret_text, '.');
	if (fraction)
		strcpy(fraction, "Z");
	if (!hour)
		ret_text[10] = 0;
}

// ---- Resources.

static json_t *entry(json_t *resource, const char *type, const char *id)
{
	char url[96];
	snprintf(url, sizeof url, "%s/%s", type, id);
	json_object_set_new(resource, "resourceType", json_string(type));
	json_object_set_new(resource, "id", json_string(id));
	return json_pack("{s:s, s:o}", "fullUrl", url, "resource", resource);
}

static void add(json_t *bundle, json_t *resource, const char *type)
{
	char id[LURE_PEOPLE_BYTES];
	uuid(id);
	json_array_append_new(json_object_get(bundle, "entry"), entry(resource, type, id));
}

static json_t *coded(const char *system, const json_t *from)
{
	const char *code = json_string_value(json_object_get(from, "code"));
	const char *display = json_string_value(json_object_get(from, "display"));
	return json_pack("{s:[{s:s, s:s, s:s}], s:s}", "coding", "system", system, "code",
		code ? code : "", "display", display ? display : "", "text",
		display ? display : "");
}

static json_t *person(const json_t *data, const struct lure_shape *shape)
{
	char born[40], phone[24], house[128], number[LURE_PEOPLE_BYTES];
	bool female = lure_any(2);
	const json_t *place = one_of(data, "places"), *years = json_object_get(data, "born");
	json_int_t from = json_integer_value(json_object_get(years, "from"));
	json_int_t to = json_integer_value(json_object_get(years, "to"));
	snprintf(born, sizeof born, "%04d-%02d-%02d",
		(int)(from ? from : 1940) + (int)lure_any((size_t)(to > from ? to - from : 60)),
		1 + (int)lure_any(12), 1 + (int)lure_any(28));
	snprintf(phone, sizeof phone, "0%03d %06d", (int)lure_any(1000), (int)lure_any(1000000));
	snprintf(
		house, sizeof house, "%.100s %d", word_of(data, "streets"), 1 + (int)lure_any(140));
	json_t *json = json_pack("{s:[{s:s, s:s, s:[s]}], s:s, s:s, s:[{s:[s], s:O, s:O}], "
				 "s:[{s:s, s:s}]}",
		"name", "use", "official", "family", word_of(data, "family"), "given",
		word_of(json_object_get(data, "given"), female ? "female" : "male"), "gender",
		female ? "female" : "male", "birthDate", born, "address", "line", house, "city",
		json_object_get(place, "city"), "postalCode", json_object_get(place, "postalCode"),
		"telecom", "system", "phone", "value", phone);
	const char *bar = shape->number_like ? strchr(shape->number_like, '|') : NULL;
	if (bar) {
		shaped(bar + 1, number);
		json_object_set_new(json, "identifier",
			json_pack("[{s:s%, s:s}]", "system", shape->number_like,
				(size_t)(bar - shape->number_like), "value", number));
	}
	return json;
}

static json_t *of(const char *patient)
{
	char text[96];
	snprintf(text, sizeof text, "Patient/%s", patient);
	return json_pack("{s:s}", "reference", text);
}

static void add_measurement(
	json_t *bundle, const json_t *data, const char *patient, const char *when)
{
	const json_t *kind = one_of(data, "measurements");
	json_int_t low = json_integer_value(json_object_get(kind, "low"));
	json_int_t high = json_integer_value(json_object_get(kind, "high"));
	json_int_t value = low + (json_int_t)lure_any((size_t)(high > low ? high - low : 1));
	add(bundle,
		json_pack("{s:s, s:o, s:o, s:s, s:{s:I, s:O}}", "status", "final", "code",
			coded("http://loinc.org", kind), "subject", of(patient),
			"effectiveDateTime", when, "valueQuantity", "value", value, "unit",
			json_object_get(kind, "unit")),
		"Observation");
}

static void add_visit(json_t *bundle, const json_t *data, const char *patient)
{
	char begin[TIME_TEXT_BYTES], end[TIME_TEXT_BYTES];
	int64_t ago = DAYS_AGO_LEAST + (int64_t)lure_any(DAYS_AGO_SPREAD);
	day(ago, true, begin);
	day(ago - 1 - (int64_t)lure_any(6), true, end);
	add(bundle,
		json_pack("{s:s, s:{s:s, s:s}, s:o, s:{s:s, s:s}}", "status", "finished", "class",
			"system", "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code", "IMP",
			"subject", of(patient), "period", "start", begin, "end", end),
		"Encounter");
	add(bundle,
		json_pack("{s:o, s:o, s:{s:[{s:s, s:s}]}, s:s}", "code",
			coded("http://snomed.info/sct", one_of(data, "conditions")), "subject",
			of(patient), "clinicalStatus", "coding", "system",
			"http://terminology.hl7.org/CodeSystem/condition-clinical", "code",
			"active", "recordedDate", begin),
		"Condition");
	for (int i = 0; i < MEASUREMENTS; i++)
		add_measurement(bundle, data, patient, begin);
	add(bundle,
		json_pack("{s:s, s:s, s:o, s:{s:s}, s:s}", "status", "completed", "intent", "order",
			"subject", of(patient), "medicationCodeableConcept", "text",
			word_of(data, "medicines"), "authoredOn", end),
		"MedicationRequest");
}

static json_t *bundle_of(json_t *first)
{
	return json_pack("{s:s, s:s, s:[o]}", "resourceType", "Bundle", "type", "collection",
		"entry", first);
}

json_t *lure_patient(
	const json_t *data, const struct lure_shape *shape, char ret_id[LURE_PEOPLE_BYTES])
{
	shaped(shape->id_like, ret_id);
	json_t *bundle = bundle_of(entry(person(data, shape), "Patient", ret_id));
	add_visit(bundle, data, ret_id);
	return bundle;
}

void lure_name(const json_t *data, const char **ret_given, const char **ret_family)
{
	const json_t *given = json_object_get(data, "given");
	*ret_given = word_of(given, lure_any(2) ? "female" : "male");
	*ret_family = word_of(data, "family");
}

json_t *lure_practitioner(const char *given, const char *family, char ret_id[LURE_PEOPLE_BYTES])
{
	uuid(ret_id);
	return bundle_of(
		entry(json_pack("{s:[{s:s, s:[s]}]}", "name", "family", family, "given", given),
			"Practitioner", ret_id));
}
