// tell: what came before a person, beside what was misuse, as JSON for bench/whole.py.
//
// {"staff", "days", "accesses", "looks": [{"why", "misuse", "looks", "at_once", "later"}],
//  "doers": [{"kind", "role", "first", "days"}],
//  "alerts": [{"list": "incident" | "worst" | "slow" …, "at", "doers": [{"doer", "at"}], …}],
//  "findings": [{"rule", "title", "source", "level", "at", "incident", "doers": […]}]}
//
// Times are hours since the first day began. A doer is somebody who misused, in one kind, by place
// in "doers". A finding tells of one when it is about that person and a day of their misuse (what
// adds up: one of the 42 days before), or when an entry that proves it is that misuse. An incident
// tells of those whom its findings tell of, from when it was open; an item of the list of those
// whom it names, for the day that it is about.
#pragma once

#include "house.h"

struct access_item;
struct mac;

struct tell {
	struct house *house;
	struct mac *opaque;
	const char *incidents; // the database
	struct arena *arena;
	struct map *people;            // opaque -> struct house_staff
	const struct house_act **acts; // by number of the entry
	size_t entries, room;
	struct house_doer **doers;
	size_t doer_count;
	json_t *alerts;
	long accesses;
};

void tell_begin(struct tell *tell, struct house *house, struct mac *opaque, const char *incidents);
// An entry of the trail, and the act that it is or is about; NULL for others.
void tell_entry(struct tell *tell, uint64_t seq, const struct house_act *act);
const struct house_act *tell_act(const struct tell *tell, uint64_t seq); // or NULL
void tell_item(void *tell, const struct access_item *item);
// When everything is over and the database is closed. The caller's reference.
json_t *tell_json(struct tell *tell);
