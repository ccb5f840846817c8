// What watch and the vault tell each other of risk, findings and incidents: the first byte says
// which. What is accepted is within its bounds, is one line where it goes to the trail, and is the
// same when it is sent again.
#include "fuzz.h"

#include "common/message/feed.h"

#include <string.h>

static struct channel *watch, *vault;

static struct frame carry(struct channel *from, struct channel *to)
{
	struct frame frame = {0};
	fuzz_rule(channel_flush(from) == OK && channel_fill(to) == OK && channel_next(to, &frame),
		"a frame arrives");
	return frame;
}

static void risk(struct bytes payload)
{
	static struct feed_risk list[FEED_RISKS], again[FEED_RISKS];
	size_t count, count_again;
	if (feed_risk_parse(payload, list, &count))
		return;
	fuzz_rule(count <= FEED_RISKS, "a list with an end");
	feed_risk_send(watch, list, count);
	struct frame frame = carry(watch, vault);
	fuzz_rule(feed_risk_parse(frame.payload, again, &count_again) == OK && count == count_again,
		"the same number");
	for (size_t i = 0; i < count; i++)
		fuzz_rule(list[i].actor == again[i].actor && list[i].points == again[i].points &&
				  list[i].points > 0,
			"the same risk");
}

static void found(struct bytes payload)
{
	struct feed_found one, again;
	if (feed_found_parse(payload, &one))
		return;
	for (const char *at = one.title; *at; at++)
		fuzz_rule((unsigned char)*at >= 0x20 && *at != 0x7f, "one line");
	feed_found_send(watch, &one);
	struct frame frame = carry(watch, vault);
	fuzz_rule(feed_found_parse(frame.payload, &again) == OK && one.number == again.number &&
			  one.seq == again.seq && one.kind == again.kind &&
			  strcmp(one.title, again.title) == 0 &&
			  strcmp(one.rule, again.rule) == 0 && strcmp(one.level, again.level) == 0,
		"the same");
}

static void noted(struct bytes payload)
{
	uint64_t numbers[FEED_KINDS] = {0}, again[FEED_KINDS] = {0};
	if (feed_noted_parse(payload, numbers))
		return;
	feed_noted_send(vault, numbers);
	struct frame frame = carry(vault, watch);
	fuzz_rule(feed_noted_parse(frame.payload, again) == OK &&
			  memcmp(numbers, again, sizeof numbers) == 0,
		"the same place");
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	static void (*const readers[])(struct bytes payload) = {risk, found, noted};
	int fds[2];
	if (!size)
		return 0;
	if (!watch) {
		fuzz_rule(channel_pair(fds) == OK, "a pair");
		watch = channel_new(fds[0], &feed_table, MESSAGE_BACK);
		vault = channel_new(fds[1], &feed_table, MESSAGE_FORTH);
	}
	readers[at[0] % 3](bytes_of(at + 1, size - 1));
	return 0;
}
