#include "common/format/fhir_primitive.h"

#include "common/base/text.h"
#include "common/format/fhir_date.h"
#include "common/format/fhir_xhtml.h"
#include "common/format/json.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// Not empty, not only white space, and no control characters.
static bool is_string(const char *text)
{
	bool ink = false;
	for (const uint8_t *at = (const uint8_t *)text; *at; at++) {
		if (*at < 0x20 && !is_space((char)*at))
			return false;
		if (*at > 0x20)
			ink = true;
	}
	return ink;
}

// No space at either end and no two of them together.
static bool is_code(const char *text)
{
	bool space = true;
	for (const char *at = text; *at; at++) {
		bool now = (uint8_t)*at <= 0x20;
		if (now && (space || *at != ' '))
			return false;
		space = now;
	}
	return !space;
}

static bool is_uri(const char *text)
{
	for (const char *at = text; *at; at++) {
		if ((uint8_t)*at <= 0x20)
			return false;
	}
	return *text != 0;
}

static bool is_oid(const char *text)
{
	if (!text_starts(text, "urn:oid:"))
		return false;
	const char *at = text + strlen("urn:oid:");
	if (*at < '0' || *at > '2' || at[1] != '.')
		return false;
	for (at++; *at == '.';) {
		size_t digits = strspn(++at, "0123456789");
		if (digits == 0 || (digits > 1 && *at == '0'))
			return false;
		at += digits;
	}
	return *at == 0;
}

static bool is_uuid(const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	if (!text_starts(text, "urn:uuid:"))
		return false;
	text += strlen("urn:uuid:");
	if (strlen(text) != sizeof form - 1)
		return false;
	for (size_t i = 0; form[i]; i++) {
		if (form[i] == '-' ? text[i] != '-' : !strchr("0123456789abcdef", text[i]))
			return false;
	}
	return true;
}

static bool is_base64_letter(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '+' || c == '/';
}

// White space may stand anywhere (R4).
static bool is_base64(const char *text)
{
	size_t count = 0, padding = 0;
	for (const uint8_t *at = (const uint8_t *)text; *at; at++) {
		if (is_space((char)*at))
			continue;
		if (*at == '=')
			padding++;
		else if (!is_base64_letter(*at) || padding > 0)
			return false;
		count++;
	}
	return count > 0 && count % 4 == 0 && padding <= 2;
}

static bool is_text(enum fhir_kind kind, const char *text)
{
	switch (kind) {
	case FHIR_KIND_STRING:
	case FHIR_KIND_MARKDOWN:
		return is_string(text);
	case FHIR_KIND_CODE:
		return is_code(text);
	case FHIR_KIND_ID:
		return text_is_id(text);
	case FHIR_KIND_URI:
	case FHIR_KIND_URL:
	case FHIR_KIND_CANONICAL:
		return is_uri(text);
	case FHIR_KIND_OID:
		return is_oid(text);
	case FHIR_KIND_UUID:
		return is_uuid(text);
	case FHIR_KIND_BASE64_BINARY:
		return is_base64(text);
	case FHIR_KIND_INSTANT:
		return fhir_date_parse(text, FHIR_FORM_INSTANT, NULL);
	case FHIR_KIND_DATE:
		return fhir_date_parse(text, FHIR_FORM_DATE, NULL);
	case FHIR_KIND_DATE_TIME:
		return fhir_date_parse(text, FHIR_FORM_DATE_TIME, NULL);
	case FHIR_KIND_TIME:
		return fhir_time_valid(text);
	case FHIR_KIND_XHTML:
		return is_string(text) && fhir_xhtml_valid(text);
	default:
		assert(!"a kind of text");
		return false;
	}
}

static enum fhir_fit fit_if(bool fits)
{
	return fits ? FHIR_FIT : FHIR_FIT_VALUE;
}

static enum fhir_fit fit_integer(const json_t *value, json_int_t least)
{
	if (!json_is_integer(value))
		return json_is_decimal(value) ? FHIR_FIT_VALUE : FHIR_FIT_KIND;
	json_int_t number = json_integer_value(value);
	return fit_if(number >= least && number <= INT32_MAX);
}

static enum fhir_fit fit_decimal(const json_t *value)
{
	double number;
	if (!json_number(value, &number))
		return FHIR_FIT_KIND;
	return fit_if(isfinite(number));
}

enum fhir_fit fhir_primitive_fit(enum fhir_kind kind, const json_t *value)
{
	switch (kind) {
	case FHIR_KIND_BOOLEAN:
		return json_is_boolean(value) ? FHIR_FIT : FHIR_FIT_KIND;
	case FHIR_KIND_INTEGER:
		return fit_integer(value, INT32_MIN);
	case FHIR_KIND_UNSIGNED_INT:
		return fit_integer(value, 0);
	case FHIR_KIND_POSITIVE_INT:
		return fit_integer(value, 1);
	case FHIR_KIND_DECIMAL:
		return fit_decimal(value);
	default:
		break;
	}
	const char *text = json_text(value);
	return text ? fit_if(is_text(kind, text)) : FHIR_FIT_KIND;
}

const char *fhir_primitive_text(enum fhir_kind kind)
{
	static const char *const texts[] = {
		[FHIR_KIND_BOOLEAN] = "true or false",
		[FHIR_KIND_INTEGER] = "a whole number of 32 bits",
		[FHIR_KIND_UNSIGNED_INT] = "a whole number, 0 or more",
		[FHIR_KIND_POSITIVE_INT] = "a whole number, 1 or more",
		[FHIR_KIND_DECIMAL] = "a number",
		[FHIR_KIND_STRING] = "a text that is not empty and has no control characters",
		[FHIR_KIND_MARKDOWN] = "a text that is not empty and has no control characters",
		[FHIR_KIND_CODE] = "a code: a text without space at its ends",
		[FHIR_KIND_ID] = "an id: 1 to 64 letters, digits, - and .",
		[FHIR_KIND_URI] = "a URI, without spaces",
		[FHIR_KIND_URL] = "a URL, without spaces",
		[FHIR_KIND_CANONICAL] = "a canonical URL, without spaces",
		[FHIR_KIND_OID] = "an OID: urn:oid: and numbers with dots",
		[FHIR_KIND_UUID] = "a UUID: urn:uuid: and lower case hexadecimal digits",
		[FHIR_KIND_BASE64_BINARY] = "base64 with its padding",
		[FHIR_KIND_INSTANT] = "an instant: YYYY-MM-DDThh:mm:ss with a time zone",
		[FHIR_KIND_DATE] = "a date that exists: YYYY, YYYY-MM or YYYY-MM-DD",
		[FHIR_KIND_DATE_TIME] =
			"a date that exists, or a date with a time, hh:mm:ss, and a time zone",
		[FHIR_KIND_TIME] = "a time: hh:mm:ss",
		[FHIR_KIND_XHTML] =
			"one <div> of XHTML, with only the elements and attributes of FHIR's narrative",
	};
	assert(kind <= FHIR_KIND_XHTML);
	return texts[kind];
}
