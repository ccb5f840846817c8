// One line of a selection: the field, its modifiers, and the values, prepared for comparing.
#include "common/format/sigma_in.h"

#include "common/base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	REGEX_COST = 50 // as dear as so many texts
};

enum modifier {
	MOD_ALL,
	MOD_CASED,
	MOD_NEQ,
	MOD_CONTAINS,
	MOD_STARTSWITH,
	MOD_ENDSWITH,
	MOD_EXPAND,
	MOD_WINDASH,
	MOD_UTF16LE,
	MOD_UTF16BE,
	MOD_UTF16,
	MOD_BASE64,
	MOD_BASE64OFFSET,
	MOD_RE,
	MOD_I,
	MOD_M,
	MOD_S,
	MOD_CIDR,
	MOD_LT,
	MOD_LTE,
	MOD_GT,
	MOD_GTE,
	MOD_EXISTS,
	MOD_FIELDREF,
	MODIFIERS
};

// What a modifier is; of most kinds there may be one.
enum modifier_kind {
	KIND_FREE, // says how values are joined or compared
	KIND_PLACE,
	KIND_TEXT, // changes the text; in the order written
	KIND_FLAG, // of a regular expression
	KIND_COMPARE
};

static const struct {
	const char *name;
	enum modifier modifier;
	enum modifier_kind kind;
} modifiers[] = {
	{"all", MOD_ALL, KIND_FREE},
	{"cased", MOD_CASED, KIND_FREE},
	{"neq", MOD_NEQ, KIND_FREE},
	{"contains", MOD_CONTAINS, KIND_PLACE},
	{"startswith", MOD_STARTSWITH, KIND_PLACE},
	{"endswith", MOD_ENDSWITH, KIND_PLACE},
	{"expand", MOD_EXPAND, KIND_TEXT},
	{"windash", MOD_WINDASH, KIND_TEXT},
	{"wide", MOD_UTF16LE, KIND_TEXT},
	{"utf16le", MOD_UTF16LE, KIND_TEXT},
	{"utf16be", MOD_UTF16BE, KIND_TEXT},
	{"utf16", MOD_UTF16, KIND_TEXT},
	{"base64", MOD_BASE64, KIND_TEXT},
	{"base64offset", MOD_BASE64OFFSET, KIND_TEXT},
	{"re", MOD_RE, KIND_COMPARE},
	{"i", MOD_I, KIND_FLAG},
	{"m", MOD_M, KIND_FLAG},
	{"s", MOD_S, KIND_FLAG},
	{"cidr", MOD_CIDR, KIND_COMPARE},
	{"lt", MOD_LT, KIND_COMPARE},
	{"lte", MOD_LTE, KIND_COMPARE},
	{"gt", MOD_GT, KIND_COMPARE},
	{"gte", MOD_GTE, KIND_COMPARE},
	{"exists", MOD_EXISTS, KIND_COMPARE},
	{"fieldref", MOD_FIELDREF, KIND_COMPARE},
};

struct line {
	struct sigma_reader *reader;
	struct sigma_item *item;
	unsigned at; // line of the file
	enum modifier texts[SIGMA_MODIFIERS];
	size_t text_count, room;
	enum sigma_place place;
	enum modifier compare; // MOD_RE …, or MODIFIERS
	bool cased, placed;
	char flags[4];
};

static bool is_encoding(enum modifier m)
{
	return m == MOD_UTF16LE || m == MOD_UTF16BE || m == MOD_UTF16;
}

static bool is_base64(enum modifier m)
{
	return m == MOD_BASE64 || m == MOD_BASE64OFFSET;
}

