#include "courier/desk.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/base/time.h"
#include "common/crypto/crypto.h"
#include "courier/retry.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	TELL_MS = 200,
	LOOK_MOST_MS = 60000, // at least so often: expiry goes by the wall clock
	UNKNOWN_EXPIRY_MS = 2 * 86400000,
	TOGETHER_MOST = 200, // errands over one connection
	TOGETHER_BYTES = 1024 * 1024,
};

// ---- What watch is told.

static struct tally *tally_of(struct desk *desk, const struct destination *d)
{
	return d ? &desk->tallies[d - desk->destinations->list] : NULL;
}

static void flush(struct desk *desk)
{
	if (desk->has_watch)
		peer_flush(&desk->watch);
}

static void account(struct desk *desk)
{
	const struct timeval after = {0, TELL_MS * 1000};
	if (!desk->dirty)
		event_add(desk->tell, &after);
	desk->dirty = true;
}

static void say(struct desk *desk, const struct errand_news *news)
{
	struct tally *tally =
		tally_of(desk, destinations_find(desk->destinations, news->destination));
	if (tally && news->state != ERRAND_QUEUED) {
		tally->last = news->state;
		tally->last_us = time_now_us();
		strcpy(tally->words, news->words);
		tally->delivered += news->state == ERRAND_DELIVERED;
		tally->failed += news->state == ERRAND_FAILED;
	}
	if (news->state == ERRAND_RETRYING || news->state == ERRAND_FAILED)
		log_warning("%s: %s after %u attempts: %s", news->destination,
			errand_state_text(news->state), news->attempts, news->words);
	else if (news->state == ERRAND_REFUSED)
		log_warning("%s: refused: %s", news->destination, news->words);
	account(desk);
	if (!desk->has_watch)
		return;
	errand_state_send(desk->watch.channel, news);
	flush(desk);
}

static void report(
	struct desk *desk, enum errand_report reason, const char *name, const char *words)
{
	struct errand_refusal refusal = {.reason = reason};
	errand_words(refusal.destination, sizeof refusal.destination, name);
	errand_words(refusal.words, sizeof refusal.words, words);
	log_warning("%s: %s: %s", name, errand_report_text(reason), words);
	if (!desk->has_watch)
		return;
	errand_report_send(desk->watch.channel, &refusal);
	flush(desk);
}

static void on_tell(evutil_socket_t fd, short what, void *context)
{
	struct desk *desk = context;
	const struct destinations *from = desk->destinations;
	static struct errand_destinations all;
	(void)fd;
	(void)what;
	desk->dirty = false;
	all = (struct errand_destinations){.queued = (uint32_t)desk->queue.count,
		.queued_bytes = desk->queue.bytes,
		.count = from->count};
	if (*from->problem)
		snprintf(all.problem, sizeof all.problem, "%.100s:%u: %.120s",
			desk->destinations_path, from->line, from->problem);
	for (size_t i = 0; i < from->count; i++) {
		const struct tally *t = &desk->tallies[i];
		struct errand_destination *d = &all.list[i];
		*d = (struct errand_destination){.waiting = t->waiting,
			.delivered = t->delivered,
			.failed = t->failed,
			.last = t->last,
			.last_us = t->last_us};
		strcpy(d->name, from->list[i].name);
		strcpy(d->kind, destination_kind_text(from->list[i].kind));
		strcpy(d->words, t->words);
	}
	if (!desk->has_watch)
		return;
	errand_destinations_send(desk->watch.channel, &all);
	flush(desk);
}

// ---- The queue.

