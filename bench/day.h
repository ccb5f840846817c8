// day: invented events of a hospital's day, the same at every run, as the feed tells them to watch.
#pragma once

#include "common/message/feed.h"

enum {
	DAY_STAFF = 1000,
	DAY_PATIENTS = 20000,
	DAY_OWN = 60,        // patients of each who work there
	DAY_EVERY_US = 50000 // 20 events a second
};

// Mostly reads, some searches and writes, few sign-ins; nine of ten are about patients whom they
// treat. `begin_us` is the time of the first; entries are numbered from 1.
void day_make(struct feed_event *events, size_t count, int64_t begin_us);
