#include "../unit.h"

#include "watch/messenger.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static struct messenger messenger;
static struct channel *courier;

static int begin(void **state)
{
	(void)state;
	messenger = (struct messenger){.base = event_base_new()};
	courier = NULL;
	return messenger.base ? 0 : -1;
}

static int finish(void **state)
{
	(void)state;
	while (messenger.pending) {
		struct messenger_pending *next = messenger.pending->next;
		free(messenger.pending);
		messenger.pending = next;
	}
	if (messenger.has_courier)
		peer_done(&messenger.courier);
	channel_free(courier);
	event_base_free(messenger.base);
	return 0;
}

// The courier comes, or comes again.
static void come(void)
{
	int fds[2];
	channel_free(courier);
	assert_ok(channel_pair(fds));
	courier = channel_new(fds[0], &errand_table, MESSAGE_FORTH);
	messenger_open(&messenger, fds[1]);
	assert_true(messenger.has_courier);
}

static enum err submit(uint64_t id, struct bytes content)
{
	const struct errand errand = {.id = id,
		.destination = "mail",
		.kind = ERRAND_FINDING,
		.severity = 4,
		.subject = "A word",
		.type = "text/plain"};
	return messenger_submit(&messenger, &errand, content);
}

// What the courier is given, in whole errands: their numbers, and all bytes of content.
static size_t given(uint64_t ids[8], size_t *ret_bytes)
{
	struct frame frame;
	struct errand errand = {0};
	struct errand_part part;
	size_t count = 0;
	*ret_bytes = 0;
	for (int i = 0; i < 50; i++) {
		event_base_loop(messenger.base, EVLOOP_NONBLOCK);
		assert_ok(channel_fill(courier));
		while (channel_next(courier, &frame))
			if (frame.type == ERRAND_SUBMIT) {
				assert_ok(errand_submit_parse(frame.payload, &errand));
				ids[count++] = errand.id;
			} else {
				assert_ok(errand_part_parse(frame.payload, &part));
				assert_int_equal(part.id, errand.id);
				*ret_bytes += part.content.size;
			}
	}
	assert_null(channel_broken(courier));
	return count;
}

static void say(uint64_t id, enum errand_state errand_state, const char *words)
{
	struct errand_news news = {.id = id, .state = errand_state, .destination = "mail"};
	strcpy(news.words, words);
	errand_state_send(courier, &news);
	assert_ok(channel_flush(courier));
	event_base_loop(messenger.base, EVLOOP_NONBLOCK);
}

static void what_was_not_answered_is_submitted_again(void **state)
{
	(void)state;
	uint64_t ids[8];
	size_t bytes;
	struct buf large = {0};
	for (int i = 0; i < 200000; i++)
		put_u8(&large, (uint8_t)i);
	assert_ok(submit(1, buf_bytes(&large))); // before there is a courier
	come();
	assert_ok(submit(2, (struct bytes){0}));
	assert_int_equal(given(ids, &bytes), 2);
	assert_true(ids[0] == 1 && ids[1] == 2);
	assert_int_equal(bytes, 200000);
	say(1, ERRAND_QUEUED, "");
	assert_int_equal(messenger.pending_count, 1);
	come();
	assert_int_equal(given(ids, &bytes), 1);
	assert_int_equal(ids[0], 2);
	say(2, ERRAND_REFUSED, "no");
	assert_int_equal(messenger.pending_count, 0);
	assert_int_equal(messenger.pending_bytes, 0);
	come();
	assert_int_equal(given(ids, &bytes), 0);
	buf_done(&large);
}

// Who must know whether it is on a disk asks by number and destination.
static void what_is_known_of_an_errand(void **state)
{
	(void)state;
	uint64_t ids[8];
	size_t bytes;
	char words[ERRAND_WORDS_BYTES] = "";
	struct errand one = {.id = 7, .destination = "mail"},
		      other = {.id = 8, .destination = "mail"};
	assert_err(messenger_knows(&messenger, &one, words), ERR_NOT_FOUND);
	assert_ok(submit(7, (struct bytes){0}));
	assert_err(messenger_knows(&messenger, &one, words), ERR_BUSY);
	come();
	given(ids, &bytes);
	say(7, ERRAND_QUEUED, "");
	assert_ok(messenger_knows(&messenger, &one, words));
	for (uint64_t id = 100; id < 100 + MESSENGER_NEWS; id++)
		say(id, ERRAND_DELIVERED, "");
	assert_ok(messenger_knows(&messenger, &one, words)); // though it is shown no longer
	assert_ok(submit(8, (struct bytes){0}));
	given(ids, &bytes);
	say(8, ERRAND_REFUSED, "the queue is full");
	assert_err(messenger_knows(&messenger, &other, words), ERR_DENIED);
	assert_string_equal(words, "the queue is full");
}

