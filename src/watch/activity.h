// activity: how much of what happens, minute by minute, over the last three hours.
#pragma once

#include "common/message/feed.h"

struct activity;

enum {
	ACTIVITY_MINUTES = 180
};

struct activity *activity_new(void);
void activity_free(struct activity *activity);
void activity_count(struct activity *activity, const struct feed_event *event);
// {"from", "bucket_seconds", "series": [{"name", "points": []}], "place", "lag"} up to `now_us`.
void activity_json(const struct activity *activity, int64_t now_us, uint64_t place, uint64_t size,
	struct buf *out); // five: the last three are what it cannot know itself
