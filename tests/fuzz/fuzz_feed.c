// What watch and the vault tell each other about the trail. The first byte says who reads: the
// vault a wish or things to explain, or watch a batch of events, which it then counts and weighs,
// or explanations.
#include "fuzz.h"

#include "common/message/feed.h"
#include "watch/access/score.h"
#include "watch/activity.h"

#include <jansson.h>
#include <string.h>

static struct channel *watch, *vault;

static struct frame carry(struct channel *from, struct channel *to)
{
	struct frame frame = {0};
	fuzz_rule(channel_flush(from) == OK && channel_fill(to) == OK && channel_next(to, &frame),
		"a frame arrives");
	return frame;
}

static void pull(struct bytes payload)
{
	uint64_t from, from_again;
	uint32_t most, most_again;
	if (feed_pull_parse(payload, &from, &most))
		return;
	fuzz_rule(most > 0 && most <= FEED_BATCH, "a wish that can be granted");
	feed_pull_send(watch, from, most);
	struct frame frame = carry(watch, vault);
	fuzz_rule(feed_pull_parse(frame.payload, &from_again, &most_again) == OK &&
			  from == from_again && most == most_again,
		"the same wish");
}

static void same_event(const struct feed_event *a, const struct feed_event *b)
{
	fuzz_rule(memcmp(a->patients, b->patients, sizeof a->patients) == 0 && a->seq == b->seq &&
			  a->time_us == b->time_us && a->kind == b->kind &&
			  a->action == b->action && a->outcome == b->outcome &&
			  a->broken_glass == b->broken_glass && a->related == b->related &&
			  a->by_id == b->by_id && a->status == b->status &&
			  a->patient_count == b->patient_count && a->actor == b->actor &&
			  a->session == b->session && a->user == b->user &&
			  a->resource == b->resource && a->about == b->about &&
			  a->about_us == b->about_us && a->look == b->look &&
			  a->about_action == b->about_action && a->strength == b->strength &&
			  a->patient == b->patient && a->patients_here == b->patients_here,
		"the same event");
	fuzz_rule(strcmp(a->role, b->role) == 0 && strcmp(a->purpose, b->purpose) == 0 &&
			  strcmp(a->resource_type, b->resource_type) == 0 &&
			  strcmp(a->relationship, b->relationship) == 0 &&
			  strcmp(a->address, b->address) == 0 &&
			  strcmp(a->application, b->application) == 0 &&
			  strcmp(a->rule, b->rule) == 0 && strcmp(a->flags, b->flags) == 0 &&
			  strcmp(a->explanation, b->explanation) == 0,
		"the same texts");
}

// As watch does with a batch; what it makes of it goes to the console.
static void count_all(const struct feed_event *list, size_t count, uint64_t next, uint64_t size)
{
	struct activity *activity = activity_new();
	struct buf out = {0};
	for (size_t i = 0; i < count; i++)
		activity_count(activity, &list[i]);
	activity_json(activity, 1000000000000000, next, size, &out);
	json_t *json = json_loadb((const char *)out.at, out.size, 0, NULL);
	fuzz_rule(json_is_object(json) && out.size <= FEED_ACTIVITY_BYTES,
		"JSON that fits a message");
	json_decref(json);
	buf_done(&out);
	activity_free(activity);
}

static void events(struct bytes payload)
{
	static struct feed_event list[FEED_BATCH], again[FEED_BATCH];
	size_t count, count_again;
	uint64_t next, size, next_again, size_again;
	if (feed_events_parse(payload, list, &count, &next, &size))
		return;
	fuzz_rule(count <= FEED_BATCH, "a batch");
	size_t sent = feed_events_send(vault, list, count, next, size);
	struct frame frame = carry(vault, watch);
	fuzz_rule(feed_events_parse(frame.payload, again, &count_again, &next_again, &size_again) ==
			  OK,
		"it is read again");
	fuzz_rule(sent == count_again && size == size_again &&
			  next_again == (sent < count ? list[sent].seq : next),
		"the same batch, as far as it fits");
	for (size_t i = 0; i < sent; i++)
		same_event(&list[i], &again[i]);
	count_all(list, count, next, size);
}

static void wishes(struct bytes payload)
{
	static struct feed_wish list[FEED_WISHES], again[FEED_WISHES];
	size_t count, count_again;
	if (feed_explain_parse(payload, list, &count))
		return;
	feed_explain_send(watch, list, count);
	struct frame frame = carry(watch, vault);
	fuzz_rule(feed_explain_parse(frame.payload, again, &count_again) == OK &&
			  count == count_again,
		"the same number of wishes");
	for (size_t i = 0; i < count; i++)
		fuzz_rule(list[i].seq == again[i].seq && list[i].index == again[i].index &&
				  list[i].known_us == again[i].known_us,
			"the same wishes");
}

static void explained(struct bytes payload)
{
	static struct feed_explained list[FEED_WISHES], again[FEED_WISHES];
	size_t count, count_again;
	if (feed_explained_parse(payload, list, &count))
		return;
	feed_explained_send(vault, list, count);
	struct frame frame = carry(vault, watch);
	fuzz_rule(feed_explained_parse(frame.payload, again, &count_again) == OK &&
			  count == count_again,
		"the same number of explanations");
	for (size_t i = 0; i < count; i++) {
		const struct explained *a = &list[i].told, *b = &again[i].told;
		fuzz_rule(a->kind == b->kind && a->strength == b->strength &&
				  a->steps == b->steps && a->flags == b->flags &&
				  list[i].fine == again[i].fine,
			"the same explanations");
		int64_t score = score_of(a, list[i].wish.index);
		fuzz_rule(score >= 0 && score < 100000, "a weight that can be added up");
	}
}

static void act(struct bytes payload)
{
	uint64_t ticket, ticket_again;
	struct bytes json, again;
	if (feed_act_parse(payload, &ticket, &json))
		return;
	feed_act_send(watch, ticket, json);
	struct frame frame = carry(watch, vault);
	fuzz_rule(feed_act_parse(frame.payload, &ticket_again, &again) == OK &&
			  ticket == ticket_again && bytes_equal(json, again),
		"the same act");
}

static void acted(struct bytes payload)
{
	struct feed_acted one, again;
	if (feed_acted_parse(payload, &one))
		return;
	feed_acted_send(vault, &one);
	struct frame frame = carry(vault, watch);
	fuzz_rule(feed_acted_parse(frame.payload, &again) == OK && one.ticket == again.ticket &&
			  one.fine == again.fine && strcmp(one.words, again.words) == 0,
		"the same answer");
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	static void (*const readers[])(struct bytes payload) = {
		pull, events, wishes, explained, act, acted};
	int fds[2];
	if (!size)
		return 0;
	if (!watch) {
		fuzz_rule(channel_pair(fds) == OK, "a pair");
		watch = channel_new(fds[0], &feed_table, MESSAGE_BACK);
		vault = channel_new(fds[1], &feed_table, MESSAGE_FORTH);
	}
	readers[at[0] % 6](bytes_of(at + 1, size - 1));
	return 0;
}
