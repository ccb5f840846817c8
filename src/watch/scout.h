// scout: threat intelligence as a part of watch: its database, its findings among the others, and
// its feeds, which the courier fetches.
//
// Its place is saved after the findings, so that none is lost: what was found since the last save
// is found again after a crash, and known to be the same.
#pragma once

#include "watch/detect/findings.h"
#include "watch/intelligence/intelligence.h"
#include "watch/messenger.h"

struct scout {
	struct intelligence *intelligence;
	struct findings *findings; // borrowed
	bool news;                 // found since the caller looked
};

// Logs what is wrong.
enum err scout_open(
	struct scout *scout, const char *state, const char *rules, struct findings *findings);
void scout_close(struct scout *scout);
// `size` is the trail's.
void scout_events(struct scout *scout, const struct feed_event *events, size_t count,
	uint64_t size); // four: the batch as the feed tells it
// Often: what the thread has done, and what should be fetched. ERR_IO: the role must end.
enum err scout_tick(struct scout *scout, struct messenger *messenger);
enum err scout_save(struct scout *scout); // when the findings are safe
