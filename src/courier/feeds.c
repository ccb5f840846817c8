// Feeds that watch wants: fetched, and handed on in parts as fast as they are read. Declared in
// desk_in.h.
#include "courier/desk_in.h"

#include "common/base/log.h"
#include "common/base/time.h"

#include <string.h>

enum {
	PAUSE_MS = 200
};

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
	desk_flush(desk);
}

bool desk_fetch_part(void *context, const struct transfer *transfer, struct bytes part)
{
	struct desk *desk = context;
	struct errand_fetched f = {.id = transfer->fetch.id, .state = FETCH_PART, .content = part};
	if (!desk->has_watch)
		return true; // nobody to tell: it ends by itself
	if (channel_queued_bytes(desk->watch.channel) > FETCH_AHEAD_BYTES) {
		const struct timeval soon = {0, PAUSE_MS * 1000};
		event_add(desk->next, &soon);
		return false;
	}
	errand_fetched_send(desk->watch.channel, &f);
	desk_flush(desk);
	return true;
}

void desk_fetch_done(
	struct desk *desk, const struct transfer *transfer, const struct outcome *outcome)
{
	struct tally *tally = desk_tally(desk, transfer->to);
	bool fine = outcome->what == OUTCOME_DONE || outcome->what == OUTCOME_UNCHANGED;
	desk->fetching--;
	tally->last = fine ? ERRAND_DELIVERED : ERRAND_FAILED;
	tally->last_us = time_now_us();
	tally->delivered += fine;
	tally->failed += !fine;
	strcpy(tally->words, outcome->words);
	desk_account(desk);
	if (!fine)
		log_warning("%s: %s", transfer->to->name, outcome->words);
	if (outcome->report)
		desk_report(desk, outcome->report, transfer->to->name, outcome->words);
	fetched(desk, transfer->fetch.id,
		outcome->what == OUTCOME_DONE        ? FETCH_WHOLE
		: outcome->what == OUTCOME_UNCHANGED ? FETCH_UNCHANGED
						     : FETCH_FAILED,
		outcome);
}

void desk_fetch(struct desk *desk, const struct errand_fetch *wish)
{
	const struct destination *d = destinations_find(desk->destinations, wish->destination);
	struct outcome outcome = {.what = OUTCOME_LATER};
	if (!d && !*desk->destinations->problem)
		desk_report(
			desk, REPORT_UNNAMED, wish->destination, "no destination has this name");
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
