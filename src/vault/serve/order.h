// order: a request that guard has to carry out. Its entry is on the trail first; when that is
// durable the order goes to guard (through watch), and its handler is called again with what came
// of it, or with the sentence that nothing was heard.
#pragma once

#include "common/message/ward.h"
#include "vault/serve/serve.h"

enum {
	ORDER_WAIT_S = 10
};

// The exchange's job while it waits, and when its handler is called again.
struct order {
	struct ward_order what; // with its ticket
	uint64_t entry;         // on the trail; 0: none
	bool sent, answered;
	int64_t until_us; // monotonic
	struct ward_answer answer;
	json_t *list; // of PULL: what guard counts, complete
};

// Makes the exchange's job; its handler then returns PROGRESS_ORDERED.
struct order *order_begin(struct vault *vault, struct exchange *x, const struct ward_order *what);
void order_hold(struct vault *vault, struct exchange *x); // for serve, after PROGRESS_ORDERED
// Sends what became durable, and gives up what waited too long.
void order_settle(struct vault *vault);
void order_forget(struct vault *vault, const void *client, const uint32_t *id);
void order_done(struct vault *vault); // frees all
