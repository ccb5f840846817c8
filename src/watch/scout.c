#include "watch/scout.h"

#include "common/base/log.h"
#include "common/base/time.h"

#include <string.h>

static void on_found(void *context, const struct finding *finding)
{
	struct scout *s = context;
	if (findings_made_before(s->findings, finding))
		return;
	findings_add(s->findings, finding);
	s->news = true;
}

enum err scout_open(
	struct scout *s, const char *state, const char *rules, struct findings *findings)
{
	char problem[256];
	const struct intelligence_places places = {state, rules, on_found, s};
	*s = (struct scout){.findings = findings};
	enum err err = intelligence_open(&places, &s->intelligence, problem);
	if (err)
		log_error("threat intelligence cannot be kept: %s", problem);
	return err;
}

void scout_close(struct scout *s)
{
	intelligence_close(s->intelligence);
	s->intelligence = NULL;
}

void scout_events(struct scout *s, const struct feed_event *events, size_t count, uint64_t size)
{
	intelligence_size(s->intelligence, size);
	for (size_t i = 0; i < count; i++)
		intelligence_event(s->intelligence, &events[i]);
}

static void on_part(void *context, struct bytes part)
{
	struct scout *s = context;
	intelligence_part(s->intelligence, part);
}

static void on_end(void *context, const struct errand_fetched *fetched)
{
	struct scout *s = context;
	intelligence_fetched(s->intelligence, fetched->state, fetched->etag, fetched->words);
}

static void fetch(struct scout *s, struct messenger *messenger)
{
	struct intelligence_wish wish;
	if (!messenger_can_fetch(messenger) || !intelligence_wants(s->intelligence, &wish))
		return;
	struct errand_fetch out = {.most_bytes = wish.most_bytes};
	strcpy(out.destination, wish.feed);
	strcpy(out.query, wish.query);
	strcpy(out.etag, wish.etag);
	strcpy(out.path, wish.path);
	const struct messenger_taker taker = {on_part, on_end, s};
	messenger_fetch(messenger, &out, &taker);
}

enum err scout_tick(struct scout *s, struct messenger *messenger)
{
	enum err err = intelligence_tick(s->intelligence, time_now_us());
	if (err)
		log_error("threat intelligence cannot be kept: %s", err_text(err));
	else
		fetch(s, messenger);
	return err;
}

enum err scout_save(struct scout *s)
{
	enum err err = intelligence_save(s->intelligence);
	if (err)
		log_error("sightings cannot be kept: %s", err_text(err));
	return err;
}
