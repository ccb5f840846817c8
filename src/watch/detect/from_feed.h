// from_feed: an entry of the trail, as the vault tells it, in the one shape that rules know.
//
// What the feed does not tell is simply not there: a rule about it does not match.
#pragma once

#include "common/format/ocsf.h"
#include "common/message/feed.h"

// The hour and the day are those of the server's time zone: tzset() must have read it before the
// role was confined.
void ocsf_from_feed(const struct feed_event *from, struct ocsf_event *event, struct arena *arena);
