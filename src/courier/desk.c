#include "courier/desk.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/base/time.h"
#include "common/crypto/crypto.h"
#include "courier/desk_in.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// ---- Errands that come in.

static void refuse(struct desk *desk, const char *words)
{
	struct errand_news news = {.id = desk->coming.id, .state = ERRAND_REFUSED};
	strcpy(news.destination, desk->coming.destination);
	errand_words(news.words, sizeof news.words, words);
	desk->coming_refused = true;
	desk_say(desk, &news);
}

static void check_coming(struct desk *desk)
{
	const struct errand *e = &desk->coming;
	const struct destination *d = destinations_find(desk->destinations, e->destination);
	if (!d && !*desk->destinations->problem) {
		desk_report(desk, REPORT_UNNAMED, e->destination, "no destination has this name");
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
		struct tally *tally = desk_tally(
			desk, destinations_find(desk->destinations, desk->coming.destination));
		if (!err && tally)
			tally->waiting++;
	}
	if (err) {
		refuse(desk, err == ERR_LIMIT ? "the queue is full"
					      : "the queue's disk does not take it");
		return;
	}
	desk_news(one, ERRAND_QUEUED, "", &news);
	desk_say(desk, &news);
	desk_turn_soon(desk);
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
		desk_fetch(desk, &wish);
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
	desk_account(desk);
}

static void carried(void *context, const struct transfer *transfer, const struct outcome *outcome)
{
	struct desk *desk = context;
	if (transfer->is_fetch)
		desk_fetch_done(desk, transfer, outcome);
	else
		desk_errand_done(desk, transfer, outcome);
	desk_turn_soon(desk);
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
		struct tally *tally = desk_tally(
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
	desk->next = event_new(desk->base, -1, 0, desk_on_next, desk);
	desk->tell = event_new(desk->base, -1, 0, desk_on_tell, desk);
	desk->carrier = (struct carrier){.base = desk->base,
		.system_ca = desk->destinations->system_ca,
		.skip_address_check = desk->skip_address_check,
		.context = desk,
		.done = carried,
		.part = desk_fetch_part};
	enum err err = desk->next && desk->tell ? install_id(desk, dir) : ERR_IO;
	if (!err)
		err = queue_open(&desk->queue, path, &limits);
	if (!err)
		err = carrier_open(&desk->carrier);
	if (err)
		return err;
	count_waiting(desk);
	desk_turn_soon(desk);
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
