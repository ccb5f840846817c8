#include "vault/feeder.h"

#include "common/base/log.h"
#include "common/format/trail.h"
#include "common/message/feed.h"
#include "vault/ledger/ledger.h"

#include <string.h>

static uint64_t opaque(struct feeder *feeder, const char *id)
{
	return *id ? mac_token(feeder->opaque, bytes_text(id)) : 0;
}

static void send_events(struct feeder *feeder, uint64_t from, uint32_t most)
{
	static struct feed_event events[FEED_BATCH];
	struct arena *arena = arena_new();
	uint64_t durable = ledger_durable(feeder->ledger), at = from;
	size_t count = 0;
	for (; at < durable && count < most; at++) {
		struct trail_entry e;
		arena_reset(arena);
		if (ledger_read(feeder->ledger, at, arena, &e))
			break;
		events[count++] = (struct feed_event){.seq = at,
			.time_us = e.time_us,
			.kind = (uint8_t)e.kind,
			.action = (uint8_t)e.action,
			.outcome = (uint8_t)e.outcome,
			.broken_glass = strcmp(e.purpose, "BTG") == 0,
			.related = *e.relationship && strcmp(e.relationship, "none") != 0,
			.patient_count = e.patient_count,
			.actor = opaque(feeder, e.actor),
			.patient = e.patients_here ? opaque(feeder, e.patients[0]) : 0};
	}
	arena_free(arena);
	feed_events_send(feeder->watch.channel, events, count, at, durable);
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

static void watch_frame(struct peer *peer, const struct frame *frame)
{
	struct feeder *feeder = peer->owner;
	uint64_t from;
	uint32_t most;
	if (frame->type == FEED_ACTIVITY) {
		json_t *json =
			json_loadb((const char *)frame->payload.at, frame->payload.size, 0, NULL);
		if (json) {
			json_decref(feeder->activity);
			feeder->activity = json;
		}
		return;
	}
	if (frame->type == FEED_OUTCOME) {
		take_outcome(feeder, frame->payload);
		return;
	}
	if (feed_pull_parse(frame->payload, &from, &most) == OK) {
		send_events(feeder, from, most);
		peer_flush(peer);
	}
}

static void watch_gone(struct peer *peer, const char *why)
{
	struct feeder *feeder = peer->owner;
	log_info("watch went away: %s", why);
	peer_done(peer);
	feeder->has_watch = false;
}

void feeder_open(struct feeder *feeder, const struct wire *wire)
{
	if (feeder->has_watch)
		watch_gone(&feeder->watch, "replaced");
	feeder->watch = (struct peer){.frame = watch_frame, .gone = watch_gone, .owner = feeder};
	feeder->has_watch =
		peer_init(&feeder->watch, feeder->base, wire->fd, &feed_table, MESSAGE_FORTH) == OK;
}