static void take_modifier(struct line *line, size_t row)
{
	enum modifier m = modifiers[row].modifier;
	const char *wrong = NULL;
	switch (modifiers[row].kind) {
	case KIND_FREE:
		line->item->all |= m == MOD_ALL;
		line->item->negated |= m == MOD_NEQ;
		line->cased |= m == MOD_CASED;
		break;
	case KIND_PLACE:
		wrong = line->placed ? "only one of contains, startswith and endswith" : NULL;
		line->placed = true;
		line->place = m == MOD_CONTAINS     ? PLACE_WITHIN
			      : m == MOD_STARTSWITH ? PLACE_START
						    : PLACE_END;
		break;
	case KIND_TEXT:
		line->texts[line->text_count++] = m;
		break;
	case KIND_FLAG:
		wrong = line->compare != MOD_RE || strchr(line->flags, *modifiers[row].name)
				? "i, m and s once each, after re"
				: NULL;
		if (!wrong)
			line->flags[strlen(line->flags)] = *modifiers[row].name;
		break;
	case KIND_COMPARE:
		wrong = line->compare != MODIFIERS ? "one way of comparing only" : NULL;
		line->compare = m;
	}
	if (wrong)
		sigma_fail(line->reader, ERR_INVALID, line->at, "'%s': %s", modifiers[row].name,
			wrong);
}

// What fits together; a line that could never match is refused, too.
static void check_modifiers(struct line *line)
{
	const char *wrong = NULL;
	bool text = line->compare == MODIFIERS;
	for (size_t i = 0; i < line->text_count; i++) {
		enum modifier m = line->texts[i];
		if (is_encoding(m) && (i + 1 == line->text_count || !is_base64(line->texts[i + 1])))
			wrong = "wide and utf16 are for what base64 or base64offset encodes next";
		if (i && is_base64(m) && is_base64(line->texts[i - 1]))
			wrong = "base64 once";
		if (m == MOD_EXPAND && i)
			wrong = "expand comes first";
		if (m != MOD_EXPAND && !text)
			wrong = "this way of comparing takes its value as it is";
	}
	if (line->placed && !text && line->compare != MOD_FIELDREF)
		wrong = "contains, startswith and endswith are for texts";
	if (line->cased && !text && line->compare != MOD_FIELDREF)
		wrong = "cased is for texts";
	if (line->text_count && line->compare == MOD_FIELDREF)
		wrong = "fieldref takes the name of a field as it is";
	if (wrong)
		sigma_fail(line->reader, ERR_INVALID, line->at, "%s", wrong);
}

static void read_modifiers(struct line *line, char *words)
{
	char *save = NULL;
	size_t count = 0;
	for (char *word = strtok_r(words, "|", &save); word; word = strtok_r(NULL, "|", &save)) {
		size_t row = 0, rows = sizeof modifiers / sizeof *modifiers;
		while (row < rows && strcmp(modifiers[row].name, word) != 0)
			row++;
		if (row == rows)
			sigma_fail(line->reader, ERR_UNSUPPORTED, line->at,
				"the modifier '%.40s' is not supported", word);
		else if (++count > SIGMA_MODIFIERS)
			sigma_fail(line->reader, ERR_LIMIT, line->at, "too many modifiers");
		else
			take_modifier(line, row);
		if (line->reader->err)
			return;
	}
	check_modifiers(line);
}

static struct sigma_value *value_new(struct line *line, enum sigma_op op)
{
	static struct sigma_value nowhere;
	struct sigma_item *item = line->item;
	if (++line->reader->cost > SIGMA_COST) {
		sigma_fail(line->reader, ERR_LIMIT, line->at, "too many values in one rule");
		nowhere = (struct sigma_value){0};
		return &nowhere;
	}
	if (item->count == line->room) {
		size_t room = line->room ? 2 * line->room : 4;
		struct sigma_value *more = arena_alloc(line->reader->arena, room * sizeof *more);
		if (item->count)
			memcpy(more, item->values, item->count * sizeof *more);
		item->values = more;
		line->room = room;
	}
	struct sigma_value *value = &item->values[item->count++];
	value->op = op;
	value->place = line->place;
	value->cased = line->cased;
	return value;
}

// ---- Texts.

static bool is_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '_';
}

// A dash that begins a word stands for all of them.
static void windash(struct buf *glob)
{
	for (size_t i = 0; i + 1 < glob->size; i++)
		if ((glob->at[i] == '-' || glob->at[i] == '/') && is_word(glob->at[i + 1]) &&
			(!i || !is_word(glob->at[i - 1])))
			glob->at[i] = GLOB_DASH;
}

