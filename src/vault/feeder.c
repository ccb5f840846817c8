#include "vault/feeder.h"

#include "common/base/log.h"
#include "common/base/time.h"
#include "common/format/json.h"
#include "common/format/trail.h"
#include "vault/explain/explain.h"
#include "vault/identity/identity.h"
#include "vault/ledger/ledger.h"

#include <stdlib.h>
#include <string.h>

enum {
	TURN_US = 3000, // watch catches up between other people's requests, and keeps none of them
			// waiting
	DURABLE_US = 2000,
	NOTED_US = 20000 // until the numbers on the trail are looked for again
};

// A record that was changed is read again when it is next needed.
static void notice_change(struct feeder *feeder, const struct trail_entry *e)
{
	bool write = e->outcome == TRAIL_INTENDED || e->action == TRAIL_SHREDDED;
	for (uint32_t i = 0; write && i < e->patients_here; i++)
		explain_forget(feeder->explain, e->patients[i]);
}

static void send_events(struct feeder *feeder)
{
	static struct feed_event events[FEED_BATCH];
	struct arena *arena = arena_new();
	uint64_t durable = ledger_durable(feeder->ledger), at = feeder->from;
	int64_t until_us = time_monotonic_us() + TURN_US;
	size_t count = 0;
	for (; at < durable && count < feeder->most && time_monotonic_us() < until_us; at++) {
		struct trail_entry e;
		arena_reset(arena);
		if (ledger_follow(feeder->ledger, at, arena, &e))
			break;
		events[count].seq = at;
		notice_change(feeder, &e);
		facts_event(&feeder->facts, &e, arena, &events[count++]);
	}
	arena_free(arena);
	feed_events_send(feeder->watch.channel, events, count, at, durable);
}

static void on_told(evutil_socket_t fd, short what, void *context)
{
	static const struct timeval again = {.tv_usec = NOTED_US};
	struct feeder *feeder = context;
	(void)fd;
	(void)what;
	if (!feeder->has_watch)
		return;
	if (noted_tell(&feeder->noted, feeder->watch.channel))
		send_events(feeder);
	else
		event_add(feeder->told, &again); // nothing is to be found before it can be numbered
	peer_flush(&feeder->watch);
}

// Not at once: many of these in one read would be many turns' work before anybody else's.
static void take_pull(struct feeder *feeder, struct bytes payload)
{
	static const struct timeval at_once = {0};
	if (feed_pull_parse(payload, &feeder->from, &feeder->most) == OK)
		event_add(feeder->told, &at_once);
}

static void take_outcome(struct feeder *feeder, struct bytes payload)
{
	static struct ward_counters counters; // large
	struct ward_answer answer;
	if (feed_outcome_parse(payload, &answer, &counters) == OK)
		feeder->outcome(
			feeder->context, &answer, answer.type == WARD_COUNTERS ? &counters : NULL);
}

bool feeder_order(struct feeder *feeder, const struct ward_order *order)
{
	if (!feeder->has_watch)
		return false;
	feed_order_send(feeder->watch.channel, order);
	peer_flush(&feeder->watch);
	return true;
}

bool feeder_ask(struct feeder *feeder, uint64_t ticket, struct bytes question)
{
	if (!feeder->has_watch)
		return false;
	feed_question_send(feeder->watch.channel, ticket, question);
	peer_flush(&feeder->watch);
	return true;
}

// Watch is not believed: what cannot be encoded again, or would do something to a terminal, is not
// taken, and what it answers must at least be an object.
static json_t *object_of(struct bytes text)
{
	json_t *json = NULL;
	if (json_parse_strict(text, NULL, &json, NULL) || !json_is_object(json)) {
		json_decref(json);
		return NULL;
	}
	return json;
}

static void take_reply(struct feeder *feeder, struct bytes payload)
{
	struct feed_reply reply;
	if (feed_reply_parse(payload, &reply))
		return; // who asked is told that nothing came
	json_t *json = object_of(reply.json);
	if (json)
		feeder->replied(feeder->context, reply.ticket, reply.status, json);
}

// ---- Explaining.

static enum err ask_of(struct feeder *feeder, const struct feed_wish *wish, struct arena *arena,
	struct explain_ask *ret)
{
	struct trail_entry e;
	struct account account;
	enum err err = ledger_read(feeder->ledger, wish->seq, arena, &e);
	if (err)
		return err;
	if (wish->index >= e.patients_here)
		return ERR_NOT_FOUND;
	err = identity_account_find(feeder->identity, e.actor, arena, &account);
	if (err && err != ERR_NOT_FOUND)
		return err;
	*ret = (struct explain_ask){.actor = e.actor,
		.staff = err ? "" : account.person,
		.role = e.role,
		.patient = e.patients[wish->index],
		.resource = e.resource,
		.at_us = e.time_us,
		// Nobody is made to look unexplained by what was known before they looked.
		.known_us = wish->known_us < e.time_us ? e.time_us : wish->known_us,
		.seq = wish->seq};
	return OK;
}

static void explain_one(struct feeder *feeder, const struct feed_wish *wish)
{
	struct feed_explained *done = &feeder->done[feeder->wish_at];
	struct arena *arena = arena_new();
	struct explain_ask ask;
	struct explanation explanation = {0};
	enum err err = ask_of(feeder, wish, arena, &ask);
	if (!err)
		err = explain_access(feeder->explain, &ask, arena, &explanation);
	if (err && err != ERR_NOT_FOUND)
		log_warning("entry %llu cannot be explained: %s", (unsigned long long)wish->seq,
			err_text(err));
	*done = (struct feed_explained){.wish = *wish, .fine = !err, .told = explanation.told};
	if (!err)
		facts_explained(&feeder->facts, done, ask.at_us);
	arena_free(arena);
}

