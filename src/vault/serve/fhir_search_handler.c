// Searching: what matches and may be seen, with every patient named on the trail.
#include "common/base/text.h"
#include "vault/serve/fhir_base.h"
#include "vault/serve/fhir_query.h"
#include "vault/serve/handlers.h"

#include "common/base/map.h"
#include "common/base/time.h"
#include "common/format/fhir_type.h"
#include "common/format/json.h"

#include <string.h>

struct shown {
	const struct record *record;
	bool details_only; // a person found, whose record this is not: personal details
};

struct searching {
	struct vault *vault;
	struct exchange *x;
	struct access access;
	struct verdict verdict; // of the search itself
	struct search_query query;
	struct search_result result;
	struct shown *shown;
	size_t shown_count;
	size_t held_back;
	size_t asked_count; // _count
	bool person;        // for persons: each of them may be counted, but is named
	bool everywhere;    // over the records of many patients: what is counted must be named
	bool reads_all;     // no hit can be held back
	bool staged;        // sees what the open transaction wrote
	struct named named;
};

// One value, no list of them ("a,b"), and not only a system ("urn:mrn|").
static bool is_asked(const struct exchange *x, const char *name)
{
	const char *value = exchange_param(x, name);
	size_t size = value ? strlen(value) : 0;
	return size && !strchr(value, ',') && value[size - 1] != '|';
}

// A whole day, and no range ("ge1900-01-01", "1970").
static bool is_day(const char *value)
{
	return value && strlen(value) == 10 && strspn(value, "0123456789-") == 10;
}

// By their number, or by name and birth date: what whoever has the person before them can ask.
static bool names_one(const struct exchange *x)
{
	bool named = is_asked(x, "name") || is_asked(x, "family");
	return is_asked(x, "identifier") || is_asked(x, "_id") ||
	       (named && is_day(exchange_param(x, "birthdate")));
}

static void refuse_query(struct exchange *x, enum err err, const struct query_problem *problem)
{
	answer_error(x, 400, err == ERR_UNSUPPORTED ? "not-supported" : "invalid", "%s: %s",
		problem->parameter, problem->words);
}

static void answer_too_much(const struct searching *s)
{
	if (exchange_param(s->x, "birthdate"))
		answer_error(s->x, 400, "too-costly",
			"birthdate: Ask for %d years at most, with a first and a last day "
			"(birthdate=ge1980-01-01&birthdate=lt1990-01-01), or for fewer when more "
			"than %d persons fit; or add a name or an identifier.",
			RECORDS_SEARCH_YEARS, RECORDS_SEARCH_FOUND);
	else if (exchange_param(s->x, "_lastUpdated"))
		answer_error(s->x, 400, "too-costly",
			"_lastUpdated: More than %d fit, too many to be counted, sorted or looked "
			"through: ask for a shorter time, or leave out what else is asked.",
			RECORDS_SEARCH_FOUND);
	else
		answer_error(s->x, 400, "too-costly",
			"More than %d fit: ask for a longer name, or add another parameter.",
			RECORDS_SEARCH_FOUND);
}

static void answer_search_error(const struct searching *s, enum err err)
{
	struct exchange *x = s->x;
	if (err == ERR_UNSUPPORTED)
		answer_error(x, 400, "too-costly",
			"Say whose record to search (patient=…), or for a person a name of at least "
			"three letters, an identifier, a birth date or a range of them, a telephone "
			"number or _lastUpdated.");
	else if (err == ERR_LIMIT)
		answer_too_much(s);
	else if (err == ERR_INVALID)
		answer_error(x, 400, "invalid", "_page: This is not a page of this server.");
	else
		answer_error(x, 503, "unavailable", "The search failed: %s.", err_text(err));
}

// May this hit be shown? Patients may differ from hit to hit; decisions are kept per patient.
static enum err consider(struct searching *s, struct map *decided, const struct record *record)
{
	static const char yes[] = "yes", no[] = "no";
	struct access access = {.action = TRAIL_READ, .type = record->type, .id = record->id};
	fhir_owners(s->x, record, &access);
	struct bytes key = bytes_text(record->patient ? record->patient : "");
	const char *known = access.patient_count ? NULL : map_find(decided, key);
	if (!known) {
		struct verdict verdict;
		enum err err = access_decide(s->vault, s->x, &access, &verdict);
		if (err)
			return err;
		known = verdict.allowed ? yes : no;
		if (!access.patient_count)
			map_set(decided, key, (void *)known);
	}
	bool person = record->type == fhir_type_patient();
	if (known == no && !person) {
		s->held_back++;
		return OK;
	}
	fhir_named_add(&s->named, &access);
	s->shown[s->shown_count++] = (struct shown){record, known == no};
	return OK;
}

