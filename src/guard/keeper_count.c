#include "guard/keeper_in.h"

#include "common/base/text.h"
#include "common/base/time.h"

#include <stdio.h>
#include <string.h>

static void see(struct keeper *k, const struct firewall_line *line, int64_t now)
{
	enum ruleset_kind kind = line->kind == FIREWALL_BLOCK ? RULESET_BLOCK : RULESET_QUARANTINE;
	struct block *block = blocks_find(&k->blocks, kind, &line->prefix);
	struct block by_hand = {.kind = kind,
		.prefix = line->prefix,
		.expires_us = now + (int64_t)line->seconds * 1000000,
		.reason = "set by hand"};
	if (!block && blocks_set(&k->blocks, &by_hand) == OK)
		block = blocks_find(&k->blocks, kind, &line->prefix);
	if (!block)
		return;
	block->packets = line->packets;
	block->bytes = line->bytes;
	block->seen = true;
}

enum err keeper_refresh(struct keeper *k)
{
	int64_t now = time_now_us();
	k->line_count = 0;
	if (*k->unable)
		return ERR_UNSUPPORTED;
	if (k->idle)
		return OK;
	enum err err = firewall_list(k->firewall, k->lines, &k->line_count);
	if (err)
		return err;
	for (size_t i = 0; i < k->blocks.count; i++)
		k->blocks.at[i].seen = false;
	for (size_t i = 0; i < k->line_count; i++)
		if (k->lines[i].kind == FIREWALL_BLOCK || k->lines[i].kind == FIREWALL_QUARANTINE)
			see(k, &k->lines[i], now);
	for (size_t i = 0; i < k->blocks.count; i++) {
		struct block *b = &k->blocks.at[i];
		b->lifted = !b->seen && b->expires_us > now + 2000000;
		if (!b->seen)
			b->expires_us = now;
	}
	return OK;
}

static void put_block(const struct block *b, int64_t now, struct ward_line *ret)
{
	*ret = (struct ward_line){
		.kind = b->kind == RULESET_BLOCK ? WARD_LINE_BLOCK : WARD_LINE_QUARANTINE,
		.prefix = b->prefix,
		.seconds = block_seconds_left(b, now),
		.packets = b->packets,
		.bytes = b->bytes};
	memcpy(ret->case_id, b->case_id, sizeof ret->case_id);
	memcpy(ret->words, b->reason, sizeof ret->words);
}

static bool put_counted(const struct firewall_line *line, struct ward_line *ret)
{
	if (line->kind == FIREWALL_KNOCK) {
		*ret = (struct ward_line){.kind = WARD_LINE_KNOCK,
			.prefix = line->prefix,
			.places = line->places,
			.packets = line->packets,
			.bytes = line->bytes};
		snprintf(ret->words, sizeof ret->words, "%s", line->name);
		return true;
	}
	if (line->kind != FIREWALL_FLOW && line->kind != FIREWALL_DENIED)
		return false;
	*ret = (struct ward_line){
		.kind = line->kind == FIREWALL_FLOW ? WARD_LINE_FLOW : WARD_LINE_DENIED,
		.packets = line->packets,
		.bytes = line->bytes};
	snprintf(ret->words, sizeof ret->words, "%s", line->name);
	return true;
}

size_t keeper_counters(struct keeper *k, size_t from, struct ward_counters *ret_counters)
{
	struct ward_counters *c = ret_counters; // large; all of it is written
	int64_t now = time_now_us(), undo_us = k->undo_at_us - time_monotonic_us();
	size_t at = from;
	*c = (struct ward_counters){0};
	c->confirm_s = !k->waiting ? 0 : undo_us > 0 ? (uint32_t)(undo_us / 1000000 + 1) : 1;
	if (*k->unable)
		snprintf(c->zones, sizeof c->zones, "nothing can be contained: %.160s", k->unable);
	else
		snprintf(c->zones, sizeof c->zones, "%zu %s, %zu %s, %s between them otherwise",
			k->zones.zone_count, text_plural(k->zones.zone_count, "zone", "zones"),
			k->zones.flow_count, text_plural(k->zones.flow_count, "flow", "flows"),
			k->zones.deny && k->zones.zone_count ? "nothing" : "everything");
	for (; at < k->blocks.count + k->line_count && c->count < WARD_BATCH; at++)
		if (at < k->blocks.count)
			put_block(&k->blocks.at[at], now, &c->lines[c->count++]);
		else if (put_counted(&k->lines[at - k->blocks.count], &c->lines[c->count]))
			c->count++;
	c->last = at >= k->blocks.count + k->line_count;
	return c->last ? 0 : at;
}
