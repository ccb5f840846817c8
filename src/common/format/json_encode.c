#include "common/format/json.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void encode_escape(struct buf *buf, uint8_t c)
{
	static const char *const short_forms[0x20] = {
		['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f", ['\r'] = "\\r"};
	if (c == '"')
		buf_add(buf, "\\\"", 2);
	else if (c == '\\')
		buf_add(buf, "\\\\", 2);
	else if (short_forms[c])
		buf_add(buf, short_forms[c], 2);
	else
		buf_printf(buf, "\\u%04x", c);
}

static void encode_text(struct buf *buf, const char *text, size_t size)
{
	const uint8_t *at = (const uint8_t *)text, *end = at + size;
	buf_reserve(buf, size + 2);
	buf_add(buf, "\"", 1);
	while (at < end) {
		const uint8_t *start = at;
		while (at < end && *at >= 0x20 && *at != '"' && *at != '\\')
			at++;
		buf_add(buf, start, (size_t)(at - start));
		if (at < end)
			encode_escape(buf, *at++);
	}
	buf_add(buf, "\"", 1);
}

static void encode_integer(struct buf *buf, json_int_t value)
{
	char digits[24];
	char *end = digits + sizeof digits, *at = end;
	uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	do {
		*--at = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (value < 0)
		*--at = '-';
	buf_add(buf, at, (size_t)(end - at));
}

static void encode_value(struct buf *buf, const json_t *value, unsigned depth);

static void encode_object(struct buf *buf, const json_t *value, unsigned depth)
{
	json_t *object = (json_t *)value; // jansson's iterator takes no const
	const char *separator = "{";
	for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
		const char *key = json_object_iter_key(at);
		buf_add(buf, separator, 1);
		encode_text(buf, key, strlen(key));
		buf_add(buf, ":", 1);
		encode_value(buf, json_object_iter_value(at), depth);
		separator = ",";
	}
	buf_add_text(buf, *separator == '{' ? "{}" : "}");
}

static void encode_array(struct buf *buf, const json_t *value, unsigned depth)
{
	size_t count = json_array_size(value);
	buf_add(buf, "[", 1);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_add(buf, ",", 1);
		encode_value(buf, json_array_get(value, i), depth);
	}
	buf_add(buf, "]", 1);
}

static void encode_string(struct buf *buf, const json_t *value)
{
	const char *decimal = json_decimal_text(value);
	if (decimal)
		buf_add(buf, decimal, json_string_length(value) - 1);
	else
		encode_text(buf, json_string_value(value), json_string_length(value));
}

// Our own figures (statistics, never a peer's): the shortest text that reads back the same.
static void encode_real(struct buf *buf, double value)
{
	assert(isfinite(value));
	char text[32];
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	buf_add_text(buf, text);
}

static void encode_value(struct buf *buf, const json_t *value, unsigned depth)
{
	assert(depth < 4 * JSON_MOST_DEPTH);
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		encode_object(buf, value, depth + 1);
		break;
	case JSON_ARRAY:
		encode_array(buf, value, depth + 1);
		break;
	case JSON_STRING:
		encode_string(buf, value);
		break;
	case JSON_INTEGER:
		encode_integer(buf, json_integer_value(value));
		break;
	case JSON_REAL:
		encode_real(buf, json_real_value(value));
		break;
	case JSON_TRUE:
		buf_add(buf, "true", 4);
		break;
	case JSON_FALSE:
		buf_add(buf, "false", 5);
		break;
	case JSON_NULL:
		buf_add(buf, "null", 4);
		break;
	}
}

void json_encode(const json_t *value, struct buf *buf)
{
	assert(value);
	encode_value(buf, value, 0);
}
