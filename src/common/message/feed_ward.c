#include "common/message/feed.h"

#include "common/base/text.h"

#include <string.h>

void feed_order_send(struct channel *channel, const struct ward_order *order)
{
	struct buf *out = channel_begin(channel, FEED_ORDER);
	put_u8(out, (uint8_t)order->verb);
	ward_order_put(out, order);
	channel_end(channel);
}

enum err feed_order_parse(struct bytes payload, struct ward_order *ret_order)
{
	struct cursor in = cursor_of(payload);
	uint8_t verb = get_u8(&in);
	struct bytes rest = get_raw(&in, cursor_left(&in));
	return in.err ? in.err : ward_order_parse((enum ward_message)verb, rest, ret_order);
}

void feed_outcome_send(struct channel *channel, const struct ward_answer *answer)
{
	struct buf *out = channel_begin(channel, FEED_OUTCOME);
	put_u8(out, (uint8_t)answer->type);
	ward_answer_put(out, answer);
	channel_end(channel);
}

void feed_counters_send(struct channel *channel, const struct ward_counters *counters)
{
	struct buf *out = channel_begin(channel, FEED_OUTCOME);
	put_u8(out, WARD_COUNTERS);
	ward_counters_put(out, counters);
	channel_end(channel);
}

enum err feed_outcome_parse(
	struct bytes payload, struct ward_answer *ret_answer, struct ward_counters *ret_counters)
{
	struct cursor in = cursor_of(payload);
	enum ward_message type = (enum ward_message)get_u8(&in);
	struct bytes rest = get_raw(&in, cursor_left(&in));
	if (in.err)
		return in.err;
	if (type != WARD_COUNTERS)
		return ward_answer_parse(type, rest, ret_answer);
	enum err err = ward_counters_parse(rest, ret_counters);
	if (!err)
		*ret_answer = (struct ward_answer){
			.type = WARD_COUNTERS, .verb = WARD_PULL, .ticket = ret_counters->ticket};
	return err;
}

// ---- Acts of watch's own.

void feed_act_send(struct channel *channel, uint64_t ticket, struct bytes json)
{
	struct buf *out = channel_begin(channel, FEED_ACT);
	put_u64(out, ticket);
	put_span(out, json);
	channel_end(channel);
}

enum err feed_act_parse(struct bytes payload, uint64_t *ret_ticket, struct bytes *ret_json)
{
	struct cursor in = cursor_of(payload);
	uint64_t ticket = get_u64(&in);
	struct bytes json = get_span(&in, FEED_ACT_BYTES);
	enum err err = cursor_end(&in);
	if (err)
		return err;
	*ret_ticket = ticket;
	*ret_json = json;
	return OK;
}

void feed_acted_send(struct channel *channel, const struct feed_acted *acted)
{
	struct buf *out = channel_begin(channel, FEED_ACTED);
	put_u64(out, acted->ticket);
	put_u8(out, acted->fine);
	put_text(out, acted->words);
	channel_end(channel);
}

enum err feed_acted_parse(struct bytes payload, struct feed_acted *ret_acted)
{
	struct cursor in = cursor_of(payload);
	struct feed_acted acted = {.ticket = get_u64(&in), .fine = get_u8(&in) & 1};
	struct bytes words = get_span(&in, sizeof acted.words - 1);
	enum err err = cursor_end(&in);
	if (!err && !text_is_clean(words))
		err = ERR_SYNTAX;
	if (err)
		return err;
	if (words.size)
		memcpy(acted.words, words.at, words.size);
	*ret_acted = acted;
	return OK;
}
