// trust: which orders guard believes: those that the vault gave, now, and once.
//
// Watch carries the vault's orders. Taken over it could make some up, change them, keep one for
// later or send it again: each is refused here. What it can still do is to carry none. No loop and
// no log.
#pragma once

#include "common/message/ward_proof.h"

enum {
	TRUST_FRESH_S = 10, // after this the vault has told whoever waits that nothing was heard
	TRUST_CALM_S = 2,   // an order under the key before was on its way: nobody's fault
};

enum trust_verdict {
	TRUST_FINE,
	TRUST_UNKNOWN, // there is no key yet
	TRUST_LATE,    // nobody's fault: watch, or this server, may have been held up
	TRUST_FORGED,
	TRUST_AGAIN,
	TRUST_VERDICTS
};

struct trust { // {0} believes nothing
	struct mac *key;
	uint64_t count;   // of the last order that was believed, under this key
	uint64_t answers; // given under it
	int64_t key_us;   // since when there is this key, monotonic
};

void trust_key(struct trust *trust, const char *hex, int64_t now_us); // in place of the one before
// TRUST_FINE: it is believed, and counted. PULL needs no proof.
enum trust_verdict trust_order(struct trust *trust, const struct ward_order *order, int64_t now_us);
const char *trust_text(enum trust_verdict verdict); // a sentence
// Guard's own word, for the vault, which believes no other (vault/orders.h).
void trust_answer(struct trust *trust, struct ward_answer *answer, int64_t now_us);
void trust_counters(struct trust *trust, struct ward_counters *counters, int64_t now_us);
// Somebody should hear of it. Not of what may have been given under the key before.
bool trust_alarms(const struct trust *trust, enum trust_verdict verdict, int64_t now_us);
