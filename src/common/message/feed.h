// feed: what watch learns from the vault's trail, and what it gives back.
//
//   PULL      forth (watch)  u64 first sequence number wanted, u32 at most how many
//   EVENTS    back  (vault)  u64 next number, u64 size of the trail, u16 count, then the events
//   ACTIVITY  forth (watch)  what watch counts, as JSON for the console
//   ORDER     back  (vault)  u8 verb, an order for guard as in ward.h; its entry is on the trail
//   OUTCOME   forth (watch)  u8 type, what guard answered, as in ward.h
//
// The trail is the queue: watch keeps its place and asks again. An event holds no name and no
// identifier of a person: actors and patients are numbers that only the vault can turn back.
#pragma once

#include "common/io/channel.h"
#include "common/message/ward.h"

enum feed_message {
	FEED_PULL = 1,
	FEED_EVENTS,
	FEED_ACTIVITY,
	FEED_ORDER = 32,
	FEED_OUTCOME,
};
enum {
	FEED_BATCH = 500,
	FEED_ACTIVITY_BYTES = 60000
};

struct feed_event {
	uint64_t seq;
	int64_t time_us;
	uint8_t kind, action, outcome; // as in common/format/trail.h
	bool broken_glass, related;    // purpose BTG; a care relationship is known
	uint32_t patient_count;
	uint64_t actor, patient; // opaque; 0: none
};

extern const struct message_table feed_table;

void feed_pull_send(struct channel *channel, uint64_t from, uint32_t most);
enum err feed_pull_parse(struct bytes payload, uint64_t *ret_from, uint32_t *ret_most);
// At most FEED_BATCH events.
void feed_events_send(struct channel *channel, const struct feed_event *events, size_t count,
	uint64_t next, uint64_t size); // five: a list and two numbers
enum err feed_events_parse(struct bytes payload, struct feed_event ret_events[FEED_BATCH],
	size_t *ret_count, uint64_t *ret_next, uint64_t *ret_size);

// Containment, passed on to guard and back (feed_ward.c).
void feed_order_send(struct channel *channel, const struct ward_order *order);
enum err feed_order_parse(struct bytes payload, struct ward_order *ret_order);
void feed_outcome_send(struct channel *channel, const struct ward_answer *answer);
void feed_counters_send(struct channel *channel, const struct ward_counters *counters);
// When it was counters, the answer's type says so and they are filled, too.
enum err feed_outcome_parse(
	struct bytes payload, struct ward_answer *ret_answer, struct ward_counters *ret_counters);
