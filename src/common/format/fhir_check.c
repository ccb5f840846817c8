#include "common/format/fhir_check.h"

#include "common/base/bytes.h"
#include "common/format/fhir_primitive.h"
#include "common/format/json.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// Where we are, as a chain on the stack; written out only when there is something to say.
struct place {
	const struct place *up;
	const char *name;
	size_t index;
	bool has_index;
};

struct check {
	struct arena *arena;
	struct fhir_problems *problems;
	unsigned depth;
};

enum {
	MOST_DEPTH = JSON_MOST_DEPTH,
	MOST_NAMED_CODES = 12
};

static void place_write(const struct place *place, struct buf *buf)
{
	if (place->up) {
		place_write(place->up, buf);
		if (place->name)
			buf_add_text(buf, ".");
	}
	if (place->name)
		buf_add_text(buf, place->name);
	if (place->has_index)
		buf_printf(buf, "[%zu]", place->index);
}

static void complain(
	struct check *check, const struct place *place, enum fhir_issue issue, const char *words)
{
	struct fhir_problems *problems = check->problems;
	if (problems->count == FHIR_PROBLEMS_MOST)
		return;
	struct buf buf = {0};
	place_write(place, &buf);
	problems->at[problems->count++] = (struct fhir_problem){
		.issue = issue,
		.expression = arena_text_n(check->arena, (const char *)buf.at, buf.size),
		.words = words,
	};
	buf_done(&buf);
}

[[gnu::format(printf, 4, 5)]] static void complain_of(struct check *check,
	const struct place *place, enum fhir_issue issue, const char *format, ...)
{
	if (check->problems->count == FHIR_PROBLEMS_MOST)
		return;
	char words[256];
	va_list args;
	va_start(args, format);
	vsnprintf(words, sizeof words, format, args);
	va_end(args);
	complain(check, place, issue, arena_text(check->arena, words));
}

