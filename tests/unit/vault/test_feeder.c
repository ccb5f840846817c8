// What watch may do to the vault when somebody has taken it over.
#include "../unit.h"

#include "../ledger/scratch.h"
#include "vault/feeder.h"

#include <string.h>
#include <unistd.h>

enum {
	PULLS = 5000,
	PATIENCE = 500,
	DEEP = 1000 // deeper than any answer of ours, and than what can be encoded again
};

struct house {
	struct scratch scratch;
	struct feeder feeder;
	struct channel *watch; // its end
	unsigned replies;
	json_t *reply;
};

static void nothing(void *context)
{
	(void)context;
}

static void keep_reply(void *context, uint64_t ticket, uint16_t status, json_t *json)
{
	struct house *house = context;
	assert_int_equal(ticket, 1);
	assert_int_equal(status, 200);
	json_decref(house->reply);
	house->reply = json;
	house->replies++;
}

static void house_open(struct house *house)
{
	int ends[2];
	struct key key = {.bytes = {1}};
	memset(house, 0, sizeof *house);
	scratch_make(&house->scratch);
	house->feeder = (struct feeder){.base = event_base_new(),
		.ledger = scratch_open(&house->scratch),
		.gone = nothing,
		.replied = keep_reply,
		.context = house};
	house->feeder.facts.ledger = house->feeder.ledger;
	house->feeder.facts.opaque = mac_new(&key);
	scratch_fill(house->feeder.ledger, 200);
	assert_ok(channel_pair(ends));
	struct wire wire = {.kind = WIRE_CHANNEL, .fd = ends[0]};
	feeder_open(&house->feeder, &wire);
	house->watch = channel_new(ends[1], &feed_table, MESSAGE_BACK);
}

static void house_close(struct house *house)
{
	struct feeder *feeder = &house->feeder;
	if (feeder->has_watch)
		peer_done(&feeder->watch);
	channel_free(house->watch);
	event_free(feeder->more);
	event_free(feeder->told);
	json_decref(feeder->findings);
	json_decref(house->reply);
	event_base_free(feeder->base);
	mac_free(feeder->facts.opaque);
	ledger_close(feeder->ledger);
	scratch_remove(&house->scratch);
}

static void turn(struct house *house)
{
	assert_ok(channel_flush(house->watch));
	assert_true(event_base_loop(house->feeder.base, EVLOOP_NONBLOCK) >= 0);
}

// Batches of events that came to watch.
static unsigned batches(struct house *house)
{
	struct frame frame;
	unsigned count = 0;
	assert_ok(channel_fill(house->watch));
	while (channel_next(house->watch, &frame))
		count += frame.type == FEED_EVENTS;
	return count;
}

static void whoever_asks_a_thousand_times_is_told_once_in_a_turn(void **state)
{
	struct house house;
	(void)state;
	house_open(&house);
	for (unsigned i = 0; i < PULLS; i++)
		feed_pull_send(house.watch, 0, FEED_BATCH);
	unsigned all = 0;
	for (unsigned i = 0; i < 4 || (!all && i < PATIENCE); i++) { // the index is made first
		turn(&house);
		unsigned told = batches(&house);
		assert_in_range(told, 0, 1);
		all += told;
		usleep(all ? 0 : 10000);
	}
	assert_in_range(all, 1, 4);
	house_close(&house);
}

// The first frame that comes.
static struct frame first_frame(struct house *house)
{
	struct frame frame = {0};
	bool there = false;
	for (unsigned i = 0; !there && i < PATIENCE; i++) {
		turn(house);
		assert_ok(channel_fill(house->watch));
		there = channel_next(house->watch, &frame);
		usleep(there ? 0 : 10000);
	}
	assert_true(there);
	return frame;
}

static void another_watch(struct house *house)
{
	int ends[2];
	assert_ok(channel_pair(ends));
	const struct wire wire = {.kind = WIRE_CHANNEL, .fd = ends[0]};
	feeder_open(&house->feeder, &wire);
	channel_free(house->watch);
	house->watch = channel_new(ends[1], &feed_table, MESSAGE_BACK);
}

// A watch that lost its state must not number anything as the trail did before, not even what the
// watch before it sent last.
static void a_fresh_watch_hears_of_numbers_before_events(void **state)
{
	const struct feed_found found = {.kind = FEED_FINDING,
		.number = 57,
		.seq = 1,
		.level = "high",
		.rule = "rule",
		.title = "Something"};
	struct house house;
	struct frame frame;
	uint64_t numbers[FEED_KINDS];
	(void)state;
	house_open(&house);
	feed_pull_send(house.watch, 0, FEED_BATCH);
	(void)first_frame(&house);
	feed_found_send(house.watch, &found);
	turn(&house);
	another_watch(&house);
	feed_pull_send(house.watch, 0, FEED_BATCH);
	frame = first_frame(&house);
	assert_int_equal(frame.type, FEED_NOTED);
	assert_ok(feed_noted_parse(frame.payload, numbers));
	assert_int_equal(numbers[FEED_FINDING], 57);
	assert_true(channel_next(house.watch, &frame) && frame.type == FEED_EVENTS);
	house_close(&house);
}

static void send_deep(struct house *house, size_t depth)
{
	char text[8 * DEEP] = "{\"a\":";
	size_t size = strlen(text);
	memset(text + size, '[', depth);
	memset(text + size + depth, ']', depth);
	size += 2 * depth;
	text[size++] = '}';
	const struct feed_reply reply = {1, 200, bytes_of(text, size)};
	feed_reply_send(house->watch, &reply);
	buf_add(channel_begin(house->watch, FEED_FINDINGS), text, size);
	channel_end(house->watch);
	turn(house);
}

static void what_cannot_be_encoded_again_is_not_taken(void **state)
{
	struct house house;
	(void)state;
	house_open(&house);
	send_deep(&house, 3);
	assert_int_equal(house.replies, 1);
	assert_non_null(house.feeder.findings);
	json_t *before = house.feeder.findings;
	send_deep(&house, DEEP);
	assert_int_equal(house.replies, 1);
	assert_ptr_equal(house.feeder.findings, before);
	house_close(&house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_asks_a_thousand_times_is_told_once_in_a_turn),
		cmocka_unit_test(a_fresh_watch_hears_of_numbers_before_events),
		cmocka_unit_test(what_cannot_be_encoded_again_is_not_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
