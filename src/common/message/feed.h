// feed: what watch learns from the vault's trail, and what it gives back.
//
//   PULL      forth (watch)  u64 first sequence number wanted, u32 at most how many
//   EVENTS    back  (vault)  u64 next number, u64 size of the trail, u16 count, then the events
//   ACTIVITY  forth (watch)  what watch counts, as JSON for the console
//   COURIER   forth (watch)  what the courier told, as JSON for the command line
//   TEST      back  (vault)  a test errand is wanted: u64 its number, the destination's name
//
// The trail is the queue: watch keeps its place and asks again. An event holds no name and no
// identifier of a person: actors and patients are numbers that only the vault can turn back.
#pragma once

#include "common/io/channel.h"

enum feed_message {
	FEED_PULL = 1,
	FEED_EVENTS,
	FEED_ACTIVITY,
	FEED_COURIER,
	FEED_TEST
};
enum {
	FEED_BATCH = 500,
	FEED_ACTIVITY_BYTES = 60000,
	FEED_COURIER_BYTES = CHANNEL_FRAME_BYTES,
	FEED_NAME_BYTES = 64
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
void feed_test_send(struct channel *channel, uint64_t id, const char *destination);
enum err feed_test_parse(
	struct bytes payload, uint64_t *ret_id, char ret_destination[FEED_NAME_BYTES]);
enum err feed_events_parse(struct bytes payload, struct feed_event ret_events[FEED_BATCH],
	size_t *ret_count, uint64_t *ret_next, uint64_t *ret_size);