const struct fhir_element *fhir_element_find(
	const struct fhir_structure *structure, const char *name)
{
	size_t low = structure->first, high = low + structure->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(name, fhir_text(fhir_elements[middle].name));
		if (order == 0)
			return &fhir_elements[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static void check_structure(struct check *check, const struct place *place,
	const struct fhir_structure *structure, const json_t *object);
static void check_resource(
	struct check *check, const struct place *place, const json_t *value, bool contained);

static const struct fhir_structure *structure_of(const struct fhir_element *element)
{
	return &fhir_structures[element->detail];
}

static bool is_primitive(const struct fhir_element *element)
{
	return element->kind < FHIR_KIND_STRUCTURE;
}

static bool code_listed(const struct fhir_code_set *set, const char *code)
{
	size_t low = set->first, high = low + set->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(code, fhir_text(fhir_codes[middle]));
		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

static void complain_of_code(
	struct check *check, const struct place *place, const struct fhir_code_set *set)
{
	struct buf buf = {0};
	for (size_t i = 0; i < set->count && i < MOST_NAMED_CODES; i++)
		buf_printf(&buf, "%s%s", i > 0 ? ", " : "", fhir_text(fhir_codes[set->first + i]));
	complain_of(check, place, FHIR_ISSUE_CODE,
		"This must be one of FHIR's codes for it: %.*s%s.", (int)buf.size,
		(const char *)buf.at, set->count > MOST_NAMED_CODES ? " …" : "");
	buf_done(&buf);
}

static void check_primitive(struct check *check, const struct place *place,
	const struct fhir_element *element, const json_t *value)
{
	enum fhir_kind kind = (enum fhir_kind)element->kind;
	enum fhir_fit fit = fhir_primitive_fit(kind, value);
	const struct fhir_code_set *set = &fhir_code_sets[element->detail];
	if (fit != FHIR_FIT)
		complain_of(check, place,
			fit == FHIR_FIT_KIND ? FHIR_ISSUE_STRUCTURE : FHIR_ISSUE_VALUE,
			"This must be %s.", fhir_primitive_text(kind));
	else if (set->count > 0 && !code_listed(set, json_text(value)))
		complain_of_code(check, place, set);
}

static void check_one(struct check *check, const struct place *place,
	const struct fhir_element *element, const json_t *value)
{
	if (is_primitive(element))
		check_primitive(check, place, element, value);
	else if (element->kind == FHIR_KIND_RESOURCE)
		check_resource(
			check, place, value, strcmp(fhir_text(element->name), "contained") == 0);
	else
		check_structure(check, place, structure_of(element), value);
}

// A null in a list of primitives stands for a value that has only a companion in `_name`.
static bool has_companion(const json_t *companions, size_t index)
{
	return json_is_object(json_array_get(companions, index));
}

static void check_list(struct check *check, const struct place *place,
	const struct fhir_element *element, const json_t *list, const json_t *companions)
{
	if (!json_is_array(list)) {
		complain(check, place, FHIR_ISSUE_STRUCTURE, "This must be a list.");
		return;
	}
	size_t count = json_array_size(list);
	if (count == 0)
		complain(check, place, FHIR_ISSUE_STRUCTURE, "A list must not be empty.");
	for (size_t i = 0; i < count; i++) {
		struct place item = {.up = place, .index = i, .has_index = true};
		const json_t *value = json_array_get(list, i);
		if (!json_is_null(value) || !is_primitive(element))
			check_one(check, &item, element, value);
		else if (!has_companion(companions, i))
			complain(check, &item, FHIR_ISSUE_VALUE,
				"A null needs an object at the same place of the list beside it.");
	}
}

static void check_value(struct check *check, const struct place *place,
	const struct fhir_element *element, const json_t *value, const json_t *companion)
{
	if (element->many)
		check_list(check, place, element, value, companion);
	else if (json_is_array(value))
		complain(check, place, FHIR_ISSUE_STRUCTURE, "This must not be a list.");
	else
		check_one(check, place, element, value);
}

// `_name`: the id and the extensions of a primitive.
static void check_companion(struct check *check, const struct place *place,
	const struct fhir_element *element, const json_t *value)
{
	const struct fhir_structure *structure = &fhir_structures[fhir_counts.element];
	if (!element->many) {
		check_structure(check, place, structure, value);
		return;
	}
	if (!json_is_array(value) || json_array_size(value) == 0) {
		complain(check, place, FHIR_ISSUE_STRUCTURE,
			"This must be a list that is not empty.");
		return;
	}
	for (size_t i = 0; i < json_array_size(value); i++) {
		struct place item = {.up = place, .index = i, .has_index = true};
		const json_t *one = json_array_get(value, i);
		if (!json_is_null(one))
			check_structure(check, &item, structure, one);
	}
}

// What has been seen of the required elements and choices of one object.
struct seen {
	const struct fhir_structure *structure;
	uint64_t slots;
	const struct fhir_element *choice[FHIR_MOST_SLOTS]; // valid where the slot's bit is set
};

static void see(struct check *check, const struct place *place, const struct fhir_element *element,
	struct seen *seen)
{
	const struct fhir_structure *structure = seen->structure;
	if (element->slot == FHIR_NO_SLOT)
		return;
	uint64_t bit = (uint64_t)1 << element->slot;
	if ((seen->slots & bit) && (structure->choices & bit) &&
		seen->choice[element->slot] != element)
		complain_of(check, place, FHIR_ISSUE_INVARIANT,
			"There is already another %s[x]; only one of them is allowed.",
			fhir_text(fhir_slots[structure->first_slot + element->slot]));
	seen->slots |= bit;
	seen->choice[element->slot] = element;
}

static void check_missing(struct check *check, const struct place *place, const struct seen *seen)
{
	const struct fhir_structure *structure = seen->structure;
	uint64_t missing = structure->required & ~seen->slots;
	for (unsigned slot = 0; missing != 0; slot++, missing >>= 1) {
		if (!(missing & 1))
			continue;
		bool choice = structure->choices >> slot & 1;
		complain_of(check, place, FHIR_ISSUE_REQUIRED, "The element %s%s is missing.",
			fhir_text(fhir_slots[structure->first_slot + slot]), choice ? "[x]" : "");
	}
}

// R4's invariant ext-1.
static void check_extension(struct check *check, const struct place *place, const json_t *object,
	const struct seen *seen)
{
	bool has_value = (seen->slots & seen->structure->choices) != 0;
	if (has_value == (json_object_get(object, "extension") != NULL))
		complain(check, place, FHIR_ISSUE_INVARIANT,
			"An extension must have either a value or extensions, and not both.");
}

static void unknown_element(struct check *check, const struct place *place, const char *name,
	const struct fhir_structure *structure)
{
	// The name is the client's own text: only a plain one is said back.
	size_t length =
		strspn(name, "_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
	if (length > 0 && length <= 64 && name[length] == 0)
		complain_of(check, place, FHIR_ISSUE_STRUCTURE, "%s has no element %s.",
			fhir_text(structure->name), name);
	else
		complain_of(check, place, FHIR_ISSUE_STRUCTURE,
			"%s has an element with a name that is not FHIR's.",
			fhir_text(structure->name));
}

// The element that `_name` goes with, NULL when there is no such primitive.
static const struct fhir_element *companion_find(
	const struct fhir_structure *structure, const char *key)
{
	const struct fhir_element *element =
		key[0] == '_' ? fhir_element_find(structure, key + 1) : NULL;
	return element && is_primitive(element) ? element : NULL;
}

// One member of `object`; `place` is where that is.
static void check_member(struct check *check, const struct place *place, const json_t *object,
	const char *key, struct seen *seen)
{
	const struct fhir_structure *structure = seen->structure;
	const json_t *value = json_object_get(object, key);
	struct place here = {.up = place, .name = key};
	const struct fhir_element *element = fhir_element_find(structure, key);
	if (element) {
		const json_t *companion = NULL;
		if (element->many && is_primitive(element)) {
			char name[72];
			snprintf(name, sizeof name, "_%s", key);
			companion = json_object_get(object, name);
		}
		see(check, &here, element, seen);
		check_value(check, &here, element, value, companion);
		return;
	}
	element = companion_find(structure, key);
	if (element) {
		see(check, &here, element, seen);
		check_companion(check, &here, element, value);
	} else {
		unknown_element(check, place, key, structure);
	}
}

static void check_members(struct check *check, const struct place *place,
	const struct fhir_structure *structure, const json_t *object, bool skip_type)
{
	struct seen seen;
	seen.slots = 0;
	seen.structure = structure;
	json_t *walked = (json_t *)object; // jansson's iterator takes no const
	for (void *at = json_object_iter(walked); at; at = json_object_iter_next(walked, at)) {
		const char *key = json_object_iter_key(at);
		if (check->problems->count == FHIR_PROBLEMS_MOST)
			return;
		if (!skip_type || strcmp(key, "resourceType") != 0)
			check_member(check, place, object, key, &seen);
	}
	check_missing(check, place, &seen);
	if (structure == &fhir_structures[fhir_counts.extension])
		check_extension(check, place, object, &seen);
}

static void check_structure(struct check *check, const struct place *place,
	const struct fhir_structure *structure, const json_t *object)
{
	if (!json_is_object(object)) {
		complain(check, place, FHIR_ISSUE_STRUCTURE, "This must be an object.");
		return;
	}
	if (json_object_size(object) == 0) {
		complain(check, place, FHIR_ISSUE_STRUCTURE, "An object must not be empty.");
		return;
	}
	if (check->depth == MOST_DEPTH) {
		complain(check, place, FHIR_ISSUE_TOO_LONG, "This is nested too deeply.");
		return;
	}
	check->depth++;
	check_members(check, place, structure, object, false);
	check->depth--;
}

int fhir_resource_type(const json_t *resource)
{
	const char *name = json_get_text(resource, "resourceType");
	return name ? fhir_type_find(name) : FHIR_TYPE_NONE;
}

static void check_resource(
	struct check *check, const struct place *place, const json_t *value, bool contained)
{
	if (!json_is_object(value)) {
		complain(check, place, FHIR_ISSUE_STRUCTURE, "This must be a resource, an object.");
		return;
	}
	int type = fhir_resource_type(value);
	if (type == FHIR_TYPE_NONE) {
		complain(check, place, FHIR_ISSUE_STRUCTURE,
			"resourceType must be the name of a resource type of FHIR R4.");
		return;
	}
	if (contained && json_object_get(value, "contained"))
		complain(check, place, FHIR_ISSUE_INVARIANT,
			"A contained resource must not contain another one.");
	if (check->depth == MOST_DEPTH) {
		complain(check, place, FHIR_ISSUE_TOO_LONG, "This is nested too deeply.");
		return;
	}
	check->depth++;
	check_members(check, place, &fhir_structures[fhir_types[type].structure], value, true);
	check->depth--;
}

enum err fhir_check(const json_t *resource, struct arena *arena, struct fhir_problems *ret_problems)
{
	struct fhir_problems problems = {0};
	struct check check = {.arena = arena, .problems = &problems};
	int type = fhir_resource_type(resource);
	struct place top = {.name = type == FHIR_TYPE_NONE ? "Resource" : fhir_type_name(type)};
	check_resource(&check, &top, resource, false);
	if (problems.count == 0)
		return OK;
	*ret_problems = problems;
	return ERR_INVALID;
}

const char *fhir_issue_text(enum fhir_issue issue)
{
	static const char *const texts[] = {
		[FHIR_ISSUE_STRUCTURE] = "structure",
		[FHIR_ISSUE_REQUIRED] = "required",
		[FHIR_ISSUE_VALUE] = "value",
		[FHIR_ISSUE_INVARIANT] = "invariant",
		[FHIR_ISSUE_TOO_LONG] = "too-long",
		[FHIR_ISSUE_CODE] = "code-invalid",
	};
	assert(issue < sizeof texts / sizeof *texts);
	return texts[issue];
}
