#include "../unit.h"
#include "common/message/feed.h"

#include <string.h>

static struct channel *watch, *vault;

static int begin(void **state)
{
	int fds[2];
	(void)state;
	if (channel_pair(fds))
		return -1;
	watch = channel_new(fds[0], &feed_table, MESSAGE_BACK);
	vault = channel_new(fds[1], &feed_table, MESSAGE_FORTH);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	channel_free(watch);
	channel_free(vault);
	return 0;
}

static struct bytes carry(struct channel *from, struct channel *to)
{
	struct frame frame;
	assert_ok(channel_flush(from));
	assert_ok(channel_fill(to));
	assert_true(channel_next(to, &frame));
	return frame.payload;
}

static void an_event_arrives_whole(void **state)
{
	(void)state;
	static struct feed_event sent = {.seq = 7,
		.time_us = -5,
		.kind = 1,
		.action = 2,
		.outcome = 3,
		.related = true,
		.status = 403,
		.patient_count = 900,
		.actor = 11,
		.session = 12,
		.patient = 21,
		.patients = {21, 22, 23},
		.patients_here = 3,
		.role = "nurse",
		.purpose = "TREAT",
		.resource_type = "Observation",
		.relationship = "encounter",
		.address = "10.1.2.3",
		.application = "Ward/1.0 (\xc3\xa4)",
		.rule = "treating staff may read",
		.flags = "family off-duty",
		.user = 13,
		.resource = 14,
		.about = 5,
		.about_us = -7,
		.about_action = 1,
		.look = 2,
		.strength = 35,
		.explanation = "house"};
	static struct feed_event got[FEED_BATCH];
	size_t count;
	uint64_t next, size;
	assert_int_equal(feed_events_send(vault, &sent, 1, 8, 9), 1);
	assert_ok(feed_events_parse(carry(vault, watch), got, &count, &next, &size));
	assert_int_equal(count, 1);
	assert_int_equal(next, 8);
	assert_int_equal(size, 9);
	assert_memory_equal(&got[0], &sent, sizeof sent);
}

static void another_version_is_refused(void **state)
{
	(void)state;
	static struct feed_event got[FEED_BATCH];
	static const uint8_t old[] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	size_t count;
	uint64_t next, size;
	assert_err(feed_events_parse(bytes_of(old, sizeof old), got, &count, &next, &size),
		ERR_UNSUPPORTED);
}

// What does not fit a frame stays behind, and the next number says where to go on.
static void a_batch_is_as_large_as_a_frame(void **state)
{
	(void)state;
	static struct feed_event list[FEED_BATCH], got[FEED_BATCH];
	size_t count, at = 0, frames = 0;
	uint64_t next, size;
	for (size_t i = 0; i < FEED_BATCH; i++) {
		list[i] = (struct feed_event){.seq = 100 + i, .patients_here = FEED_PATIENTS};
		memset(list[i].application, 'a', sizeof list[i].application - 1);
		memset(list[i].rule, 'r', sizeof list[i].rule - 1);
	}
	while (at < FEED_BATCH) {
		size_t sent = feed_events_send(vault, list + at, FEED_BATCH - at, 600, 600);
		assert_true(sent > 50 || at + sent == FEED_BATCH);
		assert_ok(feed_events_parse(carry(vault, watch), got, &count, &next, &size));
		assert_int_equal(count, sent);
		at += sent;
		assert_int_equal(next, 100 + at);
		frames++;
	}
	assert_true(frames > 1);
}

static void hostile_texts_are_made_harmless(void **state)
{
	(void)state;
	char text[8];
	feed_text(text, sizeof text, "a\r\n\x1b[2Jb");
	assert_string_equal(text, "a???[2J");
	feed_text(text, sizeof text, "123456\xc3\xa4");
	assert_string_equal(text, "123456"); // not half of a letter
	feed_text(text, sizeof text, "\xff\xc3\xa4");
	assert_string_equal(text, "???");
}

