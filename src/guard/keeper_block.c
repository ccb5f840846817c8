#include "guard/keeper_in.h"

#include "common/base/text.h"
#include "common/base/time.h"

#include <stdio.h>
#include <string.h>

enum {
	WIDEST_4 = 16, // no block is wider than a /16, or a /32 of IPv6
	WIDEST_6 = 32,
	MOST_IN_A_MINUTE = 600,
};

static const char *too_wide(const struct prefix *prefix)
{
	uint8_t widest = prefix->family == 4 ? WIDEST_4 : WIDEST_6;
	return prefix->length < widest ? prefix->family == 4 ? "a block is at most a /16"
							     : "a block is at most a /32"
				       : NULL;
}

// A range that holds another one which lasts longer, or lies in one: both cannot be in the set.
static bool collides(struct keeper *k, const struct ward_order *o, int64_t expires_us,
	struct ward_answer *answer)
{
	char text[PREFIX_TEXT_BYTES];
	if (o->verb != WARD_BLOCK || prefix_is_one(&o->prefix))
		return false;
	for (size_t i = 0; i < k->blocks.count; i++) {
		const struct block *b = &k->blocks.at[i];
		if (b->kind != RULESET_BLOCK || prefix_is_one(&b->prefix) ||
			prefix_equal(&b->prefix, &o->prefix) ||
			!prefix_overlaps(&b->prefix, &o->prefix))
			continue;
		prefix_text(&b->prefix, text);
		if (prefix_covers(&b->prefix, &o->prefix) && b->expires_us >= expires_us)
			answer_say(answer, "It is blocked already, with %s.", text);
		else if (b->expires_us > expires_us || prefix_covers(&b->prefix, &o->prefix))
			answer_refuse(answer,
				"It overlaps the block of %s, which ends at another time; lift that first.",
				text);
		else
			continue; // a smaller one that ends sooner gives way
		return true;
	}
	return false;
}

static bool too_many(struct keeper *k)
{
	int64_t minute = time_monotonic_us() / 60000000;
	if (minute != k->minute)
		k->in_minute = 0;
	k->minute = minute;
	return ++k->in_minute > MOST_IN_A_MINUTE;
}

static bool may_block(struct keeper *k, const struct ward_order *o, struct ward_answer *answer)
{
	char why[240];
	const char *wide = too_wide(&o->prefix);
	if (wide)
		answer_refuse(answer, "That is too much at once: %s.", wide);
	else if (o->seconds > k->zones.longest_s)
		answer_refuse(answer, "That is too long: no block is longer than %u %s here.",
			k->zones.longest_s, text_plural(k->zones.longest_s, "second", "seconds"));
	else if (zones_keep(&k->zones, &o->prefix, why) ||
		 (k->waiting && zones_keep(&k->previous, &o->prefix, why)))
		answer_refuse(answer, "Refused: %s.", why);
	else if (too_many(k))
		answer_refuse(answer,
			"More than %d blocks in a minute are ordered: something is wrong.",
			MOST_IN_A_MINUTE);
	else
		return true;
	return false;
}

// The smaller ranges that give way to a wider one, out of the kernel's set and of the list.
static void give_way(struct keeper *k, const struct prefix *prefix, struct buf *text)
{
	(void)!keeper_refresh(k); // without it the kernel may refuse, and nothing is changed
	for (size_t i = 0; i < k->blocks.count;) {
		struct block *b = &k->blocks.at[i];
		if (b->kind == RULESET_BLOCK && !prefix_is_one(&b->prefix) &&
			!prefix_equal(&b->prefix, prefix) && prefix_covers(prefix, &b->prefix)) {
			if (b->seen)
				ruleset_take(RULESET_BLOCK, &b->prefix, text);
			blocks_remove(&k->blocks, b);
		} else {
			i++;
		}
	}
}

// The file first: killed in between, the next start puts the block in place.
static void carry_out(
	struct keeper *k, const struct block *block, uint32_t seconds, struct ward_answer *answer)
{
	char problem[FIREWALL_PROBLEM_BYTES], text[PREFIX_TEXT_BYTES];
	static struct blocks before; // large
	struct buf rules = {0};
	before = k->blocks;
	if (block->kind == RULESET_BLOCK && !prefix_is_one(&block->prefix))
		give_way(k, &block->prefix, &rules);
	if (prefix_is_one(&block->prefix) || blocks_find(&before, block->kind, &block->prefix))
		ruleset_remove(block->kind, &block->prefix, &rules); // its time begins anew
	ruleset_add(block->kind, &block->prefix, seconds, &rules);
	prefix_text(&block->prefix, text);
	enum err err = blocks_set(&k->blocks, block);
	if (!err)
		err = keeper_save_blocks(k);
	if (err)
		answer_refuse(answer, "The block cannot be kept: %s.", err_text(err));
	else if (firewall_run(k->firewall, &rules, problem))
		answer_refuse(answer, "The kernel refuses: %.200s", problem);
	else
		answer_say(answer, "%s is %s for %u %s.", text,
			block->kind == RULESET_BLOCK ? "blocked" : "in quarantine", seconds,
			text_plural(seconds, "second", "seconds"));
	buf_done(&rules);
	if (answer->type != WARD_REFUSED)
		return;
	k->blocks = before;
	(void)!keeper_save_blocks(
		k); // the next start finds it in the file at worst, and it ends in time
}

void keeper_block(struct keeper *k, const struct ward_order *o, struct ward_answer *answer)
{
	char problem[FIREWALL_PROBLEM_BYTES];
	int64_t now = time_now_us(), expires = now + (int64_t)o->seconds * 1000000;
	struct block block = {.kind = o->verb == WARD_BLOCK ? RULESET_BLOCK : RULESET_QUARANTINE,
		.prefix = o->prefix,
		.expires_us = expires};
	if (keeper_renew(k, problem)) {
		answer_refuse(answer, "The kernel refuses: %.200s", problem);
		return;
	}
	if (!may_block(k, o, answer) || collides(k, o, expires, answer))
		return;
	memcpy(block.case_id, o->case_id, sizeof block.case_id);
	memcpy(block.reason, o->reason, sizeof block.reason);
	carry_out(k, &block, o->seconds, answer);
}

void keeper_unblock(struct keeper *k, const struct ward_order *o, struct ward_answer *answer)
{
	char problem[FIREWALL_PROBLEM_BYTES], text[PREFIX_TEXT_BYTES];
	enum ruleset_kind kind = o->verb == WARD_UNBLOCK ? RULESET_BLOCK : RULESET_QUARANTINE;
	struct buf rules = {0};
	(void)!keeper_refresh(k); // what was set by hand is found, too
	struct block *block = blocks_find(&k->blocks, kind, &o->prefix);
	prefix_text(&o->prefix, text);
	if (!block) {
		answer_refuse(answer, "%s is not %s.", text,
			kind == RULESET_BLOCK ? "blocked" : "in quarantine");
		return;
	}
	ruleset_remove(kind, &o->prefix, &rules);
	if (firewall_run(k->firewall, &rules, problem)) {
		answer_refuse(answer, "The kernel refuses: %.200s", problem);
	} else {
		blocks_remove(&k->blocks, block);
		enum err err = keeper_save_blocks(k);
		if (err)
			answer_refuse(answer, "%s is free, but the file cannot be written: %s.",
				text, err_text(err));
		else
			answer_say(answer, "%s is free.", text);
	}
	buf_done(&rules);
}