// One patient's record is refused before it is looked into; whose several are tells the content.
// Of what does not exist (version 0) it is asked, too.
static enum err may_look(void *context, const struct record *record, bool *ret_may)
{
	struct searching *s = context;
	struct verdict verdict = {.allowed = true};
	struct access access = {.action = TRAIL_READ,
		.type = record->type,
		.id = record->id,
		.patient = record->patient};
	enum err err = record->patient ? access_decide(s->vault, s->x, &access, &verdict) : OK;
	if (err)
		return err;
	s->held_back += !verdict.allowed && record->version;
	*ret_may = verdict.allowed;
	return OK;
}

static enum err decide_hits(struct searching *s)
{
	struct map *decided = map_new();
	enum err err = OK;
	s->named.arena = s->x->arena;
	fhir_named_add(&s->named, &s->access); // that nothing is there is information, too
	s->shown = arena_alloc(s->x->arena, s->result.count * sizeof *s->shown);
	for (size_t i = 0; i < s->result.count && !err; i++)
		err = consider(s, decided, &s->result.records[i]);
	map_free(decided);
	return err;
}

// What somebody who is looking for the right person needs, and no more.
static json_t *details_of(json_t *patient)
{
	static const char *const kept[] = {"resourceType", "id", "identifier", "active", "name",
		"gender", "birthDate", "deceasedBoolean", "deceasedDateTime"};
	json_t *json = json_object();
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
		json_t *value = json_object_get(patient, kept[i]);
		if (value)
			json_object_set(json, kept[i], value);
	}
	json_object_set_new(json, "meta",
		json_pack("{s:[{s:s, s:s}]}", "tag", "system",
			"http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code",
			"SUBSETTED"));
	return json;
}

static void put_resource(struct buf *out, const struct shown *shown)
{
	json_t *whole;
	if (!shown->details_only) {
		buf_add_bytes(out, shown->record->json);
		return;
	}
	if (json_parse_strict(shown->record->json, NULL, &whole, NULL)) {
		buf_add_text(out, "null");
		return;
	}
	json_t *part = details_of(whole);
	json_encode(part, out);
	json_decref(part);
	json_decref(whole);
}

static void put_text_json(struct buf *out, const char *text)
{
	json_t *json = json_string(text);
	json_encode(json, out);
	json_decref(json);
}

static void put_percent(struct buf *out, const char *text)
{
	for (; *text; text++) {
		bool plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
			     (*text >= '0' && *text <= '9') || strchr("-._~,|:/", *text);
		buf_printf(out, plain ? "%c" : "%%%02X", (unsigned char)*text);
	}
}

static char *link_url(struct searching *s, const char *page)
{
	struct buf url = {0};
	buf_printf(&url, "%s/%s", fhir_base(s->vault, s->x), fhir_type_name(s->access.type));
	char mark = '?';
	for (size_t i = 0; i < s->x->ask.param_count; i++) {
		if (page && strcmp(s->x->ask.params[i].name, "_page") == 0)
			continue;
		buf_printf(&url, "%c", mark);
		put_percent(&url, s->x->ask.params[i].name);
		buf_add_text(&url, "=");
		put_percent(&url, s->x->ask.params[i].value);
		mark = '&';
	}
	if (page)
		buf_printf(&url, "%c_page=%s", mark, page);
	char *text = arena_text_n(s->x->arena, (const char *)url.at, url.size);
	buf_done(&url);
	return text;
}

