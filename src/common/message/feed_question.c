#include "common/message/feed.h"

#include <assert.h>

void feed_question_send(struct channel *channel, uint64_t ticket, struct bytes json)
{
	assert(json.size <= FEED_QUESTION_BYTES);
	struct buf *out = channel_begin(channel, FEED_QUESTION);
	put_u64(out, ticket);
	buf_add_bytes(out, json);
	channel_end(channel);
}

enum err feed_question_parse(struct bytes payload, uint64_t *ret_ticket, struct bytes *ret_json)
{
	struct cursor in = cursor_of(payload);
	uint64_t ticket = get_u64(&in);
	struct bytes json = get_raw(&in, cursor_left(&in));
	if (in.err)
		return in.err;
	if (json.size > FEED_QUESTION_BYTES)
		return ERR_LIMIT;
	*ret_ticket = ticket;
	*ret_json = json;
	return OK;
}

void feed_reply_send(struct channel *channel, const struct feed_reply *reply)
{
	assert(reply->json.size <= FEED_REPLY_BYTES);
	struct buf *out = channel_begin(channel, FEED_REPLY);
	put_u64(out, reply->ticket);
	put_u16(out, reply->status);
	buf_add_bytes(out, reply->json);
	channel_end(channel);
}

enum err feed_reply_parse(struct bytes payload, struct feed_reply *ret_reply)
{
	struct cursor in = cursor_of(payload);
	struct feed_reply reply = {.ticket = get_u64(&in), .status = get_u16(&in)};
	reply.json = get_raw(&in, cursor_left(&in));
	if (in.err)
		return in.err;
	if (reply.json.size > FEED_REPLY_BYTES)
		return ERR_LIMIT;
	if (reply.status < 200 || reply.status > 599)
		return ERR_INVALID;
	*ret_reply = reply;
	return OK;
}
