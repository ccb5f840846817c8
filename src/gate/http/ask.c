#include "gate/http/ask.h"

#include "common/base/text.h"

#include <string.h>

enum {
	ANONYMOUS_BODY_BYTES = 16 * 1024,
	TARGET_BYTES = 16 * 1024
};

static enum err refuse(
	struct http_refusal *refusal, uint16_t status, const char *code, const char *words)
{
	*refusal = (struct http_refusal){status, code, words};
	return ERR_INVALID;
}

static int hex_value(uint8_t c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

// Percent-decodes into the arena; NULL for a broken escape and for what is not clean text.
static char *decode(struct bytes text, bool plus_is_space, struct arena *arena)
{
	char *out = arena_alloc(arena, text.size + 1), *to = out;
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.at[i];
		if (c == '%') {
			int high = i + 2 < text.size ? hex_value(text.at[i + 1]) : -1;
			int low = i + 2 < text.size ? hex_value(text.at[i + 2]) : -1;
			if (high < 0 || low < 0)
				return NULL;
			c = (uint8_t)(high << 4 | low);
			i += 2;
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		if (!c)
			return NULL;
		*to++ = (char)c;
	}
	*to = 0;
	return text_is_clean(bytes_of(out, (size_t)(to - out))) ? out : NULL;
}

static bool path_is_clean(const char *path)
{
	if (path[0] != '/')
		return false;
	for (const char *c = path; *c; c++)
		if ((unsigned char)*c < 32 || *c == 127 || *c == '\\')
			return false;
	for (const char *at = path; at; at = strchr(at + 1, '/')) {
		size_t length = strcspn(at + 1, "/");
		bool last = !at[1 + length];
		if ((length == 0 && !last) || (length == 1 && at[1] == '.') ||
			(length == 2 && at[1] == '.' && at[2] == '.'))
			return false;
	}
	return true;
}

static bool has_encoded_slash(struct bytes path)
{
	for (size_t i = 0; i + 2 < path.size; i++)
		if (path.at[i] == '%' &&
			((path.at[i + 1] == '2' && (path.at[i + 2] | 32) == 'f') ||
				(path.at[i + 1] == '5' && (path.at[i + 2] | 32) == 'c')))
			return true;
	return false;
}

static enum err add_params(
	struct bytes query, struct arena *arena, struct door_ask *ask, struct http_refusal *refusal)
{
	struct door_param *params = arena_alloc(arena, DOOR_PARAMS * sizeof *params);
	size_t count = ask->param_count;
	if (count)
		memcpy(params, ask->params, count * sizeof *params);
	for (size_t at = 0; at <= query.size && query.size;) {
		const uint8_t *end = memchr(query.at + at, '&', query.size - at);
		size_t size = end ? (size_t)(end - query.at) - at : query.size - at;
		struct bytes one = bytes_of(query.at + at, size);
		at += size + 1;
		if (!size)
			continue;
		if (count == DOOR_PARAMS)
			return refuse(refusal, 400, "too-large", "There are too many parameters.");
		const uint8_t *equals = memchr(one.at, '=', one.size);
		size_t name = equals ? (size_t)(equals - one.at) : one.size;
		struct bytes value =
			equals ? bytes_of(equals + 1, one.size - name - 1) : bytes_of("", 0);
		params[count].name = decode(bytes_of(one.at, name), true, arena);
		params[count].value = decode(value, true, arena);
		if (!params[count].name || !params[count].value)
			return refuse(refusal, 400, "malformed",
				"A parameter is not text, or its escapes are broken.");
		if (strlen(params[count].name) > DOOR_PARAM_NAME_BYTES ||
			strlen(params[count].value) > DOOR_PARAM_VALUE_BYTES)
			return refuse(refusal, 414, "too-large", "A parameter is too long.");
		count++;
	}
	ask->params = params;
	ask->param_count = count;
	return OK;
}

static enum err read_target(struct bytes target, struct arena *arena, struct door_ask *ask,
	struct http_refusal *refusal)
{
	if (target.size > TARGET_BYTES)
		return refuse(refusal, 414, "too-large", "The address is too long.");
	const uint8_t *mark = target.size ? memchr(target.at, '?', target.size) : NULL;
	size_t size = mark ? (size_t)(mark - target.at) : target.size;
	struct bytes path = bytes_of(target.at, size);
	char *decoded = has_encoded_slash(path) ? NULL : decode(path, false, arena);
	if (!decoded || !path_is_clean(decoded))
		return refuse(
			refusal, 400, "malformed", "This is not an address that can be asked for.");
	size_t length = strlen(decoded);
	if (length > DOOR_PATH_BYTES)
		return refuse(refusal, 414, "too-large", "The address is too long.");
	if (length > 1 && decoded[length - 1] == '/')
		decoded[length - 1] = 0;
	ask->path = decoded;
	return mark ? add_params(bytes_of(mark + 1, target.size - size - 1), arena, ask, refusal)
		    : OK;
}

static enum err read_method(struct bytes method, struct door_ask *ask, struct http_refusal *refusal)
{
	for (int m = DOOR_GET; m <= DOOR_DELETE; m++) {
		if (bytes_equal(method, bytes_text(door_method_text((enum door_method)m)))) {
			ask->method = (enum door_method)m;
			return OK;
		}
	}
	return refuse(refusal, 405, "not-supported", "Use GET, HEAD, POST, PUT, PATCH or DELETE.");
}

// The value of one cookie among "a=b; c=d".
static struct bytes find_cookie(struct bytes header, const char *name)
{
	size_t length = strlen(name);
	for (size_t at = 0; at < header.size;) {
		while (at < header.size && (header.at[at] == ' ' || header.at[at] == ';'))
			at++;
		const uint8_t *end = memchr(header.at + at, ';', header.size - at);
		size_t size = end ? (size_t)(end - header.at) - at : header.size - at;
		if (size > length && memcmp(header.at + at, name, length) == 0 &&
			header.at[at + length] == '=')
			return bytes_of(header.at + at + length + 1, size - length - 1);
		at += size;
	}
	return bytes_of("", 0);
}

static bool token_is_plain(struct bytes token)
{
	for (size_t i = 0; i < token.size; i++)
		if (token.at[i] <= 32 || token.at[i] >= 127)
			return false;
	return token.size <= DOOR_TOKEN_BYTES;
}

static enum err take_token(
	struct bytes token, enum door_token_kind kind, struct arena *arena, struct door_ask *ask)
{
	if (!token.size || !token_is_plain(token))
		return OK; // as good as none: the vault says 401
	ask->token_kind = kind;
	ask->token = arena_text_n(arena, (const char *)token.at, token.size);
	return OK;
}

static bool starts_bearer(struct bytes value)
{
	static const char word[] = "bearer ";
	for (size_t i = 0; i < 7; i++)
		if (i >= value.size || (value.at[i] | 32) != word[i])
			return false;
	return true;
}

// Headers that are passed on as they are.
static const struct {
	const char *name;
	size_t offset;
} passed[] = {{"host", offsetof(struct door_ask, host)},
	{"if-match", offsetof(struct door_ask, if_match)},
	{"if-none-match", offsetof(struct door_ask, if_none_match)},
	{"if-none-exist", offsetof(struct door_ask, if_none_exist)},
	{"if-modified-since", offsetof(struct door_ask, if_modified_since)},
	{"prefer", offsetof(struct door_ask, prefer)},
	{"content-type", offsetof(struct door_ask, content_type)},
	{"accept", offsetof(struct door_ask, accept)},
	{"user-agent", offsetof(struct door_ask, user_agent)}};

static bool header_is(const struct http_header *header, const char *name)
{
	return bytes_equal(header->name, bytes_text(name));
}

static enum err read_header(const struct http_header *h, struct arena *arena, struct door_ask *ask,
	struct http_refusal *refusal)
{
	for (size_t i = 0; i < sizeof passed / sizeof *passed; i++) {
		if (!header_is(h, passed[i].name))
			continue;
		size_t most = passed[i].offset == offsetof(struct door_ask, host)
				      ? 256
				      : DOOR_HEADER_BYTES;
		struct bytes value = h->value;
		if (value.size > most && passed[i].offset == offsetof(struct door_ask, user_agent))
			value.size = 0; // a curiosity, not a reason to refuse
		if (value.size > most)
			return refuse(refusal, 431, "too-large", "A header is too long.");
		if (!text_is_clean(value))
			return refuse(refusal, 400, "malformed", "A header is not text.");
		*(const char **)((char *)ask + passed[i].offset) =
			arena_text_n(arena, (const char *)value.at, value.size);
		return OK;
	}
	if (header_is(h, "authorization") && starts_bearer(h->value))
		return take_token(bytes_of(h->value.at + 7, h->value.size - 7), DOOR_TOKEN_BEARER,
			arena, ask);
	if (header_is(h, "cookie") && ask->token_kind == DOOR_TOKEN_NONE)
		return take_token(
			find_cookie(h->value, "__Host-hospitaller"), DOOR_TOKEN_COOKIE, arena, ask);
	if (header_is(h, "x-hospitaller"))
		ask->console = bytes_equal(h->value, bytes_text("console"));
	if (header_is(h, "sec-fetch-site"))
		ask->same_origin = bytes_equal(h->value, bytes_text("same-origin"));
	return OK;
}

// The answers' links are made with it: RFC 3986's host and port, in ASCII.
static bool host_is_plain(const char *host)
{
	return !host ||
	       !host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				  "-._~%:[]")];
}

