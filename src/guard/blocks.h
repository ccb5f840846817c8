// blocks: who is blocked or quarantined, until when, for which case and why; kept in one file,
// which is written before the kernel is asked and after it lets go, so that a restart puts back
// whatever the kernel has lost (a reboot) with the time that remained, and nothing longer.
#pragma once

#include "common/message/ward.h"
#include "guard/ruleset.h"

enum {
	BLOCKS_MOST = 4096
};

struct block {
	enum ruleset_kind kind;
	struct prefix prefix;
	int64_t expires_us;      // wall clock
	uint64_t packets, bytes; // as last seen in the kernel; not kept in the file
	bool seen, lifted;       // in the kernel, when it was last looked; gone before its time
	char case_id[WARD_CASE_BYTES + 1], reason[WARD_REASON_BYTES + 1];
};

struct blocks {
	struct block at[BLOCKS_MOST];
	size_t count;
};

struct block *blocks_find(
	struct blocks *blocks, enum ruleset_kind kind, const struct prefix *prefix);
// Adds, or replaces the one of the same kind and prefix. ERR_LIMIT.
enum err blocks_set(struct blocks *blocks, const struct block *block);
void blocks_remove(struct blocks *blocks, struct block *block);

void blocks_encode(const struct blocks *blocks, struct buf *out);
// When it is not whole, nothing is there.
enum err blocks_parse(struct bytes encoded, struct blocks *ret_blocks);
