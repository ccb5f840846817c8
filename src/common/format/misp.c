#include "common/format/misp.h"

#include "common/base/text.h"

#include <stdlib.h>
#include <string.h>

// Of a pair the part before or behind the bar is the value.
static const struct type {
	const char *name;
	enum observable kind;
	int part; // 0: the whole; 1: before the bar; 2: behind it
} types[] = {
	{"ip-src", OBSERVABLE_ADDRESS, 0},
	{"ip-dst", OBSERVABLE_ADDRESS, 0},
	{"ip-src|port", OBSERVABLE_ADDRESS, 1},
	{"ip-dst|port", OBSERVABLE_ADDRESS, 1},
	{"domain", OBSERVABLE_DOMAIN, 0},
	{"hostname", OBSERVABLE_DOMAIN, 0},
	{"hostname|port", OBSERVABLE_DOMAIN, 1},
	{"domain|ip", OBSERVABLE_DOMAIN, 1},
	{"domain|ip", OBSERVABLE_ADDRESS, 2},
	{"url", OBSERVABLE_URL, 0},
	{"md5", OBSERVABLE_HASH, 0},
	{"sha1", OBSERVABLE_HASH, 0},
	{"sha256", OBSERVABLE_HASH, 0},
	{"sha512", OBSERVABLE_HASH, 0},
	{"filename|md5", OBSERVABLE_HASH, 2},
	{"filename|sha1", OBSERVABLE_HASH, 2},
	{"filename|sha256", OBSERVABLE_HASH, 2},
	{"filename|sha512", OBSERVABLE_HASH, 2},
	{"malware-sample", OBSERVABLE_HASH, 2},
	{"user-agent", OBSERVABLE_AGENT, 0},
};

struct marks {
	enum tlp tlp;
	int sure;
};

static int sure_of(const char *tag)
{
	static const struct {
		const char *tag;
		int sure;
	} levels[] = {
		{"misp:confidence-level=\"completely-confident\"", 95},
		{"misp:confidence-level=\"usually-confident\"", 75},
		{"misp:confidence-level=\"fairly-confident\"", 50},
		{"misp:confidence-level=\"rarely-confident\"", 25},
		{"misp:confidence-level=\"unconfident\"", 5},
	};
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
		if (strcmp(levels[i].tag, tag) == 0)
			return levels[i].sure;
	return INDICATOR_SURE_UNKNOWN;
}

static struct marks marks_of(const json_t *tags, struct marks marks)
{
	const json_t *one;
	size_t i;
	json_array_foreach(tags, i, one)
	{
		const char *name = json_get_text(one, "name");
		enum tlp tlp = name && text_starts(name, "tlp:") ? tlp_find(name) : TLP_NONE;
		int sure = name ? sure_of(name) : INDICATOR_SURE_UNKNOWN;
		marks.tlp = tlp > marks.tlp ? tlp : marks.tlp;
		marks.sure = sure >= 0 ? sure : marks.sure;
	}
	return marks;
}

// MISP writes numbers as texts, mostly.
static int64_t seconds_of(const json_t *value)
{
	const char *text = json_text(value);
	int64_t seconds = json_integer_value(value);
	if (text) {
		char *end;
		seconds = strtoll(text, &end, 10);
		if (*end || end == text)
			return 0;
	}
	return seconds > 0 && seconds < 253402300800 ? seconds : 0;
}

struct reading {
	const struct indicator_taker *taker;
	struct marks marks; // of the event
	const char *info, *author;
	const json_t *attribute;
};

static void left(const struct reading *r, const char *why)
{
	char id[INDICATOR_ID_BYTES];
	const char *uuid = json_get_text(r->attribute, "uuid");
	indicator_words(id, sizeof id, uuid && *uuid ? uuid : "an attribute without a uuid");
	r->taker->left(r->taker->context, id, why);
}

static struct bytes part_of(const char *value, int part)
{
	const char *bar = part ? strrchr(value, '|') : NULL;
	if (!bar)
		return bytes_text(value);
	return part == 2 ? bytes_text(bar + 1) : bytes_of(value, (size_t)(bar - value));
}

static void take(const struct reading *r, const struct type *type, const char *value)
{
	struct marks marks = marks_of(json_get_array(r->attribute, "Tag"), r->marks);
	const char *comment = json_get_text(r->attribute, "comment");
	struct indicator i = {.tlp = marks.tlp, .sure = marks.sure};
	i.since_us = 1000000 * seconds_of(json_object_get(r->attribute, "timestamp"));
	i.revoked = json_is_true(json_object_get(r->attribute, "deleted"));
	indicator_words(i.id, sizeof i.id, json_get_text(r->attribute, "uuid"));
	indicator_words(i.author, sizeof i.author, r->author);
	indicator_words(i.name, sizeof i.name, comment && *comment ? comment : r->info);
	enum err err = indicator_set(&i, type->kind, part_of(value, type->part));
	if (err)
		left(r, err == ERR_INVALID ? "it would match almost everybody"
					   : "a value that is not what it is said to be");
	else
		r->taker->take(r->taker->context, &i);
}

