// orders: what guard does on the vault's word, and how it knows that word (common/message/
// ward_proof.h).
//
// The parent gives a key whenever both are ready; before, orders go out without proof, and guard,
// which is not there, carries out none. What guard refused because the vault did not give it is
// noted on the trail: it tells the parent, for watch may be the one that made it up. And of
// what watch says that guard answered only that is believed which guard did answer, once, and that
// guard is not there.
#pragma once

#include "common/base/allowance.h"
#include "common/message/ward_proof.h"

struct ledger;
struct wire;

enum {
	ORDERS_FORGED_AT_ONCE = 100, // entries; guard tells once a second
	ORDERS_FORGED_A_SECOND = 1,
};

struct orders { // {0} but for the ledger
	struct ledger *ledger;
	struct mac *key;
	uint64_t count;
	uint64_t heard;                     // of the last answer that was believed, under this key
	struct allowance allowance, doubts; // entries; lines of the log
};

void orders_key(struct orders *orders, const char *hex);
void orders_done(struct orders *orders);
// Ready to go out: it may be given to guard from now on, once.
struct ward_order orders_give(struct orders *orders, const struct ward_order *order);
// `counters`: with an answer of that type. False: it is no word of guard's; nothing came of it.
bool orders_believe(struct orders *orders, const struct ward_answer *answer,
	const struct ward_counters *counters);
void orders_forged(struct orders *orders, const struct wire *told);
