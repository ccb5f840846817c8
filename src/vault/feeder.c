#include "vault/feeder.h"

#include "common/base/log.h"
#include "common/base/time.h"
#include "common/message/feed.h"
#include "vault/ledger/ledger.h"

#include <string.h>

enum {
	TURN_US = 3000, // watch catches up between other people's requests, and keeps none of them
			// waiting
};

static uint64_t opaque(struct feeder *feeder, const char *id)
{
	return *id ? mac_token(feeder->opaque, bytes_text(id)) : 0;
}

static void send_events(struct feeder *feeder, uint64_t from, uint32_t most)
{
	static struct feed_event events[FEED_BATCH];
	struct arena *arena = arena_new();
	uint64_t durable = ledger_durable(feeder->ledger), at = from;
	int64_t until_us = time_monotonic_us() + TURN_US;
	size_t count = 0;
	for (; at < durable && count < most && time_monotonic_us() < until_us; at++) {
		struct trail_brief b;
		arena_reset(arena);
		if (ledger_brief(feeder->ledger, at, arena, &b))
			break;
		events[count++] = (struct feed_event){.seq = at,
			.time_us = b.time_us,
			.kind = (uint8_t)b.kind,
			.action = (uint8_t)b.action,
			.outcome = (uint8_t)b.outcome,
			.broken_glass = b.broken_glass,
			.related = b.related,
			.patient_count = b.patient_count,
			.actor = opaque(feeder, b.actor),
			.patient = opaque(feeder, b.patient)};
	}
	arena_free(arena);
	feed_events_send(feeder->watch.channel, events, count, at, durable);
}

static void keep(json_t **kept, struct bytes text)
{
	json_t *json = json_loadb((const char *)text.at, text.size, 0, NULL);
	if (!json)
		return;
	json_decref(*kept);
	*kept = json;
}

static void watch_frame(struct peer *peer, const struct frame *frame)
{
	struct feeder *feeder = peer->owner;
	uint64_t from;
	uint32_t most;
	if (frame->type == FEED_ACTIVITY || frame->type == FEED_FINDINGS) {
		keep(frame->type == FEED_ACTIVITY ? &feeder->activity : &feeder->findings,
			frame->payload);
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
