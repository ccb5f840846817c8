// door: what the gate (or the local command line) asks the vault, and what the vault answers.
//
// The gate has taken the HTTP apart: the path is percent-decoded, normalised and valid UTF-8, the
// query is a list of decoded names and values, of the headers only those below are passed on. It
// claims nothing: the vault authenticates the token and decides. The vault checks every field
// again when it decodes.
//
//   ASK          forth  one request, with as much of its body as fits
//   ASK_BODY     forth  u32 id, then more of the body, in order
//   CANCEL       forth  u32 id: the client went away; the vault forgets what is not yet staged
//   ANSWER       back   status, headers, total body size, as much of the body as fits
//   ANSWER_BODY  back   u32 id, then more of the body
//
// Identifiers are chosen by the asking side, unique among its requests in flight.
#pragma once

#include "common/io/channel.h"

enum door_message {
	DOOR_ASK = 1,
	DOOR_ASK_BODY,
	DOOR_CANCEL,
	DOOR_ANSWER,
	DOOR_ANSWER_BODY,
};

enum door_method {
	DOOR_GET = 1,
	DOOR_HEAD,
	DOOR_POST,
	DOOR_PUT,
	DOOR_PATCH,
	DOOR_DELETE,
};

enum door_token_kind {
	DOOR_TOKEN_NONE,
	DOOR_TOKEN_COOKIE, // from the cookie __Host-hospitaller
	DOOR_TOKEN_BEARER, // from "Authorization: Bearer"
};

enum {
	DOOR_PATH_BYTES = 1024,
	DOOR_PARAMS = 64,
	DOOR_PARAM_NAME_BYTES = 128,
	DOOR_PARAM_VALUE_BYTES = 4096,
	DOOR_TOKEN_BYTES = 256,
	DOOR_HEADER_BYTES = 1024, // each of the headers passed on
	DOOR_HEADERS = 16,        // in an answer
	DOOR_BODY_BYTES = 16 * 1024 * 1024,
	DOOR_FIRST_BODY_BYTES = 16 * 1024, // carried in ASK and ANSWER themselves
	DOOR_MORE_BODY_BYTES = 60 * 1024,  // carried in one ASK_BODY or ANSWER_BODY
	DOOR_ANSWER_BODY_TOTAL_BYTES = 48 * 1024 * 1024,
};

struct door_param {
	const char *name, *value;
};

struct door_ask {
	uint32_t id;
	enum door_method method;
	enum door_token_kind token_kind;
	bool same_origin; // the browser says the request comes from our own page
	bool console;     // carries "X-Hospitaller: console": a form on another site cannot
	const char *peer; // address in text; "local" for the command line
	const char *host; // authority the client used
	const char *path;
	const char *token; // never NULL, as all texts here; "" when absent
	const char *if_match, *if_none_match, *if_none_exist, *if_modified_since, *prefer;
	const char *content_type, *accept, *user_agent;
	const char *certificate; // SHA-256 of the client's certificate in hex, or ""
	const char *trace;       // request id: 32 hexadecimal digits made by the gate
	size_t param_count;
	const struct door_param *params;
	uint32_t body_size;      // of the whole body
	struct bytes body_first; // the part that travels in ASK; when parsed, borrowed from it
};

struct door_header {
	const char *name, *value;
};

struct door_answer {
	uint32_t id;
	uint16_t status;
	size_t header_count;
	const struct door_header *headers;
	uint32_t body_size;
	struct bytes body_first; // the same
};

extern const struct message_table door_table;

// Queue a whole ask or answer with all of its body, cut into frames. The *_first fields are
// ignored and filled from `body`. ERR_LIMIT past a ceiling, and nothing is queued.
enum err door_ask_send(struct channel *channel, const struct door_ask *ask, struct bytes body);
enum err door_answer_send(
	struct channel *channel, const struct door_answer *answer, struct bytes body);
void door_cancel_send(struct channel *channel, uint32_t id);

// Decode a payload; texts and spans are copied into the arena. ERR_SYNTAX, ERR_LIMIT, ERR_INVALID.
enum err door_ask_parse(struct bytes payload, struct arena *arena, struct door_ask *ret_ask);
enum err door_answer_parse(
	struct bytes payload, struct arena *arena, struct door_answer *ret_answer);
// ASK_BODY and ANSWER_BODY: the id and the borrowed rest. CANCEL: the id and an empty rest.
enum err door_more_parse(struct bytes payload, uint32_t *ret_id, struct bytes *ret_more);

const char *door_method_text(enum door_method method); // "GET"
