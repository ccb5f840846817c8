#include "common/message/door.h"

#include "common/base/text.h"

#include <string.h>

static const struct message_rule rules[] = {
	{DOOR_ASK, "ask", "One request, as the gate understood it; the vault believes none of it.",
		MESSAGE_FORTH, CHANNEL_FRAME_BYTES},
	{DOOR_ASK_BODY, "ask-body", "The next part of a request's body.", MESSAGE_FORTH,
		CHANNEL_FRAME_BYTES},
	{DOOR_CANCEL, "cancel", "The client went away.", MESSAGE_FORTH, 4},
	{DOOR_ANSWER, "answer", "Status, headers and the beginning of the body.", MESSAGE_BACK,
		CHANNEL_FRAME_BYTES},
	{DOOR_ANSWER_BODY, "answer-body", "The next part of an answer's body.", MESSAGE_BACK,
		CHANNEL_FRAME_BYTES},
};

const struct message_table door_table = {
	.pair = "gate - vault",
	.forth = "gate",
	.back = "vault",
	.rules = rules,
	.count = sizeof rules / sizeof *rules,
};

enum {
	PARAMS_BYTES = 24 * 1024
}; // all names and values together, so that an ask fits a frame

static const char *const methods[] = {
	[DOOR_GET] = "GET",
	[DOOR_HEAD] = "HEAD",
	[DOOR_POST] = "POST",
	[DOOR_PUT] = "PUT",
	[DOOR_PATCH] = "PATCH",
	[DOOR_DELETE] = "DELETE",
};

const char *door_method_text(enum door_method method)
{
	return method >= DOOR_GET && method <= DOOR_DELETE ? methods[method] : "?";
}

// The texts of an ask, in the order in which they travel.
struct text_field {
	size_t offset;
	size_t most;
};
#define TEXT(field, most)                                                                          \
	{                                                                                          \
		offsetof(struct door_ask, field), most                                             \
	}
static const struct text_field ask_texts[] = {
	TEXT(peer, 64),
	TEXT(host, 256),
	TEXT(path, DOOR_PATH_BYTES),
	TEXT(token, DOOR_TOKEN_BYTES),
	TEXT(if_match, DOOR_HEADER_BYTES),
	TEXT(if_none_match, DOOR_HEADER_BYTES),
	TEXT(if_none_exist, DOOR_HEADER_BYTES),
	TEXT(if_modified_since, DOOR_HEADER_BYTES),
	TEXT(prefer, DOOR_HEADER_BYTES),
	TEXT(content_type, DOOR_HEADER_BYTES),
	TEXT(accept, DOOR_HEADER_BYTES),
	TEXT(user_agent, DOOR_HEADER_BYTES),
	TEXT(certificate, 64),
	TEXT(trace, 64),
};
#undef TEXT
enum {
	ASK_TEXTS = sizeof ask_texts / sizeof *ask_texts
};

static const char **ask_text(struct door_ask *ask, size_t i)
{
	return (const char **)((char *)ask + ask_texts[i].offset);
}

static const char *ask_text_const(const struct door_ask *ask, size_t i)
{
	const char *text = *(const char *const *)((const char *)ask + ask_texts[i].offset);
	return text ? text : "";
}

static enum err ask_check_sizes(const struct door_ask *ask, struct bytes body)
{
	size_t params = 0;
	if (body.size > DOOR_BODY_BYTES || ask->param_count > DOOR_PARAMS)
		return ERR_LIMIT;
	for (size_t i = 0; i < ASK_TEXTS; i++)
		if (strlen(ask_text_const(ask, i)) > ask_texts[i].most)
			return ERR_LIMIT;
	for (size_t i = 0; i < ask->param_count; i++) {
		size_t name = strlen(ask->params[i].name), value = strlen(ask->params[i].value);
		if (name > DOOR_PARAM_NAME_BYTES || value > DOOR_PARAM_VALUE_BYTES)
			return ERR_LIMIT;
		params += name + value + 8;
	}
	return params > PARAMS_BYTES ? ERR_LIMIT : OK;
}

static void put_ask(struct buf *out, const struct door_ask *ask, struct bytes body)
{
	put_u32(out, ask->id);
	put_u8(out, (uint8_t)ask->method);
	put_u8(out, (uint8_t)ask->token_kind);
	put_u8(out, (uint8_t)((ask->same_origin ? 1 : 0) | (ask->console ? 2 : 0)));
	for (size_t i = 0; i < ASK_TEXTS; i++)
		put_text(out, ask_text_const(ask, i));
	put_u16(out, (uint16_t)ask->param_count);
	for (size_t i = 0; i < ask->param_count; i++) {
		put_text(out, ask->params[i].name);
		put_text(out, ask->params[i].value);
	}
	put_u32(out, (uint32_t)body.size);
	size_t first = body.size < DOOR_FIRST_BODY_BYTES ? body.size : DOOR_FIRST_BODY_BYTES;
	put_span(out, bytes_of(body.at, first));
}

static void send_more(
	struct channel *channel, enum door_message type, uint32_t id, struct bytes body)
{
	for (size_t at = DOOR_FIRST_BODY_BYTES; at < body.size;) {
		size_t part = body.size - at;
		if (part > DOOR_MORE_BODY_BYTES)
			part = DOOR_MORE_BODY_BYTES;
		struct buf *out = channel_begin(channel, (uint16_t)type);
		put_u32(out, id);
		buf_add(out, body.at + at, part);
		channel_end(channel);
		at += part;
	}
}

enum err door_ask_send(struct channel *channel, const struct door_ask *ask, struct bytes body)
{
	enum err err = ask_check_sizes(ask, body);
	if (err)
		return err;
	put_ask(channel_begin(channel, DOOR_ASK), ask, body);
	channel_end(channel);
	send_more(channel, DOOR_ASK_BODY, ask->id, body);
	return OK;
}

