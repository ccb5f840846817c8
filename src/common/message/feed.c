#include "common/message/feed.h"

static const struct message_rule rules[] = {
	{FEED_PULL, "pull", "Events of the trail from this number on, please.", MESSAGE_FORTH, 12},
	{FEED_EVENTS, "events", "Some events, without names, and how long the trail is.",
		MESSAGE_BACK, CHANNEL_FRAME_BYTES},
	{FEED_ACTIVITY, "activity", "What watch counted, for the console.", MESSAGE_FORTH,
		FEED_ACTIVITY_BYTES},
	{FEED_ORDER, "order", "An order for guard; it is on the trail.", MESSAGE_BACK, 400},
	{FEED_OUTCOME, "outcome", "What guard answered.", MESSAGE_FORTH, CHANNEL_FRAME_BYTES},
};

const struct message_table feed_table = {
	.pair = "watch - vault",
	.forth = "watch",
	.back = "vault",
	.rules = rules,
	.count = sizeof rules / sizeof *rules,
};

void feed_pull_send(struct channel *channel, uint64_t from, uint32_t most)
{
	struct buf *out = channel_begin(channel, FEED_PULL);
	put_u64(out, from);
	put_u32(out, most);
	channel_end(channel);
}

enum err feed_pull_parse(struct bytes payload, uint64_t *ret_from, uint32_t *ret_most)
{
	struct cursor in = cursor_of(payload);
	uint64_t from = get_u64(&in);
	uint32_t most = get_u32(&in);
	enum err err = cursor_end(&in);
	if (!err && (most == 0 || most > FEED_BATCH || from > INT64_MAX))
		err = ERR_LIMIT;
	if (err)
		return err;
	*ret_from = from;
	*ret_most = most;
	return OK;
}

void feed_events_send(struct channel *channel, const struct feed_event *events, size_t count,
	uint64_t next, uint64_t size)
{
	struct buf *out = channel_begin(channel, FEED_EVENTS);
	put_u64(out, next);
	put_u64(out, size);
	put_u16(out, (uint16_t)count);
	for (size_t i = 0; i < count; i++) {
		put_u64(out, events[i].seq);
		put_u64(out, (uint64_t)events[i].time_us);
		put_u8(out, events[i].kind);
		put_u8(out, events[i].action);
		put_u8(out, events[i].outcome);
		put_u8(out, (uint8_t)(events[i].broken_glass | events[i].related << 1));
		put_u32(out, events[i].patient_count);
		put_u64(out, events[i].actor);
		put_u64(out, events[i].patient);
	}
	channel_end(channel);
}

static struct feed_event get_event(struct cursor *in)
{
	struct feed_event e = {.seq = get_u64(in), .time_us = (int64_t)get_u64(in)};
	e.kind = get_u8(in);
	e.action = get_u8(in);
	e.outcome = get_u8(in);
	uint8_t flags = get_u8(in);
	e.broken_glass = flags & 1;
	e.related = flags & 2;
	e.patient_count = get_u32(in);
	e.actor = get_u64(in);
	e.patient = get_u64(in);
	return e;
}

enum err feed_events_parse(struct bytes payload, struct feed_event ret_events[FEED_BATCH],
	size_t *ret_count, uint64_t *ret_next, uint64_t *ret_size)
{
	struct cursor in = cursor_of(payload);
	uint64_t next = get_u64(&in), size = get_u64(&in);
	size_t count = get_u16(&in);
	if (count > FEED_BATCH)
		return ERR_LIMIT;
	for (size_t i = 0; i < count; i++)
		ret_events[i] = get_event(&in);
	enum err err = cursor_end(&in);
	if (!err && (next > INT64_MAX || size > INT64_MAX)) // JSON has no larger ones
		err = ERR_LIMIT;
	if (err)
		return err;
	*ret_count = count;
	*ret_next = next;
	*ret_size = size;
	return OK;
}
