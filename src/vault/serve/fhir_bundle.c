// Bundles: transactions (all or nothing), batches (each for itself), and imports, which keep the
// identities of what they bring and leave alone what is there already.
//
// FHIR's order: DELETE, POST, PUT, GET; then references between entries are rewritten from fullUrl
// to what was assigned, and conditional references (Type?query) to what they find.
#include "vault/ledger/ledger.h"
#include "vault/serve/fhir_bundle_read.h"
#include "vault/serve/fhir_query.h"
#include "vault/serve/handlers.h"

#include "common/base/map.h"
#include "common/base/text.h"
#include "common/format/fhir_outcome.h"
#include "common/format/fhir_refs.h"
#include "common/format/fhir_type.h"
#include "common/format/json.h"

#include <stdlib.h>
#include <string.h>

enum {
	MOST_SEARCHES = 100,
	GIVEN_BYTES = 16 * 1024 * 1024
};

static enum err resolve_query(struct bundling *b, const char *text, const char **ret_text)
{
	const char *query;
	const char *name = bundle_split_query(b->x->arena, text, &query);
	int type = fhir_type_find(name);
	struct record found;
	size_t count = 0;
	if (type == FHIR_TYPE_NONE || !query)
		return OK;
	enum err err = fhir_find_staged(b->vault, b->x, type, query, &found, &count);
	if (err || count != 1) {
		b->problem = arena_printf(b->x->arena, "the reference '%s?…' finds %s", name,
			err     ? err_text(err)
			: count ? "more than one"
				: "nothing");
		return ERR_INVALID;
	}
	*ret_text = arena_printf(b->x->arena, "%s/%s", name, found.id);
	return OK;
}

static enum err rewrite(
	void *context, enum fhir_ref_kind kind, const char *text, const char **ret_text)
{
	struct bundling *b = context;
	const char *found = map_find(b->urls, bytes_text(text));
	if (!found && kind == FHIR_REF_REFERENCE && b->base) // a relative one, from where it stands
		found = map_find(
			b->urls, bytes_text(arena_printf(b->x->arena, "%s%s", b->base, text)));
	if (found) {
		*ret_text = found;
		return OK;
	}
	if (kind != FHIR_REF_REFERENCE)
		return OK;
	if (strchr(text, '?'))
		return resolve_query(b, text, ret_text);
	if (b->mode == IMPORT && text_starts(text, "urn:uuid:")) {
		b->problem = "a reference leads outside of the bundle";
		return ERR_INVALID;
	}
	return OK;
}

// What is there already keeps its id, and is what the others refer to: known before they are
// rewritten. A batch's entries do not refer to each other.
static bool settle_conditions(struct bundling *b)
{
	for (size_t i = 0; i < b->count; i++) {
		struct bundle_entry *e = &b->entries[i];
		struct store_wish wish = {.type = e->type, .if_none_exist = e->if_none_exist};
		bool failed = false;
		if (b->mode != TRANSACTION || !e->if_none_exist || e->method != DOOR_POST)
			continue;
		e->settled = true;
		e->unchanged = fhir_exists(b->vault, b->x, &wish, &e->record, &failed);
		if (failed)
			return false;
		if (!e->unchanged)
			continue;
		e->id = e->record.id;
		e->has_record = true;
		e->status = 200;
		const char *url = json_get_text(e->json, "fullUrl");
		if (url)
			map_set(b->urls, bytes_text(url),
				arena_printf(b->x->arena, "%s/%s", fhir_type_name(e->type), e->id));
	}
	return true;
}

static bool rewrite_all(struct bundling *b)
{
	const struct fhir_ref_visitor visitor = {rewrite, b};
	for (size_t i = 0; i < b->count; i++) {
		struct bundle_entry *e = &b->entries[i];
		if (!e->resource || e->failed)
			continue;
		b->problem = NULL;
		b->base = e->base;
		if (!fhir_refs_walk(e->resource, &visitor))
			continue;
		bundle_refuse(b, i, b->problem ? b->problem : "a reference cannot be read.");
		if (!bundle_failed_alone(b, e))
			return false;
	}
	return true;
}

static bool is_there(struct bundling *b, struct bundle_entry *e)
{
	struct record_key key = {.type = e->type, .id = e->id};
	enum err err = records_read_staged(b->vault->parts.records, &key, b->x->arena, &e->record);
	return err == OK || err == ERR_GONE;
}

