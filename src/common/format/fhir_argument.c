#include "common/format/fhir_argument.h"

#include "common/base/text.h"
#include "common/format/fhir_date.h"
#include "common/format/fhir_number.h"
#include "common/format/fhir_refs.h"
#include "common/format/fhir_tables.h"

#include <string.h>

enum {
	MOST_PARTS = 3
};

static bool is_name(const char *text, size_t length)
{
	return length > 0 && !memchr(text, ':', length) && !memchr(text, '.', length);
}

enum err fhir_key_parse(const char *text, struct arena *arena, struct fhir_key *ret)
{
	struct fhir_key key = {0};
	size_t length = strlen(text);
	if (length > FHIR_ARGUMENT_MOST_BYTES)
		return ERR_LIMIT;
	const char *dot = memchr(text, '.', length);
	size_t head = dot ? (size_t)(dot - text) : length;
	const char *colon = memchr(text, ':', head);
	size_t name = colon ? (size_t)(colon - text) : head;
	if (!is_name(text, name) || (colon && !is_name(colon + 1, head - name - 1)) ||
		(dot && dot[1] == 0))
		return ERR_SYNTAX;
	key.name = arena_text_n(arena, text, name);
	if (colon)
		key.modifier = arena_text_n(arena, colon + 1, head - name - 1);
	if (dot)
		key.chain = arena_text(arena, dot + 1);
	*ret = key;
	return OK;
}

struct modifier_row {
	const char *name;
	enum fhir_modifier modifier;
	unsigned kinds; // a bit for each enum fhir_param_kind
};

enum {
	STRINGS = 1 << FHIR_PARAM_STRING,
	TOKENS = 1 << FHIR_PARAM_TOKEN,
	REFERENCES = 1 << FHIR_PARAM_REFERENCE,
	ANY = (1 << FHIR_PARAM_KINDS) - 1,
};

static const struct modifier_row modifiers[] = {
	{"missing", FHIR_MISSING, ANY},
	{"exact", FHIR_EXACT, STRINGS},
	{"contains", FHIR_CONTAINS, STRINGS},
	{"not", FHIR_NOT, TOKENS},
	{"text", FHIR_TEXT, TOKENS},
	{"identifier", FHIR_IDENTIFIER, REFERENCES},
};

// *ret_type is set for a modifier that names a type.
static enum err modifier_find(
	const struct fhir_param *param, const char *name, enum fhir_modifier *ret, int *ret_type)
{
	*ret_type = FHIR_TYPE_NONE;
	if (!name) {
		*ret = FHIR_PLAIN;
		return OK;
	}
	for (size_t i = 0; i < sizeof modifiers / sizeof *modifiers; i++) {
		if (strcmp(name, modifiers[i].name) == 0 && modifiers[i].kinds >> param->kind & 1) {
			*ret = modifiers[i].modifier;
			return OK;
		}
	}
	int type = fhir_type_find(name);
	if (param->kind != FHIR_PARAM_REFERENCE || type == FHIR_TYPE_NONE ||
		!fhir_param_targets(param, type))
		return ERR_UNSUPPORTED;
	*ret = FHIR_OF_TYPE;
	*ret_type = type;
	return OK;
}

struct parse {
	const struct fhir_param *param;
	struct arena *arena;
	enum fhir_modifier modifier;
	int type;
};

// The length up to a separator that no backslash stands before.
static size_t span_to(const char *text, char separator)
{
	size_t at = 0;
	while (text[at] && text[at] != separator)
		at += text[at] == '\\' && text[at + 1] ? 2 : 1;
	return at;
}

static char *unescape(struct arena *arena, const char *text, size_t length)
{
	char *plain = arena_text_n(arena, text, length), *to = plain;
	for (const char *from = plain; *from; from++) {
		if (*from == '\\' && from[1] && strchr(",|$\\", from[1]))
			from++;
		*to++ = *from;
	}
	*to = 0;
	return plain;
}

// Splits a value at its bars; absent parts are NULL. Returns how many there are, 0 for too many.
static size_t split_bars(struct arena *arena, const char *text, const char *parts[MOST_PARTS])
{
	for (size_t count = 0; count < MOST_PARTS; count++) {
		size_t length = span_to(text, '|');
		parts[count] = unescape(arena, text, length);
		text += length;
		if (*text == 0)
			return count + 1;
		text++;
	}
	return 0;
}

static enum err parse_token(struct parse *parse, const char *text, struct fhir_wanted *wanted)
{
	if (parse->modifier == FHIR_TEXT) {
		wanted->value.text = unescape(parse->arena, text, strlen(text));
		return OK;
	}
	const char *parts[MOST_PARTS] = {0};
	size_t count = split_bars(parse->arena, text, parts);
	if (count == 0 || count > 2)
		return ERR_SYNTAX;
	if (count == 1) {
		wanted->value.code = parts[0];
		return OK;
	}
	wanted->value.system = parts[0];
	wanted->value.code = *parts[1] ? parts[1] : NULL;
	return *parts[0] || *parts[1] ? OK : ERR_SYNTAX;
}

