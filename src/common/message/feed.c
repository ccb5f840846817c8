#include "common/message/feed.h"

#include "common/base/text.h"

#include <assert.h>
#include <string.h>

static const struct message_rule rules[] = {
	{FEED_PULL, "pull", "Events of the trail from this number on, please.", MESSAGE_FORTH, 12},
	{FEED_EVENTS, "events", "Some events, without names, and how long the trail is.",
		MESSAGE_BACK, CHANNEL_FRAME_BYTES},
	{FEED_ACTIVITY, "activity", "What watch counted, for the console.", MESSAGE_FORTH,
		FEED_ACTIVITY_BYTES},
	{FEED_EXPLAIN, "explain", "Have these accesses explained, please.", MESSAGE_FORTH,
		2 + 17 * FEED_WISHES},
	{FEED_EXPLAINED, "explained", "What explains them, and how strongly, without names.",
		MESSAGE_BACK, 2 + 25 * FEED_WISHES},
	{FEED_QUEUE, "queue", "What a reviewer should look at, for the console.", MESSAGE_FORTH,
		FEED_QUEUE_BYTES},
	{FEED_FINDINGS, "findings", "What watch found last, without names.", MESSAGE_FORTH,
		FEED_FINDINGS_BYTES},
	{FEED_COURIER, "courier", "What the courier told, for the command line.", MESSAGE_FORTH,
		FEED_COURIER_BYTES},
	{FEED_TEST, "test", "A test errand to a destination is wanted.", MESSAGE_BACK, 80},
	{FEED_ORDER, "order", "An order for guard; it is on the trail.", MESSAGE_BACK, 400},
	{FEED_OUTCOME, "outcome", "What guard answered.", MESSAGE_FORTH, CHANNEL_FRAME_BYTES},
	{FEED_RISK, "risk", "Whose risk is high, without names.", MESSAGE_FORTH,
		2 + 12 * FEED_RISKS},
	{FEED_FOUND, "found", "A finding or a new incident, for the trail.", MESSAGE_FORTH, 500},
	{FEED_NOTED, "noted", "Up to which of them the trail has them.", MESSAGE_BACK, 16},
	{FEED_ACT, "act", "A playbook wants something done.", MESSAGE_FORTH, FEED_ACT_BYTES + 12},
	{FEED_ACTED, "acted", "What came of it, in a sentence.", MESSAGE_BACK,
		FEED_WORDS_BYTES + 13},
	{FEED_QUESTION, "question", "What somebody asks of watch, or has it do.", MESSAGE_BACK,
		8 + FEED_QUESTION_BYTES},
	{FEED_REPLY, "reply", "What watch answers, without names.", MESSAGE_FORTH,
		10 + FEED_REPLY_BYTES},
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

void feed_text(char *ret_text, size_t most_bytes, const char *text)
{
	size_t size = strlen(text);
	if (size >= most_bytes) {
		size = most_bytes - 1;
		while (size && ((unsigned char)text[size] & 0xc0) == 0x80)
			size--;
	}
	memcpy(ret_text, text, size);
	ret_text[size] = 0;
	bool fine = text_is_utf8(bytes_text(ret_text));
	for (char *at = ret_text; *at; at++)
		if (!fine && (*at & 0x80))
			*at = '?';
	text_tame(ret_text, false);
}

// The texts of an event, in their order.
static const struct event_text {
	size_t at, room;
} event_texts[] = {
#define EVENT_TEXT(name)                                                                           \
	{                                                                                          \
		offsetof(struct feed_event, name), sizeof((struct feed_event *)0)->name            \
	}
	EVENT_TEXT(role),
	EVENT_TEXT(purpose),
	EVENT_TEXT(resource_type),
	EVENT_TEXT(relationship),
	EVENT_TEXT(address),
	EVENT_TEXT(application),
	EVENT_TEXT(rule),
	EVENT_TEXT(flags),
	EVENT_TEXT(explanation),
#undef EVENT_TEXT
};
enum {
	EVENT_TEXTS = sizeof event_texts / sizeof *event_texts
};

static void put_event(struct buf *out, const struct feed_event *e)
{
	put_u64(out, e->seq);
	put_u64(out, (uint64_t)e->time_us);
	put_u8(out, e->kind);
	put_u8(out, e->action);
	put_u8(out, e->outcome);
	put_u8(out, (uint8_t)(e->broken_glass | e->related << 1 | e->by_id << 2));
	put_u16(out, e->status);
	put_u32(out, e->patient_count);
	put_u64(out, e->actor);
	put_u64(out, e->session);
	put_u64(out, e->user);
	put_u64(out, e->resource);
	put_u64(out, e->about);
	put_u64(out, (uint64_t)e->about_us);
	put_u8(out, e->about_action);
	put_u8(out, e->look);
	put_u8(out, e->strength);
	assert(e->patients_here <= FEED_PATIENTS);
	put_u8(out, e->patients_here);
	for (size_t i = 0; i < e->patients_here; i++)
		put_u64(out, e->patients[i]);
	for (size_t i = 0; i < EVENT_TEXTS; i++)
		put_span_u8(out, bytes_text((const char *)e + event_texts[i].at));
}

enum {
	EVENTS_HEADER_BYTES = 1 + 8 + 8 + 2
};

size_t feed_events_send(struct channel *channel, const struct feed_event *events, size_t count,
	uint64_t next, uint64_t size)
{
	struct buf list = {0};
	size_t sent = 0;
	for (; sent < count && sent < FEED_BATCH; sent++) {
		size_t before = list.size;
		put_event(&list, &events[sent]);
		if (list.size + EVENTS_HEADER_BYTES > CHANNEL_FRAME_BYTES) {
			list.size = before;
			break;
		}
	}
	struct buf *out = channel_begin(channel, FEED_EVENTS);
	put_u8(out, FEED_VERSION);
	put_u64(out, sent < count ? events[sent].seq : next);
	put_u64(out, size);
	put_u16(out, (uint16_t)sent);
	buf_add_bytes(out, buf_bytes(&list));
	channel_end(channel);
	buf_done(&list);
	return sent;
}

static void get_texts(struct cursor *in, struct feed_event *e)
{
	for (size_t i = 0; i < EVENT_TEXTS; i++) {
		struct bytes text = get_span_u8(in);
		char *to = (char *)e + event_texts[i].at;
		if (text.size >= event_texts[i].room)
			cursor_fail(in, ERR_LIMIT);
		else if (!text_is_clean(text))
			cursor_fail(in, ERR_SYNTAX);
		else if (text.size)
			memcpy(to, text.at, text.size);
	}
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
	e.by_id = flags & 4;
	e.status = get_u16(in);
	e.patient_count = get_u32(in);
	e.actor = get_u64(in);
	e.session = get_u64(in);
	e.user = get_u64(in);
	e.resource = get_u64(in);
	e.about = get_u64(in);
	e.about_us = (int64_t)get_u64(in);
	e.about_action = get_u8(in);
	e.look = get_u8(in);
	e.strength = get_u8(in);
	if (e.about > INT64_MAX)
		cursor_fail(in, ERR_LIMIT);
	e.patients_here = get_u8(in);
	if (e.patients_here > FEED_PATIENTS) {
		cursor_fail(in, ERR_LIMIT);
		e.patients_here = 0;
	}
	for (size_t i = 0; i < e.patients_here; i++)
		e.patients[i] = get_u64(in);
	e.patient = e.patients[0];
	get_texts(in, &e);
	return e;
}

enum err feed_events_parse(struct bytes payload, struct feed_event ret_events[FEED_BATCH],
	size_t *ret_count, uint64_t *ret_next, uint64_t *ret_size)
{
	struct cursor in = cursor_of(payload);
	uint8_t version = get_u8(&in);
	uint64_t next = get_u64(&in), size = get_u64(&in);
	size_t count = get_u16(&in);
	if (in.err)
		return in.err;
	if (version != FEED_VERSION)
		return ERR_UNSUPPORTED;
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

static void put_wish(struct buf *out, const struct feed_wish *wish)
{
	put_u64(out, wish->seq);
	put_u8(out, wish->index);
	put_u64(out, (uint64_t)wish->known_us);
}

static struct feed_wish get_wish(struct cursor *in)
{
	struct feed_wish wish = {.seq = get_u64(in), .index = get_u8(in)};
	wish.known_us = (int64_t)get_u64(in);
	if (wish.seq > INT64_MAX)
		cursor_fail(in, ERR_LIMIT);
	return wish;
}

void feed_explain_send(struct channel *channel, const struct feed_wish *wishes, size_t count)
{
	assert(count <= FEED_WISHES);
	struct buf *out = channel_begin(channel, FEED_EXPLAIN);
	put_u16(out, (uint16_t)count);
	for (size_t i = 0; i < count; i++)
		put_wish(out, &wishes[i]);
	channel_end(channel);
}

enum err feed_explain_parse(
	struct bytes payload, struct feed_wish ret_wishes[FEED_WISHES], size_t *ret_count)
{
	struct cursor in = cursor_of(payload);
	size_t count = get_u16(&in);
	if (count > FEED_WISHES)
		return ERR_LIMIT;
	for (size_t i = 0; i < count; i++)
		ret_wishes[i] = get_wish(&in);
	enum err err = cursor_end(&in);
	if (!err)
		*ret_count = count;
	return err;
}

void feed_explained_send(struct channel *channel, const struct feed_explained *list, size_t count)
{
	assert(count <= FEED_WISHES);
	struct buf *out = channel_begin(channel, FEED_EXPLAINED);
	put_u16(out, (uint16_t)count);
	for (size_t i = 0; i < count; i++) {
		put_wish(out, &list[i].wish);
		put_u8(out, list[i].fine);
		put_u8(out, (uint8_t)list[i].told.kind);
		put_u8(out, list[i].told.strength);
		put_u8(out, list[i].told.steps);
		put_u32(out, list[i].told.flags);
	}
	channel_end(channel);
}

enum err feed_explained_parse(
	struct bytes payload, struct feed_explained ret_list[FEED_WISHES], size_t *ret_count)
{
	struct cursor in = cursor_of(payload);
	size_t count = get_u16(&in);
	if (count > FEED_WISHES)
		return ERR_LIMIT;
	for (size_t i = 0; i < count; i++) {
		struct feed_explained *e = &ret_list[i];
		*e = (struct feed_explained){.wish = get_wish(&in)};
		e->fine = get_u8(&in) & 1;
		e->told.kind = (enum explained_kind)get_u8(&in);
		e->told.strength = get_u8(&in);
		e->told.steps = get_u8(&in);
		e->told.flags = get_u32(&in);
		if (!explained_valid(&e->told))
			cursor_fail(&in, ERR_LIMIT);
	}
	enum err err = cursor_end(&in);
	if (!err)
		*ret_count = count;
	return err;
}

void feed_test_send(struct channel *channel, uint64_t id, const char *destination)
{
	struct buf *out = channel_begin(channel, FEED_TEST);
	put_u64(out, id);
	put_text(out, destination);
	channel_end(channel);
}

// That it is a name is for whoever makes an errand of it to see.
enum err feed_test_parse(
	struct bytes payload, uint64_t *ret_id, char ret_destination[FEED_NAME_BYTES])
{
	struct cursor in = cursor_of(payload);
	uint64_t id = get_u64(&in);
	struct bytes name = get_span(&in, FEED_NAME_BYTES - 1);
	enum err err = cursor_end(&in);
	if (!err && (!name.size || memchr(name.at, 0, name.size) || id == 0 || id > INT64_MAX))
		err = ERR_INVALID;
	if (err)
		return err;
	memcpy(ret_destination, name.at, name.size);
	ret_destination[name.size] = 0;
	*ret_id = id;
	return OK;
}