static bool store_entry(struct bundling *b, struct bundle_entry *e)
{
	struct store_wish wish = {.type = e->type,
		.id = e->id,
		.resource = e->resource,
		.expected = e->if_match,
		.if_none_exist = e->settled ? NULL : e->if_none_exist,
		.must_be_new = e->method == DOOR_POST,
		.if_none_match = e->if_none_match};
	wish.action = b->mode == IMPORT        ? TRAIL_IMPORT
		      : e->method == DOOR_POST ? TRAIL_CREATE
					       : TRAIL_UPDATE;
	if (e->settled && e->unchanged)
		return true;
	if (b->mode == IMPORT && is_there(b, e)) {
		e->unchanged = true;
		return true;
	}
	if (!fhir_store(b->vault, b->x, &wish, &e->record))
		return false;
	e->has_record = true;
	e->unchanged = wish.unchanged;
	e->status = wish.unchanged || e->record.version > 1 ? 200 : 201;
	return true;
}

static bool delete_entry(struct bundling *b, struct bundle_entry *e)
{
	struct store_wish wish = {.type = e->type, .id = e->id, .expected = e->if_match};
	if (!fhir_remove(b->vault, b->x, &wish, &e->record))
		return false;
	e->status = 204;
	return true;
}

static bool search_entry(struct bundling *b, struct bundle_entry *e)
{
	struct exchange *x = b->x;
	struct door_ask whole = x->ask;
	struct query_problem problem;
	if (++b->searches > MOST_SEARCHES) {
		answer_error(x, 413, "too-large", "A bundle may have %d searches.", MOST_SEARCHES);
		return false;
	}
	x->ask.params = fhir_query_params(
		e->query ? e->query : "", x->arena, &x->ask.param_count, &problem);
	if (x->ask.params)
		fhir_search_staged(b->vault, x, e->type);
	else
		answer_error(x, 400, "invalid", "%s: %s", problem.parameter, problem.words);
	x->ask = whole;
	x->header_count = 0;
	b->given_bytes += x->answer.size;
	e->status = x->status;
	return x->status == 200 &&
	       json_parse_strict(buf_bytes(&x->answer), NULL, &e->found, NULL) == OK;
}

// A read or a search within a bundle: decided and on the trail like any other.
static bool get_entry(struct bundling *b, struct bundle_entry *e)
{
	struct access access = {.action = TRAIL_READ, .type = e->type, .id = e->id};
	struct record_key key = {.type = e->type, .id = e->id};
	struct verdict verdict;
	if (e->id && e->query) {
		answer_error(b->x, 400, "invalid", "A read by id takes no parameters.");
		return false;
	}
	if (b->given_bytes > GIVEN_BYTES) {
		answer_error(
			b->x, 413, "too-large", "This bundle asks for more than fits an answer.");
		return false;
	}
	if (!e->id)
		return search_entry(b, e);
	enum err err = records_read_staged(b->vault->parts.records, &key, b->x->arena, &e->record);
	b->given_bytes += err ? 0 : e->record.json.size;
	if (err) {
		fhir_answer_absent(b->vault, b->x, &access, err);
		return false;
	}
	fhir_owners(b->x, &e->record, &access);
	access.version = e->record.version;
	if (!access_check(b->vault, b->x, &access, &verdict))
		return false;
	struct trail_entry note = note_access(b->x, &access, &verdict, TRAIL_ALLOWED);
	note_add(b->vault, b->x, &note);
	e->status = 200;
	e->has_record = true;
	return true;
}

static bool do_entry(struct bundling *b, struct bundle_entry *e)
{
	switch (e->method) {
	case DOOR_DELETE:
		return delete_entry(b, e);
	case DOOR_GET:
		return get_entry(b, e);
	default:
		return store_entry(b, e);
	}
}

static const enum door_method order[] = {DOOR_DELETE, DOOR_POST, DOOR_PUT, DOOR_GET};

static bool do_all(struct bundling *b)
{
	for (size_t o = 0; o < sizeof order / sizeof *order; o++)
		for (size_t i = 0; i < b->count; i++)
			if (b->entries[i].method == order[o] && !do_entry(b, &b->entries[i]))
				return false;
	return true;
}

// Each entry in its own savepoint; one that fails leaves its outcome and goes on.
static bool do_each(struct bundling *b)
{
	struct records *records = b->vault->parts.records;
	for (size_t o = 0; o < sizeof order / sizeof *order; o++)
		for (size_t i = 0; i < b->count; i++) {
			struct bundle_entry *e = &b->entries[i];
			if (e->failed || e->method != order[o])
				continue;
			if (records_savepoint(records))
				return false;
			bool done = do_entry(b, e);
			if (done ? records_release(records) : records_rollback(records))
				return false;
			if (!done)
				bundle_failed_alone(b, e);
		}
	return true;
}

