#include "roster.h"

const struct shift_hours shift_hours[SHIFTS] = {
	[SHIFT_OFF] = {"off", '-', 0, 0},
	[SHIFT_LEAVE] = {"leave", 'v', 0, 0},
	[SHIFT_DAY] = {"day", 'D', 8 * 60, 17 * 60},
	[SHIFT_EARLY] = {"early", 'E', 6 * 60, 14 * 60 + 30},
	[SHIFT_LATE] = {"late", 'L', 14 * 60, 22 * 60 + 30},
	[SHIFT_NIGHT] = {"night", 'N', 22 * 60, 30 * 60 + 30},
	[SHIFT_ON_CALL] = {"on call", 'C', 17 * 60, 32 * 60},
};

// Ten days: of ten nurses two work each shift.
static const char rotation[] = "EELLNN----";
enum {
	ROTATION = sizeof rotation - 1,
	LEAVE_SHARE = 12
}; // one week in twelve

static int is_on_leave(const struct town *town, uint32_t person, int64_t day)
{
	struct dice dice = dice_of(town->seed ^ 0x1ea7e, (uint64_t)(day + 3) / 7 << 32 | person);
	return dice_below(&dice, LEAVE_SHARE) == 0;
}

// The turns go round the house's clinicians; whoever is on leave is left out.
size_t roster_on_call(
	const struct town *town, unsigned unit, int64_t day, uint32_t ret[ON_CALL_AT_ONCE])
{
	struct crew crew = town_house(town, JOB_CLINICIAN, unit);
	size_t count = 0, first = crew.count ? (size_t)(day * ON_CALL_AT_ONCE) % crew.count : 0;
	for (size_t i = 0; i < crew.count && count < ON_CALL_AT_ONCE; i++) {
		uint32_t one = crew.at[(first + i) % crew.count];
		if (!is_on_leave(town, one, day))
			ret[count++] = one;
	}
	return count;
}

int roster_call_begins(int64_t day)
{
	return town_is_weekend(day) ? shift_hours[SHIFT_DAY].begin_minute
				    : shift_hours[SHIFT_ON_CALL].begin_minute;
}

int roster_is_on_call(const struct town *town, uint32_t person, int64_t day)
{
	uint32_t on_call[ON_CALL_AT_ONCE];
	const struct person *p = &town->people[person];
	size_t count = p->job == JOB_CLINICIAN ? roster_on_call(town, p->unit, day, on_call) : 0;
	for (size_t i = 0; i < count; i++)
		if (on_call[i] == person)
			return 1;
	return 0;
}

static enum shift nurse_shift(const struct town *town, const struct person *p, int64_t day)
{
	size_t colleagues = town_unit(town, JOB_NURSE, p->unit).count;
	// Spread over the rotation, so that a unit is rarely without anybody.
	size_t at = (size_t)day + (colleagues ? p->place * ROTATION / colleagues : 0) + p->unit * 3;
	char letter = rotation[at % ROTATION];
	for (int shift = SHIFT_EARLY; shift <= SHIFT_NIGHT; shift++)
		if (shift_hours[shift].letter == letter)
			return (enum shift)shift;
	return SHIFT_OFF;
}

enum shift roster_shift(const struct town *town, uint32_t person, int64_t day)
{
	const struct person *p = &town->people[person];
	if (is_on_leave(town, person, day))
		return SHIFT_LEAVE;
	if (p->job == JOB_NURSE)
		return nurse_shift(town, p, day);
	if (town_is_weekend(day))
		return SHIFT_OFF;
	return p->job == JOB_CLINICIAN && roster_is_on_call(town, person, day - 1) ? SHIFT_OFF
										   : SHIFT_DAY;
}

static int covers(enum shift shift, int minute)
{
	return minute >= shift_hours[shift].begin_minute && minute < shift_hours[shift].end_minute;
}

int roster_is_present(const struct town *town, uint32_t person, int64_t day, int minute)
{
	return covers(roster_shift(town, person, day), minute) ||
	       covers(roster_shift(town, person, day - 1), minute + 24 * 60);
}

uint32_t roster_pick(
	const struct town *town, struct crew crew, int64_t day, int minute, struct dice *dice)
{
	size_t first = crew.count ? dice_below(dice, (unsigned)crew.count) : 0;
	for (size_t i = 0; i < crew.count; i++) {
		uint32_t one = crew.at[(first + i) % crew.count];
		if (roster_is_present(town, one, day, minute))
			return one;
	}
	return NOBODY;
}
