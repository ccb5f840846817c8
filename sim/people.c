#include "people.h"

#include "tables.h"

#include <stdio.h>
#include <stdlib.h>

enum { TODAY = 20780 }; // 2026-11-23: a day of its own, so that a seed always gives the same bytes

// Who works here: the first of each kind have accounts in the demonstration.
static const struct {
	const char *role;
	unsigned share; // of a hundred
} roles[] = {{"clinician", 34}, {"nurse", 40}, {"front-desk", 14}, {"privacy-officer", 3}, {"security-officer", 3},
	{"administrator", 6}};
enum { ROLES = sizeof roles / sizeof *roles };

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

static const char *role_of(unsigned number, unsigned staff)
{
	if (number < ROLES) // one of each first
		return roles[number].role;
	unsigned at = number * 100 / staff, sum = 0;
	for (size_t i = 0; i < ROLES; i++) {
		sum += roles[i].share;
		if (at < sum)
			return roles[i].role;
	}
	return "nurse";
}

// A household shares a street, a number and mostly a name.
static size_t add_household(struct dice *dice, struct town *town, size_t at, size_t most, int household)
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
		p->born_year = i < 2 ? dice_between(dice, 1936, 2002) : dice_between(dice, 1985, 2024);
	}
	return size;
}

static void employ(struct dice *dice, struct town *town, unsigned staff)
{
	unsigned made = 0;
	for (size_t tries = 0; made < staff && tries < town->count * 20; tries++) {
		struct person *p = &town->people[dice_below(dice, (unsigned)town->count)];
		if (*p->staff_id || p->born_year > 2001 || p->born_year < 1961)
			continue;
		dice_uuid(dice, p->staff_id);
		p->role = role_of(made, staff);
		p->ward = dice_below(dice, (unsigned)ward_count);
		made++;
	}
	town->staff = made;
}

static void admit(struct dice *dice, struct town *town, unsigned patients)
{
	unsigned made = 0;
	for (size_t i = 0; i < town->count && made < patients; i++) {
		struct person *p = &town->people[i];
		if (*p->staff_id && !dice_chance(dice, 0.3)) // some of the staff are patients here
			continue;
		p->patient = 1;
		p->vip = dice_chance(dice, 0.01);
		made++;
	}
	town->patients = made;
}

struct town *town_make(const struct town_wish *wish)
{
	struct dice dice = dice_of(wish->seed, 1);
	struct town *town = calloc(1, sizeof *town);
	size_t most = wish->patients + 2 * (size_t)wish->staff + 8;
	if (!town || !(town->people = calloc(most, sizeof *town->people)))
		abort();
	town->today_day = TODAY;
	town->days = wish->days;
	for (int household = 0; town->count < most; household++)
		town->count += add_household(&dice, town, town->count, most, household);
	if (town->count > most)
		town->count = most;
	employ(&dice, town, wish->staff);
	admit(&dice, town, wish->patients);
	return town;
}

void town_free(struct town *town)
{
	if (!town)
		return;
	free(town->people);
	free(town);
}