static const char *status_text(struct exchange *x, uint16_t status)
{
	static const struct {
		uint16_t status;
		const char *text;
	} rows[] = {{200, "OK"}, {201, "Created"}, {204, "No Content"}, {400, "Bad Request"},
		{403, "Forbidden"}, {404, "Not Found"}, {409, "Conflict"}, {410, "Gone"},
		{412, "Precondition Failed"}, {413, "Content Too Large"},
		{422, "Unprocessable Entity"}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].status == status)
			return arena_printf(x->arena, "%u %s", status, rows[i].text);
	return arena_printf(x->arena, "%u", status);
}

static json_t *entry_answer(struct bundling *b, struct bundle_entry *e)
{
	struct exchange *x = b->x;
	json_t *response = json_pack("{s:s}", "status", status_text(x, e->status));
	json_t *entry = json_object(), *resource;
	if (e->has_record) {
		json_object_set_new(response, "location",
			json_sprintf("%s/%s/_history/%llu", fhir_type_name(e->type), e->record.id,
				(unsigned long long)e->record.version));
		json_object_set_new(response, "etag",
			json_sprintf("W/\"%llu\"", (unsigned long long)e->record.version));
	}
	if (e->outcome)
		json_object_set_new(response, "outcome", e->outcome);
	if (e->found)
		json_object_set_new(entry, "resource", e->found);
	bool show = e->method == DOOR_GET || strstr(x->ask.prefer, "return=representation");
	if (e->has_record && show && json_parse_strict(e->record.json, NULL, &resource, NULL) == OK)
		json_object_set_new(entry, "resource", resource);
	json_object_set_new(entry, "response", response);
	return entry;
}

static void answer_bundle(struct bundling *b)
{
	json_t *list = json_array();
	for (size_t i = 0; i < b->count; i++)
		json_array_append_new(list, entry_answer(b, &b->entries[i]));
	json_t *bundle = json_pack("{s:s, s:s, s:o}", "resourceType", "Bundle", "type",
		b->mode == BATCH ? "batch-response" : "transaction-response", "entry", list);
	answer_json(b->x, 200, bundle);
	json_decref(bundle);
}

static void answer_import(struct bundling *b)
{
	size_t unchanged = 0;
	for (size_t i = 0; i < b->count; i++)
		unchanged += b->entries[i].unchanged;
	json_t *json = json_pack("{s:I, s:I, s:[]}", "created", (json_int_t)(b->count - unchanged),
		"unchanged", (json_int_t)unchanged, "failed");
	answer_json(b->x, 200, json);
	json_decref(json);
}

// Of entries that are not answered.
static void drop(struct bundling *b)
{
	for (size_t i = 0; b->entries && i < b->count; i++) {
		json_decref(b->entries[i].outcome);
		json_decref(b->entries[i].found);
	}
}

static enum progress run(struct bundling *b)
{
	struct records *records = b->vault->parts.records;
	enum err err = records_begin(records);
	if (!err)
		err = records_savepoint(records);
	if (err) {
		fhir_answer_storing(b->x, err);
		return PROGRESS_DONE;
	}
	bool done = bundle_read(b) && settle_conditions(b) && rewrite_all(b) &&
		    (b->mode == BATCH ? do_each(b) : do_all(b));
	err = done ? records_release(records) : records_rollback(records);
	if (err)
		fhir_answer_storing(b->x, err);
	if (err || !done) {
		drop(b);
		note_undone(b->vault, b->x, b->first_note);
		return PROGRESS_DONE;
	}
	if (b->mode == IMPORT)
		answer_import(b);
	else
		answer_bundle(b);
	return PROGRESS_STAGED;
}

static enum progress bundle(struct vault *vault, struct exchange *x, bool import)
{
	json_t *json = fhir_body_unchecked(x);
	if (!json)
		return PROGRESS_DONE;
	const char *type = json_get_text(json, "type");
	enum progress progress = PROGRESS_DONE;
	struct bundling b = {.vault = vault,
		.x = x,
		.bundle = json,
		.urls = map_new(),
		.written = map_new(),
		.mode = import                               ? IMPORT
			: type && strcmp(type, "batch") == 0 ? BATCH
							     : TRANSACTION};
	b.first_note = ledger_size(vault->parts.ledger);
	if (!bundle_check(&b) || !fhir_body_is(x, json, fhir_type_find("Bundle")))
		progress = PROGRESS_DONE;
	else if (!import && (!type || (b.mode != BATCH && strcmp(type, "transaction") != 0)))
		answer_error(x, 400, "invalid", "Bundle.type must be transaction or batch.");
	else
		progress = run(&b);
	map_free(b.urls);
	map_free(b.written);
	json_decref(json);
	return progress;
}

enum progress fhir_bundle(struct vault *vault, struct exchange *x)
{
	return bundle(vault, x, false);
}

enum progress api_import(struct vault *vault, struct exchange *x)
{
	return bundle(vault, x, true);
}
