#include "common/format/json.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A decimal becomes the string MARK + its own text. In JSON the mark is written as an escape, and
// no escape of a peer may stand for it.
#define MARK_TEXT  "\x01"
#define MARK_OPEN  "\"\\u0001"
#define MARK_CLOSE "\""

enum {
	MARK = 1,
	MARK_BYTES = sizeof MARK_OPEN - 1 + sizeof MARK_CLOSE - 1,
	INTEGER_MOST_DIGITS = 18, // always fits 64 bits
};

// A number can hide patient information as well as a text: everything is wiped.
static void free_wiped(void *at)
{
	if (at)
		explicit_bzero(at, malloc_usable_size(at));
	free(at);
}

void json_init(void)
{
	json_set_alloc_funcs(malloc, free_wiped);
	json_object_seed(0);
}

// The first pass: finds decimals, forbidden escapes and deep nesting before jansson sees anything.
struct scan {
	const uint8_t *start, *at, *end;
	const uint8_t *copied; // everything before is in `out` already
	struct buf out;        // stays empty as long as there is no decimal
	unsigned depth, most_depth;
	size_t weight;
	size_t air_bytes; // white space and escapes, which json_encode() leaves out or shortens
	const char *words;
	enum err err;
};

static void scan_fail(struct scan *scan, enum err err, const char *words)
{
	scan->err = err;
	scan->words = words;
}

static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_refused_control(unsigned code)
{
	return code < 0x20 && code != '\b' && code != '\t' && code != '\n' && code != '\f' &&
	       code != '\r';
}

// At the backslash. What is not an escape at all is left for jansson to refuse.
static void scan_escape(struct scan *scan)
{
	const uint8_t *at = scan->at + 1;
	if (scan->end - at < 5 || *at != 'u') {
		scan->at += scan->end - at > 0 ? 2 : 1;
		scan->air_bytes++;
		return;
	}
	unsigned code = 0;
	for (int i = 1; i <= 4; i++) {
		int digit = hex_value(at[i]);
		if (digit < 0) {
			scan->at += 2;
			scan->air_bytes++;
			return;
		}
		code = code * 16 + (unsigned)digit;
	}
	if (is_refused_control(code))
		scan_fail(scan, ERR_INVALID, "a control character is not allowed in text");
	scan->air_bytes += 5;
	scan->at += scan->err == OK ? 6 : 0;
}

