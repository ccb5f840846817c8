// json: jansson behind our rules. Everything that reads JSON from a peer comes through here.
//
// What always holds for a value from json_parse_strict():
// - no key occurs twice in an object, all text is valid UTF-8, and no text holds a control
//   character but backspace, tab, line feed, form feed and carriage return;
// - nesting and size stay under the ceilings;
// - numbers keep every digit. What jansson could change (1.50, 1e2, -0, integers past 64 bits) is
//   kept as a marked string: ask with json_is_decimal() and json_decimal_text(), and never with
//   json_is_real(). A peer cannot make the mark: it starts with U+0001, which is refused in input.
// Integers of up to 18 digits are ordinary jansson integers.
//
// json_equal() compares decimals by their text: 1.5 and 1.50 differ, as FHIR wants it.
// Standard: RFC 8259. Pure functions; any role may use them.
#pragma once

#include "common/base/bytes.h"

#include <jansson.h>

enum {
	JSON_MOST_DEPTH = 64,
	JSON_MOST_BYTES = 64 * 1024 * 1024, // a whole Bundle; callers set smaller ceilings
	// A value in memory is far larger than its text: {} is 3 bytes of a list and 300 of memory.
	// An object weighs 4, any other value 1; a text may hold JSON_FREE_WEIGHT and 1 for every 4
	// bytes of content, about twice of what the tightest real records hold.
	JSON_FREE_WEIGHT = 10000,
	JSON_BYTES_PER_WEIGHT = 4,
	JSON_OBJECT_WEIGHT = 4,
	JSON_DECIMAL_MOST_BYTES = 64, // digits of one number
};

// Once in a process that reads JSON, before it is confined and before any other call here: jansson
// takes the secret of its hash tables from the system's randomness, and from now on memory that
// held JSON is wiped when it is given back.
void json_init(void);

// 0 stands for the ceilings above; larger values are cut down to them.
struct json_limits {
	size_t most_bytes;
	unsigned most_depth;
};

// What was wrong, for a person. Line and column count from 1; the column counts bytes.
struct json_problem {
	unsigned line, column;
	const char *words; // plain words, static memory, never a part of the input
};

// `limits` may be NULL. The caller owns *ret (json_decref). ERR_SYNTAX, ERR_INVALID (duplicate
// key, UTF-8, control character), ERR_LIMIT. ret_problem may be NULL; it is written only when
// something is wrong.
enum err json_parse_strict(struct bytes text, const struct json_limits *limits, json_t **ret,
	struct json_problem *ret_problem);

// Adds the value as compact JSON: keys in the order in which they came, decimals with their own
// digits. "/" and non-ASCII text are not escaped. Never fails: a value deeper than the ceiling or
// of a kind that does not exist in JSON is our own mistake (assert).
void json_encode(const json_t *value, struct buf *buf);

bool json_is_decimal(const json_t *value);          // a marked string only
const char *json_decimal_text(const json_t *value); // "1.50"; NULL when it is not one
// A new decimal from its text, which must be a number of RFC 8259; NULL when it is not.
json_t *json_decimal_new(const char *text);
// True for integers and decimals; the nearest double is written.
bool json_number(const json_t *value, double *ret_number);
// A string that is not a decimal; NULL otherwise. Use this, not json_string_value(), on what a
// peer sent.
const char *json_text(const json_t *value);
// Members by name; NULL when absent or of another kind, or when `object` is no object.
const char *json_get_text(const json_t *object, const char *key);
json_t *json_get_object(const json_t *object, const char *key); // borrowed
json_t *json_get_array(const json_t *object, const char *key);  // borrowed
