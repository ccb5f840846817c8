#include "guard/blocks.h"

#include "common/base/text.h"

#include <string.h>

enum {
	VERSION = 1
};

struct block *blocks_find(
	struct blocks *blocks, enum ruleset_kind kind, const struct prefix *prefix)
{
	for (size_t i = 0; i < blocks->count; i++)
		if (blocks->at[i].kind == kind && prefix_equal(&blocks->at[i].prefix, prefix))
			return &blocks->at[i];
	return NULL;
}

enum err blocks_set(struct blocks *blocks, const struct block *block)
{
	struct block *old = blocks_find(blocks, block->kind, &block->prefix);
	if (!old && blocks->count == BLOCKS_MOST)
		return ERR_LIMIT;
	if (!old)
		old = &blocks->at[blocks->count++];
	*old = *block;
	return OK;
}

void blocks_remove(struct blocks *blocks, struct block *block)
{
	*block = blocks->at[--blocks->count];
}

void blocks_encode(const struct blocks *blocks, struct buf *out)
{
	put_u8(out, VERSION);
	put_u16(out, (uint16_t)blocks->count);
	for (size_t i = 0; i < blocks->count; i++) {
		const struct block *b = &blocks->at[i];
		put_u8(out, (uint8_t)b->kind);
		put_u8(out, b->prefix.family);
		put_u8(out, b->prefix.length);
		buf_add(out, b->prefix.at, PREFIX_BYTES);
		put_u64(out, (uint64_t)b->expires_us);
		put_span_u8(out, bytes_text(b->case_id));
		put_span_u8(out, bytes_text(b->reason));
	}
}

static void get_field(struct cursor *in, char *ret_text, size_t most)
{
	struct bytes span = get_span_u8(in);
	if (!in->err && (span.size > most || !text_is_clean(span)))
		cursor_fail(in, ERR_CORRUPT);
	if (!in->err && span.size)
		memcpy(ret_text, span.at, span.size);
}

static struct block get_block(struct cursor *in)
{
	struct block b = {0};
	uint8_t kind = get_u8(in);
	b.kind = (enum ruleset_kind)kind;
	b.prefix.family = get_u8(in);
	b.prefix.length = get_u8(in);
	struct bytes at = get_raw(in, PREFIX_BYTES);
	if (!in->err)
		memcpy(b.prefix.at, at.at, PREFIX_BYTES);
	b.expires_us = (int64_t)get_u64(in);
	get_field(in, b.case_id, WARD_CASE_BYTES);
	get_field(in, b.reason, WARD_REASON_BYTES);
	bool quarantine = kind == RULESET_QUARANTINE;
	if (!in->err && (kind > RULESET_QUARANTINE || prefix_check(&b.prefix) != OK ||
				(quarantine && !prefix_is_one(&b.prefix))))
		cursor_fail(in, ERR_CORRUPT);
	return b;
}

enum err blocks_parse(struct bytes encoded, struct blocks *ret_blocks)
{
	struct cursor in = cursor_of(encoded);
	ret_blocks->count = 0; // large: filled in place, and emptied again when it is not whole
	if (get_u8(&in) != VERSION)
		return ERR_UNSUPPORTED;
	size_t count = get_u16(&in);
	if (count > BLOCKS_MOST)
		return ERR_LIMIT;
	for (size_t i = 0; i < count && !in.err; i++) {
		struct block b = get_block(&in);
		if (!in.err && blocks_set(ret_blocks, &b))
			cursor_fail(&in, ERR_LIMIT);
	}
	enum err err = cursor_end(&in);
	if (err)
		ret_blocks->count = 0;
	return err;
}
