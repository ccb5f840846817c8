// What watch is told: states, reports, and how things stand. Declared in desk_in.h.
#include "courier/desk_in.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/base/time.h"

#include <stdio.h>
#include <string.h>

enum {
	TELL_MS = 200
};

struct tally *desk_tally(struct desk *desk, const struct destination *d)
{
	return d ? &desk->tallies[d - desk->destinations->list] : NULL;
}

void desk_flush(struct desk *desk)
{
	if (desk->has_watch)
		peer_flush(&desk->watch);
}

void desk_account(struct desk *desk)
{
	const struct timeval after = {0, TELL_MS * 1000};
	if (!desk->dirty)
		event_add(desk->tell, &after);
	desk->dirty = true;
}

void desk_say(struct desk *desk, const struct errand_news *news)
{
	struct tally *tally =
		desk_tally(desk, destinations_find(desk->destinations, news->destination));
	if (tally && news->state != ERRAND_QUEUED) {
		tally->last = news->state;
		tally->last_us = time_now_us();
		strcpy(tally->words, news->words);
		tally->delivered += news->state == ERRAND_DELIVERED;
		tally->failed += news->state == ERRAND_FAILED;
	}
	if (news->state == ERRAND_RETRYING || news->state == ERRAND_FAILED)
		log_warning("%s: %s after %u %s: %s", news->destination,
			errand_state_text(news->state), news->attempts,
			text_plural(news->attempts, "attempt", "attempts"), news->words);
	else if (news->state == ERRAND_REFUSED)
		log_warning("%s: refused: %s", news->destination, news->words);
	desk_account(desk);
	if (!desk->has_watch)
		return;
	errand_state_send(desk->watch.channel, news);
	desk_flush(desk);
}

void desk_report(struct desk *desk, enum errand_report reason, const char *name, const char *words)
{
	struct errand_refusal refusal = {.reason = reason};
	errand_words(refusal.destination, sizeof refusal.destination, name);
	errand_words(refusal.words, sizeof refusal.words, words);
	log_warning("%s: %s: %s", name, errand_report_text(reason), words);
	if (!desk->has_watch)
		return;
	errand_report_send(desk->watch.channel, &refusal);
	desk_flush(desk);
}

void desk_on_tell(evutil_socket_t fd, short what, void *context)
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
	desk_flush(desk);
}