static void explanations_answer_wishes(void **state)
{
	(void)state;
	static const struct feed_wish wishes[] = {{5, 2, 77}, {6, 0, INT64_MAX}};
	static struct feed_wish asked[FEED_WISHES];
	static struct feed_explained told[FEED_WISHES];
	size_t count;
	feed_explain_send(watch, wishes, 2);
	assert_ok(feed_explain_parse(carry(watch, vault), asked, &count));
	assert_int_equal(count, 2);
	assert_int_equal(asked[1].known_us, INT64_MAX);
	const struct feed_explained answer = {.wish = asked[0],
		.fine = true,
		.told = {EXPLAINED_WARD, 75, 4, EXPLAINED_VIP | EXPLAINED_OFF_DUTY}};
	feed_explained_send(vault, &answer, 1);
	assert_ok(feed_explained_parse(carry(vault, watch), told, &count));
	assert_int_equal(count, 1);
	assert_int_equal(told[0].wish.index, 2);
	assert_int_equal(told[0].told.kind, EXPLAINED_WARD);
	assert_int_equal(told[0].told.flags, EXPLAINED_VIP | EXPLAINED_OFF_DUTY);
}

static void what_no_build_knows_is_refused(void **state)
{
	(void)state;
	static struct feed_explained told[FEED_WISHES];
	size_t count;
	const struct feed_explained answer = {.fine = true, .told = {EXPLAINED_WARD, 101, 4, 0}};
	feed_explained_send(vault, &answer, 1);
	assert_err(feed_explained_parse(carry(vault, watch), told, &count), ERR_LIMIT);
}

static void high_risk_arrives_whole(void **state)
{
	(void)state;
	static const struct feed_risk risks[] = {{7, 60}, {UINT64_MAX, 101}}, none = {7, 0};
	static struct feed_risk got[FEED_RISKS];
	size_t count = 9;
	feed_risk_send(watch, risks, 2);
	assert_ok(feed_risk_parse(carry(watch, vault), got, &count));
	assert_int_equal(count, 2);
	assert_int_equal(got[1].actor, UINT64_MAX);
	assert_int_equal(got[1].points, 101);
	feed_risk_send(watch, NULL, 0);
	assert_ok(feed_risk_parse(carry(watch, vault), got, &count));
	assert_int_equal(count, 0);
	feed_risk_send(watch, &none, 1);
	assert_err(feed_risk_parse(carry(watch, vault), got, &count), ERR_INVALID);
}

static void what_was_found_arrives_as_one_line(void **state)
{
	(void)state;
	struct feed_found found = {.kind = FEED_INCIDENT,
				  .number = 2026000007,
				  .seq = 5,
				  .level = "high",
				  .title = "Title"},
			  got;
	uint64_t sent[FEED_KINDS] = {0, 17, 2026000007}, numbers[FEED_KINDS] = {0};
	feed_found_send(watch, &found);
	assert_ok(feed_found_parse(carry(watch, vault), &got));
	assert_int_equal(got.number, 2026000007);
	assert_string_equal(got.title, "Title");
	found.title[0] = '\n';
	feed_found_send(watch, &found);
	assert_err(feed_found_parse(carry(watch, vault), &got), ERR_INVALID);
	feed_noted_send(vault, sent);
	assert_ok(feed_noted_parse(carry(vault, watch), numbers));
	assert_int_equal(numbers[FEED_FINDING], 17);
	assert_int_equal(numbers[FEED_INCIDENT], 2026000007);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_event_arrives_whole),
		CASE(another_version_is_refused),
		CASE(a_batch_is_as_large_as_a_frame),
		CASE(hostile_texts_are_made_harmless),
		CASE(explanations_answer_wishes),
		CASE(what_no_build_knows_is_refused),
		CASE(high_risk_arrives_whole),
		CASE(what_was_found_arrives_as_one_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