static uint32_t next_character(const struct buf *text, size_t *at)
{
	uint8_t lead = text->at[(*at)++];
	size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
	uint32_t c = more ? lead & (0x3fu >> more) : lead;
	while (more-- && *at < text->size)
		c = c << 6 | (text->at[(*at)++] & 0x3f);
	return c;
}

static void put_unit(struct buf *to, uint16_t unit, bool big)
{
	put_u8(to, (uint8_t)(big ? unit >> 8 : unit));
	put_u8(to, (uint8_t)(big ? unit : unit >> 8));
}

static void utf16(struct buf *text, enum modifier m)
{
	struct buf to = {0};
	if (m == MOD_UTF16) // with its byte order mark
		put_unit(&to, 0xfeff, false);
	for (size_t at = 0; at < text->size;) {
		uint32_t c = next_character(text, &at);
		if (c >= 0x10000) {
			put_unit(&to, (uint16_t)(0xd800 + ((c - 0x10000) >> 10)), m == MOD_UTF16BE);
			c = 0xdc00 + ((c - 0x10000) & 0x3ff);
		}
		put_unit(&to, (uint16_t)c, m == MOD_UTF16BE);
	}
	buf_clear(text);
	buf_add_bytes(text, buf_bytes(&to));
	buf_done(&to);
}

// Of a text that stands `offset` bytes into something longer: only the digits that it alone fixes.
static void base64(struct buf *text, size_t offset, bool alone)
{
	static const size_t head[] = {0, 2, 3};
	struct buf padded = {0};
	buf_add(&padded, "   ", offset);
	buf_add_bytes(&padded, buf_bytes(text));
	size_t rest = padded.size % 3;
	char *digits = malloc(text_base64_size(padded.size));
	if (!digits)
		abort();
	text_base64(buf_bytes(&padded), digits);
	size_t size = strlen(digits), tail = alone || !rest ? 0 : rest == 1 ? 3 : 2;
	size_t from = alone ? 0 : head[offset];
	buf_clear(text);
	if (size > from + tail)
		buf_add(text, digits + from, size - from - tail);
	free(digits);
	buf_done(&padded);
}

static bool plain_text(const struct buf *glob)
{
	for (size_t i = 0; i < glob->size; i++)
		if (glob->at[i] >= GLOB_DASH)
			return false;
	return true;
}

static void add_text(struct line *line, struct buf *glob)
{
	struct buf whole = {0};
	if (glob->size > SIGMA_PATTERN_BYTES) {
		sigma_fail(line->reader, ERR_LIMIT, line->at, "this text is too long");
		return;
	}
	if (line->place == PLACE_WITHIN || line->place == PLACE_END)
		put_u8(&whole, GLOB_MANY);
	buf_add_bytes(&whole, buf_bytes(glob));
	if (line->place == PLACE_WITHIN || line->place == PLACE_START)
		put_u8(&whole, GLOB_MANY);
	struct sigma_value *value = value_new(line, OP_TEXT);
	pattern_init(&value->pattern, &whole, line->cased, line->reader->arena);
	buf_done(&whole);
}

// Applies the modifiers from `from` on; base64offset makes three texts of one.
static void change_text(struct line *line, struct buf *glob, size_t from)
{
	for (; from < line->text_count && !line->reader->err; from++) {
		enum modifier m = line->texts[from];
		if (m == MOD_EXPAND)
			continue;
		if (m == MOD_WINDASH) {
			windash(glob);
			continue;
		}
		bool bytes = from && is_encoding(line->texts[from - 1]); // no text any more
		if (!bytes && !plain_text(glob)) {
			sigma_fail(line->reader, ERR_INVALID, line->at,
				"a text with wildcards cannot be encoded");
			return;
		}
		if (is_encoding(m))
			utf16(glob, m);
		if (m == MOD_BASE64)
			base64(glob, 0, true);
		for (size_t offset = 0; m == MOD_BASE64OFFSET && offset < 3; offset++) {
			struct buf one = {0};
			buf_add_bytes(&one, buf_bytes(glob));
			base64(&one, offset, false);
			if (!one.size)
				sigma_fail(line->reader, ERR_INVALID, line->at,
					"this text is too short to be found by base64offset");
			else
				change_text(line, &one, from + 1);
			buf_done(&one);
		}
		if (m == MOD_BASE64OFFSET)
			return;
	}
	if (!line->reader->err)
		add_text(line, glob);
}