static void scan_string(struct scan *scan)
{
	scan->at++;
	while (scan->at < scan->end && scan->err == OK) {
		uint8_t c = *scan->at;
		if (c == '\\') {
			scan_escape(scan);
		} else {
			scan->at++;
			if (c == '"')
				return;
		}
	}
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static const uint8_t *skip_digits(const uint8_t *at, const uint8_t *end)
{
	while (at < end && is_digit(*at))
		at++;
	return at;
}

struct number {
	size_t size;   // 0: this is no number of RFC 8259
	size_t digits; // of the part before the point
	bool whole;    // neither fraction nor exponent
};

static struct number number_measure(const uint8_t *start, const uint8_t *end)
{
	struct number number = {.whole = true};
	const uint8_t *at = start;
	if (at < end && *at == '-')
		at++;
	const uint8_t *first = at;
	at = skip_digits(at, end);
	number.digits = (size_t)(at - first);
	if (number.digits == 0 || (number.digits > 1 && *first == '0'))
		return (struct number){0};
	if (at < end && *at == '.') {
		number.whole = false;
		first = ++at;
		at = skip_digits(at, end);
		if (at == first)
			return (struct number){0};
	}
	if (at < end && (*at == 'e' || *at == 'E')) {
		number.whole = false;
		at++;
		if (at < end && (*at == '+' || *at == '-'))
			at++;
		first = at;
		at = skip_digits(at, end);
		if (at == first)
			return (struct number){0};
	}
	number.size = (size_t)(at - start);
	return number;
}

// A number that stands as a key must not become a string, which would be one: jansson refuses it.
static bool is_key(const uint8_t *at, const uint8_t *end)
{
	while (at < end && is_space(*at))
		at++;
	return at < end && *at == ':';
}

static void scan_number(struct scan *scan)
{
	struct number number = number_measure(scan->at, scan->end);
	if (number.size == 0) {
		scan->at++; // jansson says what is wrong with it
		return;
	}
	if (number.size > JSON_DECIMAL_MOST_BYTES) {
		scan_fail(scan, ERR_LIMIT, "a number has too many digits");
		return;
	}
	bool minus_zero = number.whole && number.size == 2 && memcmp(scan->at, "-0", 2) == 0;
	bool kept = number.whole && !minus_zero && number.digits <= INTEGER_MOST_DIGITS;
	if (!kept && !is_key(scan->at + number.size, scan->end)) {
		buf_add(&scan->out, scan->copied, (size_t)(scan->at - scan->copied));
		buf_add_text(&scan->out, MARK_OPEN);
		buf_add(&scan->out, scan->at, number.size);
		buf_add_text(&scan->out, MARK_CLOSE);
		scan->copied = scan->at + number.size;
	}
	scan->at += number.size;
}

static void scan_structure(struct scan *scan, uint8_t c)
{
	if (c == '{' || c == '[') {
		scan->depth++;
		scan->weight += c == '{' ? JSON_OBJECT_WEIGHT : 1;
	} else if (c == ',') {
		scan->weight++;
	} else if ((c == '}' || c == ']') && scan->depth > 0) {
		scan->depth--;
	} else if (is_space(c)) {
		scan->air_bytes++;
	}
	if (scan->depth > scan->most_depth)
		scan_fail(scan, ERR_LIMIT, "nested too deeply");
}

// Air does not count, so that what was accepted once is accepted again after json_encode().
static void scan_weigh(struct scan *scan)
{
	size_t content = (size_t)(scan->end - scan->start) - scan->air_bytes;
	if (scan->weight > JSON_FREE_WEIGHT + content / JSON_BYTES_PER_WEIGHT)
		scan_fail(scan, ERR_LIMIT, "too many values for a text of this size");
}

static void scan_all(struct scan *scan)
{
	while (scan->at < scan->end && scan->err == OK) {
		uint8_t c = *scan->at;
		if (c == '"') {
			scan_string(scan);
		} else if (c == '-' || is_digit(c)) {
			scan_number(scan);
		} else {
			scan_structure(scan, c);
			scan->at += scan->err == OK;
		}
	}
	if (scan->err == OK)
		scan_weigh(scan);
	if (scan->out.size > 0 && scan->err == OK)
		buf_add(&scan->out, scan->copied, (size_t)(scan->end - scan->copied));
}

struct reason {
	enum json_error_code code;
	enum err err;
	const char *words;
};

static const struct reason reasons[] = {
	{json_error_duplicate_key, ERR_INVALID, "this key stands twice in the same object"},
	{json_error_invalid_utf8, ERR_INVALID, "the text is not valid UTF-8"},
	{json_error_null_character, ERR_INVALID, "a NUL character is not allowed"},
	{json_error_null_byte_in_key, ERR_INVALID, "a NUL character is not allowed"},
	{json_error_premature_end_of_input, ERR_SYNTAX, "the text ends too early"},
	{json_error_end_of_input_expected, ERR_SYNTAX, "there is more text behind the end"},
	{json_error_stack_overflow, ERR_LIMIT, "nested too deeply"},
	{json_error_numeric_overflow, ERR_LIMIT, "a number has too many digits"},
};

static struct reason reason_of(const json_error_t *error)
{
	enum json_error_code code = json_error_code(error);
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
		if (reasons[i].code == code)
			return reasons[i];
	}
	return (struct reason){code, ERR_SYNTAX, "this is not JSON"};
}

static void problem_write(
	struct json_problem *problem, struct bytes text, size_t position, const char *words)
{
	if (!problem)
		return;
	*problem = (struct json_problem){.line = 1, .column = 1, .words = words};
	for (size_t i = 0; i < position && i < text.size; i++) {
		problem->column++;
		if (text.at[i] == '\n') {
			problem->line++;
			problem->column = 1;
		}
	}
}

