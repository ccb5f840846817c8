#include "vault/orders.h"

#include "common/base/log.h"
#include "common/base/time.h"
#include "common/format/trail.h"
#include "common/io/wire.h"
#include "common/message/feed.h"
#include "vault/ledger/ledger.h"

#include <stdio.h>
#include <string.h>

void orders_key(struct orders *orders, const char *hex)
{
	mac_free(orders->key);
	orders->key = ward_proof_key(hex);
	orders->count = orders->heard = 0;
}

void orders_done(struct orders *orders)
{
	mac_free(orders->key);
	orders->key = NULL;
}

struct ward_order orders_give(struct orders *orders, const struct ward_order *order)
{
	struct ward_order given = *order;
	if (given.verb == WARD_PULL || !orders->key)
		return given;
	given.mark.count = ++orders->count;
	given.mark.given_us = time_monotonic_us();
	ward_proof_order(&given, orders->key);
	return given;
}

// Whatever is made up has no proof; what is kept for later comes behind a later one, or too late
// for whoever waited.
static bool is_guards(struct orders *orders, const struct ward_answer *answer,
	const struct ward_counters *counters)
{
	const struct ward_mark *mark = counters ? &counters->mark : &answer->mark;
	if (!orders->key || mark->count <= orders->heard)
		return false;
	if (counters ? !ward_proof_counters_hold(counters, orders->key)
		     : !ward_proof_answer_holds(answer, orders->key))
		return false;
	orders->heard = mark->count;
	return true;
}

bool orders_believe(struct orders *orders, const struct ward_answer *answer,
	const struct ward_counters *counters)
{
	bool away = answer->type == WARD_REFUSED && strcmp(answer->words, ward_away) == 0;
	if (away || is_guards(orders, answer, counters))
		return true;
	if (allowance_take(&orders->doubts, 10, 1, time_monotonic_us()))
		log_warning("watch brought an answer that guard did not give now: %s",
			ward_verb_text(answer->verb));
	return false;
}

void orders_forged(struct orders *orders, const struct wire *told)
{
	char words[FEED_WORDS_BYTES], detail[FEED_WORDS_BYTES + 64];
	feed_text(words, sizeof words, told->text);
	if (told->value > 1)
		snprintf(detail, sizeof detail, "%s (the last of %u)", words, told->value);
	else
		snprintf(detail, sizeof detail, "%s", words);
	log_error("guard refused what the vault did not order; watch may have been taken over: %s",
		detail);
	const struct trail_entry note = {.time_us = time_now_us(),
		.kind = TRAIL_SYSTEM,
		.action = TRAIL_FORGED,
		.outcome = TRAIL_DENIED,
		.actor = "guard", // which tells of it; who it was is not known
		.actor_name = "Somebody",
		.detail = detail};
	if (!allowance_take(&orders->allowance, ORDERS_FORGED_AT_ONCE, ORDERS_FORGED_A_SECOND,
		    time_monotonic_us()))
		return;
	(void)ledger_append(orders->ledger, &note);
	ledger_flush(orders->ledger);
}
