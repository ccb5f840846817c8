// ask: from an HTTP request, as nginx took it apart, to what the vault is asked. Plain C, without
// nginx, so that it can be tested and fuzzed alone.
//
// What always holds for an ask that is made: the path is percent-decoded, has no empty, "." or ".."
// segment, no NUL, control character or backslash, and is valid UTF-8; parameters and headers are
// text without control characters but tab and line ends; every text is below its ceiling in
// common/message/door.h. Everything else is refused with a status and a sentence.
#pragma once

#include "common/message/door.h"

enum {
	HTTP_HEADERS_MOST = 64, // more are refused: none is overlooked in silence
	// Of one header and of all, names included. nginx itself takes twice as much: what is
	// larger than this is answered, where over HTTP/2 nginx would end the whole connection.
	HTTP_HEADER_BYTES = 16 * 1024,
	HTTP_HEADERS_BYTES = 32 * 1024
};

struct http_header {
	struct bytes name, value; // name in lower case
};

struct http_head {
	struct bytes method;
	struct bytes target; // as on the request line: path and query, not decoded
	const struct http_header *headers;
	size_t header_count;
	struct bytes peer;  // address in text
	struct bytes trace; // request id
};

struct http_refusal {
	uint16_t status;
	const char *code, *words; // the API's code (docs/api.md); static
};

// Texts live in the arena. ERR_INVALID with a refusal.
enum err http_ask(const struct http_head *head, struct arena *arena, struct door_ask *ret_ask,
	struct http_refusal *ret_refusal);
// Adds the parameters of an application/x-www-form-urlencoded body to those of the query.
enum err http_add_form(struct bytes form, struct arena *arena, struct door_ask *ask,
	struct http_refusal *ret_refusal);
bool http_is_form(const struct door_ask *ask);
// How large a body this request may have: small until somebody shows a token.
size_t http_body_limit(const struct door_ask *ask);
// A body that is about to be read. nginx holds all of it in memory before the vault sees it, and
// who sends it is not known yet: so many large ones at once, and not more.
enum {
	HTTP_LARGE_BODY_BYTES = 256 * 1024,
	HTTP_LARGE_MOST = 16
};
struct http_coming {
	int64_t size_bytes;  // -1: not said beforehand
	unsigned large_ones; // that are being read or wait
};
// *ret_large: it counts among them. ERR_INVALID with a refusal: too large for somebody who shows no
// token, of a size that they do not say, or one too many.
enum err http_body_check(const struct door_ask *ask, const struct http_coming *coming,
	bool *ret_large, struct http_refusal *ret_refusal);
// An error in the caller's own terms: OperationOutcome below /fhir, else the API's form.
struct bytes http_refusal_body(
	const struct http_refusal *refusal, struct bytes target, struct arena *arena);