static void news_of(const struct queued *one, enum errand_state state, const char *words,
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
		tally_of(desk, destinations_find(desk->destinations, one->errand.destination));
	news_of(one, state, words, &news);
	if (tally)
		tally->waiting--;
	if (queue_remove(&desk->queue, one))
		log_error("an errand that is over cannot be removed: it may go out again");
	say(desk, &news);
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
	news_of(one, ERRAND_RETRYING, outcome->words, &news);
	say(desk, &news);
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

static void errand_done(
	struct desk *desk, const struct transfer *transfer, const struct outcome *outcome)
{
	const struct queued *first = transfer->owner;
	tally_of(desk, transfer->to)->busy = false;
	if (outcome->report)
		report(desk, outcome->report, transfer->to->name, outcome->words);
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
		one->busy = tally_of(desk, d)->busy = true;
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
	else if (d && !tally_of(desk, d)->busy && desk->carrier.count < CARRIED_MOST) {
		if (one->due_us > now_us)
			return one->due_us;
		begin(desk, one, d);
		return 0;
	}
	return INT64_MAX;
}

static void turn_soon(struct desk *desk)
{
	event_active(desk->next, EV_TIMEOUT, 0);
}

static void turn(struct desk *desk)
{
	int64_t now = time_monotonic_us(), wall = time_now_us();
	int64_t due = now + (int64_t)LOOK_MOST_MS * 1000;
	for (struct queued *one = desk->queue.first, *next; one; one = next) {
		next = one->next;
		int64_t at = look_at(desk, one, now, wall);
		if (!at) {
			turn_soon(desk);
			return;
		}
		due = at < due ? at : due;
	}
	const struct timeval after = {(due - now) / 1000000, (due - now) % 1000000};
	event_add(desk->next, &after);
}

static void on_next(evutil_socket_t fd, short what, void *context)
{
	struct desk *desk = context;
	(void)fd;
	(void)what;
	turn(desk);
	carrier_resume(&desk->carrier);
}

// ---- Feeds.

static void fetched(struct desk *desk, uint64_t id, enum errand_fetch_state state,
	const struct outcome *outcome)
{
	struct errand_fetched f = {.id = id, .state = state};
	if (outcome) {
		strcpy(f.etag, outcome->etag);
		strcpy(f.words, outcome->words);
	}
	if (!desk->has_watch)
		return;
	errand_fetched_send(desk->watch.channel, &f);
	flush(desk);
}

static bool fetch_part(void *context, const struct transfer *transfer, struct bytes part)
{
	struct desk *desk = context;
	struct errand_fetched f = {.id = transfer->fetch.id, .state = FETCH_PART, .content = part};
	if (!desk->has_watch)
		return true; // nobody to tell: it ends by itself
	if (channel_queued_bytes(desk->watch.channel) > FETCH_AHEAD_BYTES) {
		const struct timeval soon = {0, TELL_MS * 1000};
		event_add(desk->next, &soon);
		return false;
	}
	errand_fetched_send(desk->watch.channel, &f);
	flush(desk);
	return true;
}

static void fetch_done(
	struct desk *desk, const struct transfer *transfer, const struct outcome *outcome)
{
	struct tally *tally = tally_of(desk, transfer->to);
	bool fine = outcome->what == OUTCOME_DONE || outcome->what == OUTCOME_UNCHANGED;
	desk->fetching--;
	tally->last = fine ? ERRAND_DELIVERED : ERRAND_FAILED;
	tally->last_us = time_now_us();
	tally->delivered += fine;
	tally->failed += !fine;
	strcpy(tally->words, outcome->words);
	account(desk);
	if (!fine)
		log_warning("%s: %s", transfer->to->name, outcome->words);
	if (outcome->report)
		report(desk, outcome->report, transfer->to->name, outcome->words);
	fetched(desk, transfer->fetch.id,
		outcome->what == OUTCOME_DONE        ? FETCH_WHOLE
		: outcome->what == OUTCOME_UNCHANGED ? FETCH_UNCHANGED
						     : FETCH_FAILED,
		outcome);
}

static void carried(void *context, const struct transfer *transfer, const struct outcome *outcome)
{
	struct desk *desk = context;
	if (transfer->is_fetch)
		fetch_done(desk, transfer, outcome);
	else
		errand_done(desk, transfer, outcome);
	turn_soon(desk);
}

static void fetch(struct desk *desk, const struct errand_fetch *wish)
{
	const struct destination *d = destinations_find(desk->destinations, wish->destination);
	struct outcome outcome = {.what = OUTCOME_LATER};
	if (!d && !*desk->destinations->problem)
		report(desk, REPORT_UNNAMED, wish->destination, "no destination has this name");
	if (!d || d->kind != DESTINATION_FEED)
		outcome_words(&outcome, d ? "this is not a feed" : "no destination has this name");
	else if (desk->fetching == FETCHED_MOST)
		outcome_words(&outcome, "too many feeds at once");
	if (*outcome.words) {
		fetched(desk, wish->id, FETCH_FAILED, &outcome);
		return;
	}
	const struct cargo cargo = {.to = d,
		.fetch = wish,
		.created_us = time_now_us(),
		.install_id = desk->install_id};
	desk->fetching++;
	carrier_start(&desk->carrier, &cargo);
}

// ---- Errands that come in.

static void refuse(struct desk *desk, const char *words)
{
	struct errand_news news = {.id = desk->coming.id, .state = ERRAND_REFUSED};
	strcpy(news.destination, desk->coming.destination);
	errand_words(news.words, sizeof news.words, words);
	desk->coming_refused = true;
	say(desk, &news);
}

static void check_coming(struct desk *desk)
{
	const struct errand *e = &desk->coming;
	const struct destination *d = destinations_find(desk->destinations, e->destination);
	if (!d && !*desk->destinations->problem) {
		report(desk, REPORT_UNNAMED, e->destination, "no destination has this name");
		refuse(desk, "no destination has this name");
	} else if (d && d->kind == DESTINATION_FEED) {
		refuse(desk, "nothing can be sent to a feed");
	} else if (d && e->size > d->most_bytes) {
		refuse(desk, "it is larger than this destination takes");
	}
}

static void keep_coming(struct desk *desk)
{
	struct errand_news news;
	struct queued *one = queue_find(&desk->queue, &desk->coming);
	enum err err = OK;
	if (!one) {
		err = queue_add(&desk->queue, &desk->coming, buf_bytes(&desk->coming_content),
			time_now_us(), &one);
		struct tally *tally = tally_of(
			desk, destinations_find(desk->destinations, desk->coming.destination));
		if (!err && tally)
			tally->waiting++;
	}
	if (err) {
		refuse(desk, err == ERR_LIMIT ? "the queue is full"
					      : "the queue's disk does not take it");
		return;
	}
	news_of(one, ERRAND_QUEUED, "", &news);
	say(desk, &news);
	turn_soon(desk);
}

static void coming_end(struct desk *desk)
{
	if (!desk->coming_refused)
		keep_coming(desk);
	desk->coming = (struct errand){0};
	desk->coming_refused = false;
	buf_clear(&desk->coming_content);
}

static enum err submit(struct desk *desk, struct bytes payload)
{
	if (desk->coming.id) // the one before is not whole
		return ERR_SYNTAX;
	enum err err = errand_submit_parse(payload, &desk->coming);
	if (err)
		return err;
	check_coming(desk);
	if (desk->coming.id && !desk->coming.size) // watch may be gone meanwhile
		coming_end(desk);
	return OK;
}

static enum err part(struct desk *desk, struct bytes payload)
{
	struct errand_part p;
	struct buf *content = &desk->coming_content;
	enum err err = errand_part_parse(payload, &p);
	if (err)
		return err;
	if (!desk->coming.id || p.id != desk->coming.id || p.offset != content->size ||
		p.content.size > desk->coming.size - content->size)
		return ERR_SYNTAX;
	buf_add_bytes(content, p.content);
	if (content->size == desk->coming.size)
		coming_end(desk);
	return OK;
}

static void watch_frame(struct peer *peer, const struct frame *frame)
{
	struct desk *desk = peer->owner;
	struct errand_fetch wish;
	enum err err;
	if (frame->type == ERRAND_SUBMIT)
		err = submit(desk, frame->payload);
	else if (frame->type == ERRAND_PART)
		err = part(desk, frame->payload);
	else
		err = errand_fetch_parse(frame->payload, &wish);
	if (err)
		peer->gone(peer, "a message that cannot be read");
	else if (frame->type == ERRAND_FETCH)
		fetch(desk, &wish);
}

static void watch_gone(struct peer *peer, const char *why)
{
	struct desk *desk = peer->owner;
	log_info("watch went away: %s", why);
	peer_done(peer);
	desk->has_watch = false;
	desk->coming = (struct errand){0};
	desk->coming_refused = false;
	buf_clear(&desk->coming_content);
}

void desk_watch(struct desk *desk, int fd)
{
	if (desk->has_watch)
		watch_gone(&desk->watch, "replaced");
	desk->watch = (struct peer){.frame = watch_frame, .gone = watch_gone, .owner = desk};
	desk->has_watch =
		peer_init(&desk->watch, desk->base, fd, &errand_table, MESSAGE_FORTH) == OK;
	account(desk);
}

// ---- Opening.

// Made once, so that no two installations ever give the same delivery id.
static enum err install_id(struct desk *desk, const char *dir)
{
	char path[520];
	uint8_t random[16];
	snprintf(path, sizeof path, "%s/installation", dir);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		crypto_random(random, sizeof random);
		text_hex(bytes_of(random, sizeof random), desk->install_id);
		bool kept = fd >= 0 && write(fd, desk->install_id, 32) == 32 && fsync(fd) == 0;
		if (fd >= 0)
			close(fd);
		return kept ? OK : ERR_IO;
	}
	ssize_t got = read(fd, desk->install_id, 32);
	close(fd);
	desk->install_id[32] = 0;
	return got == 32 && text_unhex(desk->install_id, random, sizeof random) == OK ? OK
										      : ERR_CORRUPT;
}

