#include "../unit.h"

#include "common/message/feed.h"
#include "common/message/ward.h"

#include <string.h>

static struct ward_order good(enum ward_message verb)
{
	struct ward_order o = {.verb = verb,
		.ticket = 77,
		.seconds = 60,
		.case_id = "INC-7",
		.reason = "beaconing",
		.mark = {5, 1234567, {1, 2, 3}}};
	assert_ok(prefix_parse("10.0.0.9", &o.prefix));
	return o;
}

static void every_order_arrives_as_it_was(void **state)
{
	(void)state;
	for (int verb = WARD_BLOCK; verb < WARD_VERBS; verb++) {
		struct ward_order o = good((enum ward_message)verb), seen;
		struct buf out = {0};
		assert_null(ward_order_problem(&o));
		ward_order_put(&out, &o);
		assert_ok(ward_order_parse(o.verb, buf_bytes(&out), &seen));
		assert_int_equal(seen.verb, o.verb);
		assert_int_equal(seen.ticket, 77);
		if (verb <= WARD_RELEASE)
			assert_true(prefix_equal(&seen.prefix, &o.prefix));
		if (verb != WARD_PULL)
			assert_string_equal(seen.reason, o.reason);
		if (verb != WARD_PULL) {
			assert_int_equal(seen.mark.count, 5);
			assert_int_equal(seen.mark.given_us, 1234567);
			assert_memory_equal(seen.mark.proof, o.mark.proof, WARD_PROOF_BYTES);
		}
		for (size_t size = 0; size < out.size; size++) // no part of it is one
			assert_true(ward_order_parse(o.verb, bytes_of(out.at, size), &seen) != OK);
		put_u8(&out, 0);
		assert_true(ward_order_parse(o.verb, buf_bytes(&out), &seen) != OK);
		buf_done(&out);
	}
}

static void refused(struct ward_order o)
{
	struct ward_order seen;
	struct buf out = {0};
	assert_non_null(ward_order_problem(&o));
	ward_order_put(&out, &o);
	assert_err(ward_order_parse(o.verb, buf_bytes(&out), &seen), ERR_INVALID);
	buf_done(&out);
}

static void the_receiver_checks_every_field(void **state)
{
	struct ward_order o;
	(void)state;
	o = good(WARD_BLOCK), o.seconds = 0, refused(o);
	o = good(WARD_BLOCK), o.seconds = WARD_MOST_SECONDS + 1, refused(o);
	o = good(WARD_ZONES), o.seconds = WARD_LEAST_CONFIRM_S - 1, refused(o);
	o = good(WARD_ZONES), o.seconds = WARD_MOST_CONFIRM_S + 1, refused(o);
	o = good(WARD_BLOCK), o.prefix.family = 9, refused(o);
	o = good(WARD_BLOCK), o.prefix.length = 33, refused(o);
	o = good(WARD_BLOCK), o.prefix.length = 8, refused(o); // host bits
	o = good(WARD_QUARANTINE);
	assert_ok(prefix_parse("10.0.0.0/24", &o.prefix));
	refused(o);
	o = good(WARD_BLOCK), strcpy(o.case_id, "a b"), refused(o);
	o = good(WARD_BLOCK), strcpy(o.reason, "two\nlines"), refused(o);
	o = good(WARD_BLOCK), strcpy(o.reason, "\x1b[2J"), refused(o);
	o = good(WARD_UNBLOCK), strcpy(o.reason, "\xff"), refused(o);
}

static void texts_have_their_ceiling(void **state)
{
	struct ward_order seen;
	struct buf out = {0};
	char long_text[WARD_REASON_BYTES + 2];
	(void)state;
	memset(long_text, 'x', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = 0;
	put_u64(&out, 1);
	put_text(&out, "");
	put_text(&out, long_text);
	assert_err(ward_order_parse(WARD_CONFIRM, buf_bytes(&out), &seen), ERR_LIMIT);
	buf_done(&out);
}

static void orders_and_outcomes_pass_the_feed(void **state)
{
	static struct ward_counters counters, seen_counters;
	struct ward_answer answer = {.type = WARD_REFUSED,
				   .ticket = 3,
				   .verb = WARD_BLOCK,
				   .words = "10.20.0.5 is never blocked"},
			   seen;
	struct ward_order order = good(WARD_BLOCK), seen_order;
	struct frame frame;
	int fds[2];
	(void)state;
	assert_ok(channel_pair(fds));
	struct channel *watch = channel_new(fds[0], &feed_table, MESSAGE_BACK);
	struct channel *vault = channel_new(fds[1], &feed_table, MESSAGE_FORTH);
	feed_order_send(vault, &order);
	assert_ok(channel_flush(vault));
	assert_ok(channel_fill(watch));
	assert_true(channel_next(watch, &frame) && frame.type == FEED_ORDER);
	assert_ok(feed_order_parse(frame.payload, &seen_order));
	assert_string_equal(seen_order.case_id, "INC-7");

	counters = (struct ward_counters){
		.ticket = 9, .last = true, .confirm_s = 5, .count = WARD_BATCH};
	strcpy(counters.zones, "3 zones");
	for (size_t i = 0; i < WARD_BATCH; i++) { // the largest there is fits a frame
		struct ward_line *line = &counters.lines[i];
		*line = (struct ward_line){
			.kind = WARD_LINE_BLOCK, .prefix = order.prefix, .packets = i};
		memset(line->words, 'w', WARD_REASON_BYTES);
		memset(line->case_id, 'c', WARD_CASE_BYTES);
	}
	counters.lines[148].kind = WARD_LINE_KNOCK;
	counters.lines[148].places = 12;
	feed_outcome_send(watch, &answer);
	feed_counters_send(watch, &counters);
	assert_ok(channel_flush(watch));
	assert_ok(channel_fill(vault));
	assert_true(channel_next(vault, &frame));
	assert_ok(feed_outcome_parse(frame.payload, &seen, &seen_counters));
	assert_int_equal(seen.type, WARD_REFUSED);
	assert_string_equal(seen.words, answer.words);
	assert_true(channel_next(vault, &frame));
	assert_ok(feed_outcome_parse(frame.payload, &seen, &seen_counters));
	assert_int_equal(seen.type, WARD_COUNTERS);
	assert_int_equal(seen_counters.count, WARD_BATCH);
	assert_int_equal(seen_counters.lines[149].packets, 149);
	assert_int_equal(seen_counters.lines[148].places, 12);
	channel_free(watch);
	channel_free(vault);
}

static void watch_alone_gives_orders(void **state)
{
	const struct ward_order order = good(WARD_BLOCK);
	struct frame frame;
	int fds[2];
	(void)state;
	assert_ok(channel_pair(fds));
	struct channel *one = channel_new(fds[0], &ward_table, MESSAGE_BACK);
	struct channel *other =
		channel_new(fds[1], &ward_table, MESSAGE_BACK); // also takes answers
	ward_order_send(one, &order);
	assert_ok(channel_flush(one));
	assert_ok(channel_fill(other));
	assert_false(channel_next(other, &frame));
	assert_string_equal(channel_broken(other), "a message in the wrong direction");
	channel_free(one);
	channel_free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_order_arrives_as_it_was),
		cmocka_unit_test(the_receiver_checks_every_field),
		cmocka_unit_test(texts_have_their_ceiling),
		cmocka_unit_test(orders_and_outcomes_pass_the_feed),
		cmocka_unit_test(watch_alone_gives_orders)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
