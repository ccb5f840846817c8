#include "../unit.h"

#include "common/message/errand.h"

#include <string.h>

static struct channel *watch, *courier;

static int begin(void **state)
{
	int fds[2];
	(void)state;
	assert_ok(channel_pair(fds));
	watch = channel_new(fds[0], &errand_table, MESSAGE_BACK);
	courier = channel_new(fds[1], &errand_table, MESSAGE_FORTH);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	channel_free(watch);
	channel_free(courier);
	return 0;
}

static struct bytes carry(struct channel *from, struct channel *to, uint16_t type)
{
	struct frame frame;
	assert_ok(channel_flush(from));
	assert_ok(channel_fill(to));
	assert_true(channel_next(to, &frame));
	assert_int_equal(frame.type, type);
	return frame.payload;
}

static const struct errand example = {.id = 77,
	.destination = "security-mail",
	.kind = ERRAND_FINDING,
	.severity = 3,
	.subject = "240 Akten geöffnet",
	.type = "application/json; charset=utf-8",
	.size = 5};

static void what_is_sent_arrives(void **state)
{
	(void)state;
	struct errand errand;
	errand_submit_send(watch, &example);
	assert_ok(errand_submit_parse(carry(watch, courier, ERRAND_SUBMIT), &errand));
	assert_memory_equal(&errand, &example, sizeof errand);

	const struct errand_part part = {77, 60000, bytes_text("12345")};
	struct errand_part got;
	errand_part_send(watch, &part);
	assert_ok(errand_part_parse(carry(watch, courier, ERRAND_PART), &got));
	assert_true(got.id == 77 && got.offset == 60000 && bytes_equal(got.content, part.content));

	const struct errand_fetch fetch = {.id = 5,
		.destination = "taxii",
		.most_bytes = 1000,
		.query = "added_after=2026-01-01T00:00:00Z&limit=5",
		.etag = "W/\"a\"",
		.path = "manifest.json"};
	struct errand_fetch wish;
	errand_fetch_send(watch, &fetch);
	assert_ok(errand_fetch_parse(carry(watch, courier, ERRAND_FETCH), &wish));
	assert_memory_equal(&wish, &fetch, sizeof wish);

	const struct errand_news news = {.id = 77,
		.state = ERRAND_FAILED,
		.attempts = 4,
		.destination = "taxii",
		.words = "it answered 503"};
	struct errand_news told;
	errand_state_send(courier, &news);
	assert_ok(errand_state_parse(carry(courier, watch, ERRAND_STATE), &told));
	assert_memory_equal(&told, &news, sizeof told);

	const struct errand_fetched fetched = {
		.id = 5, .state = FETCH_WHOLE, .etag = "\"b\"", .content = bytes_text("xyz")};
	struct errand_fetched came;
	errand_fetched_send(courier, &fetched);
	assert_ok(errand_fetched_parse(carry(courier, watch, ERRAND_FETCHED), &came));
	assert_string_equal(came.etag, "\"b\"");
	assert_true(came.state == FETCH_WHOLE && bytes_equal(came.content, fetched.content));

	const struct errand_refusal refusal = {
		.reason = REPORT_ELSEWHERE, .destination = "taxii", .words = "no"};
	struct errand_refusal seen;
	errand_report_send(courier, &refusal);
	assert_ok(errand_report_parse(carry(courier, watch, ERRAND_REPORT), &seen));
	assert_memory_equal(&seen, &refusal, sizeof seen);
}

static void as_many_destinations_as_there_may_be_fit(void **state)
{
	(void)state;
	static struct errand_destinations all, got;
	all = (struct errand_destinations){
		.queued = UINT32_MAX, .queued_bytes = INT64_MAX, .count = ERRAND_DESTINATIONS_MOST};
	memset(all.problem, 'p', sizeof all.problem - 1);
	for (size_t i = 0; i < all.count; i++) {
		struct errand_destination *d = &all.list[i];
		*d = (struct errand_destination){.kind = "webhook",
			.waiting = 3,
			.delivered = INT64_MAX,
			.failed = 1,
			.last = ERRAND_RETRYING,
			.last_us = 99};
		memset(d->name, 'n', sizeof d->name - 1);
		memset(d->words, 'w', sizeof d->words - 1);
	}
	errand_destinations_send(courier, &all);
	assert_ok(errand_destinations_parse(carry(courier, watch, ERRAND_DESTINATIONS), &got));
	assert_memory_equal(&got, &all, sizeof got);
}