static void read_attribute(struct reading *r)
{
	const char *name = json_get_text(r->attribute, "type");
	const char *value = json_get_text(r->attribute, "value");
	bool known = false;
	if (!json_is_true(json_object_get(r->attribute, "to_ids")))
		return;
	if (!name || !value) {
		left(r, "an attribute without a type or a value");
		return;
	}
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(types[i].name, name) == 0) {
			known = true;
			take(r, &types[i], value);
		}
	if (!known)
		left(r, "a type of attribute that is not compared here");
}

static void read_attributes(struct reading *r, const json_t *list)
{
	const json_t *one;
	size_t i;
	json_array_foreach(list, i, one)
	{
		r->attribute = one;
		read_attribute(r);
	}
}

static void read_event(const json_t *event, const struct indicator_taker *taker)
{
	const json_t *one;
	size_t i;
	struct reading r = {.taker = taker,
		.info = json_get_text(event, "info"),
		.author = json_get_text(json_get_object(event, "Orgc"), "name"),
		.marks = {TLP_NONE, INDICATOR_SURE_UNKNOWN}};
	r.marks = marks_of(json_get_array(event, "Tag"), r.marks);
	read_attributes(&r, json_get_array(event, "Attribute"));
	json_array_foreach(json_get_array(event, "Object"), i, one)
		read_attributes(&r, json_get_array(one, "Attribute"));
}

static const json_t *event_of(const json_t *value)
{
	const json_t *event = json_get_object(value, "Event");
	event = event ? event : value;
	bool is = json_get_text(event, "uuid") &&
		  (json_get_array(event, "Attribute") || json_get_array(event, "Object") ||
			  json_get_text(event, "info"));
	return is ? event : NULL;
}

enum err misp_event(struct bytes text, const struct indicator_taker *taker)
{
	const struct json_limits limits = {.most_bytes = MISP_BYTES};
	json_t *root;
	const json_t *one;
	size_t i;
	enum err err = json_parse_strict(text, &limits, &root, NULL);
	if (err)
		return err;
	const json_t *list = json_get_array(root, "response");
	if (!list && event_of(root))
		read_event(event_of(root), taker);
	else if (!list)
		err = ERR_INVALID;
	json_array_foreach(list, i, one) err = event_of(one) ? err : ERR_INVALID;
	if (!err)
		json_array_foreach(list, i, one) read_event(event_of(one), taker);
	json_decref(root);
	return err;
}

static bool is_uuid(const char *text)
{
	size_t size = strspn(text, "0123456789abcdefABCDEF-");
	return size == 36 && !text[size];
}

enum err misp_manifest(struct bytes text, misp_event_row *row, void *context)
{
	const struct json_limits limits = {.most_bytes = MISP_BYTES};
	json_t *root;
	json_t *one;
	const char *uuid;
	enum err err = json_parse_strict(text, &limits, &root, NULL);
	if (err)
		return err;
	if (!json_is_object(root))
		err = ERR_INVALID;
	else if (json_object_size(root) > MISP_EVENTS)
		err = ERR_LIMIT;
	if (!err)
		json_object_foreach(root, uuid, one) err =
			is_uuid(uuid) && json_is_object(one) ? err : ERR_INVALID;
	if (!err)
		json_object_foreach(root, uuid, one)
			row(context, uuid, seconds_of(json_object_get(one, "timestamp")));
	json_decref(root);
	return err;
}

static enum err kind_of(const json_t *root, enum misp_warning *ret_kind)
{
	static const char *const kinds[MISP_WARNINGS_KINDS] = {
		"cidr", "hostname", "string", "substring"};
	const char *type = json_get_text(root, "type");
	type = type ? type : "string";
	for (int i = 0; i < MISP_WARNINGS_KINDS; i++)
		if (strcmp(kinds[i], type) == 0) {
			*ret_kind = (enum misp_warning)i;
			return OK;
		}
	return ERR_UNSUPPORTED;
}

enum err misp_warning_list(struct bytes text, misp_warning_row *row, void *context)
{
	const struct json_limits limits = {.most_bytes = MISP_BYTES};
	struct misp_warnings list = {0};
	json_t *root;
	const json_t *one;
	size_t i;
	enum err err = json_parse_strict(text, &limits, &root, NULL);
	if (err)
		return err;
	const json_t *entries = json_get_array(root, "list");
	err = !entries || !json_get_text(root, "name")   ? ERR_INVALID
	      : json_array_size(entries) > MISP_WARNINGS ? ERR_LIMIT
							 : kind_of(root, &list.kind);
	indicator_words(list.name, sizeof list.name, json_get_text(root, "name"));
	json_array_foreach(entries, i, one) err = !err && !json_text(one) ? ERR_INVALID : err;
	if (!err)
		json_array_foreach(entries, i, one) row(context, &list, json_text(one));
	json_decref(root);
	return err;
}