static const char *read_prefix(const char *text, enum fhir_prefix *ret_prefix)
{
	static const char names[][3] = {[FHIR_EQ] = "eq",
		[FHIR_NE] = "ne",
		[FHIR_GT] = "gt",
		[FHIR_LT] = "lt",
		[FHIR_GE] = "ge",
		[FHIR_LE] = "le",
		[FHIR_SA] = "sa",
		[FHIR_EB] = "eb",
		[FHIR_AP] = "ap"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strncmp(text, names[i], 2) == 0) {
			*ret_prefix = (enum fhir_prefix)i;
			return text + 2;
		}
	}
	*ret_prefix = FHIR_EQ;
	return text;
}

static enum err parse_date(const char *text, struct fhir_wanted *wanted)
{
	struct fhir_interval interval;
	text = read_prefix(text, &wanted->prefix);
	if (!fhir_date_parse(text, FHIR_FORM_SEARCH, &interval))
		return ERR_SYNTAX;
	wanted->value.low_us = interval.low_us;
	wanted->value.high_us = interval.high_us;
	return OK;
}

static enum err parse_number(const char *text, struct fhir_wanted *wanted)
{
	struct fhir_number number;
	text = read_prefix(text, &wanted->prefix);
	if (!fhir_number_parse(text, &number))
		return ERR_SYNTAX;
	wanted->value.number = number.number;
	wanted->value.low = number.low;
	wanted->value.high = number.high;
	return OK;
}

static enum err parse_quantity(struct parse *parse, const char *text, struct fhir_wanted *wanted)
{
	const char *parts[MOST_PARTS] = {0};
	size_t count = split_bars(parse->arena, text, parts);
	if (count == 0)
		return ERR_SYNTAX;
	if (count == 2) // 5|mg has no meaning in R4, but people write it
		parts[2] = parts[1];
	else if (count == 3 && *parts[1])
		wanted->value.system = parts[1];
	if (parts[2] && *parts[2])
		wanted->value.code = parts[2];
	return parse_number(parts[0], wanted);
}

static enum err parse_reference(struct parse *parse, const char *text, struct fhir_wanted *wanted)
{
	if (parse->modifier == FHIR_IDENTIFIER)
		return parse_token(parse, text, wanted);
	const char *plain = unescape(parse->arena, text, strlen(text));
	struct fhir_value *value = &wanted->value;
	struct fhir_ref ref;
	value->text = plain;
	value->type = parse->type;
	if (fhir_ref_parse(plain, parse->arena, &ref)) {
		if (parse->type != FHIR_TYPE_NONE && parse->type != ref.type)
			return ERR_SYNTAX;
		value->type = ref.type;
		value->id = ref.id;
		value->local = ref.local;
		return OK;
	}
	if (text_is_id(plain)) {
		value->id = plain;
		value->local = true;
		return OK;
	}
	return strchr(plain, ':') ? OK : ERR_SYNTAX;
}

static enum err parse_value(struct parse *parse, const char *text, struct fhir_wanted *wanted)
{
	*wanted = (struct fhir_wanted){.value = {.kind = (enum fhir_param_kind)parse->param->kind,
					       .type = FHIR_TYPE_NONE}};
	if (*text == 0)
		return ERR_SYNTAX;
	switch (wanted->value.kind) {
	case FHIR_PARAM_TOKEN:
		return parse_token(parse, text, wanted);
	case FHIR_PARAM_DATE:
		return parse_date(text, wanted);
	case FHIR_PARAM_NUMBER:
		return parse_number(text, wanted);
	case FHIR_PARAM_QUANTITY:
		return parse_quantity(parse, text, wanted);
	case FHIR_PARAM_REFERENCE:
		return parse_reference(parse, text, wanted);
	default:
		wanted->value.text = unescape(parse->arena, text, strlen(text));
		return OK;
	}
}

static size_t count_values(const char *text)
{
	size_t count = 1;
	for (text += span_to(text, ','); *text; text += 1 + span_to(text + 1, ','))
		count++;
	return count;
}

static enum err parse_values(struct parse *parse, const char *text, struct fhir_argument *argument)
{
	size_t count = count_values(text);
	if (count > FHIR_ARGUMENT_MOST_VALUES)
		return ERR_LIMIT;
	argument->at = arena_alloc(parse->arena, count * sizeof *argument->at);
	for (argument->count = 0; argument->count < count; argument->count++) {
		size_t length = span_to(text, ',');
		const char *one = arena_text_n(parse->arena, text, length);
		enum err err = parse_value(parse, one, &argument->at[argument->count]);
		if (err != OK)
			return err;
		text += length + (text[length] == ',');
	}
	return OK;
}

enum err fhir_argument_parse(const struct fhir_param *param, const char *modifier, const char *text,
	struct arena *arena, struct fhir_argument *ret)
{
	struct parse parse = {.param = param, .arena = arena};
	struct fhir_argument argument = {.param = param};
	if (strlen(text) > FHIR_ARGUMENT_MOST_BYTES)
		return ERR_LIMIT;
	enum err err = modifier_find(param, modifier, &parse.modifier, &parse.type);
	if (err != OK)
		return err;
	argument.modifier = parse.modifier;
	if (parse.modifier == FHIR_MISSING) {
		argument.missing = strcmp(text, "true") == 0;
		if (!argument.missing && strcmp(text, "false") != 0)
			return ERR_SYNTAX;
	} else {
		err = parse_values(&parse, text, &argument);
	}
	if (err == OK)
		*ret = argument;
	return err;
}
