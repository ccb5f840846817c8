// Reading one resource: its current version, an earlier one, all of them.
#include "vault/serve/fhir_answer.h"
#include "vault/serve/fhir_base.h"
#include "vault/serve/handlers.h"

#include "common/base/time.h"
#include "common/format/fhir_type.h"
#include "common/format/json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	HISTORY_COUNT = 50,
	HISTORY_MOST = 500,
	HISTORY_BYTES = 16 * 1024 * 1024
};

static bool unchanged_for_client(const struct exchange *x, const struct record *record)
{
	char etag[32];
	snprintf(etag, sizeof etag, "\"%llu\"", (unsigned long long)record->version);
	return *x->ask.if_none_match && strstr(x->ask.if_none_match, etag);
}

struct asking {
	struct vault *vault;
	struct exchange *x;
	struct access access;
};

// What is large and another's is refused before it is opened.
static enum err may_open(void *context, const struct record *record, bool *ret_may)
{
	struct asking *asking = context;
	struct verdict verdict;
	struct access access = asking->access;
	access.patient = record->patient;
	enum err err = access_decide(asking->vault, asking->x, &access, &verdict);
	if (!err)
		*ret_may = verdict.allowed;
	return err;
}

static enum err read_if_allowed(struct vault *vault, struct exchange *x,
	const struct access *access, uint64_t version, struct record *ret_record)
{
	struct asking asking = {vault, x, *access};
	const struct record_key key = {.type = access->type,
		.id = access->id,
		.version = version,
		.may = may_open,
		.may_context = &asking};
	return records_read(vault->parts.records, &key, x->arena, ret_record);
}

// Decides on what was found, writes the trail and answers.
static enum progress answer_record(
	struct vault *vault, struct exchange *x, struct access *access, const struct record *record)
{
	struct verdict verdict;
	fhir_owners(x, record, access);
	access->version = record->version;
	if (!access_check(vault, x, access, &verdict))
		return PROGRESS_DONE;
	assert(record->json.size); // unopened it was refused: one decision, asked twice
	bool unchanged = unchanged_for_client(x, record);
	struct trail_entry note = note_access(x, access, &verdict, TRAIL_ALLOWED);
	note.status = unchanged ? 304 : 200;
	note_add(vault, x, &note);
	fhir_headers(x, record);
	if (unchanged)
		x->status = 304;
	else
		answer_shared(x, 200, record->json);
	return PROGRESS_DONE;
}

enum progress fhir_read(struct vault *vault, struct exchange *x)
{
	struct access access = {.action = TRAIL_READ};
	struct record record = {0};
	if (!fhir_route_type(x, &access.type) || !fhir_route_id(x, &access.id))
		return PROGRESS_DONE;
	enum err err = read_if_allowed(vault, x, &access, 0, &record);
	if (!err || err == ERR_DENIED)
		return answer_record(vault, x, &access, &record);
	if (err == ERR_GONE)
		access.patient = record.patient;
	fhir_answer_absent(vault, x, &access, err);
	return PROGRESS_DONE;
}

static bool route_version(struct exchange *x, uint64_t *ret_version)
{
	const char *text = route_segment(x, "version");
	char *end;
	*ret_version = strtoull(text, &end, 10);
	if (text[0] >= '1' && text[0] <= '9' && !*end)
		return true;
	answer_error(x, 404, "not-found", "There is no such version.");
	return false;
}

enum progress fhir_vread(struct vault *vault, struct exchange *x)
{
	struct access access = {.action = TRAIL_VREAD};
	struct record record = {0};
	uint64_t version;
	if (!fhir_route_type(x, &access.type) || !fhir_route_id(x, &access.id) ||
		!route_version(x, &version))
		return PROGRESS_DONE;
	enum err err = read_if_allowed(vault, x, &access, version, &record);
	if (!err || err == ERR_DENIED)
		return answer_record(vault, x, &access, &record);
	if (err == ERR_GONE)
		access.patient = record.patient;
	fhir_answer_absent(vault, x, &access, err);
	return PROGRESS_DONE;
}

static const char *method_text(enum record_method method)
{
	return method == RECORD_CREATED ? "POST" : method == RECORD_UPDATED ? "PUT" : "DELETE";
}

static const char *status_text(enum record_method method)
{
	return method == RECORD_CREATED ? "201" : method == RECORD_UPDATED ? "200" : "204";
}

