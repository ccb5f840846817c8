// roster: who works when.
//
// Nurses rotate through early, late and night shifts; clinicians work on weekdays and take turns
// on call, two at a time for a house of eight units, and are off on the day after; everybody else
// works office hours. Each member of staff has weeks of leave. Nothing is stored: a duty follows
// from the town and the day. Times are of the hospital's clock, which is UTC.
#pragma once

#include "people.h"

enum shift {
	SHIFT_OFF,
	SHIFT_LEAVE,
	SHIFT_DAY,
	SHIFT_EARLY,
	SHIFT_LATE,
	SHIFT_NIGHT,   // begins on its day, ends on the next
	SHIFT_ON_CALL, // at home and called in: after a day's work, until the next morning
	SHIFTS
};

struct shift_hours {
	const char *name;
	char letter;                  // in truth/rosters.json
	int begin_minute, end_minute; // of the day; the end may be past 24:00
};
extern const struct shift_hours shift_hours[SHIFTS];

enum {
	ON_CALL_AT_ONCE = 2
};

// What the person does on that day; a clinician on call works the day before the night too.
enum shift roster_shift(const struct town *town, uint32_t person, int64_t day);
// The clinicians on call in the night that begins on that day, for a unit's house.
size_t roster_on_call(
	const struct town *town, unsigned unit, int64_t day, uint32_t ret[ON_CALL_AT_ONCE]);
int roster_call_begins(int64_t day); // minute: after a day's work, at weekends in the morning
int roster_is_on_call(const struct town *town, uint32_t person, int64_t day);
// Somebody of the crew who is on duty at that minute, or NOBODY; `dice` chooses where to begin.
uint32_t roster_pick(
	const struct town *town, struct crew crew, int64_t day, int minute, struct dice *dice);
int roster_is_present(const struct town *town, uint32_t person, int64_t day, int minute);
