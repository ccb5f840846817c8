// What watch and the courier tell each other. The first byte says which message; what is accepted
// is the same after being sent again, and what watch makes of it for the command line is JSON.
#include "fuzz.h"

#include "common/message/errand.h"
#include "common/message/feed.h"
#include "watch/messenger.h"

#include <jansson.h>
#include <string.h>

static struct channel *watch, *courier;

static struct bytes carry(struct channel *from, struct channel *to)
{
	struct frame frame = {0};
	fuzz_rule(channel_flush(from) == OK && channel_fill(to) == OK && channel_next(to, &frame),
		"a frame arrives");
	return frame.payload;
}

static void submit(struct bytes payload)
{
	struct errand errand, again;
	if (errand_submit_parse(payload, &errand))
		return;
	fuzz_rule(errand.id && errand_is_name(errand.destination) &&
			  errand.size <= ERRAND_CONTENT_BYTES && !strpbrk(errand.subject, "\r\n") &&
			  !strpbrk(errand.type, "\r\n"),
		"an errand within its ceilings");
	errand_submit_send(watch, &errand);
	fuzz_rule(errand_submit_parse(carry(watch, courier), &again) == OK &&
			  memcmp(&errand, &again, sizeof errand) == 0,
		"the same errand");
}

static void part(struct bytes payload)
{
	struct errand_part one, again;
	if (errand_part_parse(payload, &one))
		return;
	errand_part_send(watch, &one);
	fuzz_rule(errand_part_parse(carry(watch, courier), &again) == OK && one.id == again.id &&
			  one.offset == again.offset && bytes_equal(one.content, again.content),
		"the same part");
}

static void fetch(struct bytes payload)
{
	struct errand_fetch wish, again;
	if (errand_fetch_parse(payload, &wish))
		return;
	fuzz_rule(!strpbrk(wish.query, " #@\r\n") && !strpbrk(wish.etag, " \r\n") &&
			  !strpbrk(wish.path, "/?#@ \r\n"),
		"nothing breaks out of a request");
	errand_fetch_send(watch, &wish);
	fuzz_rule(errand_fetch_parse(carry(watch, courier), &again) == OK &&
			  memcmp(&wish, &again, sizeof wish) == 0,
		"the same wish");
}

// What the courier tells goes through watch's own code, and on to the command line.
static void told(uint8_t type, struct bytes payload)
{
	static struct errand_destinations all;
	static struct messenger messenger;
	struct errand_news news;
	struct errand_refusal refusal;
	struct errand_fetched fetched;
	struct buf out = {0};
	memset(&messenger, 0, sizeof messenger);
	if (type == ERRAND_STATE && errand_state_parse(payload, &news) == OK) {
		for (size_t i = 0; i < MESSENGER_NEWS; i++)
			messenger.news[i] = news;
		messenger.news_count = MESSENGER_NEWS + 1;
	} else if (type == ERRAND_REPORT && errand_report_parse(payload, &refusal) == OK) {
		for (size_t i = 0; i < MESSENGER_REFUSALS; i++)
			messenger.refusals[i] = (struct messenger_refusal){1, refusal};
		messenger.refusal_count = MESSENGER_REFUSALS + 1;
	} else if (type == ERRAND_DESTINATIONS && errand_destinations_parse(payload, &all) == OK) {
		messenger.all = all;
	} else if (type == ERRAND_FETCHED && errand_fetched_parse(payload, &fetched) == OK) {
		fuzz_rule(fetched.content.size <= ERRAND_PART_BYTES, "a part");
	}
	messenger_json(&messenger, &out);
	json_t *json = json_loadb((const char *)out.at, out.size, 0, NULL);
	fuzz_rule(
		json_is_object(json) && out.size <= FEED_COURIER_BYTES, "JSON that fits a message");
	json_decref(json);
	buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	int fds[2];
	uint64_t id;
	char name[FEED_NAME_BYTES];
	if (!size)
		return 0;
	if (!watch) {
		fuzz_rule(channel_pair(fds) == OK, "a pair");
		watch = channel_new(fds[0], &errand_table, MESSAGE_BACK);
		courier = channel_new(fds[1], &errand_table, MESSAGE_FORTH);
	}
	struct bytes payload = bytes_of(at + 1, size - 1);
	if (at[0] % 8 == 0 && feed_test_parse(payload, &id, name) == OK)
		fuzz_rule(id && *name && strlen(name) < sizeof name, "a wish for a test");
	else if (at[0] % 8 == ERRAND_SUBMIT)
		submit(payload);
	else if (at[0] % 8 == ERRAND_PART)
		part(payload);
	else if (at[0] % 8 == ERRAND_FETCH)
		fetch(payload);
	else
		told(at[0] % 8, payload);
	return 0;
}
