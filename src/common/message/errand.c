#include "common/message/errand.h"

#include "common/base/text.h"

#include <assert.h>
#include <string.h>

enum {
	DESTINATIONS_BYTES = 48 * 1024
};

static const struct message_rule rules[] = {
	{ERRAND_SUBMIT, "submit", "An errand to a named destination.", MESSAGE_FORTH, 1024},
	{ERRAND_PART, "part", "The next part of an errand's content.", MESSAGE_FORTH,
		CHANNEL_FRAME_BYTES},
	{ERRAND_FETCH, "fetch", "A feed is wanted, at most so large.", MESSAGE_FORTH, 1024},
	{ERRAND_STATE, "state", "How far an errand is.", MESSAGE_BACK, 1024},
	{ERRAND_FETCHED, "fetched", "The next part of a feed, or how it ended.", MESSAGE_BACK,
		CHANNEL_FRAME_BYTES},
	{ERRAND_REPORT, "report",
		"Somebody wanted to go where the configuration does not lead; it was refused.",
		MESSAGE_BACK, 1024},
	{ERRAND_DESTINATIONS, "destinations",
		"What is named, what waits, and what came of the last errand.", MESSAGE_BACK,
		DESTINATIONS_BYTES},
};

const struct message_table errand_table = {
	.pair = "watch - courier",
	.forth = "watch",
	.back = "courier",
	.rules = rules,
	.count = sizeof rules / sizeof *rules,
};

const char *errand_kind_text(enum errand_kind kind)
{
	static const char *const texts[ERRAND_KINDS] = {
		[ERRAND_TEST] = "test",
		[ERRAND_NOTICE] = "notice",
		[ERRAND_FINDING] = "finding",
		[ERRAND_REPORT_DUE] = "report",
	};
	return kind > 0 && kind < ERRAND_KINDS ? texts[kind] : "?";
}

const char *errand_state_text(enum errand_state state)
{
	static const char *const texts[ERRAND_STATES] = {
		[ERRAND_QUEUED] = "queued",
		[ERRAND_RETRYING] = "retrying",
		[ERRAND_DELIVERED] = "delivered",
		[ERRAND_FAILED] = "failed",
		[ERRAND_REFUSED] = "refused",
	};
	return state > 0 && state < ERRAND_STATES ? texts[state] : "?";
}

const char *errand_report_text(enum errand_report reason)
{
	static const char *const texts[REPORT_REASONS] = {
		[REPORT_UNNAMED] = "unnamed",
		[REPORT_ELSEWHERE] = "elsewhere",
		[REPORT_REDIRECTED] = "redirected",
	};
	return reason > 0 && reason < REPORT_REASONS ? texts[reason] : "?";
}

// ---- What may stand in a field.

static bool only(const char *text, const char *allowed)
{
	return text[strspn(text, allowed)] == 0;
}

#define LOWER "abcdefghijklmnopqrstuvwxyz0123456789"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

bool errand_is_name(const char *text)
{
	return *text && *text != '-' && strlen(text) < ERRAND_NAME_BYTES && only(text, LOWER "-");
}

bool errand_is_line(const char *text)
{
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return false;
	return text_is_clean(bytes_text(text));
}

bool errand_is_type(const char *text)
{
	return strchr(text, '/') && only(text, LOWER UPPER "/+-._;= ");
}

bool errand_is_query(const char *text)
{
	return only(text, LOWER UPPER "-._~%&=:+,/?");
}

bool errand_is_path(const char *text)
{
	return *text != '.' && only(text, LOWER UPPER "-._");
}

bool errand_is_etag(const char *text)
{
	for (const char *at = text; *at; at++)
		if (*at <= 0x20 || *at >= 0x7f)
			return false;
	return true;
}

static bool is_anything(const char *text)
{
	(void)text;
	return true;
}

static bool is_name_or_none(const char *text)
{
	return !*text || errand_is_name(text);
}

void errand_words(char *ret, size_t room, const char *text)
{
	size_t length = strlen(text);
	if (length >= room)
		length = room - 1;
	while (length && ((uint8_t)text[length] & 0xc0) == 0x80) // not in the middle of a character
		length--;
	memcpy(ret, text, length);
	ret[length] = 0;
	if (errand_is_line(ret))
		return;
	for (char *at = ret; *at; at++)
		if (*at < 0x20 || *at >= 0x7f)
			*at = '?';
}

// A text of fixed room: as much as fits, and only what the field may hold.
static void get_line(struct cursor *in, char *ret, size_t room, bool (*fits)(const char *))
{
	struct bytes span = get_span(in, room - 1);
	memset(ret, 0, room);
	if (span.size && memchr(span.at, 0, span.size)) {
		cursor_fail(in, ERR_SYNTAX);
		return;
	}
	if (span.size)
		memcpy(ret, span.at, span.size);
	if (!in->err && (!errand_is_line(ret) || !fits(ret)))
		cursor_fail(in, ERR_INVALID);
	if (in->err)
		*ret = 0;
}

