#include "people.h"

#include "common/base/map.h"
#include "common/base/text.h"
#include "tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	TODAY = 20780
}; // 2026-11-23: a day of its own, so that a seed always gives the same bytes

// Who works here: the first of each kind have accounts in the demonstration.
static const struct {
	enum job job;
	const char *role, *prefix; // of a login
	unsigned share;            // of a hundred
} roles[] = {{JOB_CLINICIAN, "clinician", "dr", 34}, {JOB_NURSE, "nurse", "nurse", 40},
	{JOB_FRONT_DESK, "front-desk", "desk", 14},
	{JOB_PRIVACY_OFFICER, "privacy-officer", "privacy", 3},
	{JOB_SECURITY_OFFICER, "security-officer", "security", 3},
	{JOB_ADMINISTRATOR, "administrator", "admin", 6}};
enum {
	ROLES = sizeof roles / sizeof *roles,
	UNIT_STAFF = 20
};

// MRN with a check digit (ISO 7064, MOD 11-2 reduced to digits by starting again on X).
static void make_mrn(struct dice *dice, char ret[16])
{
	for (;;) {
		unsigned number = 100000 + dice_below(dice, 900000), rest = 0, digits = number;
		for (unsigned weight = 2; digits; digits /= 10, weight++)
			rest += digits % 10 * weight;
		rest = (12 - rest % 11) % 11;
		if (rest > 9)
			continue;
		snprintf(ret, 16, "%u%u", number, rest);
		return;
	}
}

static void name_person(struct dice *dice, struct person *p, const char *family)
{
	p->female = dice_chance(dice, 0.51);
	p->family = family ? family : family_names[dice_below(dice, (unsigned)family_count)];
	p->given = p->female ? female_names[dice_below(dice, (unsigned)female_count)]
			     : male_names[dice_below(dice, (unsigned)male_count)];
	p->born_month = dice_between(dice, 1, 12);
	p->born_day = dice_between(dice, 1, 28);
	dice_uuid(dice, p->id);
	make_mrn(dice, p->mrn);
}

static size_t role_of(unsigned number, unsigned staff)
{
	if (number < ROLES) // one of each first
		return number;
	unsigned at = (unsigned)((uint64_t)number * 100 / staff), sum = 0;
	for (size_t i = 0; i < ROLES; i++) {
		sum += roles[i].share;
		if (at < sum)
			return i;
	}
	return 1;
}

// A household shares a street, a number and mostly a name.
static size_t add_household(
	struct dice *dice, struct town *town, size_t at, size_t most, int household)
{
	size_t size = 1 + dice_below(dice, 4);
	const char *family = family_names[dice_below(dice, (unsigned)family_count)];
	const char *street = streets[dice_below(dice, (unsigned)street_count)];
	int number = dice_between(dice, 1, 120);
	for (size_t i = 0; i < size && at + i < most; i++) {
		struct person *p = &town->people[at + i];
		name_person(dice, p, dice_chance(dice, 0.85) ? family : NULL);
		p->street = street;
		p->house_number = number;
		p->household = household;
		p->born_year =
			i < 2 ? dice_between(dice, 1936, 2002) : dice_between(dice, 1985, 2024);
	}
	return size;
}

// Logins people remember; the second of a name gets a number.
static void name_login(struct map *seen, struct person *p, const char *prefix)
{
	char plain[64], login[56];
	text_fold(bytes_text(p->family), plain, sizeof plain);
	snprintf(login, sizeof login, "%s.%.40s", prefix, plain);
	size_t times = (size_t)(uintptr_t)map_find(seen, bytes_text(login)) + 1;
	map_set(seen, bytes_text(login), (void *)(uintptr_t)times); // a count, not an address
	if (times == 1)
		snprintf(p->login, sizeof p->login, "%s", login);
	else
		snprintf(p->login, sizeof p->login, "%s%u", login, (unsigned)times);
}

