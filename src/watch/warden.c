#include "watch/warden.h"

#include "common/base/log.h"

#include <stdio.h>
#include <string.h>

// Tickets of watch's own; those of the vault count up from 1.
#define OWN_TICKET (1ull << 62)

static void tell(struct warden *w, const struct ward_answer *answer)
{
	if (!w->vault)
		return; // the vault that asked is gone, and its clients with it
	feed_outcome_send(w->vault, answer);
	w->answered(w);
}

static void guard_frame(struct peer *peer, const struct frame *frame)
{
	static struct ward_counters counters; // large
	struct warden *w = peer->owner;
	struct ward_answer answer;
	bool lines = frame->type == WARD_COUNTERS;
	enum err err =
		lines ? ward_counters_parse(frame->payload, &counters)
		      : ward_answer_parse((enum ward_message)frame->type, frame->payload, &answer);
	if (err) {
		peer->gone(peer, "an answer that cannot be read");
	} else if (!lines) {
		if (answer.type == WARD_EXPIRED && w->expired)
			w->expired(w->context, &answer);
		if (answer.ticket != OWN_TICKET)
			tell(w, &answer);
	} else if (counters.ticket == OWN_TICKET) {
		w->counted(w->context, &counters);
	} else if (w->vault) {
		feed_counters_send(w->vault, &counters);
		w->answered(w);
	}
}

static void guard_gone(struct peer *peer, const char *why)
{
	struct warden *w = peer->owner;
	log_info("guard went away: %s", why);
	peer_done(peer);
	w->has_guard = false;
}

void warden_open(struct warden *w, const struct wire *wire)
{
	if (w->has_guard)
		guard_gone(&w->guard, "replaced");
	w->guard = (struct peer){.frame = guard_frame, .gone = guard_gone, .owner = w};
	w->has_guard = peer_init(&w->guard, w->base, wire->fd, &ward_table, MESSAGE_BACK) == OK;
}

void warden_pull(struct warden *w)
{
	const struct ward_order pull = {.verb = WARD_PULL, .ticket = OWN_TICKET};
	if (!w->has_guard || !w->counted)
		return;
	ward_order_send(w->guard.channel, &pull);
	peer_flush(&w->guard);
}

enum err warden_order(struct warden *w, struct bytes payload)
{
	struct ward_order order;
	enum err err = feed_order_parse(payload, &order);
	if (err)
		return err;
	if (w->has_guard) {
		ward_order_send(w->guard.channel, &order);
		peer_flush(&w->guard);
		return OK;
	}
	struct ward_answer answer = {
		.type = WARD_REFUSED, .ticket = order.ticket, .verb = order.verb};
	snprintf(answer.words, sizeof answer.words, "%s", ward_away);
	tell(w, &answer);
	return OK;
}