static void too_much_is_refused(void **state)
{
	(void)state;
	static const uint8_t zeros[ERRAND_CONTENT_BYTES + 1];
	assert_err(submit(1, bytes_of(zeros, sizeof zeros)), ERR_LIMIT);
	for (size_t i = 0; i < MESSENGER_PENDING_BYTES / ERRAND_CONTENT_BYTES; i++)
		assert_ok(submit(i + 1, bytes_of(zeros, ERRAND_CONTENT_BYTES)));
	assert_err(submit(99, bytes_of(zeros, 1)), ERR_BUSY);
	for (size_t i = messenger.pending_count; i < MESSENGER_PENDING; i++)
		assert_ok(submit(i + 1, (struct bytes){0}));
	assert_err(submit(999, (struct bytes){0}), ERR_BUSY);
}

static json_t *shown(void)
{
	struct buf out = {0};
	messenger_json(&messenger, &out);
	json_t *json = json_loadb((const char *)out.at, out.size, 0, NULL);
	assert_true(json_is_object(json));
	buf_done(&out);
	return json;
}

static const char *word(const json_t *json, const char *list, size_t i, const char *key)
{
	const json_t *one = json_array_get(json_object_get(json, list), i);
	return json_string_value(json_object_get(one, key));
}

static void what_is_told_is_shown(void **state)
{
	(void)state;
	struct errand_destinations all = {.queued = 3, .queued_bytes = 4000, .count = 1};
	const struct errand_refusal refusal = {
		.reason = REPORT_UNNAMED, .destination = "nobody", .words = "no"};
	strcpy(all.list[0].name, "mail");
	strcpy(all.list[0].kind, "mail");
	strcpy(all.list[0].words, "it said \"no\" \\");
	all.list[0].last = ERRAND_RETRYING;
	come();
	errand_destinations_send(courier, &all);
	errand_report_send(courier, &refusal);
	say(5, ERRAND_RETRYING, "later");
	say(5, ERRAND_DELIVERED, "");
	assert_true(messenger.changed);
	json_t *json = shown();
	assert_false(messenger.changed);
	assert_string_equal(word(json, "destinations", 0, "last"), "retrying");
	assert_string_equal(word(json, "destinations", 0, "words"), "it said 'no' /");
	assert_int_equal(json_array_size(json_object_get(json, "errands")), 1);
	assert_string_equal(word(json, "errands", 0, "state"), "delivered");
	assert_string_equal(word(json, "refused", 0, "reason"), "unnamed");
	assert_int_equal(json_integer_value(json_object_get(json, "queued")), 3);
	json_decref(json);
}

static void only_the_last_ones_are_kept(void **state)
{
	(void)state;
	come();
	for (uint64_t id = 1; id <= MESSENGER_NEWS + 5; id++)
		say(id, ERRAND_QUEUED, "");
	json_t *json = shown();
	assert_int_equal(json_array_size(json_object_get(json, "errands")), MESSENGER_NEWS);
	json_decref(json);
}

static void a_message_that_cannot_be_read_ends_the_channel(void **state)
{
	(void)state;
	come();
	put_u32(channel_begin(courier, ERRAND_STATE), 1);
	channel_end(courier);
	assert_ok(channel_flush(courier));
	event_base_loop(messenger.base, EVLOOP_NONBLOCK);
	assert_false(messenger.has_courier);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_not_answered_is_submitted_again),
		TEST(what_is_known_of_an_errand),
		TEST(too_much_is_refused),
		TEST(what_is_told_is_shown),
		TEST(only_the_last_ones_are_kept),
		TEST(a_message_that_cannot_be_read_ends_the_channel),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