static bool headers_fit(const struct http_head *head)
{
	size_t sum = 0;
	for (size_t i = 0; i < head->header_count; i++) {
		size_t size = head->headers[i].name.size + head->headers[i].value.size;
		if (size > HTTP_HEADER_BYTES)
			return false;
		sum += size;
	}
	return sum <= HTTP_HEADERS_BYTES;
}

enum err http_ask(const struct http_head *head, struct arena *arena, struct door_ask *ret_ask,
	struct http_refusal *ret_refusal)
{
	struct door_ask ask = {0};
	enum err err = read_method(head->method, &ask, ret_refusal);
	if (!err)
		err = read_target(head->target, arena, &ask, ret_refusal);
	if (!err && head->header_count > HTTP_HEADERS_MOST)
		err = refuse(ret_refusal, 431, "too-large", "There are too many headers.");
	if (!err && !headers_fit(head))
		err = refuse(ret_refusal, 431, "too-large", "The headers are too large.");
	for (size_t i = 0; i < head->header_count && !err; i++)
		err = read_header(&head->headers[i], arena, &ask, ret_refusal);
	if (!err && !host_is_plain(ask.host))
		err = refuse(ret_refusal, 400, "malformed", "The Host header is not a host.");
	if (err)
		return err;
	ask.peer = arena_text_n(arena, (const char *)head->peer.at, head->peer.size);
	ask.trace = arena_text_n(arena, (const char *)head->trace.at, head->trace.size);
	*ret_ask = ask;
	return OK;
}