static void count_waiting(struct desk *desk)
{
	for (const struct queued *one = desk->queue.first; one; one = one->next) {
		struct tally *tally = tally_of(
			desk, destinations_find(desk->destinations, one->errand.destination));
		if (tally)
			tally->waiting++;
	}
}

enum err desk_open(struct desk *desk, const char *dir)
{
	const struct queue_limits limits = {QUEUE_COUNT, QUEUE_BYTES, desk->skip_sync};
	char path[480];
	snprintf(path, sizeof path, "%.470s/queue", dir);
	desk->next = event_new(desk->base, -1, 0, on_next, desk);
	desk->tell = event_new(desk->base, -1, 0, on_tell, desk);
	desk->carrier = (struct carrier){.base = desk->base,
		.system_ca = desk->destinations->system_ca,
		.skip_address_check = desk->skip_address_check,
		.context = desk,
		.done = carried,
		.part = fetch_part};
	enum err err = desk->next && desk->tell ? install_id(desk, dir) : ERR_IO;
	if (!err)
		err = queue_open(&desk->queue, path, &limits);
	if (!err)
		err = carrier_open(&desk->carrier);
	if (err)
		return err;
	count_waiting(desk);
	turn_soon(desk);
	return OK;
}

void desk_close(struct desk *desk)
{
	carrier_close(&desk->carrier);
	queue_close(&desk->queue);
	event_free(desk->next);
	event_free(desk->tell);
	if (desk->has_watch)
		peer_done(&desk->watch);
	buf_done(&desk->coming_content);
}