// The fields of a submission, one of them changed.
struct fields {
	uint64_t id;
	const char *destination;
	unsigned kind, severity;
	const char *subject, *type;
	uint32_t size;
};

static enum err submit(const struct fields *f)
{
	struct errand errand;
	struct buf out = {0};
	put_u64(&out, f->id);
	put_text(&out, f->destination);
	put_u8(&out, (uint8_t)f->kind);
	put_u8(&out, (uint8_t)f->severity);
	put_text(&out, f->subject);
	put_text(&out, f->type);
	put_u32(&out, f->size);
	enum err err = errand_submit_parse(buf_bytes(&out), &errand);
	buf_done(&out);
	return err;
}

static void a_field_that_does_not_fit_is_refused(void **state)
{
	(void)state;
	static const struct fields fine = {1, "mail", 1, 7, "", "text/plain", ERRAND_CONTENT_BYTES};
	static const char *const names[] = {"", "-a", "Mail", "a b", "a/b", "a.b", "https://x",
		"a\n", "äh", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	static const char *const subjects[] = {"a\r\nBcc: x", "a\tb", "\x7f", "\xff", "\x1b[0m"};
	static const char *const types[] = {"", "text", "text/plain\r\nX: y", "text/\"x\"", "a/ä"};
	struct fields f = fine;
	assert_ok(submit(&f));
	f.id = 0;
	assert_err(submit(&f), ERR_INVALID);
	f.id = 1ULL << 63;
	assert_err(submit(&f), ERR_INVALID);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		f = fine;
		f.destination = names[i];
		assert_true(submit(&f) != OK);
	}
	for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
		f = fine;
		f.subject = subjects[i];
		assert_err(submit(&f), ERR_INVALID);
	}
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		f = fine;
		f.type = types[i];
		assert_err(submit(&f), ERR_INVALID);
	}
	f = fine;
	f.kind = 0;
	assert_err(submit(&f), ERR_INVALID);
	f.kind = ERRAND_KINDS;
	assert_err(submit(&f), ERR_INVALID);
	f = fine;
	f.severity = 8;
	assert_err(submit(&f), ERR_INVALID);
	f = fine;
	f.size = ERRAND_CONTENT_BYTES + 1;
	assert_err(submit(&f), ERR_LIMIT);
}

static void nothing_breaks_out_of_a_fetch(void **state)
{
	(void)state;
	assert_true(errand_is_query("a=b&c=%20d~e.f-g_h,i+j/k:l?"));
	assert_false(errand_is_query("a b"));
	assert_false(errand_is_query("a#b"));
	assert_false(errand_is_query("a\r\nX: y"));
	assert_false(errand_is_query("@evil.example"));
	assert_true(errand_is_path("5b1e9a3e-0000.json"));
	assert_false(errand_is_path("../secret"));
	assert_false(errand_is_path("a/b"));
	assert_false(errand_is_path("a?b"));
	assert_true(errand_is_etag("W/\"x\""));
	assert_false(errand_is_etag("\"a\"\r\nX: y"));
	assert_false(errand_is_etag("\"\xff\""));
}

static void words_from_elsewhere_become_one_line(void **state)
{
	(void)state;
	char words[8];
	errand_words(words, sizeof words, "short");
	assert_string_equal(words, "short");
	errand_words(words, sizeof words, "a\r\nb\x1b");
	assert_string_equal(words, "a??b?");
	errand_words(words, sizeof words, "aaaaaaäb"); // cut before the ä, not in it
	assert_string_equal(words, "aaaaaa");
	errand_words(words, sizeof words, "\xff\xfe");
	assert_string_equal(words, "??");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_sent_arrives),
		TEST(as_many_destinations_as_there_may_be_fit),
		TEST(a_field_that_does_not_fit_is_refused),
		TEST(nothing_breaks_out_of_a_fetch),
		TEST(words_from_elsewhere_become_one_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