bool http_is_form(const struct door_ask *ask)
{
	return ask->method == DOOR_POST && ask->content_type &&
	       text_starts(ask->content_type, "application/x-www-form-urlencoded");
}

enum err http_add_form(struct bytes form, struct arena *arena, struct door_ask *ask,
	struct http_refusal *ret_refusal)
{
	return add_params(form, arena, ask, ret_refusal);
}

size_t http_body_limit(const struct door_ask *ask)
{
	return ask->token_kind == DOOR_TOKEN_NONE ? ANONYMOUS_BODY_BYTES : DOOR_BODY_BYTES;
}

enum err http_body_check(const struct door_ask *ask, const struct http_coming *coming,
	bool *ret_large, struct http_refusal *ret_refusal)
{
	bool large = coming->size_bytes < 0 || coming->size_bytes > HTTP_LARGE_BODY_BYTES;
	if (coming->size_bytes > (int64_t)http_body_limit(ask))
		return refuse(ret_refusal, 401, "unauthenticated", "Sign in first.");
	if (coming->size_bytes < 0 && ask->token_kind == DOOR_TOKEN_NONE)
		return refuse(ret_refusal, 411, "malformed", "Say how long the body is.");
	if (large && coming->large_ones >= HTTP_LARGE_MOST)
		return refuse(ret_refusal, 503, "busy",
			"Too much is being sent at once; try again in a second.");
	*ret_large = large;
	return OK;
}

// What FHIR calls it (http://hl7.org/fhir/issue-type).
static const char *issue_type(const struct http_refusal *refusal)
{
	switch (refusal->status) {
	case 401:
		return "login";
	case 403:
		return "forbidden";
	case 404:
		return "not-found";
	case 405:
	case 501:
	case 505:
		return "not-supported";
	case 413:
	case 414:
	case 431:
		return "too-long";
	case 429:
		return "throttled";
	case 500:
		return "exception";
	case 503:
		return "transient";
	default:
		return "invalid";
	}
}

struct bytes http_refusal_body(
	const struct http_refusal *refusal, struct bytes target, struct arena *arena)
{
	bool fhir = target.size >= 5 && memcmp(target.at, "/fhir", 5) == 0;
	const char *text =
		fhir ? arena_printf(arena,
			       "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":"
			       "\"error\",\"code\":\"%s\",\"details\":{\"coding\":[{\"code\":\"%s\"}]},"
			       "\"diagnostics\":\"%s\"}]}",
			       issue_type(refusal), refusal->code, refusal->words)
		     : arena_printf(arena, "{\"error\":\"%s\",\"message\":\"%s\"}", refusal->code,
			       refusal->words);
	return bytes_text(text);
}