static void read_text(struct line *line, const char *text)
{
	struct buf glob = {0};
	if (strlen(text) > SIGMA_PATTERN_BYTES)
		sigma_fail(line->reader, ERR_LIMIT, line->at, "this text is too long");
	else
		pattern_read(text, &glob);
	if (!line->reader->err)
		change_text(line, &glob, 0);
	buf_done(&glob);
}

// ---- Everything else a value can be.

static void read_regex(struct line *line, const char *text)
{
	char words[120] = "";
	struct sigma_regex *regex;
	if (strlen(text) > SIGMA_PATTERN_BYTES)
		sigma_fail(line->reader, ERR_LIMIT, line->at, "this expression is too long");
	else if (regex_new(line->reader->rule, text, line->flags, &regex, words))
		sigma_fail(line->reader, ERR_INVALID, line->at, "this is no regular expression: %s",
			words);
	else
		value_new(line, OP_REGEX)->regex = regex;
	line->reader->cost += REGEX_COST;
}

static void read_cidr(struct line *line, const char *text)
{
	char address[INET6_ADDRSTRLEN], *end = NULL;
	struct sigma_cidr cidr = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};
	const char *slash = strchr(text, '/');
	long most = cidr.family == AF_INET6 ? 128 : 32;
	long bits = slash && slash[1] >= '0' && slash[1] <= '9' ? strtol(slash + 1, &end, 10) : -1;
	size_t length = slash ? (size_t)(slash - text) : sizeof address;
	bool fine = length < sizeof address && bits >= 0 && bits <= most && end && !*end;
	if (fine) {
		memcpy(address, text, length);
		address[length] = 0;
		fine = inet_pton(cidr.family, address, cidr.address) == 1;
	}
	cidr.bits = (int)bits;
	if (fine)
		value_new(line, OP_CIDR)->cidr = cidr;
	else
		sigma_fail(line->reader, ERR_INVALID, line->at,
			"a network is expected, such as 10.0.0.0/8");
}

static void read_number(struct line *line, const char *text)
{
	static const enum sigma_op ops[MODIFIERS] = {[MOD_LT] = OP_LESS,
		[MOD_LTE] = OP_AT_MOST,
		[MOD_GT] = OP_MORE,
		[MOD_GTE] = OP_AT_LEAST};
	char *end = NULL;
	double number = strtod(text, &end);
	bool digits = strspn(text, "+-.0123456789eE") == strlen(text);
	if (!*text || *end || !digits || !isfinite(number))
		sigma_fail(line->reader, ERR_INVALID, line->at, "a number is expected");
	else if (line->item->field < 0 || ocsf_fields[line->item->field].type != OCSF_NUMBER)
		sigma_fail(line->reader, ERR_INVALID, line->at, "this field is not a number");
	else
		value_new(line, ops[line->compare])->number = number;
}

static void read_exists(struct line *line, const char *text)
{
	bool yes = strcmp(text, "true") == 0 || strcmp(text, "yes") == 0;
	if (!yes && strcmp(text, "false") != 0 && strcmp(text, "no") != 0)
		sigma_fail(line->reader, ERR_INVALID, line->at, "exists is true or false");
	else
		value_new(line, yes ? OP_EXISTS : OP_ABSENT);
}

static void read_fieldref(struct line *line, const char *text)
{
	int field = ocsf_field_find(text);
	if (field < 0)
		sigma_fail(line->reader, ERR_INVALID, line->at, "there is no field '%.60s'", text);
	else
		value_new(line, OP_FIELD)->field = field;
}

static void read_word(struct line *line, const char *text)
{
	switch (line->compare) {
	case MOD_RE:
		read_regex(line, text);
		break;
	case MOD_CIDR:
		read_cidr(line, text);
		break;
	case MOD_EXISTS:
		read_exists(line, text);
		break;
	case MOD_FIELDREF:
		read_fieldref(line, text);
		break;
	case MODIFIERS:
		read_text(line, text);
		break;
	default:
		read_number(line, text);
	}
}

