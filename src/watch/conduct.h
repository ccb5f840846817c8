// conduct: behaviour as a part of watch: its database, its findings among the others, its clock.
//
// Its state is saved after the findings, so that none is lost: what was found since the last save
// is found again after a crash, and known to be the same. A database that cannot be read is put
// away and made again from the trail.
#pragma once

#include "watch/behaviour/behaviour.h"
#include "watch/detect/findings.h"

struct conduct {
	struct behaviour *behaviour;
	struct findings *findings; // borrowed
	char path[512];
	bool news; // found since the caller looked
	bool caught_up;
};

enum err conduct_open(struct conduct *conduct, const char *state, struct findings *findings);
void conduct_close(struct conduct *conduct, bool keep); // keep: the findings are safe
uint64_t conduct_from(const struct conduct *conduct);   // where in the trail to begin
// `size` is the trail's, `next` follows the events.
void conduct_events(struct conduct *conduct, const struct feed_event *events, size_t count,
	uint64_t next, uint64_t size); // five: the batch as the feed tells it
// Every two seconds: silence, without any event.
void conduct_tick(struct conduct *conduct);
void conduct_save(struct conduct *conduct); // when the findings are safe
json_t *conduct_profile(struct conduct *conduct, uint64_t actor);
