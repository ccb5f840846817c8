// What watch and guard tell each other, and what of it passes the feed. The first byte is the type.
#include "fuzz.h"

#include "common/message/feed.h"
#include "common/message/ward.h"

#include <string.h>

static void same(const struct buf *a, const struct buf *b)
{
	fuzz_rule(a->size == b->size && memcmp(a->at, b->at, a->size) == 0,
		"sent again it is the same");
}

static void order(enum ward_message verb, struct bytes payload)
{
	struct ward_order o, again;
	struct buf out = {0}, twice = {0};
	if (ward_order_parse(verb, payload, &o))
		return;
	fuzz_rule(!ward_order_problem(&o), "what is read may be sent");
	if (verb == WARD_BLOCK || verb == WARD_QUARANTINE)
		fuzz_rule(o.seconds > 0 && o.seconds <= WARD_MOST_SECONDS, "every block ends");
	ward_order_put(&out, &o);
	fuzz_rule(ward_order_parse(verb, buf_bytes(&out), &again) == OK, "it is read again");
	ward_order_put(&twice, &again);
	same(&out, &twice);
	buf_done(&out);
	buf_done(&twice);
}

static void answer(enum ward_message type, struct bytes payload)
{
	struct ward_answer a, again;
	struct buf out = {0}, twice = {0};
	if (ward_answer_parse(type, payload, &a))
		return;
	fuzz_rule(!strpbrk(a.words, "\n\x1b"), "words are one line");
	ward_answer_put(&out, &a);
	fuzz_rule(ward_answer_parse(type, buf_bytes(&out), &again) == OK, "it is read again");
	ward_answer_put(&twice, &again);
	same(&out, &twice);
	buf_done(&out);
	buf_done(&twice);
}

static void counters(struct bytes payload)
{
	static struct ward_counters c, again;
	struct buf out = {0}, twice = {0};
	if (ward_counters_parse(payload, &c))
		return;
	fuzz_rule(c.count <= WARD_BATCH, "a batch");
	ward_counters_put(&out, &c);
	fuzz_rule(out.size <= CHANNEL_FRAME_BYTES, "it fits a frame");
	fuzz_rule(ward_counters_parse(buf_bytes(&out), &again) == OK, "it is read again");
	ward_counters_put(&twice, &again);
	same(&out, &twice);
	buf_done(&out);
	buf_done(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	static struct ward_counters c;
	struct ward_order o;
	struct ward_answer a;
	if (!size)
		return 0;
	struct bytes rest = bytes_of(at + 1, size - 1);
	enum ward_message type = (enum ward_message)at[0];
	order(type, rest);
	answer(type, rest);
	if (type == WARD_COUNTERS)
		counters(rest);
	(void)!feed_order_parse(bytes_of(at, size), &o); // the same, as it passes the feed
	(void)!feed_outcome_parse(bytes_of(at, size), &a, &c);
	return 0;
}
