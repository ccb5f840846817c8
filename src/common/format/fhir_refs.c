#include "common/format/fhir_refs.h"

#include "common/base/text.h"
#include "common/format/fhir_check.h"
#include "common/format/fhir_tables.h"
#include "common/format/json.h"

#include <string.h>

struct walk {
	const struct fhir_ref_visitor *visitor;
	unsigned depth;
};

static enum err walk_structure(
	struct walk *walk, const struct fhir_structure *structure, json_t *object);

static bool is_uri_kind(unsigned kind)
{
	return kind == FHIR_KIND_URI || kind == FHIR_KIND_URL || kind == FHIR_KIND_CANONICAL ||
	       kind == FHIR_KIND_OID || kind == FHIR_KIND_UUID;
}

// Asks the visitor; *ret_value is the new string, or NULL where nothing changes.
static enum err visit(
	struct walk *walk, enum fhir_ref_kind kind, const json_t *value, json_t **ret_value)
{
	const char *text = json_text(value), *other = NULL;
	*ret_value = NULL;
	if (!text)
		return OK;
	enum err err = walk->visitor->visit(walk->visitor->context, kind, text, &other);
	if (err == OK && other)
		*ret_value = json_string(other);
	return err;
}

static enum err walk_resource(struct walk *walk, json_t *resource)
{
	int type = fhir_resource_type(resource);
	if (type == FHIR_TYPE_NONE)
		return OK;
	return walk_structure(walk, &fhir_structures[fhir_types[type].structure], resource);
}

static enum err walk_value(struct walk *walk, const struct fhir_element *element, json_t *value)
{
	if (element->kind == FHIR_KIND_RESOURCE)
		return walk_resource(walk, value);
	return walk_structure(walk, &fhir_structures[element->detail], value);
}

static enum err walk_list(struct walk *walk, const struct fhir_element *element, json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		enum err err;
		if (is_uri_kind(element->kind)) {
			json_t *other;
			err = visit(walk, FHIR_REF_URI, json_array_get(list, i), &other);
			if (err == OK && other)
				json_array_set_new(list, i, other);
		} else {
			err = walk_value(walk, element, json_array_get(list, i));
		}
		if (err != OK)
			return err;
	}
	return OK;
}

static bool leads_on(const struct fhir_element *element)
{
	return element->kind >= FHIR_KIND_STRUCTURE || is_uri_kind(element->kind);
}

static enum err walk_member(
	struct walk *walk, const struct fhir_structure *structure, json_t *object, void *at)
{
	const char *key = json_object_iter_key(at);
	json_t *value = json_object_iter_value(at), *other = NULL;
	bool reference = structure == &fhir_structures[fhir_counts.reference] &&
			 strcmp(key, "reference") == 0;
	enum err err = OK;
	if (reference) {
		err = visit(walk, FHIR_REF_REFERENCE, value, &other);
	} else {
		bool companion = key[0] == '_';
		const struct fhir_element *element =
			companion ? NULL : fhir_element_find(structure, key);
		if (!element || !leads_on(element) || strcmp(key, "fullUrl") == 0)
			return OK;
		if (json_is_array(value))
			return walk_list(walk, element, value);
		if (!is_uri_kind(element->kind))
			return walk_value(walk, element, value);
		err = visit(walk, FHIR_REF_URI, value, &other);
	}
	if (err == OK && other)
		json_object_iter_set_new(object, at, other);
	return err;
}

static enum err walk_structure(
	struct walk *walk, const struct fhir_structure *structure, json_t *object)
{
	if (++walk->depth > JSON_MOST_DEPTH)
		return ERR_LIMIT;
	enum err err = OK;
	for (void *at = json_object_iter(object); at && err == OK;
		at = json_object_iter_next(object, at))
		err = walk_member(walk, structure, object, at);
	walk->depth--;
	return err;
}

enum err fhir_refs_walk(json_t *resource, const struct fhir_ref_visitor *visitor)
{
	struct walk walk = {.visitor = visitor};
	return walk_resource(&walk, resource);
}

// The last '/' before `end`, or NULL.
static const char *slash_before(const char *text, const char *end)
{
	return memrchr(text, '/', (size_t)(end - text));
}

static bool is_base(const char *text, size_t length)
{
	bool web = text_starts(text, "http://") || text_starts(text, "https://");
	return web && !memchr(text, '?', length) && !memchr(text, '#', length);
}

bool fhir_ref_parse(const char *text, struct arena *arena, struct fhir_ref *ret)
{
	const char *history = strstr(text, "/_history/");
	const char *end = history ? history : text + strlen(text);
	const char *id = slash_before(text, end);
	if (!id)
		return false;
	const char *name = slash_before(text, id);
	name = name ? name + 1 : text;
	struct fhir_ref ref = {
		.type = fhir_type_find_n(name, (size_t)(id - name)), .local = name == text};
	if (ref.type == FHIR_TYPE_NONE || (!ref.local && !is_base(text, (size_t)(name - text))))
		return false;
	ref.id = history ? arena_text_n(arena, id + 1, (size_t)(end - id - 1)) : id + 1;
	ref.version = history ? history + strlen("/_history/") : NULL;
	if (!text_is_id(ref.id) || (ref.version && !text_is_id(ref.version)))
		return false;
	*ret = ref;
	return true;
}
