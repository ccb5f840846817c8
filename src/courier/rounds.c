// What waits in the queue: what is tried when, and what comes of it. Declared in desk_in.h.
#include "courier/desk_in.h"

#include "common/base/log.h"
#include "common/base/time.h"
#include "common/crypto/crypto.h"
#include "courier/retry.h"

#include <string.h>

enum {
	LOOK_MOST_MS = 60000, // at least so often: expiry goes by the wall clock
	UNKNOWN_EXPIRY_MS = 2 * 86400000,
	TOGETHER_MOST = 200, // errands over one connection
	TOGETHER_BYTES = 1024 * 1024,
};

void desk_news(const struct queued *one, enum errand_state state, const char *words,
	struct errand_news *ret)
{
	*ret = (struct errand_news){
		.id = one->errand.id, .state = state, .attempts = one->attempts};
	strcpy(ret->destination, one->errand.destination);
	errand_words(ret->words, sizeof ret->words, words);
}

// Gone from the disk before anybody is told that it is over.
static void finish(
	struct desk *desk, struct queued *one, enum errand_state state, const char *words)
{
	struct errand_news news;
	struct tally *tally =
		desk_tally(desk, destinations_find(desk->destinations, one->errand.destination));
	desk_news(one, state, words, &news);
	if (tally)
		tally->waiting--;
	if (queue_remove(&desk->queue, one))
		log_error("an errand that is over cannot be removed: it may go out again");
	desk_say(desk, &news);
}

static void put_off(struct desk *desk, struct queued *one, const struct destination *d,
	const struct outcome *outcome)
{
	struct errand_news news;
	uint32_t random;
	const struct retry retry = {d->backoff_ms, d->backoff_most_ms};
	crypto_random(&random, sizeof random);
	int64_t pause = retry_pause_ms(&retry, one->attempts, random);
	if (outcome->wait_ms > pause)
		pause = outcome->wait_ms;
	one->due_us = time_monotonic_us() + pause * 1000;
	desk_news(one, ERRAND_RETRYING, outcome->words, &news);
	desk_say(desk, &news);
}

static void settle(struct desk *desk, struct queued *one, const struct destination *d,
	const struct outcome *outcome)
{
	one->busy = false;
	one->with = NULL;
	queue_attempted(&desk->queue, one);
	if (outcome->what == OUTCOME_DONE)
		finish(desk, one, ERRAND_DELIVERED, "");
	else if (outcome->what == OUTCOME_NEVER || one->attempts >= d->retries)
		finish(desk, one, ERRAND_FAILED, outcome->words);
	else
		put_off(desk, one, d, outcome);
}

void desk_errand_done(
	struct desk *desk, const struct transfer *transfer, const struct outcome *outcome)
{
	const struct queued *first = transfer->owner;
	desk_tally(desk, transfer->to)->busy = false;
	if (outcome->report)
		desk_report(desk, outcome->report, transfer->to->name, outcome->words);
	for (struct queued *one = desk->queue.first, *next; one; one = next) {
		next = one->next;
		if (one->busy && one->with == first)
			settle(desk, one, transfer->to, outcome);
	}
}

// The content as it goes out; false when the disk does not give it back.
static bool load(struct desk *desk, const struct queued *one, struct cargo *cargo, struct buf *out)
{
	const struct kind *kind = carrier_kind(cargo->to);
	struct buf content = {0};
	bool fine = queue_content(&desk->queue, one, &content) == OK;
	cargo->errand = one->errand;
	cargo->created_us = one->created_us;
	cargo->content = buf_bytes(&content);
	if (fine && kind->frame)
		kind->frame(&desk->carrier, cargo, out);
	else if (fine)
		buf_add_bytes(out, cargo->content);
	buf_done(&content);
	return fine;
}

// Those that are due and may go over the same connection. What the disk does not give back is left
// for its own turn.
static void load_more(
	struct desk *desk, const struct queued *first, const struct cargo *from, struct buf *out)
{
	struct cargo cargo = *from;
	int64_t now = time_monotonic_us();
	size_t count = 1;
	for (struct queued *one = first->next; one; one = one->next) {
		if (count == TOGETHER_MOST || out->size >= TOGETHER_BYTES)
			return;
		if (one->busy || one->due_us > now ||
			strcmp(one->errand.destination, first->errand.destination) != 0 ||
			!load(desk, one, &cargo, out))
			continue;
		one->busy = true;
		one->with = first;
		count++;
	}
}

static void begin(struct desk *desk, struct queued *one, const struct destination *d)
{
	struct buf content = {0};
	struct cargo cargo = {.to = d, .owner = one, .install_id = desk->install_id};
	if (load(desk, one, &cargo, &content)) {
		one->busy = desk_tally(desk, d)->busy = true;
		one->with = one;
		if (carrier_kind(d)->frame)
			load_more(desk, one, &cargo, &content);
		cargo.content = buf_bytes(&content);
		carrier_start(&desk->carrier, &cargo);
	} else {
		finish(desk, one, ERRAND_FAILED, "the disk did not give it back whole");
	}
	buf_done(&content);
}

// One errand: over, under way, or when it is due. Returns that time, or INT64_MAX; 0 when an
// attempt began, which may have ended others, too.
static int64_t look_at(struct desk *desk, struct queued *one, int64_t now_us, int64_t wall_us)
{
	const struct destination *d =
		destinations_find(desk->destinations, one->errand.destination);
	int64_t expiry_ms = d ? d->expiry_ms : UNKNOWN_EXPIRY_MS;
	if (one->busy)
		return INT64_MAX;
	if (wall_us - one->created_us >= expiry_ms * 1000)
		finish(desk, one, ERRAND_FAILED, "it expired before it could be delivered");
	else if (!d && !*desk->destinations->problem)
		finish(desk, one, ERRAND_FAILED, "its destination is named no longer");
	else if (d && !desk_tally(desk, d)->busy && desk->carrier.count < CARRIED_MOST) {
		if (one->due_us > now_us)
			return one->due_us;
		begin(desk, one, d);
		return 0;
	}
	return INT64_MAX;
}

void desk_turn_soon(struct desk *desk)
{
	event_active(desk->next, EV_READ, 0); // a timer set meanwhile does not take it back
}

static void turn(struct desk *desk)
{
	int64_t now = time_monotonic_us(), wall = time_now_us();
	int64_t due = now + (int64_t)LOOK_MOST_MS * 1000;
	for (struct queued *one = desk->queue.first, *next; one; one = next) {
		next = one->next;
		int64_t at = look_at(desk, one, now, wall);
		if (!at) {
			desk_turn_soon(desk);
			return;
		}
		due = at < due ? at : due;
	}
	const struct timeval after = {(due - now) / 1000000, (due - now) % 1000000};
	event_add(desk->next, &after);
}

void desk_on_next(evutil_socket_t fd, short what, void *context)
{
	struct desk *desk = context;
	(void)fd;
	(void)what;
	turn(desk);
	carrier_resume(&desk->carrier);
}