static json_t *history_entry(struct exchange *x, const struct record *record, const char *base)
{
	char at[TIME_TEXT_BYTES];
	const char *type = fhir_type_name(record->type);
	const char *url = arena_printf(x->arena, "%s/%s", type, record->id);
	json_t *resource = NULL;
	time_format(record->updated_us, at);
	json_t *entry = json_pack("{s:s, s:{s:s, s:s}, s:{s:s, s:s, s:s}}", "fullUrl",
		arena_printf(x->arena, "%s/%s", base, url), "request", "method",
		method_text(record->method), "url", record->method == RECORD_CREATED ? type : url,
		"response", "status", status_text(record->method), "etag",
		arena_printf(x->arena, "W/\"%llu\"", (unsigned long long)record->version),
		"lastModified", at);
	if (record->json.size && json_parse_strict(record->json, NULL, &resource, NULL) == OK)
		json_object_set_new(entry, "resource", resource);
	return entry;
}

static size_t number_or(const struct exchange *x, const char *name, size_t otherwise)
{
	const char *text = exchange_param(x, name);
	return text && *text >= '0' && *text <= '9' ? strtoul(text, NULL, 10) : otherwise;
}

struct history {
	struct vault *vault;
	struct exchange *x;
	struct access access;
	struct verdict verdict; // on the current version
	struct record_page page;
	size_t skip, most; // _offset and _count
	struct named named;
};

static json_t *history_link(struct history *h, const char *relation, size_t skip)
{
	return json_pack("{s:s, s:o}", "relation", relation, "url",
		json_sprintf("%s/%s/%s/_history?_count=%zu&_offset=%zu", fhir_base(h->vault, h->x),
			fhir_type_name(h->access.type), h->access.id, h->most, skip));
}

// A version may belong to another patient than the one that is current does.
static bool version_shown(struct history *h, const struct record *record)
{
	struct verdict verdict;
	struct access access = h->access;
	fhir_owners(h->x, record, &access);
	if (access_decide(h->vault, h->x, &access, &verdict) || !verdict.allowed)
		return false;
	fhir_named_add(&h->named, &access);
	return true;
}

// A page ends early where the versions are large.
static enum err read_history(struct history *h)
{
	size_t skip = h->skip, most = h->most;
	struct records *records = h->vault->parts.records;
	const struct record_key key = {.type = h->access.type, .id = h->access.id};
	struct record *versions = arena_alloc(h->x->arena, most * sizeof *versions);
	size_t count = 0, bytes = 0;
	do {
		enum err err =
			records_history(records, &key, skip + count, 1, h->x->arena, &h->page);
		if (err)
			return err;
		if (!h->page.count)
			break;
		versions[count++] = h->page.records[0];
		bytes += h->page.records[0].json.size;
	} while (count < most && bytes < HISTORY_BYTES);
	h->page.records = versions;
	h->page.count = count;
	return OK;
}

static json_t *history_bundle(struct history *h)
{
	json_t *entries = json_array();
	fhir_named_add(&h->named, &h->access);
	for (size_t i = 0; i < h->page.count; i++)
		if (version_shown(h, &h->page.records[i]))
			json_array_append_new(entries, history_entry(h->x, &h->page.records[i],
							       fhir_base(h->vault, h->x)));
	size_t next = h->skip + h->page.count;
	json_t *links = json_array();
	json_array_append_new(links, history_link(h, "self", h->skip));
	if (h->page.count && next < h->page.total)
		json_array_append_new(links, history_link(h, "next", next));
	return json_pack("{s:s, s:s, s:I, s:o, s:o}", "resourceType", "Bundle", "type", "history",
		"total", (json_int_t)h->page.total, "link", links, "entry", entries);
}

enum progress fhir_history(struct vault *vault, struct exchange *x)
{
	struct history h = {.vault = vault,
		.x = x,
		.access = {.action = TRAIL_HISTORY},
		.named = {.arena = x->arena}};
	struct record current = {0};
	if (!fhir_route_type(x, &h.access.type) || !fhir_route_id(x, &h.access.id))
		return PROGRESS_DONE;
	h.skip = number_or(x, "_offset", 0);
	h.most = number_or(x, "_count", HISTORY_COUNT);
	if (h.most < 1 || h.most > HISTORY_MOST)
		h.most = HISTORY_MOST;
	enum err err = read_if_allowed(vault, x, &h.access, 0, &current);
	if (!err || err == ERR_GONE || err == ERR_DENIED) {
		fhir_owners(x, &current, &h.access);
		if (!access_check(vault, x, &h.access, &h.verdict))
			return PROGRESS_DONE;
		err = read_history(&h);
	}
	if (err) {
		fhir_answer_absent(vault, x, &h.access, err);
		return PROGRESS_DONE;
	}
	json_t *bundle = history_bundle(&h);
	struct trail_entry note = note_access(x, &h.access, &h.verdict, TRAIL_ALLOWED);
	note.status = 200;
	note_add_patients(vault, x, &note, h.named.patients, h.named.count);
	answer_json(x, 200, bundle);
	json_decref(bundle);
	return PROGRESS_DONE;
}