static void employ(struct dice *dice, struct town *town, unsigned staff)
{
	unsigned made = 0;
	struct map *seen = map_new();
	for (size_t tries = 0; made < staff && tries < town->count * 20; tries++) {
		struct person *p = &town->people[dice_below(dice, (unsigned)town->count)];
		if (*p->staff_id || p->born_year > 2001 || p->born_year < 1961)
			continue;
		size_t role = role_of(made, staff);
		dice_uuid(dice, p->staff_id);
		p->job = roles[role].job;
		p->role = roles[role].role;
		p->unit = made % town->units;
		name_login(seen, p, roles[role].prefix);
		made++;
	}
	map_free(seen);
	town->staff = made;
}

// Some of the staff are patients here; every hospital has somebody whom everybody knows.
static void admit(struct dice *dice, struct town *town, unsigned patients)
{
	unsigned made = 0, known = 0;
	for (size_t i = 0; i < town->count && made < patients; i++) {
		struct person *p = &town->people[i];
		if (*p->staff_id && !dice_chance(dice, 0.3))
			continue;
		p->patient = 1;
		p->vip = dice_chance(dice, 0.01) || (!known && made == patients / 2);
		known += (unsigned)p->vip;
		town->patient_list[made++] = (uint32_t)i;
	}
	town->patients = made;
}

static void list_staff(struct town *town)
{
	size_t slots = (size_t)JOBS * town->units, at = 0;
	size_t *next = calloc(slots + 1, sizeof *next);
	if (!next)
		abort();
	for (size_t i = 0; i < town->count; i++)
		if (town->people[i].job)
			next[town->people[i].job * town->units + town->people[i].unit]++;
	for (size_t i = 0; i < slots; i++) {
		size_t here = next[i];
		town->staff_at[i] = next[i] = at;
		at += here;
	}
	town->staff_at[slots] = at;
	for (size_t i = 0; i < town->count; i++) {
		struct person *p = &town->people[i];
		size_t slot = p->job * town->units + p->unit;
		if (!p->job)
			continue;
		p->place = (unsigned)(next[slot] - town->staff_at[slot]);
		town->staff_list[next[slot]++] = (uint32_t)i;
	}
	free(next);
}

struct crew town_crew(const struct town *town, enum job job, unsigned from, unsigned to)
{
	size_t first = town->staff_at[job * town->units + from];
	return (struct crew){
		town->staff_list + first, town->staff_at[job * town->units + to] - first};
}

struct crew town_unit(const struct town *town, enum job job, unsigned unit)
{
	return town_crew(town, job, unit, unit + 1);
}

struct crew town_house(const struct town *town, enum job job, unsigned unit)
{
	unsigned first = unit / HOUSE_UNITS * HOUSE_UNITS;
	return town_crew(town, job, first, first + HOUSE_UNITS);
}

struct crew town_all(const struct town *town, enum job job)
{
	return town_crew(town, job, 0, town->units);
}

int town_is_weekend(int64_t day)
{
	return (day + 4) % 7 == 0 || (day + 4) % 7 == 6; // 1970 began on a Thursday
}

static void *zeroes(size_t count, size_t size)
{
	void *at = calloc(count, size);
	if (!at)
		abort();
	return at;
}

struct town *town_make(const struct town_wish *wish)
{
	struct dice dice = dice_of(wish->seed, 1);
	struct town *town = zeroes(1, sizeof *town);
	size_t most = wish->patients + 2 * (size_t)wish->staff + 8;
	town->people = zeroes(most, sizeof *town->people);
	town->seed = wish->seed;
	town->today_day = TODAY;
	town->days = wish->days;
	town->units = HOUSE_UNITS * (1 + wish->staff / (HOUSE_UNITS * UNIT_STAFF));
	town->patient_list = zeroes(wish->patients, sizeof *town->patient_list);
	town->staff_list = zeroes(wish->staff, sizeof *town->staff_list);
	town->staff_at = zeroes((size_t)JOBS * town->units + 1, sizeof *town->staff_at);
	for (int household = 0; town->count < most; household++)
		town->count += add_household(&dice, town, town->count, most, household);
	if (town->count > most)
		town->count = most;
	employ(&dice, town, wish->staff);
	admit(&dice, town, wish->patients);
	list_staff(town);
	return town;
}

void town_free(struct town *town)
{
	if (!town)
		return;
	free(town->people);
	free(town->patient_list);
	free(town->staff_list);
	free(town->staff_at);
	free(town);
}
