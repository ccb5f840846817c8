// order: a request that another role has to carry out or to answer: guard (through watch), or watch
// itself. Its entry, if it has one, is on the trail first; when that is durable the order goes out,
// and its handler is called again with what came of it, or with the sentence that nothing was
// heard.
#pragma once

#include "common/message/ward.h"
#include "vault/serve/serve.h"

enum {
	ORDER_WAIT_S = 10,
	ORDER_LINES = 16384,        // of one list, and that end at once; guard has no more
	ORDER_EXPIRED_A_SECOND = 20 // after that; what is beyond comes from no guard of ours
};

// The exchange's job while it waits, and when its handler is called again.
struct order {
	struct ward_order what; // with its ticket; of a question nothing else
	char *question;         // for watch, as JSON; NULL: an order for guard
	uint64_t entry;         // on the trail; 0: none
	bool sent, answered;
	int64_t until_us; // monotonic
	struct ward_answer answer;
	json_t *list;    // of PULL: what guard counts, complete
	uint16_t status; // of watch's reply
	json_t *reply;   // what watch answered, without names; owned by the order
};

// Makes the exchange's job; its handler then returns PROGRESS_ORDERED.
struct order *order_begin(struct vault *vault, struct exchange *x, const struct ward_order *what);
// The same for a question to watch, {"ask": …}, whose reference it takes. NULL: it was too long,
// and is answered.
struct order *order_ask(struct vault *vault, struct exchange *x, json_t *question);
// Answers with watch's problem. False: it has none, and `reply` holds what was asked for.
bool order_problem(struct exchange *x, const struct order *order);
void order_hold(struct vault *vault, struct exchange *x); // for serve, after PROGRESS_ORDERED
// Sends what became durable, and gives up what waited too long.
void order_settle(struct vault *vault);
void order_forget(struct vault *vault, const void *client, const uint32_t *id);
void order_done(struct vault *vault); // frees all
