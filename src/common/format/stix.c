#include "common/format/stix.h"

#include "common/base/text.h"
#include "common/base/time.h"
#include "common/format/stix_pattern.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *id;
	enum tlp tlp;
} markings[] = {
	{"marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487", TLP_CLEAR},
	{"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb", TLP_GREEN},
	{"marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421", TLP_AMBER},
	{"marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003", TLP_AMBER_STRICT},
	{"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1", TLP_RED},
	// As STIX 2.1 itself names those of TLP 1.
	{"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9", TLP_CLEAR},
	{"marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da", TLP_GREEN},
	{"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82", TLP_AMBER},
	{"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed", TLP_RED},
};

const char *stix_marking(enum tlp tlp)
{
	for (size_t i = 0; i < sizeof markings / sizeof *markings; i++)
		if (markings[i].tlp == tlp)
			return markings[i].id;
	return NULL;
}

struct reading {
	const struct indicator_taker *taker;
	const json_t *object;
	struct indicator *indicator;
	json_t *names, *own; // of identities by id; TLP of the bundle's own markings by id
	size_t taken;
};

static void left(const struct reading *r, const char *why)
{
	char id[INDICATOR_ID_BYTES];
	const char *text = json_get_text(r->object, "id");
	indicator_words(id, sizeof id, text && *text ? text : "an indicator without an id");
	r->taker->left(r->taker->context, id, why);
}

static enum tlp tlp_of(const struct reading *r, const char *id)
{
	for (size_t i = 0; i < sizeof markings / sizeof *markings; i++)
		if (strcmp(markings[i].id, id) == 0)
			return markings[i].tlp;
	return (enum tlp)json_integer_value(json_object_get(r->own, id));
}

static enum tlp strictest(const struct reading *r)
{
	const json_t *one;
	size_t i;
	enum tlp tlp = TLP_NONE;
	json_array_foreach(json_get_array(r->object, "object_marking_refs"), i, one)
	{
		const char *id = json_text(one);
		enum tlp own = id ? tlp_of(r, id) : TLP_NONE;
		tlp = own > tlp ? own : tlp;
	}
	return tlp;
}

static const char *words_of(const json_t *object)
{
	const char *text = json_get_text(object, "name");
	if (text && *text)
		return text;
	text = json_text(json_array_get(json_get_array(object, "indicator_types"), 0));
	return text ? text : json_text(json_array_get(json_get_array(object, "labels"), 0));
}

static void on_value(void *context, enum observable kind, struct bytes text)
{
	struct reading *r = context;
	enum err err = indicator_set(r->indicator, kind, text);
	if (err) {
		left(r, err == ERR_INVALID ? "it would match almost everybody"
					   : "a value that is not what it is said to be");
		return;
	}
	r->taken++;
	r->taker->take(r->taker->context, r->indicator);
}

static bool time_of(const struct reading *r, const char *key, int64_t *ret_us)
{
	const json_t *value = json_object_get(r->object, key);
	const char *text = json_text(value);
	if (!value)
		return true;
	return text && time_parse(text, ret_us) == OK;
}

static const char *describe(const struct reading *r, struct indicator *i)
{
	const char *author = json_get_text(r->object, "created_by_ref");
	const char *name = author ? json_get_text(r->names, author) : NULL;
	const json_t *sure = json_object_get(r->object, "confidence");
	*i = (struct indicator){.sure = INDICATOR_SURE_UNKNOWN,
		.tlp = strictest(r),
		.revoked = json_is_true(json_object_get(r->object, "revoked"))};
	if (sure && (!json_is_integer(sure) || json_integer_value(sure) < 0 ||
			    json_integer_value(sure) > 100))
		return "a confidence that is not between 0 and 100";
	if (sure)
		i->sure = (int)json_integer_value(sure);
	if (!time_of(r, "valid_from", &i->since_us) || !time_of(r, "valid_until", &i->until_us))
		return "a time that is none";
	indicator_words(i->id, sizeof i->id, json_get_text(r->object, "id"));
	indicator_words(i->author, sizeof i->author, name ? name : author);
	indicator_words(i->name, sizeof i->name, words_of(r->object));
	return *i->id ? NULL : "an indicator without an id";
}

static void read_indicator(struct reading *r)
{
	struct indicator indicator;
	const char *type = json_get_text(r->object, "pattern_type");
	const char *pattern = json_get_text(r->object, "pattern"), *why = describe(r, &indicator);
	r->indicator = &indicator;
	if (why)
		left(r, why);
	else if (!pattern)
		left(r, "it has no pattern");
	else if (type && strcmp(type, "stix") != 0)
		left(r, "a pattern in another language than STIX");
	else if (stix_pattern(bytes_text(pattern), on_value, r, &why))
		left(r, why);
}

static void remember(struct reading *r)
{
	const char *type = json_get_text(r->object, "type"), *id = json_get_text(r->object, "id");
	const char *name = json_get_text(r->object, "name");
	if (!type || !id)
		return;
	if (strcmp(type, "identity") == 0 && name)
		json_object_set_new(r->names, id, json_string(name));
	const char *tlp = json_get_text(json_get_object(r->object, "definition"), "tlp");
	if (strcmp(type, "marking-definition") != 0)
		return;
	enum tlp own = tlp ? tlp_find(tlp) : name ? tlp_find(name) : TLP_NONE;
	if (own)
		json_object_set_new(r->own, id, json_integer(own));
}

static void read_objects(struct reading *r, const json_t *objects, struct stix_page *page)
{
	const json_t *one;
	size_t i;
	json_array_foreach(objects, i, one)
	{
		r->object = one;
		remember(r);
	}
	json_array_foreach(objects, i, one)
	{
		const char *type = json_get_text(one, "type");
		page->objects++;
		if (!type || strcmp(type, "indicator") != 0)
			continue;
		page->indicators++;
		r->object = one;
		read_indicator(r);
	}
}

// A bundle says what it is; an envelope has objects, more and next alone, and may have none.
static enum err check(const json_t *root, struct stix_page *page)
{
	const char *type = json_get_text(root, "type"), *next = json_get_text(root, "next");
	const json_t *objects = json_object_get(root, "objects");
	if (!json_is_object(root) || (objects && !json_is_array(objects)))
		return ERR_INVALID;
	if (type ? strcmp(type, "bundle") != 0
		 : !objects && json_object_size(root) > 0 && !json_object_get(root, "more"))
		return ERR_INVALID;
	page->more = json_is_true(json_object_get(root, "more"));
	if (next && strlen(next) >= sizeof page->next)
		return ERR_LIMIT;
	indicator_words(page->next, sizeof page->next, next);
	return OK;
}

enum err stix_parse(
	struct bytes text, const struct indicator_taker *taker, struct stix_page *ret_page)
{
	const struct json_limits limits = {.most_bytes = STIX_BYTES};
	struct stix_page page = {0};
	json_t *root;
	enum err err = json_parse_strict(text, &limits, &root, NULL);
	if (err)
		return err;
	err = check(root, &page);
	if (!err) {
		struct reading r = {.taker = taker, .names = json_object(), .own = json_object()};
		read_objects(&r, json_object_get(root, "objects"), &page);
		json_decref(r.names);
		json_decref(r.own);
		if (ret_page)
			*ret_page = page;
	}
	json_decref(root);
	return err;
}
