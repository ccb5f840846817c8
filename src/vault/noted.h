// noted: what watch found and which incidents it opened, put on the trail once each, also after
// restarts.
//
// Watch numbers both, and the numbers only grow. The last one of each that the trail has is read
// from the trail itself when watch first asks (some thousand entries at a time), and told before
// any event, so that a watch that lost its state numbers nothing as something else was. Watch sends
// again whatever it was not told is durable. Watch is not believed: numbers are not far ahead of
// the last, and there are not more of them than fit a trail that people read.
#pragma once

#include "common/base/allowance.h"
#include "common/message/feed.h"

struct ledger;

enum {
	NOTED_AT_ONCE = 10000,
	NOTED_A_SECOND = 50,   // after that
	NOTED_AHEAD = 1000000, // of a finding's number; of an incident's, in its year, a hundredth
};

struct noted {
	struct ledger *ledger;
	bool known;                   // the last numbers were read from the trail
	int64_t looked_us;            // when they were looked for, monotonic
	bool read[FEED_KINDS];        // this one was
	uint64_t before[FEED_KINDS];  // where to look on, downwards; 0: from the end
	uint64_t last[FEED_KINDS];    // appended
	uint64_t durable[FEED_KINDS]; // of them on disk, as far as was looked
	uint64_t end;                 // the trail must be durable below this for all of `last`
	struct allowance allowance;
	bool news;  // watch does not know `durable` yet
	bool fresh; // it was told nothing at all yet
};

// ERR_SYNTAX, ERR_INVALID, ERR_LIMIT: it cannot be. ERR_BUSY: not now; watch sends it again.
enum err noted_take(struct noted *noted, struct bytes payload);
void noted_greet(struct noted *noted); // watch is new and knows nothing
// Sends how far the trail is, when that is news. False: a fresh watch does not know it yet; call
// again in a moment.
bool noted_tell(struct noted *noted, struct channel *watch);