// Where jansson's position in the scanned text is in the peer's own. Every mark there is ours.
static size_t position_before_scan(struct bytes scanned, size_t position)
{
	size_t marks = 0;
	if (position > scanned.size)
		position = scanned.size;
	const uint8_t *at = scanned.at, *end = scanned.at + position;
	while ((at = memmem(at, (size_t)(end - at), MARK_OPEN, sizeof MARK_OPEN - 1))) {
		marks++;
		at++;
	}
	return position - marks * MARK_BYTES;
}

static enum err parse_scanned(
	struct bytes text, struct bytes scanned, json_t **ret, struct json_problem *ret_problem)
{
	json_error_t error;
	json_t *value = json_loadb((const char *)scanned.at, scanned.size,
		JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (!value) {
		struct reason reason = reason_of(&error);
		size_t position = (size_t)(error.position > 0 ? error.position - 1 : 0);
		if (scanned.at != text.at)
			position = position_before_scan(scanned, position);
		problem_write(ret_problem, text, position, reason.words);
		return reason.err;
	}
	*ret = value;
	return OK;
}

static struct json_limits limits_of(const struct json_limits *limits)
{
	struct json_limits most = {JSON_MOST_BYTES, JSON_MOST_DEPTH};
	if (limits && limits->most_bytes > 0 && limits->most_bytes < most.most_bytes)
		most.most_bytes = limits->most_bytes;
	if (limits && limits->most_depth > 0 && limits->most_depth < most.most_depth)
		most.most_depth = limits->most_depth;
	return most;
}

enum err json_parse_strict(struct bytes text, const struct json_limits *limits, json_t **ret,
	struct json_problem *ret_problem)
{
	struct json_limits most = limits_of(limits);
	if (text.size > most.most_bytes) {
		problem_write(ret_problem, text, 0, "the text is too long");
		return ERR_LIMIT;
	}
	if (text.size == 0) {
		problem_write(ret_problem, text, 0, "there is no text");
		return ERR_SYNTAX;
	}
	struct scan scan = {.start = text.at,
		.at = text.at,
		.end = text.at + text.size,
		.copied = text.at,
		.most_depth = most.most_depth};
	scan_all(&scan);
	enum err err = scan.err;
	if (err != OK)
		problem_write(ret_problem, text, (size_t)(scan.at - scan.start), scan.words);
	else
		err = parse_scanned(
			text, scan.out.size > 0 ? buf_bytes(&scan.out) : text, ret, ret_problem);
	buf_done(&scan.out);
	return err;
}

// Decimals

const char *json_decimal_text(const json_t *value)
{
	if (!json_is_string(value))
		return NULL;
	const char *text = json_string_value(value);
	if (text[0] != MARK)
		return NULL;
	size_t size = json_string_length(value) - 1;
	const uint8_t *at = (const uint8_t *)text + 1;
	return size > 0 && number_measure(at, at + size).size == size ? text + 1 : NULL;
}

bool json_is_decimal(const json_t *value)
{
	return json_decimal_text(value) != NULL;
}

json_t *json_decimal_new(const char *text)
{
	const uint8_t *at = (const uint8_t *)text;
	size_t size = strlen(text);
	if (size == 0 || size > JSON_DECIMAL_MOST_BYTES ||
		number_measure(at, at + size).size != size)
		return NULL;
	char marked[JSON_DECIMAL_MOST_BYTES + 2];
	snprintf(marked, sizeof marked, MARK_TEXT "%s", text);
	return json_string(marked);
}

bool json_number(const json_t *value, double *ret_number)
{
	const char *text = json_decimal_text(value);
	if (text)
		*ret_number = strtod(text, NULL);
	else if (json_is_number(value))
		*ret_number = json_number_value(value);
	else
		return false;
	return true;
}

const char *json_text(const json_t *value)
{
	const char *text = json_string_value(value);
	return text && text[0] != MARK ? text : NULL;
}

const char *json_get_text(const json_t *object, const char *key)
{
	return json_text(json_object_get(object, key));
}

json_t *json_get_object(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);
	return json_is_object(value) ? value : NULL;
}

json_t *json_get_array(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);
	return json_is_array(value) ? value : NULL;
}
