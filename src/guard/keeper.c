#include "guard/keeper.h"

#include "common/base/time.h"
#include "guard/disk.h"
#include "guard/network.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	BLOCKS_FILE_BYTES = 2 * 1024 * 1024,
	WIDEST_4 = 16, // no block is wider than a /16, or a /32 of IPv6
	WIDEST_6 = 32,
	MOST_IN_A_MINUTE = 600,
};

static const char *path_of(const struct keeper *k, const char *name, char ret_path[512])
{
	snprintf(ret_path, 512, "%s/%s", k->dir, name);
	return ret_path;
}

[[gnu::format(printf, 2, 3)]] static void refuse(
	struct ward_answer *answer, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	answer->type = WARD_REFUSED;
	vsnprintf(answer->words, sizeof answer->words, format, args);
	va_end(args);
}

[[gnu::format(printf, 2, 3)]] static void say(struct ward_answer *answer, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(answer->words, sizeof answer->words, format, args);
	va_end(args);
}

static enum err save_blocks(struct keeper *k)
{
	char path[512];
	struct buf out = {0};
	blocks_encode(&k->blocks, &out);
	enum err err = disk_write(path_of(k, "blocks", path), buf_bytes(&out));
	buf_done(&out);
	return err ? err : disk_sync(k->dir);
}

static uint32_t seconds_left(const struct block *block, int64_t now_us)
{
	int64_t left = (block->expires_us - now_us + 999999) / 1000000;
	return left > 0 ? (uint32_t)left : 0;
}

// ---- Rules.

// The rules of `zones`, with what this server needs; nothing changes when the kernel refuses.
static enum err put_rules(
	struct keeper *k, const struct zones *zones, char ret_problem[FIREWALL_PROBLEM_BYTES])
{
	static struct zones whole; // large
	struct buf text = {0};
	whole = *zones;
	enum err err = network_keep(&whole);
	if (k->keep_nothing)
		whole.kept_count = 0;
	if (err) {
		snprintf(ret_problem, FIREWALL_PROBLEM_BYTES,
			"what this server itself needs of the network cannot be found out: %s",
			err_text(err));
		return err;
	}
	ruleset_whole(&whole, &text);
	err = firewall_run(k->firewall, &text, ret_problem);
	buf_done(&text);
	if (!err)
		k->zones = whole;
	return err;
}

// What this server needs may have changed since the rules were made.
static enum err renew(struct keeper *k, char ret_problem[FIREWALL_PROBLEM_BYTES])
{
	static struct zones now;
	size_t before = k->zones.kept_count;
	if (k->keep_nothing)
		return OK;
	now = k->zones;
	if (network_keep(&now) == OK && now.kept_count == before)
		return OK;
	return put_rules(k, &k->zones, ret_problem);
}

// ---- Blocks.

static const char *too_wide(const struct prefix *prefix)
{
	uint8_t widest = prefix->family == 4 ? WIDEST_4 : WIDEST_6;
	return prefix->length < widest ? prefix->family == 4 ? "a block is at most a /16"
							     : "a block is at most a /32"
				       : NULL;
}

