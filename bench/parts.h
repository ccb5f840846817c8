// parts: watch's detection as watch itself ties it together, for the programs that measure it:
// what weighs accesses, the detector with all it has, and the incidents.
#pragma once

#include "common/message/feed.h"
#include "watch/question.h"

enum {
	PARTS_PER_THOUSAND = 5,
	PARTS_LEAST = 1
};

// Databases in `state`, rules from `rules`. Ends the program when something does not open.
void parts_open(const char *state, const char *rules, struct watch_parts *parts);
// A batch through all of them, in watch's own order.
void parts_take(struct watch_parts *parts, struct feed_event *events, size_t count, uint64_t size);
void parts_close(struct watch_parts *parts);

void fail_if(bool wrong, const char *what); // ends the program
