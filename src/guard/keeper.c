#include "guard/keeper_in.h"

#include "common/base/text.h"
#include "common/base/time.h"
#include "common/io/file.h"
#include "guard/disk.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum {
	BLOCKS_FILE_BYTES = 2 * 1024 * 1024,
};

const char *keeper_path(const struct keeper *k, const char *name, char ret_path[512])
{
	snprintf(ret_path, 512, "%s/%s", k->dir, name);
	return ret_path;
}

void answer_refuse(struct ward_answer *answer, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	answer->type = WARD_REFUSED;
	vsnprintf(answer->words, sizeof answer->words, format, args);
	va_end(args);
}

void answer_say(struct ward_answer *answer, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(answer->words, sizeof answer->words, format, args);
	va_end(args);
}

enum err keeper_save_blocks(struct keeper *k)
{
	char path[512];
	struct buf out = {0};
	blocks_encode(&k->blocks, &out);
	enum err err = disk_write(keeper_path(k, "blocks", path), buf_bytes(&out));
	buf_done(&out);
	return err ? err : disk_sync(k->dir);
}

uint32_t block_seconds_left(const struct block *block, int64_t now_us)
{
	int64_t left = (block->expires_us - now_us + 999999) / 1000000;
	return left > 0 ? (uint32_t)left : 0;
}

// ---- Time.

bool keeper_expired(struct keeper *k, struct ward_answer *ret_answer)
{
	char problem[FIREWALL_PROBLEM_BYTES], text[PREFIX_TEXT_BYTES];
	*ret_answer = (struct ward_answer){.type = WARD_EXPIRED};
	int64_t now = time_now_us();
	if (k->waiting && time_monotonic_us() >= k->undo_at_us) {
		ret_answer->verb = WARD_ROLLBACK;
		if (keeper_undo(k, problem) == OK) {
			answer_say(ret_answer,
				"Nobody confirmed the zones: the ones before hold again.");
		} else {
			k->undo_at_us = time_monotonic_us() + 5000000;
			answer_say(ret_answer,
				"The zones cannot be undone, it is tried again: %.200s", problem);
		}
		return true;
	}
	for (size_t i = 0; i < k->blocks.count; i++) {
		struct block *b = &k->blocks.at[i];
		if (b->expires_us > now)
			continue;
		prefix_text(&b->prefix, text);
		ret_answer->verb = b->kind == RULESET_BLOCK ? WARD_UNBLOCK : WARD_RELEASE;
		answer_say(ret_answer,
			b->lifted ? "%s: somebody lifted it by hand." : "%s: its time is over.",
			text);
		blocks_remove(&k->blocks, b);
		(void)!keeper_save_blocks(k); // what is over is not put back
		return true;
	}
	return false;
}

// ---- Start and end.

static void note(struct buf *notes, const char *words, const char *more)
{
	buf_printf(notes, "%s%s\n", words, more);
}

// Zones that hold at start: the confirmed ones. Before any were, what the file says is never
// blocked.
static void first_zones(struct keeper *k, struct zones *ret, struct buf *notes)
{
	char path[512], problem[FIREWALL_PROBLEM_BYTES];
	struct buf text = {0};
	zones_init(ret);
	if (unlink(keeper_path(k, "pending.yaml", path)) == 0)
		note(notes, "zones that nobody had confirmed are undone", "");
	enum err err =
		keeper_read_zones(keeper_path(k, "confirmed.yaml", path), ret, &text, problem);
	if (err && err != ERR_NOT_FOUND)
		note(notes, "the confirmed zones cannot be read: ", problem);
	buf_clear(&text);
	if (err && *k->source && keeper_read_zones(k->source, ret, &text, problem))
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
		uint32_t left = block_seconds_left(b, now);
		bool there = false;
		for (size_t n = 0; n < k->line_count; n++)
			there |= k->lines[n].kind == (b->kind == RULESET_BLOCK
								     ? FIREWALL_BLOCK
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

// A file that is not whole is put aside and said: what is in the kernel still holds and is found
// there.
static enum err load_blocks(struct keeper *k, struct buf *notes)
{
	char path[512], aside[512];
	struct buf text = {0};
	enum err err = file_read(keeper_path(k, "blocks", path), BLOCKS_FILE_BYTES, &text);
	bool broken = !err && blocks_parse(buf_bytes(&text), &k->blocks) != OK;
	buf_done(&text);
	if (broken || err == ERR_LIMIT) {
		err = rename(path, keeper_path(k, "blocks.broken", aside)) == 0 ? OK : ERR_IO;
		note(notes, "the file of blocks is not whole; it is now ", aside);
	}
	return err == ERR_NOT_FOUND ? OK : err;
}

// Whoever wants nothing contained has no table: this server then changes nothing on the network.
static bool never_asked(struct keeper *k)
{
	char path[512];
	return !*k->source && !k->blocks.count &&
	       access(keeper_path(k, "confirmed.yaml", path), F_OK) != 0 &&
	       firewall_list(k->firewall, k->lines, &k->line_count) != OK;
}

enum err keeper_open(struct keeper *k, const char *dir, const char *source, struct buf *ret_notes)
{
	static struct zones first;
	snprintf(k->dir, sizeof k->dir, "%s", dir);
	snprintf(k->source, sizeof k->source, "%s", source);
	enum err err = load_blocks(k, ret_notes);
	if (err)
		return err;
	first_zones(k, &first, ret_notes);
	k->zones = first;
	if (firewall_open(&k->firewall))
		snprintf(k->unable, sizeof k->unable, "libnftables cannot be used");
	else if (never_asked(k))
		k->idle = true;
	else if (keeper_rules(k, &first, k->unable) == OK) {
		*k->unable = 0;
		size_t again = put_back(k);
		if (again)
			buf_printf(ret_notes, "%zu %s that the kernel had lost %s back\n", again,
				text_plural(again, "block", "blocks"),
				text_plural(again, "is", "are"));
		err = keeper_save_blocks(k);
	}
	return err;
}

void keeper_order(struct keeper *k, const struct ward_order *o, struct ward_answer *ret_answer)
{
	*ret_answer = (struct ward_answer){.type = WARD_DONE, .ticket = o->ticket, .verb = o->verb};
	if (*k->unable && k->firewall && keeper_rules(k, &k->zones, k->unable) == OK) {
		*k->unable = 0; // what was missing at start is there
		put_back(k);
	}
	if (*k->unable)
		answer_refuse(ret_answer, "This server cannot contain anything: %.200s", k->unable);
	else if (o->verb == WARD_BLOCK || o->verb == WARD_QUARANTINE)
		keeper_block(k, o, ret_answer);
	else if (o->verb == WARD_UNBLOCK || o->verb == WARD_RELEASE)
		keeper_unblock(k, o, ret_answer);
	else if (o->verb == WARD_ZONES)
		keeper_apply(k, o, ret_answer);
	else if (o->verb == WARD_CONFIRM)
		keeper_confirm(k, ret_answer);
	else if (o->verb == WARD_ROLLBACK)
		keeper_rollback(k, ret_answer);
	else
		answer_refuse(ret_answer, "This is not an order.");
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