// A range that holds another one which lasts longer, or lies in one: both cannot be in the set.
static bool collides(
	struct keeper *k, const struct ward_order *o, int64_t expires_us, struct ward_answer *answer)
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
			say(answer, "It is blocked already, with %s.", text);
		else if (b->expires_us > expires_us || prefix_covers(&b->prefix, &o->prefix))
			refuse(answer, "It overlaps the block of %s, which ends at another time; lift that first.",
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

static bool may_block(
	struct keeper *k, const struct ward_order *o, struct ward_answer *answer)
{
	char why[240];
	const char *wide = too_wide(&o->prefix);
	if (wide)
		refuse(answer, "That is too much at once: %s.", wide);
	else if (o->seconds > k->zones.longest_s)
		refuse(answer, "That is too long: no block is longer than %u seconds here.",
			k->zones.longest_s);
	else if (zones_keep(&k->zones, &o->prefix, why) ||
		 (k->waiting && zones_keep(&k->previous, &o->prefix, why)))
		refuse(answer, "Refused: %s.", why);
	else if (too_many(k))
		refuse(answer, "More than %d blocks in a minute are ordered: something is wrong.",
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
static void carry_out(struct keeper *k, const struct block *block, uint32_t seconds,
	struct ward_answer *answer)
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
		err = save_blocks(k);
	if (err)
		refuse(answer, "The block cannot be kept: %s.", err_text(err));
	else if (firewall_run(k->firewall, &rules, problem))
		refuse(answer, "The kernel refuses: %.200s", problem);
	else
		say(answer, "%s is %s for %u seconds.", text,
			block->kind == RULESET_BLOCK ? "blocked" : "in quarantine", seconds);
	buf_done(&rules);
	if (answer->type != WARD_REFUSED)
		return;
	k->blocks = before;
	(void)!save_blocks(k); // the next start finds it in the file at worst, and it ends in time
}

static void on_block(struct keeper *k, const struct ward_order *o, struct ward_answer *answer)
{
	char problem[FIREWALL_PROBLEM_BYTES];
	int64_t now = time_now_us(), expires = now + (int64_t)o->seconds * 1000000;
	struct block block = {
		.kind = o->verb == WARD_BLOCK ? RULESET_BLOCK : RULESET_QUARANTINE,
		.prefix = o->prefix,
		.expires_us = expires};
	if (renew(k, problem)) {
		refuse(answer, "The kernel refuses: %.200s", problem);
		return;
	}
	if (!may_block(k, o, answer) || collides(k, o, expires, answer))
		return;
	memcpy(block.case_id, o->case_id, sizeof block.case_id);
	memcpy(block.reason, o->reason, sizeof block.reason);
	carry_out(k, &block, o->seconds, answer);
}

static void on_unblock(struct keeper *k, const struct ward_order *o, struct ward_answer *answer)
{
	char problem[FIREWALL_PROBLEM_BYTES], text[PREFIX_TEXT_BYTES];
	enum ruleset_kind kind = o->verb == WARD_UNBLOCK ? RULESET_BLOCK : RULESET_QUARANTINE;
	struct buf rules = {0};
	(void)!keeper_refresh(k); // what was set by hand is found, too
	struct block *block = blocks_find(&k->blocks, kind, &o->prefix);
	prefix_text(&o->prefix, text);
	if (!block) {
		refuse(answer, "%s is not %s.", text,
			kind == RULESET_BLOCK ? "blocked" : "in quarantine");
		return;
	}
	ruleset_remove(kind, &o->prefix, &rules);
	if (firewall_run(k->firewall, &rules, problem)) {
		refuse(answer, "The kernel refuses: %.200s", problem);
	} else {
		blocks_remove(&k->blocks, block);
		enum err err = save_blocks(k);
		if (err)
			refuse(answer, "%s is free, but the file cannot be written: %s.", text,
				err_text(err));
		else
			say(answer, "%s is free.", text);
	}
	buf_done(&rules);
}

// ---- Zones.

static enum err read_zones(const char *path, struct zones *ret_zones, struct buf *text,
	char ret_problem[FIREWALL_PROBLEM_BYTES])
{
	struct zones_problem problem = {0};
	enum err err = disk_read(path, ZONES_FILE_BYTES, text);
	if (err) {
		snprintf(ret_problem, FIREWALL_PROBLEM_BYTES, "%.180s: %s", path, err_text(err));
		return err;
	}
	err = zones_parse(buf_bytes(text), ret_zones, &problem);
	if (err)
		snprintf(ret_problem, FIREWALL_PROBLEM_BYTES, "line %u: %.200s", problem.line,
			problem.text);
	return err;
}

static void on_zones(struct keeper *k, const struct ward_order *o, struct ward_answer *answer)
{
	static struct zones wanted, before; // large
	char problem[FIREWALL_PROBLEM_BYTES], path[512];
	struct buf text = {0};
	if (k->waiting) {
		refuse(answer, "Other zones wait for a confirmation: confirm them or roll them back first.");
		return;
	}
	before = k->zones;
	enum err err = *k->source ? read_zones(k->source, &wanted, &text, problem) : ERR_NOT_FOUND;
	if (!*k->source)
		snprintf(problem, sizeof problem, "no zones file is configured (option zones)");
	if (!err) { // the file first: killed in between, the next start undoes what is unconfirmed
		err = disk_write(path_of(k, "pending.yaml", path), buf_bytes(&text));
		if (err)
			snprintf(problem, sizeof problem, "the change cannot be kept: %s",
				err_text(err));
		else
			err = put_rules(k, &wanted, problem);
		if (err)
			(void)unlink(path);
	}
	buf_done(&text);
	if (err) {
		refuse(answer, "Nothing was changed: %.230s", problem);
		return;
	}
	k->previous = before;
	k->waiting = true;
	k->undo_at_us = time_monotonic_us() + (int64_t)o->seconds * 1000000;
	say(answer, "%zu zones and %zu flows hold; they are undone in %u seconds unless confirmed.",
		k->zones.zone_count, k->zones.flow_count, o->seconds);
}

static void on_confirm(struct keeper *k, struct ward_answer *answer)
{
	char pending[512], confirmed[512];
	if (!k->waiting) {
		refuse(answer, "No zones wait for a confirmation.");
		return;
	}
	path_of(k, "pending.yaml", pending);
	path_of(k, "confirmed.yaml", confirmed);
	if (rename(pending, confirmed) != 0 || disk_sync(k->dir)) {
		refuse(answer, "The confirmation cannot be kept; the zones before come back in time.");
		return;
	}
	k->waiting = false;
	say(answer, "The zones stay.");
}

static enum err undo(struct keeper *k, char ret_problem[FIREWALL_PROBLEM_BYTES])
{
	char path[512];
	static struct zones before;
	before = k->previous;
	enum err err = put_rules(k, &before, ret_problem);
	if (err)
		return err; // it is tried again
	k->waiting = false;
	(void)unlink(path_of(k, "pending.yaml", path)); // else the next start undoes it once more
	return OK;
}

static void on_rollback(struct keeper *k, struct ward_answer *answer)
{
	char problem[FIREWALL_PROBLEM_BYTES];
	if (!k->waiting)
		refuse(answer, "No zones wait for a confirmation: nothing to undo.");
	else if (undo(k, problem))
		refuse(answer, "The kernel refuses: %.200s", problem);
	else
		say(answer, "The zones before hold again.");
}

// ---- Time.

bool keeper_expired(struct keeper *k, struct ward_answer *ret_answer)
{
	char problem[FIREWALL_PROBLEM_BYTES], text[PREFIX_TEXT_BYTES];
	*ret_answer = (struct ward_answer){.type = WARD_EXPIRED};
	int64_t now = time_now_us();
	if (k->waiting && time_monotonic_us() >= k->undo_at_us) {
		ret_answer->verb = WARD_ROLLBACK;
		if (undo(k, problem) == OK) {
			say(ret_answer, "Nobody confirmed the zones: the ones before hold again.");
		} else {
			k->undo_at_us = time_monotonic_us() + 5000000;
			say(ret_answer, "The zones cannot be undone, it is tried again: %.200s", problem);
		}
		return true;
	}
	for (size_t i = 0; i < k->blocks.count; i++) {
		struct block *b = &k->blocks.at[i];
		if (b->expires_us > now)
			continue;
		prefix_text(&b->prefix, text);
		ret_answer->verb = b->kind == RULESET_BLOCK ? WARD_UNBLOCK : WARD_RELEASE;
		say(ret_answer, b->lifted ? "%s: somebody lifted it by hand." : "%s: its time is over.",
			text);
		blocks_remove(&k->blocks, b);
		(void)!save_blocks(k); // what is over is not put back
		return true;
	}
	return false;
}

// ---- Counting.

static void see(struct keeper *k, const struct firewall_line *line, int64_t now)
{
	enum ruleset_kind kind =
		line->kind == FIREWALL_BLOCK ? RULESET_BLOCK : RULESET_QUARANTINE;
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
		.seconds = seconds_left(b, now),
		.packets = b->packets,
		.bytes = b->bytes};
	memcpy(ret->case_id, b->case_id, sizeof ret->case_id);
	memcpy(ret->words, b->reason, sizeof ret->words);
}

static bool put_named(const struct firewall_line *line, struct ward_line *ret)
{
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
		snprintf(c->zones, sizeof c->zones, "%zu zones, %zu flows, %s between them otherwise",
			k->zones.zone_count, k->zones.flow_count,
			k->zones.deny && k->zones.zone_count ? "nothing" : "everything");
	for (; at < k->blocks.count + k->line_count && c->count < WARD_BATCH; at++)
		if (at < k->blocks.count)
			put_block(&k->blocks.at[at], now, &c->lines[c->count++]);
		else if (put_named(&k->lines[at - k->blocks.count], &c->lines[c->count]))
			c->count++;
	c->last = at >= k->blocks.count + k->line_count;
	return c->last ? 0 : at;
}

// ---- Start and end.

static void note(struct buf *notes, const char *words, const char *more)
{
	buf_printf(notes, "%s%s\n", words, more);
}

// Zones that hold at start: the confirmed ones. Before any were, what the file says is never blocked.
static void first_zones(struct keeper *k, struct zones *ret, struct buf *notes)
{
	char path[512], problem[FIREWALL_PROBLEM_BYTES];
	struct buf text = {0};
	zones_init(ret);
	if (unlink(path_of(k, "pending.yaml", path)) == 0)
		note(notes, "zones that nobody had confirmed are undone", "");
	enum err err = read_zones(path_of(k, "confirmed.yaml", path), ret, &text, problem);
	if (err && err != ERR_NOT_FOUND)
		note(notes, "the confirmed zones cannot be read: ", problem);
	buf_clear(&text);
	if (err && *k->source && read_zones(k->source, ret, &text, problem))
		note(notes, "the zones file cannot be read: ", problem);
	buf_done(&text);
	if (err)
		ret->zone_count = ret->flow_count = 0;
}

static size_t put_back(struct keeper *k)
{
	int64_t now = time_now_us();
	char problem[FIREWALL_PROBLEM_BYTES], why[240];
	size_t again = 0;
	if (firewall_list(k->firewall, k->lines, &k->line_count))
		return 0;
	for (size_t i = 0; i < k->blocks.count;) {
		struct block *b = &k->blocks.at[i];
		uint32_t left = seconds_left(b, now);
		bool there = false;
		for (size_t n = 0; n < k->line_count; n++)
			there |= k->lines[n].kind == (b->kind == RULESET_BLOCK ? FIREWALL_BLOCK
									    : FIREWALL_QUARANTINE) &&
				 prefix_equal(&k->lines[n].prefix, &b->prefix);
		struct buf text = {0};
		if (left > WARD_MOST_SECONDS || (left && zones_keep(&k->zones, &b->prefix, why)))
			left = 0; // a clock that was set back; or it must not be blocked any more
		ruleset_add(b->kind, &b->prefix, left, &text);
		bool gone = !left || (!there && firewall_run(k->firewall, &text, problem) != OK);
		buf_done(&text);
		again += !gone && !there;
		if (gone)
			blocks_remove(&k->blocks, b);
		else
			i++;
	}
	return again;
}

static enum err load_blocks(struct keeper *k)
{
	char path[512];
	struct buf text = {0};
	enum err err = disk_read(path_of(k, "blocks", path), BLOCKS_FILE_BYTES, &text);
	if (!err)
		err = blocks_parse(buf_bytes(&text), &k->blocks);
	buf_done(&text);
	return err == ERR_NOT_FOUND ? OK : err;
}

enum err keeper_open(struct keeper *k, const char *dir, const char *source, struct buf *ret_notes)
{
	static struct zones first;
	snprintf(k->dir, sizeof k->dir, "%s", dir);
	snprintf(k->source, sizeof k->source, "%s", source);
	enum err err = load_blocks(k);
	if (err)
		return err;
	first_zones(k, &first, ret_notes);
	k->zones = first;
	if (firewall_open(&k->firewall))
		snprintf(k->unable, sizeof k->unable, "libnftables cannot be used");
	else if (put_rules(k, &first, k->unable) == OK) {
		*k->unable = 0;
		size_t again = put_back(k);
		if (again)
			buf_printf(ret_notes, "%zu blocks that the kernel had lost are back\n", again);
		err = save_blocks(k);
	}
	return err;
}

void keeper_order(
	struct keeper *k, const struct ward_order *o, struct ward_answer *ret_answer)
{
	*ret_answer = (struct ward_answer){.type = WARD_DONE, .ticket = o->ticket, .verb = o->verb};
	if (*k->unable && k->firewall && put_rules(k, &k->zones, k->unable) == OK) {
		*k->unable = 0; // what was missing at start is there
		put_back(k);
	}
	if (*k->unable)
		refuse(ret_answer, "This server cannot contain anything: %.200s", k->unable);
	else if (o->verb == WARD_BLOCK || o->verb == WARD_QUARANTINE)
		on_block(k, o, ret_answer);
	else if (o->verb == WARD_UNBLOCK || o->verb == WARD_RELEASE)
		on_unblock(k, o, ret_answer);
	else if (o->verb == WARD_ZONES)
		on_zones(k, o, ret_answer);
	else if (o->verb == WARD_CONFIRM)
		on_confirm(k, ret_answer);
	else if (o->verb == WARD_ROLLBACK)
		on_rollback(k, ret_answer);
	else
		refuse(ret_answer, "This is not an order.");
}

void keeper_close(struct keeper *k)
{
	char problem[FIREWALL_PROBLEM_BYTES];
	struct buf text = {0};
	buf_add_text(&text, "delete table " RULESET_TABLE "\n");
	if (k->zones.clear_at_stop && !*k->unable)
		(void)!firewall_run(k->firewall, &text, problem); // the next start makes it anew
	buf_done(&text);
	firewall_close(k->firewall);
}
