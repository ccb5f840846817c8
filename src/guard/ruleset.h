// ruleset: text for nftables, made from checked structures alone. Everything is in the table
// `inet hospitaller`; each text is one transaction of the kernel's: all of it holds, or nothing.
//
// The chains: input, forward and output (priority filter - 5) jump to `contain`, then to the zones'
// chain of theirs. `contain` returns at once for lifelines; `from` and `to` return for what is
// never blocked and then ask the sets. So an entry that got into a set by mistake harms neither.
// Elements of the sets expire in the kernel, whether guard lives or not; also one that somebody
// adds by hand.
#pragma once

#include "guard/zones.h"

#define RULESET_TABLE "inet hospitaller"

// What no flow allows is dropped by the chain `refuse`, which first remembers who knocked where: an
// element of `knock4` or `knock6` counts the packets of ten minutes from its first on.
#define RULESET_KNOCK_TIME "10m"
enum {
	RULESET_KNOCKS = 4096 // from, to, protocol and port; more are dropped and not remembered
};

enum ruleset_kind {
	RULESET_BLOCK,
	RULESET_QUARANTINE
};

// Table, sets, and all rules anew; what is in the sets stays.
void ruleset_whole(const struct zones *zones, struct buf *out);
// One element with its time; of one that is there the kernel would keep the time that it has.
void ruleset_add(
	enum ruleset_kind kind, const struct prefix *prefix, uint32_t seconds, struct buf *out);
// Whether it is there or not.
void ruleset_remove(enum ruleset_kind kind, const struct prefix *prefix, struct buf *out);
// The same of one that is there, else the transaction fails: beside an addition that overlaps it,
// where the library takes no other form.
void ruleset_take(enum ruleset_kind kind, const struct prefix *prefix, struct buf *out);
const char *ruleset_set(enum ruleset_kind kind, const struct prefix *prefix); // its name
