// house: a simulated hospital's days, as its vault would have had them: what was documented is
// stored when it was written down, what people did is an entry of the trail, in the order of time.
// Made by `hospital-sim make` and `work --dry-run`; what of it was misuse is told for counting
// alone.
#pragma once

#include "common/base/arena.h"
#include "common/format/trail.h"

#include <jansson.h>

#define DAY_US  86400000000ll
#define HOUR_US 3600000000ll

enum {
	HOUSE_WHYS = 24,
	HOUSE_DAYS = 64
};

// Why something was done, as the simulation says: "care", "snoop".
struct house_why {
	const char *name;
	bool misuse;
	struct map *doers;        // of misuse: login -> struct house_doer
	long looks, explained[2]; // person, patient, day; explained at once, and after 48 hours
};

struct house_staff {
	const char *login, *practitioner, *role;
	int unit;
	unsigned sessions;
};

// One person's misuse of one kind.
struct house_doer {
	const struct house_why *why;
	const struct house_staff *who;
	int64_t first_us, days[HOUSE_DAYS];
	size_t day_count;
};

struct house_act {
	struct house_staff *who;
	struct house_why *why;
	const char *patient; // "" for none
	struct trail_entry entry;
};

// A resource to store, or an act.
struct house_thing {
	int64_t at_us;
	uint64_t order;
	json_t *resource;
	struct house_act *act;
};

struct house {
	struct arena *arena;
	struct house_thing *things;
	size_t count, room;
	struct map *staff; // login -> struct house_staff
	struct house_why whys[HOUSE_WHYS];
	size_t why_count;
	int64_t first_day, days;
};

// `late_percent` of encounters, teams and orders are written down up to 36 hours late. Ends the
// program when the folder is none.
void house_read(const char *dir, unsigned late_percent, struct house *ret_house);
void house_done(struct house *house);

// What somebody wrote, as a resource.
json_t *house_note(struct house *house, const struct house_act *act);
struct house_doer *house_doer(const struct house_why *why, const char *login); // or NULL
