#include "vault/serve/fhir_bundle_read.h"

#include "common/base/map.h"
#include "common/base/text.h"
#include "common/format/fhir_refs.h"
#include "common/format/fhir_type.h"
#include "common/format/json.h"

#include <stdlib.h>
#include <string.h>

enum {
	MOST_ENTRIES = 20000
};

const char *bundle_split_query(struct arena *arena, const char *url, const char **ret_query)
{
	const char *mark = strchr(url, '?');
	*ret_query = mark ? arena_text(arena, mark + 1) : NULL;
	return mark ? arena_text_n(arena, url, (size_t)(mark - url)) : arena_text(arena, url);
}

bool bundle_refuse(struct bundling *b, size_t at, const char *words)
{
	answer_error(b->x, 400, "invalid", "Bundle.entry[%zu]: %s", at, words);
	return false;
}

bool bundle_failed_alone(struct bundling *b, struct bundle_entry *e)
{
	if (b->mode != BATCH)
		return false;
	e->failed = true;
	e->status = b->x->status;
	e->has_record = false;
	if (json_parse_strict(buf_bytes(&b->x->answer), NULL, &e->outcome, NULL))
		e->outcome = NULL;
	b->x->header_count = 0;
	return true;
}

// "Patient", "Patient/1", "Patient?x=y": what the entry is about.
static bool read_url(struct bundling *b, size_t at, const char *url)
{
	struct bundle_entry *e = &b->entries[at];
	const char *path = bundle_split_query(b->x->arena, url, &e->query);
	const char *slash = strchr(path, '/');
	e->type = fhir_type_find_n(path, slash ? (size_t)(slash - path) : strlen(path));
	if (e->type == FHIR_TYPE_NONE)
		return bundle_refuse(b, at, "request.url does not start with a resource type.");
	if (slash && !text_is_id(slash + 1))
		return bundle_refuse(b, at, "request.url does not end with an id.");
	e->id = slash ? slash + 1 : NULL;
	return true;
}

static enum door_method method_of(const char *text)
{
	for (int m = DOOR_GET; m <= DOOR_DELETE; m++)
		if (strcmp(door_method_text((enum door_method)m), text) == 0)
			return (enum door_method)m;
	return 0;
}

static bool read_if_match(struct bundling *b, size_t at, const char *text)
{
	struct bundle_entry *e = &b->entries[at];
	char *end;
	if (!text)
		return true;
	text += text_starts(text, "W/\"") ? 3 : 0;
	e->if_match = strtoull(text, &end, 10);
	return e->if_match ? true : bundle_refuse(b, at, "request.ifMatch must look like W/\"3\".");
}

// A transaction has no order in which the same resource could be changed twice.
static bool is_once(struct bundling *b, size_t at)
{
	struct bundle_entry *e = &b->entries[at];
	const char *key = arena_printf(b->x->arena, "%s/%s", fhir_type_name(e->type), e->id);
	if (map_find(b->written, bytes_text(key)))
		return bundle_refuse(b, at, "another entry changes the same resource.");
	map_set(b->written, bytes_text(key), e);
	return true;
}

static bool read_request(struct bundling *b, size_t at)
{
	struct bundle_entry *e = &b->entries[at];
	const json_t *request = json_get_object(e->json, "request");
	const char *method = json_get_text(request, "method"), *url = json_get_text(request, "url");
	if (!method || !url)
		return bundle_refuse(b, at, "it needs request.method and request.url.");
	e->method = method_of(method);
	if (!e->method || e->method == DOOR_PATCH || e->method == DOOR_HEAD)
		return bundle_refuse(b, at, "request.method must be GET, POST, PUT or DELETE.");
	e->if_none_exist = json_get_text(request, "ifNoneExist");
	const char *none = json_get_text(request, "ifNoneMatch");
	e->if_none_match = none && strcmp(none, "*") == 0;
	if (!read_url(b, at, url) || !read_if_match(b, at, json_get_text(request, "ifMatch")))
		return false;
	bool needs = e->method == DOOR_POST || e->method == DOOR_PUT;
	if (needs != (e->resource != NULL))
		return bundle_refuse(
			b, at, needs ? "it needs a resource." : "it must not have a resource.");
	if (needs && fhir_resource_type(e->resource) != e->type)
		return bundle_refuse(
			b, at, "request.url names another type than the resource has.");
	if (e->method == DOOR_POST)
		e->id = fhir_new_id(b->x->arena);
	if ((e->method == DOOR_PUT && (!e->id || e->query)) || (e->method == DOOR_DELETE && !e->id))
		return bundle_refuse(
			b, at, "conditional update and delete are not supported; name an id.");
	return b->mode == BATCH || e->method == DOOR_GET || is_once(b, at);
}

