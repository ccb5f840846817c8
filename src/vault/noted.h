// noted: what watch found and which incidents it opened, put on the trail once each, also after
// restarts.
//
// Watch numbers both, and the numbers only grow. The last one of each that the trail has is read
// from the trail itself when watch first asks. Watch sends again whatever it was not told is
// durable.
#pragma once

#include "common/message/feed.h"

struct ledger;

struct noted {
	struct ledger *ledger;
	bool known;                   // the last numbers were read from the trail
	uint64_t last[FEED_KINDS];    // appended
	uint64_t durable[FEED_KINDS]; // of them on disk, as far as was looked
	uint64_t end;                 // the trail must be durable below this for all of `last`
	bool news;                    // watch does not know `durable` yet
};

// ERR_SYNTAX, ERR_INVALID: it cannot be read. ERR_BUSY: not now; watch sends it again.
enum err noted_take(struct noted *noted, struct bytes payload);
void noted_greet(struct noted *noted); // watch is new and knows nothing
// Sends how far the trail is, when that is news.
void noted_tell(struct noted *noted, struct channel *watch);
