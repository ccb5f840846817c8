// house: a small hospital's days as events, and what was found in them as text.
#pragma once

#include "../unit.h"
#include "common/format/trail.h"
#include "watch/behaviour/behaviour.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_US  86400000000ll
#define HOUR_US 3600000000ll

enum {
	FIRST_DAY = 20003, // a Thursday, in UTC
	FOUND_BYTES = 1 << 18
};

struct house {
	struct behaviour *behaviour;
	uint64_t seq, dice;
	int64_t now_us;          // time only goes on
	unsigned pool;           // patients of each person; 0: 30
	char found[FOUND_BYTES]; // "id day actor;" of each
	char last[1024];         // the last sentence
	char last_id[64];
	enum sigma_level level;
	size_t count;
};

static inline void house_on_found(void *context, const struct finding *f)
{
	struct house *h = context;
	size_t at = strlen(h->found);
	snprintf(h->found + at, sizeof h->found - at, "%s %lld %.*s;", f->id,
		(long long)(f->time_us / DAY_US - FIRST_DAY), (int)f->actor.size,
		f->actor.size ? (const char *)f->actor.at : "");
	snprintf(h->last, sizeof h->last, "%s", f->sentence);
	snprintf(h->last_id, sizeof h->last_id, "%s", f->id);
	h->level = f->level;
	h->count++;
}

static inline void house_open(struct house *h, const char *path, bool unfrozen)
{
	char problem[256];
	const struct behaviour_options options = {
		.path = path, .found = house_on_found, .context = h, .unfrozen = unfrozen};
	assert_ok(behaviour_open(&options, &h->behaviour, problem));
}

static inline uint64_t house_draw(struct house *h, uint64_t below)
{
	h->dice = h->dice * 6364136223846793005u + 1442695040888963407u;
	return (h->dice >> 33) % below;
}

static inline struct feed_event house_event(struct house *h, int64_t time_us, uint64_t actor)
{
	struct feed_event e = {.seq = h->seq++,
		.time_us = time_us,
		.kind = TRAIL_ACCESS,
		.action = TRAIL_READ,
		.outcome = TRAIL_ALLOWED,
		.actor = actor};
	strcpy(e.role, "nurse");
	strcpy(e.address, "10.0.0.1");
	strcpy(e.application, "console");
	return e;
}

// One person's records of one day, from eight o'clock on, two seconds each.
static inline void house_work(struct house *h, int64_t day, uint64_t actor, unsigned records)
{
	for (unsigned i = 0; i < records; i++) {
		int64_t eight = (FIRST_DAY + day) * DAY_US + 8 * HOUR_US;
		h->now_us = h->now_us < eight ? eight : h->now_us + 2000000;
		struct feed_event e = house_event(h, h->now_us, actor);
		e.patient_count = e.patients_here = 1;
		e.patient = e.patients[0] =
			1000000 + actor * 40 + house_draw(h, h->pool ? h->pool : 30);
		behaviour_event(h->behaviour, &e);
	}
}