static void wake(struct feeder *feeder, long after_us)
{
	const struct timeval pause = {.tv_usec = after_us};
	event_add(feeder->more, &pause);
}

static void on_more(evutil_socket_t fd, short what, void *context)
{
	struct feeder *feeder = context;
	int64_t until_us = time_monotonic_us() + FEEDER_SLICE_US;
	(void)fd;
	(void)what;
	if (feeder->wish_count && facts_remember(&feeder->facts) == ERR_BUSY) {
		wake(feeder, DURABLE_US); // what was written before is read first, between the rest
		return;
	}
	while (feeder->wish_at < feeder->wish_count && time_monotonic_us() < until_us) {
		explain_one(feeder, &feeder->wishes[feeder->wish_at]);
		feeder->wish_at++;
	}
	if (feeder->wish_at < feeder->wish_count) {
		wake(feeder, FEEDER_PAUSE_US);
		return;
	}
	if (!feeder->has_watch || !feeder->wish_count)
		return;
	if (ledger_durable(feeder->ledger) < feeder->facts.end) {
		ledger_flush(feeder->ledger); // what is answered stands on the trail
		wake(feeder, DURABLE_US);
		return;
	}
	feed_explained_send(feeder->watch.channel, feeder->done, feeder->wish_count);
	feeder->wish_count = feeder->wish_at = 0;
	peer_flush(&feeder->watch);
}

// ---- The channel.

static void keep_json(json_t **kept, struct bytes text)
{
	json_t *json = object_of(text);
	if (!json)
		return;
	json_decref(*kept);
	*kept = json;
}

static void watch_gone(struct peer *peer, const char *why)
{
	struct feeder *feeder = peer->owner;
	log_info("watch went away: %s", why);
	peer_done(peer);
	feeder->has_watch = false;
	feeder->wish_count = feeder->wish_at = 0;
	feeder->gone(feeder->context);
}

static void take_wishes(struct feeder *feeder, struct bytes payload)
{
	if (feeder->wish_count) {
		watch_gone(&feeder->watch, "more wishes before the last were answered");
		return;
	}
	size_t count;
	if (feed_explain_parse(payload, feeder->wishes, &count)) {
		watch_gone(&feeder->watch, "wishes that cannot be read");
		return;
	}
	feeder->wish_count = count;
	feeder->wish_at = 0;
	wake(feeder, FEEDER_PAUSE_US);
}

static void take_act(struct feeder *feeder, struct bytes payload)
{
	uint64_t ticket;
	struct bytes json;
	if (feed_act_parse(payload, &ticket, &json))
		watch_gone(&feeder->watch, "an act that cannot be read");
	else
		feeder->act(feeder->context, ticket, json);
}

void feeder_acted(struct feeder *feeder, const struct feed_acted *acted)
{
	if (!feeder->has_watch)
		return; // it asks again when it is back
	feed_acted_send(feeder->watch.channel, acted);
	peer_flush(&feeder->watch);
}

static void watch_frame(struct peer *peer, const struct frame *frame)
{
	struct feeder *feeder = peer->owner;
	enum err err = OK;
	if (frame->type == FEED_ACTIVITY) {
		keep_json(&feeder->activity, frame->payload);
	} else if (frame->type == FEED_QUEUE) {
		keep_json(&feeder->queue, frame->payload);
	} else if (frame->type == FEED_FINDINGS) {
		keep_json(&feeder->findings, frame->payload);
	} else if (frame->type == FEED_COURIER) {
		keep_json(&feeder->courier, frame->payload);
	} else if (frame->type == FEED_OUTCOME) {
		take_outcome(feeder, frame->payload);
	} else if (frame->type == FEED_ACT) {
		take_act(feeder, frame->payload);
	} else if (frame->type == FEED_REPLY) {
		take_reply(feeder, frame->payload);
	} else if (frame->type == FEED_EXPLAIN) {
		take_wishes(feeder, frame->payload);
	} else if (frame->type == FEED_RISK) {
		err = feed_risk_parse(frame->payload, feeder->risks, &feeder->risk_count);
	} else if (frame->type == FEED_FOUND) {
		err = noted_take(&feeder->noted, frame->payload);
	} else if (frame->type == FEED_PULL) {
		take_pull(feeder, frame->payload);
	}
	if (err && err != ERR_BUSY)
		watch_gone(peer, "something that cannot be read");
}

int feeder_risk(struct feeder *feeder, const char *account)
{
	if (!feeder->risk_count)
		return 0;
	uint64_t actor = mac_token(feeder->facts.opaque, bytes_text(account));
	for (size_t i = 0; i < feeder->risk_count; i++)
		if (feeder->risks[i].actor == actor)
			return (int)feeder->risks[i].points;
	return 0;
}

enum err feeder_test(struct feeder *feeder, uint64_t id, const char *destination)
{
	if (!feeder->has_watch)
		return ERR_CLOSED;
	feed_test_send(feeder->watch.channel, id, destination);
	peer_flush(&feeder->watch);
	return OK;
}

void feeder_open(struct feeder *feeder, const struct wire *wire)
{
	if (feeder->has_watch)
		watch_gone(&feeder->watch, "replaced");
	if (!feeder->more) {
		feeder->more = event_new(feeder->base, -1, 0, on_more, feeder);
		feeder->told = event_new(feeder->base, -1, 0, on_told, feeder);
	}
	if (!feeder->more || !feeder->told)
		abort();
	feeder->noted.ledger = feeder->ledger;
	noted_greet(&feeder->noted);
	feeder->watch = (struct peer){.frame = watch_frame, .gone = watch_gone, .owner = feeder};
	feeder->has_watch =
		peer_init(&feeder->watch, feeder->base, wire->fd, &feed_table, MESSAGE_FORTH) == OK;
}