#define GET_LINE(in, field, fits) get_line(in, field, sizeof(field), fits)

// A number of an enumeration: from 1 on, below `end`.
static unsigned get_choice(struct cursor *in, unsigned end)
{
	unsigned value = get_u8(in);
	if (!in->err && (value == 0 || value >= end))
		cursor_fail(in, ERR_INVALID);
	return value;
}

static uint64_t get_id(struct cursor *in)
{
	uint64_t id = get_u64(in);
	if (!in->err && (id == 0 || id > INT64_MAX)) // JSON has no larger ones
		cursor_fail(in, ERR_INVALID);
	return id;
}

static uint32_t get_size(struct cursor *in, uint32_t most)
{
	uint32_t size = get_u32(in);
	if (!in->err && size > most)
		cursor_fail(in, ERR_LIMIT);
	return size;
}

// ---- The messages.

void errand_submit_send(struct channel *channel, const struct errand *e)
{
	assert(e->id && errand_is_name(e->destination) && errand_is_line(e->subject) &&
		errand_is_type(e->type));
	struct buf *out = channel_begin(channel, ERRAND_SUBMIT);
	put_u64(out, e->id);
	put_text(out, e->destination);
	put_u8(out, (uint8_t)e->kind);
	put_u8(out, e->severity);
	put_text(out, e->subject);
	put_text(out, e->type);
	put_u32(out, e->size);
	channel_end(channel);
}

enum err errand_submit_parse(struct bytes payload, struct errand *ret_errand)
{
	struct cursor in = cursor_of(payload);
	struct errand e = {.id = get_id(&in)};
	GET_LINE(&in, e.destination, errand_is_name);
	e.kind = (enum errand_kind)get_choice(&in, ERRAND_KINDS);
	e.severity = get_u8(&in);
	GET_LINE(&in, e.subject, is_anything);
	GET_LINE(&in, e.type, errand_is_type);
	e.size = get_size(&in, ERRAND_CONTENT_BYTES);
	if (e.severity > 7)
		cursor_fail(&in, ERR_INVALID);
	enum err err = cursor_end(&in);
	if (!err)
		*ret_errand = e;
	return err;
}

void errand_part_send(struct channel *channel, const struct errand_part *part)
{
	assert(part->content.size <= ERRAND_PART_BYTES);
	struct buf *out = channel_begin(channel, ERRAND_PART);
	put_u64(out, part->id);
	put_u32(out, part->offset);
	put_span(out, part->content);
	channel_end(channel);
}

enum err errand_part_parse(struct bytes payload, struct errand_part *ret_part)
{
	struct cursor in = cursor_of(payload);
	struct errand_part part = {.id = get_id(&in)};
	part.offset = get_size(&in, ERRAND_CONTENT_BYTES);
	part.content = get_span(&in, ERRAND_PART_BYTES);
	if (!part.content.size)
		cursor_fail(&in, ERR_INVALID);
	enum err err = cursor_end(&in);
	if (!err)
		*ret_part = part;
	return err;
}

void errand_fetch_send(struct channel *channel, const struct errand_fetch *f)
{
	assert(f->id && errand_is_name(f->destination) && errand_is_query(f->query) &&
		errand_is_etag(f->etag) && errand_is_path(f->path));
	struct buf *out = channel_begin(channel, ERRAND_FETCH);
	put_u64(out, f->id);
	put_text(out, f->destination);
	put_u32(out, f->most_bytes);
	put_text(out, f->query);
	put_text(out, f->etag);
	put_text(out, f->path);
	channel_end(channel);
}

enum err errand_fetch_parse(struct bytes payload, struct errand_fetch *ret_fetch)
{
	struct cursor in = cursor_of(payload);
	struct errand_fetch f = {.id = get_id(&in)};
	GET_LINE(&in, f.destination, errand_is_name);
	f.most_bytes = get_size(&in, ERRAND_FEED_BYTES);
	GET_LINE(&in, f.query, errand_is_query);
	GET_LINE(&in, f.etag, errand_is_etag);
	GET_LINE(&in, f.path, errand_is_path);
	enum err err = cursor_end(&in);
	if (!err)
		*ret_fetch = f;
	return err;
}

void errand_state_send(struct channel *channel, const struct errand_news *news)
{
	struct buf *out = channel_begin(channel, ERRAND_STATE);
	put_u64(out, news->id);
	put_u8(out, (uint8_t)news->state);
	put_u32(out, news->attempts);
	put_text(out, news->destination);
	put_text(out, news->words);
	channel_end(channel);
}

