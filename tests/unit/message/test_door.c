#include "../unit.h"

#include "common/message/door.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct ends {
	struct channel *gate, *vault;
};

static int setup(void **state)
{
	static struct ends ends;
	int fds[2];
	assert_ok(channel_pair(fds));
	ends.gate = channel_new(fds[0], &door_table, MESSAGE_BACK);
	ends.vault = channel_new(fds[1], &door_table, MESSAGE_FORTH);
	*state = &ends;
	return 0;
}

static int teardown(void **state)
{
	struct ends *ends = *state;
	channel_free(ends->gate);
	channel_free(ends->vault);
	return 0;
}

static void an_ask_with_a_large_body_arrives_whole(void **state)
{
	struct ends *ends = *state;
	struct arena *arena = arena_new();
	const struct door_param params[] = {{"name", "Müller"}, {"_count", "10"}};
	const struct door_ask ask = {.id = 7,
		.method = DOOR_POST,
		.path = "/fhir/Patient",
		.peer = "::1",
		.token_kind = DOOR_TOKEN_BEARER,
		.token = "abc",
		.console = true,
		.params = params,
		.param_count = 2};
	struct buf body = {0}, got = {0};
	for (int i = 0; i < 50000; i++)
		put_u32(&body, (uint32_t)i);
	assert_ok(door_ask_send(ends->gate, &ask, buf_bytes(&body)));

	struct door_ask seen = {0};
	struct frame frame;
	while (got.size < body.size) {
		assert_ok(channel_flush(ends->gate));
		assert_ok(channel_fill(ends->vault));
		while (channel_next(ends->vault, &frame)) {
			uint32_t id;
			struct bytes more;
			if (frame.type == DOOR_ASK) {
				assert_ok(door_ask_parse(frame.payload, arena, &seen));
				buf_add_bytes(&got, seen.body_first);
				continue;
			}
			assert_ok(door_more_parse(frame.payload, &id, &more));
			assert_int_equal(id, 7);
			buf_add_bytes(&got, more);
		}
		assert_null(channel_broken(ends->vault));
	}
	assert_true(bytes_equal(buf_bytes(&got), buf_bytes(&body)));
	assert_string_equal(seen.path, "/fhir/Patient");
	assert_string_equal(seen.params[0].value, "Müller");
	assert_string_equal(seen.if_match, "");
	assert_true(seen.console && !seen.same_origin);
	buf_done(&body);
	buf_done(&got);
	arena_free(arena);
}

static void an_answer_arrives(void **state)
{
	struct ends *ends = *state;
	struct arena *arena = arena_new();
	const struct door_header headers[] = {{"ETag", "W/\"1\""}};
	const struct door_answer answer = {
		.id = 9, .status = 200, .headers = headers, .header_count = 1};
	assert_ok(door_answer_send(ends->vault, &answer, bytes_text("{}")));
	assert_ok(channel_flush(ends->vault));
	assert_ok(channel_fill(ends->gate));
	struct frame frame;
	assert_true(channel_next(ends->gate, &frame));
	struct door_answer seen;
	assert_ok(door_answer_parse(frame.payload, arena, &seen));
	assert_int_equal(seen.status, 200);
	assert_string_equal(seen.headers[0].value, "W/\"1\"");
	assert_true(bytes_equal(seen.body_first, bytes_text("{}")));
	arena_free(arena);
}

static void a_message_against_the_table_breaks_the_channel(void **state)
{
	struct ends *ends = *state;
	static const uint8_t bad[][8] = {
		{0, 0, 0, 0, 99, 0, 0, 0},          // unknown type
		{0, 0, 0, 0, DOOR_ANSWER, 0, 0, 0}, // wrong direction
		{5, 0, 0, 0, DOOR_CANCEL, 0, 0, 0}, // too large
		{0, 0, 0, 0, DOOR_ASK, 0, 1, 0},    // not our header
	};
	for (size_t i = 0; i < 4; i++) {
		teardown(state);
		setup(state);
		struct frame frame;
		assert_int_equal(write(channel_fd(ends->gate), bad[i], 8), 8);
		assert_ok(channel_fill(ends->vault));
		assert_false(channel_next(ends->vault, &frame));
		assert_non_null(channel_broken(ends->vault));
	}
}

static void sizes_past_the_ceilings_are_refused(void **state)
{
	struct ends *ends = *state;
	char *path = calloc(1, DOOR_PATH_BYTES + 2);
	memset(path, '/', DOOR_PATH_BYTES + 1);
	const struct door_ask ask = {.id = 1, .method = DOOR_GET, .path = path};
	assert_err(door_ask_send(ends->gate, &ask, (struct bytes){0}), ERR_LIMIT);
	assert_int_equal(channel_queued_bytes(ends->gate), 0);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			an_ask_with_a_large_body_arrives_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(an_answer_arrives, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_message_against_the_table_breaks_the_channel, setup, teardown),
		cmocka_unit_test_setup_teardown(
			sizes_past_the_ceilings_are_refused, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