// %name% becomes each value of that list; one list in a text.
static void expand(struct line *line, const char *text)
{
	char name[64];
	const char *from = strchr(text, '%'), *to = from ? strchr(from + 1, '%') : NULL;
	const struct sigma_lists *lists = line->reader->lists;
	if (!to || strchr(to + 1, '%') || to - from < 2 || (size_t)(to - from) > sizeof name) {
		sigma_fail(line->reader, ERR_INVALID, line->at,
			"expand takes one %%name%% of a list in each text");
		return;
	}
	snprintf(name, sizeof name, "%.*s", (int)(to - from - 1), from + 1);
	const struct sigma_list *list = lists ? lists->find(lists->context, name) : NULL;
	if (!list || !list->count) {
		sigma_fail(line->reader, ERR_INVALID, line->at,
			"there is no list '%s', or nothing is in it", name);
		return;
	}
	for (size_t i = 0; i < list->count && !line->reader->err; i++)
		read_word(line, arena_printf(line->reader->arena, "%.*s%s%s", (int)(from - text),
					text, list->values[i], to + 1));
}

bool sigma_is_null(const struct yaml *node)
{
	return node->kind == YAML_SCALAR && node->plain &&
	       (!*node->text || strcmp(node->text, "~") == 0 || strcmp(node->text, "null") == 0 ||
		       strcmp(node->text, "Null") == 0 || strcmp(node->text, "NULL") == 0);
}

static void read_value(struct line *line, const struct yaml *node)
{
	line->at = node->line;
	if (node->kind != YAML_SCALAR)
		sigma_fail(line->reader, ERR_INVALID, node->line, "a value is expected here");
	else if (sigma_is_null(node) && line->compare == MODIFIERS && !line->text_count &&
		 !line->placed && !line->cased)
		value_new(line, OP_NULL);
	else if (sigma_is_null(node))
		sigma_fail(line->reader, ERR_INVALID, node->line, "null takes no modifier");
	else if (line->text_count && line->texts[0] == MOD_EXPAND)
		expand(line, node->text);
	else
		read_word(line, node->text);
}

static struct sigma_node *read_values(struct line *line, const struct yaml *node)
{
	if (node->kind == YAML_LIST)
		for (const struct yaml *one = node->first; one && !line->reader->err;
			one = one->next)
			read_value(line, one);
	else
		read_value(line, node);
	if (!line->item->count)
		sigma_fail(line->reader, ERR_INVALID, node->line, "there is no value here");
	struct sigma_node *made = sigma_node_new(line->reader, NODE_ITEM);
	made->item = line->item;
	made->cost = line->item->count;
	return line->reader->err ? NULL : made;
}

static struct line line_begin(struct sigma_reader *reader, unsigned at)
{
	struct line line = {.reader = reader, .at = at, .compare = MODIFIERS};
	line.item = arena_alloc(reader->arena, sizeof *line.item);
	return line;
}

struct sigma_node *sigma_item_read(struct sigma_reader *reader, const struct yaml *node)
{
	struct line line = line_begin(reader, node->line);
	char *key = arena_text(reader->arena, node->key), *bar = strchr(key, '|');
	if (bar)
		*bar = 0;
	line.item->field = *key ? ocsf_field_find(key) : SIGMA_ANY_FIELD;
	if (*key && line.item->field < 0)
		sigma_fail(reader, ERR_INVALID, node->line, "there is no field '%.60s'", key);
	if (!*key) // keywords: anywhere in a value
		line.place = PLACE_WITHIN;
	if (bar)
		read_modifiers(&line, bar + 1);
	return reader->err ? NULL : read_values(&line, node);
}

struct sigma_node *sigma_keywords_read(struct sigma_reader *reader, const struct yaml *list)
{
	struct line line = line_begin(reader, list->line);
	line.item->field = SIGMA_ANY_FIELD;
	line.place = PLACE_WITHIN;
	return read_values(&line, list);
}