enum err errand_state_parse(struct bytes payload, struct errand_news *ret_news)
{
	struct cursor in = cursor_of(payload);
	struct errand_news news = {.id = get_id(&in)};
	news.state = (enum errand_state)get_choice(&in, ERRAND_STATES);
	news.attempts = get_u32(&in);
	GET_LINE(&in, news.destination, errand_is_name);
	GET_LINE(&in, news.words, is_anything);
	enum err err = cursor_end(&in);
	if (!err)
		*ret_news = news;
	return err;
}

void errand_fetched_send(struct channel *channel, const struct errand_fetched *f)
{
	assert(f->content.size <= ERRAND_PART_BYTES);
	struct buf *out = channel_begin(channel, ERRAND_FETCHED);
	put_u64(out, f->id);
	put_u8(out, (uint8_t)f->state);
	put_text(out, f->etag);
	put_text(out, f->words);
	put_span(out, f->content);
	channel_end(channel);
}

enum err errand_fetched_parse(struct bytes payload, struct errand_fetched *ret_fetched)
{
	struct cursor in = cursor_of(payload);
	struct errand_fetched f = {.id = get_id(&in)};
	f.state = (enum errand_fetch_state)get_choice(&in, FETCH_STATES);
	GET_LINE(&in, f.etag, errand_is_etag);
	GET_LINE(&in, f.words, is_anything);
	f.content = get_span(&in, ERRAND_PART_BYTES);
	enum err err = cursor_end(&in);
	if (!err)
		*ret_fetched = f;
	return err;
}

void errand_report_send(struct channel *channel, const struct errand_refusal *refusal)
{
	struct buf *out = channel_begin(channel, ERRAND_REPORT);
	put_u8(out, (uint8_t)refusal->reason);
	put_text(out, refusal->destination);
	put_text(out, refusal->words);
	channel_end(channel);
}

enum err errand_report_parse(struct bytes payload, struct errand_refusal *ret_refusal)
{
	struct cursor in = cursor_of(payload);
	struct errand_refusal refusal = {
		.reason = (enum errand_report)get_choice(&in, REPORT_REASONS)};
	GET_LINE(&in, refusal.destination, is_name_or_none);
	GET_LINE(&in, refusal.words, is_anything);
	enum err err = cursor_end(&in);
	if (!err)
		*ret_refusal = refusal;
	return err;
}

void errand_destinations_send(struct channel *channel, const struct errand_destinations *all)
{
	assert(all->count <= ERRAND_DESTINATIONS_MOST);
	struct buf *out = channel_begin(channel, ERRAND_DESTINATIONS);
	put_text(out, all->problem);
	put_u32(out, all->queued);
	put_u64(out, all->queued_bytes);
	put_u8(out, (uint8_t)all->count);
	for (size_t i = 0; i < all->count; i++) {
		const struct errand_destination *d = &all->list[i];
		put_text(out, d->name);
		put_text(out, d->kind);
		put_u32(out, d->waiting);
		put_u64(out, d->delivered);
		put_u64(out, d->failed);
		put_u8(out, (uint8_t)d->last);
		put_u64(out, (uint64_t)d->last_us);
		put_text(out, d->words);
	}
	channel_end(channel);
}

static struct errand_destination get_destination(struct cursor *in)
{
	struct errand_destination d = {0};
	GET_LINE(in, d.name, errand_is_name);
	GET_LINE(in, d.kind, errand_is_name);
	d.waiting = get_u32(in);
	d.delivered = get_u64(in);
	d.failed = get_u64(in);
	d.last = (enum errand_state)get_u8(in);
	uint64_t last_us = get_u64(in);
	GET_LINE(in, d.words, is_anything);
	if (d.last >= ERRAND_STATES || d.delivered > INT64_MAX || d.failed > INT64_MAX ||
		last_us > INT64_MAX)
		cursor_fail(in, ERR_INVALID);
	d.last_us = (int64_t)last_us;
	return d;
}

enum err errand_destinations_parse(struct bytes payload, struct errand_destinations *ret_all)
{
	struct cursor in = cursor_of(payload);
	struct errand_destinations all = {0};
	GET_LINE(&in, all.problem, is_anything);
	all.queued = get_u32(&in);
	all.queued_bytes = get_u64(&in);
	all.count = get_u8(&in);
	if (all.count > ERRAND_DESTINATIONS_MOST || all.queued_bytes > INT64_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < all.count && !in.err; i++)
		all.list[i] = get_destination(&in);
	enum err err = cursor_end(&in);
	if (!err)
		*ret_all = all;
	return err;
}
