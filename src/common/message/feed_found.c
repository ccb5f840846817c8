#include "common/message/feed.h"

#include "common/base/text.h"

#include <string.h>

void feed_risk_send(struct channel *channel, const struct feed_risk *risks, size_t count)
{
	struct buf *out = channel_begin(channel, FEED_RISK);
	put_u16(out, (uint16_t)count);
	for (size_t i = 0; i < count; i++) {
		put_u64(out, risks[i].actor);
		put_u32(out, risks[i].points);
	}
	channel_end(channel);
}

enum err feed_risk_parse(
	struct bytes payload, struct feed_risk ret_risks[FEED_RISKS], size_t *ret_count)
{
	struct cursor in = cursor_of(payload);
	size_t count = get_u16(&in);
	if (count > FEED_RISKS)
		return ERR_LIMIT;
	for (size_t i = 0; i < count; i++) {
		uint64_t actor = get_u64(&in);
		ret_risks[i] = (struct feed_risk){actor, get_u32(&in)};
		if (!ret_risks[i].points || ret_risks[i].points > INT32_MAX)
			cursor_fail(&in, ERR_INVALID);
	}
	enum err err = cursor_end(&in);
	if (!err)
		*ret_count = count;
	return err;
}

void feed_found_send(struct channel *channel, const struct feed_found *found)
{
	struct buf *out = channel_begin(channel, FEED_FOUND);
	put_u8(out, (uint8_t)found->kind);
	put_u64(out, found->number);
	put_u64(out, found->seq);
	put_text(out, found->level);
	put_text(out, found->rule);
	put_text(out, found->title);
	channel_end(channel);
}

static bool is_line(const char *text)
{
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return false;
	return text_is_utf8(bytes_text(text));
}

enum err feed_found_parse(struct bytes payload, struct feed_found *ret_found)
{
	struct cursor in = cursor_of(payload);
	struct feed_found found = {.kind = (enum feed_kind)get_u8(&in)};
	found.number = get_u64(&in);
	found.seq = get_u64(&in);
	get_text_into(&in, found.level, sizeof found.level);
	get_text_into(&in, found.rule, sizeof found.rule);
	get_text_into(&in, found.title, sizeof found.title);
	enum err err = cursor_end(&in);
	if (err)
		return err;
	if (found.kind < FEED_FINDING || found.kind >= FEED_KINDS || !found.number ||
		found.number > INT64_MAX || found.seq > INT64_MAX || !is_line(found.level) ||
		!is_line(found.rule) || !is_line(found.title))
		return ERR_INVALID;
	*ret_found = found;
	return OK;
}

void feed_noted_send(struct channel *channel, const uint64_t numbers[FEED_KINDS])
{
	struct buf *out = channel_begin(channel, FEED_NOTED);
	put_u64(out, numbers[FEED_FINDING]);
	put_u64(out, numbers[FEED_INCIDENT]);
	channel_end(channel);
}

enum err feed_noted_parse(struct bytes payload, uint64_t ret_numbers[FEED_KINDS])
{
	struct cursor in = cursor_of(payload);
	uint64_t finding = get_u64(&in), incident = get_u64(&in);
	enum err err = cursor_end(&in);
	if (!err && (finding > INT64_MAX || incident > INT64_MAX))
		err = ERR_LIMIT;
	if (err)
		return err;
	ret_numbers[FEED_FINDING] = finding;
	ret_numbers[FEED_INCIDENT] = incident;
	return OK;
}