// An import's entry keeps its identity: the id of urn:uuid:…, of the resource, or of the address.
static bool read_identity(struct bundling *b, size_t at)
{
	struct bundle_entry *e = &b->entries[at];
	const char *url = json_get_text(e->json, "fullUrl");
	const char *slash = url ? strrchr(url, '/') : NULL;
	e->method = DOOR_PUT;
	if (!e->resource)
		return bundle_refuse(b, at, "it needs a resource.");
	e->type = fhir_resource_type(e->resource);
	if (url && text_starts(url, "urn:uuid:"))
		e->id = url + strlen("urn:uuid:");
	else
		e->id = json_get_text(e->resource, "id");
	if (!e->id && slash)
		e->id = slash + 1;
	if (!e->id || !text_is_id(e->id))
		return bundle_refuse(b, at, "it has no identity: fullUrl or resource.id.");
	e->id = arena_text(b->x->arena, e->id); // the resource's own id is about to be replaced
	return true;
}

// RESTful: "http://ex.org/fhir/Patient/1" gives "http://ex.org/fhir/".
static const char *base_of(struct bundling *b, const char *url)
{
	struct fhir_ref ref;
	if (!fhir_ref_parse(url, b->x->arena, &ref) || ref.local || ref.version)
		return NULL;
	size_t tail = strlen(fhir_type_name(ref.type)) + 1 + strlen(ref.id);
	return arena_text_n(b->x->arena, url, strlen(url) - tail);
}

static bool is_valid(struct bundling *b, const json_t *resource)
{
	struct fhir_problems problems;
	if (!resource || !fhir_check(resource, b->x->arena, &problems))
		return true;
	fhir_answer_problems(b->x, &problems);
	return false;
}

static bool read_entry(struct bundling *b, size_t at)
{
	struct bundle_entry *e = &b->entries[at];
	if (b->mode == BATCH && !is_valid(b, e->resource))
		return false;
	if (b->mode == IMPORT ? !read_identity(b, at) : !read_request(b, at))
		return false;
	const char *url = json_get_text(e->json, "fullUrl");
	if (!url || !e->resource)
		return true;
	if (map_find(b->urls, bytes_text(url)))
		return bundle_refuse(b, at, "its fullUrl is there already.");
	map_set(b->urls, bytes_text(url),
		arena_printf(b->x->arena, "%s/%s", fhir_type_name(e->type), e->id));
	e->base = base_of(b, url);
	return true;
}

bool bundle_read(struct bundling *b)
{
	const json_t *list = json_get_array(b->bundle, "entry");
	b->count = json_array_size(list);
	if (b->count > MOST_ENTRIES) {
		answer_error(b->x, 413, "too-large", "A bundle may have %d entries.", MOST_ENTRIES);
		return false;
	}
	b->entries = arena_alloc(b->x->arena, b->count * sizeof *b->entries);
	for (size_t i = 0; i < b->count; i++) {
		struct bundle_entry *e = &b->entries[i];
		e->json = json_array_get(list, i);
		e->resource = json_get_object(e->json, "resource");
		if (!read_entry(b, i) && !bundle_failed_alone(b, e))
			return false;
	}
	return true;
}

bool bundle_check(struct bundling *b)
{
	json_t *list = json_get_array(b->bundle, "entry"), *aside = json_array();
	bool alone = b->mode == BATCH && list;
	for (size_t i = 0; alone && i < json_array_size(list); i++) {
		json_t *resource = json_get_object(json_array_get(list, i), "resource");
		json_array_append(aside, resource ? resource : json_null());
		if (resource)
			json_object_del(json_array_get(list, i), "resource");
	}
	bool valid = is_valid(b, b->bundle);
	for (size_t i = 0; alone && i < json_array_size(list); i++) {
		json_t *resource = json_array_get(aside, i);
		if (json_is_object(resource))
			json_object_set(json_array_get(list, i), "resource", resource);
	}
	json_decref(aside);
	return valid;
}