void door_cancel_send(struct channel *channel, uint32_t id)
{
	put_u32(channel_begin(channel, DOOR_CANCEL), id);
	channel_end(channel);
}

static enum err check_ask(const struct door_ask *ask)
{
	bool fine = ask->method >= DOOR_GET && ask->method <= DOOR_DELETE &&
		    ask->token_kind <= DOOR_TOKEN_BEARER &&
		    ask->body_first.size <= ask->body_size && ask->path[0] == '/';
	for (size_t i = 0; fine && i < ASK_TEXTS; i++)
		fine = text_is_clean(bytes_text(ask_text_const(ask, i)));
	for (size_t i = 0; fine && i < ask->param_count; i++)
		fine = text_is_clean(bytes_text(ask->params[i].name)) &&
		       text_is_clean(bytes_text(ask->params[i].value));
	return fine ? OK : ERR_INVALID;
}

static void get_params(struct cursor *in, struct arena *arena, struct door_ask *ask)
{
	ask->param_count = get_u16(in);
	if (ask->param_count > DOOR_PARAMS)
		cursor_fail(in, ERR_LIMIT);
	if (in->err)
		return;
	struct door_param *params = arena_alloc(arena, ask->param_count * sizeof *params);
	for (size_t i = 0; i < ask->param_count; i++) {
		params[i].name = get_text(in, arena, DOOR_PARAM_NAME_BYTES);
		params[i].value = get_text(in, arena, DOOR_PARAM_VALUE_BYTES);
	}
	ask->params = params;
}

enum err door_ask_parse(struct bytes payload, struct arena *arena, struct door_ask *ret_ask)
{
	struct cursor in = cursor_of(payload);
	struct door_ask ask = {.id = get_u32(&in)};
	ask.method = (enum door_method)get_u8(&in);
	ask.token_kind = (enum door_token_kind)get_u8(&in);
	uint8_t flags = get_u8(&in);
	ask.same_origin = flags & 1;
	ask.console = flags & 2;
	for (size_t i = 0; i < ASK_TEXTS; i++)
		*ask_text(&ask, i) = get_text(&in, arena, ask_texts[i].most);
	get_params(&in, arena, &ask);
	ask.body_size = get_u32(&in);
	if (ask.body_size > DOOR_BODY_BYTES)
		cursor_fail(&in, ERR_LIMIT);
	ask.body_first = get_span(&in, DOOR_FIRST_BODY_BYTES);
	enum err err = cursor_end(&in);
	if (!err)
		err = check_ask(&ask);
	if (!err)
		*ret_ask = ask;
	return err;
}

static enum err answer_check_sizes(const struct door_answer *answer, struct bytes body)
{
	if (body.size > DOOR_ANSWER_BODY_TOTAL_BYTES || answer->header_count > DOOR_HEADERS)
		return ERR_LIMIT;
	for (size_t i = 0; i < answer->header_count; i++)
		if (strlen(answer->headers[i].name) > DOOR_PARAM_NAME_BYTES ||
			strlen(answer->headers[i].value) > DOOR_HEADER_BYTES)
			return ERR_LIMIT;
	return OK;
}

enum err door_answer_send(
	struct channel *channel, const struct door_answer *answer, struct bytes body)
{
	enum err err = answer_check_sizes(answer, body);
	if (err)
		return err;
	struct buf *out = channel_begin(channel, DOOR_ANSWER);
	put_u32(out, answer->id);
	put_u16(out, answer->status);
	put_u8(out, (uint8_t)answer->header_count);
	for (size_t i = 0; i < answer->header_count; i++) {
		put_text(out, answer->headers[i].name);
		put_text(out, answer->headers[i].value);
	}
	put_u32(out, (uint32_t)body.size);
	size_t first = body.size < DOOR_FIRST_BODY_BYTES ? body.size : DOOR_FIRST_BODY_BYTES;
	put_span(out, bytes_of(body.at, first));
	channel_end(channel);
	send_more(channel, DOOR_ANSWER_BODY, answer->id, body);
	return OK;
}

enum err door_answer_parse(
	struct bytes payload, struct arena *arena, struct door_answer *ret_answer)
{
	struct cursor in = cursor_of(payload);
	struct door_answer answer = {.id = get_u32(&in), .status = get_u16(&in)};
	answer.header_count = get_u8(&in);
	if (answer.header_count > DOOR_HEADERS)
		return ERR_LIMIT;
	struct door_header *headers = arena_alloc(arena, answer.header_count * sizeof *headers);
	for (size_t i = 0; i < answer.header_count; i++) {
		headers[i].name = get_text(&in, arena, DOOR_PARAM_NAME_BYTES);
		headers[i].value = get_text(&in, arena, DOOR_HEADER_BYTES);
	}
	answer.headers = headers;
	answer.body_size = get_u32(&in);
	if (answer.body_size > DOOR_ANSWER_BODY_TOTAL_BYTES)
		cursor_fail(&in, ERR_LIMIT);
	answer.body_first = get_span(&in, DOOR_FIRST_BODY_BYTES);
	enum err err = cursor_end(&in);
	if (!err && (answer.status < 200 || answer.status > 599 ||
			    answer.body_first.size > answer.body_size))
		err = ERR_INVALID;
	if (!err)
		*ret_answer = answer;
	return err;
}

enum err door_more_parse(struct bytes payload, uint32_t *ret_id, struct bytes *ret_more)
{
	struct cursor in = cursor_of(payload);
	uint32_t id = get_u32(&in);
	if (in.err)
		return in.err;
	*ret_id = id;
	*ret_more = get_raw(&in, cursor_left(&in));
	return OK;
}