// Written as text: the resources are stored as the bytes that leave, and are not parsed again.
static void answer_bundle(struct searching *s)
{
	struct exchange *x = s->x;
	struct buf out = {0};
	const char *base = fhir_base(s->vault, x);
	buf_add_text(&out, "{\"resourceType\":\"Bundle\",\"type\":\"searchset\",");
	if (s->result.total >= 0)
		buf_printf(&out, "\"total\":%lld,", (long long)s->result.total);
	buf_add_text(&out, "\"link\":[{\"relation\":\"self\",\"url\":");
	put_text_json(&out, link_url(s, NULL));
	if (s->result.next) {
		buf_add_text(&out, "},{\"relation\":\"next\",\"url\":");
		put_text_json(&out, link_url(s, s->result.next));
	}
	buf_add_text(&out, "}]");
	for (size_t i = 0; i < s->shown_count; i++) {
		const struct record *record = s->shown[i].record;
		buf_add_text(&out, i ? "},{" : ",\"entry\":[{");
		buf_printf(&out, "\"fullUrl\":\"%s/%s/%s\",\"resource\":", base,
			fhir_type_name(record->type), record->id);
		put_resource(&out, &s->shown[i]);
		buf_add_text(&out, ",\"search\":{\"mode\":\"match\"}");
	}
	buf_add_text(&out, s->shown_count ? "}]}" : "}");
	answer_bytes(x, 200, buf_bytes(&out));
	buf_done(&out);
}

// A search over many patients: what is counted is named on the trail, and neither the total nor a
// further page tells what was held back. Where hits may be held back all of them are looked at.
static void widen(struct searching *s)
{
	s->person = s->access.type == fhir_type_patient();
	s->asked_count = s->query.count;
	s->everywhere = !s->query.patient && fhir_type_in_compartment(s->access.type);
	s->reads_all = s->person || who_reads_all(s->vault, s->x, s->access.type);
	if (s->everywhere && !s->reads_all) {
		s->query.may = may_look;
		s->query.may_context = s;
	}
	if (s->everywhere &&
		(!s->reads_all || (s->query.want_total && !s->query.count && !s->person)))
		s->query.count = RECORDS_SEARCH_COUNT;
}

static void narrow(struct searching *s)
{
	bool complete = !s->result.next && !s->query.page;
	if (!s->everywhere)
		return;
	if (s->result.total >= 0 && !s->person)
		s->result.total = complete ? (int64_t)s->shown_count : -1;
	if (!s->asked_count) {
		s->shown_count = 0;
		s->result.next = NULL;
	}
}

static void note_search(struct searching *s)
{
	struct trail_entry note = note_access(s->x, &s->access, &s->verdict, TRAIL_ALLOWED);
	note.status = 200;
	if (s->held_back)
		note.detail = arena_printf(s->x->arena, "%zu %s held back", s->held_back,
			text_plural(s->held_back, "hit was", "hits were"));
	if (s->person && s->result.total >= 0) // those on other pages, too
		note_add_patients(
			s->vault, s->x, &note, s->result.counted, (size_t)s->result.total);
	else
		note_add_patients(s->vault, s->x, &note, s->named.patients, s->named.count);
}

static void search(struct searching *s)
{
	struct exchange *x = s->x;
	struct records *records = s->vault->parts.records;
	struct query_problem problem;
	const struct query_params params = {x->ask.params, x->ask.param_count};
	enum err err = fhir_query_of_params(
		s->vault, s->access.type, &params, x->arena, &s->query, &problem);
	if (err) {
		refuse_query(x, err, &problem);
		return;
	}
	s->access.query = exchange_query(x);
	s->access.patient = s->query.patient;
	s->access.one_person = s->access.type == fhir_type_patient() && names_one(x);
	if (!access_check(s->vault, x, &s->access, &s->verdict))
		return;
	widen(s);
	err = s->staged ? records_search_staged(records, &s->query, x->arena, &s->result)
			: records_search(records, &s->query, x->arena, &s->result);
	if (!err)
		err = decide_hits(s);
	if (err) {
		struct trail_entry note = note_access(x, &s->access, &s->verdict, TRAIL_FAILED);
		note.detail = err_text(err);
		note_add(s->vault, x, &note);
		answer_search_error(s, err);
		return;
	}
	note_search(s);
	narrow(s);
	answer_bundle(s);
}

enum progress fhir_search(struct vault *vault, struct exchange *x)
{
	struct searching s = {.vault = vault, .x = x, .access = {.action = TRAIL_SEARCH}};
	if (fhir_route_type(x, &s.access.type))
		search(&s);
	return PROGRESS_DONE;
}

void fhir_search_staged(struct vault *vault, struct exchange *x, int type)
{
	struct searching s = {.vault = vault,
		.x = x,
		.access = {.action = TRAIL_SEARCH, .type = type},
		.staged = true};
	search(&s);
}
