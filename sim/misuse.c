#include "misuse.h"

#include "care.h"

#include <string.h>

struct misdoing {
	struct schedule *schedule;
	const struct town *town;
	struct dice dice;
	enum why why;
};

enum {
	TRIES = 400,
	MINUTE_S = 60,
	DAY_S = 86400
};

static uint32_t some_staff(struct misdoing *m, unsigned jobs)
{
	for (int i = 0; i < TRIES; i++) {
		size_t all = m->town->staff;
		uint32_t one = m->town->staff_list[dice_below(&m->dice, (unsigned)all)];
		if ((jobs >> m->town->people[one].job & 1) && schedule_is_able(m->schedule, one))
			return one;
	}
	return NOBODY;
}

enum {
	CLINICAL = 1 << JOB_CLINICIAN | 1 << JOB_NURSE,
	DESK = 1 << JOB_FRONT_DESK,
};

static uint32_t some_patient(struct misdoing *m)
{
	return m->town->patient_list[dice_below(&m->dice, (unsigned)m->town->patients)];
}

static int64_t some_day(struct misdoing *m)
{
	return m->schedule->first_day + dice_below(&m->dice, (unsigned)m->schedule->wish.days);
}

// A moment of that person's working time, from that day on, or of any other day's.
static int64_t at_work(struct misdoing *m, uint32_t who, int64_t day)
{
	for (int i = 0; i < TRIES; i++) {
		int minute = dice_between(&m->dice, 0, 24 * 60 - 1);
		if (schedule_has_day(m->schedule, day) &&
			roster_is_present(m->town, who, day, minute))
			return day * DAY_S + minute * MINUTE_S + dice_below(&m->dice, MINUTE_S);
		if (i % 40 == 39)
			day = i < TRIES / 2 ? day + 1 : some_day(m);
	}
	return day * DAY_S + 12 * 3600;
}

static int knows(const struct town *town, uint32_t patient, uint32_t staff)
{
	struct plan plan;
	plan_make(town, patient, &plan);
	int known = plan_knows(&plan, staff);
	plan_done(&plan);
	return known;
}

static struct doing begin(struct misdoing *m, uint32_t who, uint32_t patient, int64_t at_s)
{
	int clinical = CLINICAL >> m->town->people[who].job & 1;
	return (struct doing){.schedule = m->schedule,
		.dice = &m->dice,
		.person = who,
		.by = who,
		.patient = patient,
		.visit = NO_VISIT,
		.why = m->why,
		.at_s = at_s,
		.outside = clinical && !knows(m->town, patient, who)};
}

// Some only find out that the record is closed to them, and leave it at that.
static void pry(struct misdoing *m, struct doing *d)
{
	static const enum what looks[] = {
		ASK_CONDITIONS, ASK_MEDICATIONS, ASK_RESULTS, ASK_REPORTS, ASK_ENCOUNTERS};
	if (m->town->people[d->person].job == JOB_FRONT_DESK) {
		schedule_ask(d, ASK_FIND);
		schedule_ask(d, ASK_PATIENT);
		schedule_ask(d, ASK_APPOINTMENTS);
		return;
	}
	if (d->outside && dice_chance(&m->dice, 0.3)) {
		schedule_ask(d, ASK_FIND);
		schedule_ask(d, ASK_PATIENT);
		return;
	}
	care_open(d);
	for (size_t i = 0; i < sizeof looks / sizeof *looks; i++)
		if (dice_chance(&m->dice, 0.5))
			schedule_ask(d, looks[i]);
}

static void look_at(struct misdoing *m, uint32_t who, uint32_t patient, int64_t at_s)
{
	if (who == NOBODY || patient == NOBODY)
		return;
	struct doing d = begin(m, who, patient, at_s);
	pry(m, &d);
}

// How interesting somebody is: lives in the same street, works here, or is anybody.
static int interests(struct misdoing *m, uint32_t who, uint32_t patient)
{
	const struct person *one = &m->town->people[who], *other = &m->town->people[patient];
	int near = strcmp(one->street, other->street) == 0 && one->household != other->household;
	return who != patient && (near || other->job || dice_chance(&m->dice, 0.1)) &&
	       !knows(m->town, patient, who);
}

static void snoop(struct misdoing *m)
{
	uint32_t who = some_staff(m, CLINICAL | DESK);
	int times = dice_between(&m->dice, 1, 4);
	for (int i = 0; i < TRIES && times && who != NOBODY; i++) {
		uint32_t patient = some_patient(m);
		if (!interests(m, who, patient))
			continue;
		look_at(m, who, patient, at_work(m, who, some_day(m)));
		times--;
	}
}

// Somebody of the same household who is a patient; households are numbered one after another.
static uint32_t relative_of(struct misdoing *m, uint32_t who)
{
	const struct person *people = m->town->people;
	for (uint32_t i = who < 4 ? 0 : who - 4; i < m->town->count && i < who + 4; i++)
		if (i != who && people[i].household == people[who].household && people[i].patient)
			return i;
	return NOBODY;
}

static void look_at_family(struct misdoing *m)
{
	for (int i = 0; i < TRIES; i++) {
		uint32_t who = some_staff(m, CLINICAL | DESK),
			 patient = who == NOBODY ? NOBODY : relative_of(m, who);
		if (patient == NOBODY)
			continue;
		for (int times = dice_between(&m->dice, 1, 3); times; times--)
			look_at(m, who, patient, at_work(m, who, some_day(m)));
		return;
	}
}

static void look_at_self(struct misdoing *m)
{
	for (int i = 0; i < TRIES; i++) {
		uint32_t who = some_staff(m, CLINICAL | DESK);
		if (who == NOBODY || !m->town->people[who].patient)
			continue;
		look_at(m, who, who, at_work(m, who, some_day(m)));
		return;
	}
}

// Word gets round on the day when they come.
static void look_at_vip(struct misdoing *m)
{
	struct plan plan;
	uint32_t patient = NOBODY;
	for (int i = 0; i < 100 * TRIES && patient == NOBODY; i++) {
		uint32_t one = some_patient(m);
		patient = m->town->people[one].vip ? one : NOBODY;
	}
	if (patient == NOBODY)
		return;
	plan_make(m->town, patient, &plan);
	int64_t day = some_day(m);
	for (size_t i = 0; i < plan.count; i++)
		if (schedule_has_day(m->schedule, plan.visits[i].day))
			day = plan.visits[i].day;
	plan_done(&plan);
	for (int i = dice_between(&m->dice, 3, 8); i > 0; i--) {
		uint32_t who = some_staff(m, CLINICAL | DESK);
		if (who != NOBODY && !knows(m->town, patient, who))
			look_at(m, who, patient,
				at_work(m, who, day + dice_between(&m->dice, 0, 2)));
	}
}

// The desk can open everybody's personal details; those who treat, what is theirs.
static void take_many(struct misdoing *m)
{
	uint32_t who = some_staff(m, CLINICAL | DESK);
	if (who == NOBODY)
		return;
	int desk = m->town->people[who].job == JOB_FRONT_DESK;
	int64_t at_s = at_work(m, who, some_day(m));
	int wanted = dice_between(&m->dice, 60, 160);
	size_t first = dice_below(&m->dice, (unsigned)m->town->patients);
	for (size_t i = 0; i < m->town->patients && i < 5000 && wanted; i++) {
		uint32_t patient = m->town->patient_list[(first + i) % m->town->patients];
		if (!desk && !knows(m->town, patient, who))
			continue;
		struct doing d = begin(m, who, patient, at_s);
		if (wanted % 20 == 0)
			schedule_ask(&d, ASK_BROWSE);
		schedule_ask(&d, ASK_PATIENT);
		if (!desk)
			schedule_ask(&d, ASK_CONDITIONS);
		at_s = d.at_s - (d.at_s - at_s) / 2; // in a hurry
		wanted--;
	}
}

static void take_a_few(struct misdoing *m)
{
	uint32_t who = some_staff(m, CLINICAL | DESK);
	for (int64_t day = m->schedule->first_day; day <= m->town->today_day && who != NOBODY;
		day++) {
		enum shift shift = roster_shift(m->town, who, day);
		if (shift < SHIFT_DAY)
			continue;
		for (int i = dice_between(&m->dice, 2, 4); i > 0; i--) {
			int minute = dice_between(&m->dice, shift_hours[shift].begin_minute + 30,
				shift_hours[shift].end_minute - 30);
			struct doing d =
				begin(m, who, some_patient(m), day * DAY_S + minute * MINUTE_S);
			schedule_ask(&d, ASK_FIND);
			schedule_ask(&d, ASK_PATIENT);
		}
	}
}

static void come_at_night(struct misdoing *m)
{
	uint32_t who = some_staff(m, CLINICAL | DESK);
	for (int i = 0; i < TRIES && who != NOBODY; i++) {
		int64_t day = some_day(m);
		int minute = dice_between(&m->dice, 60, 5 * 60);
		if (roster_is_present(m->town, who, day, minute) ||
			roster_is_on_call(m->town, who, day - 1))
			continue;
		int64_t at_s = day * DAY_S + minute * MINUTE_S;
		for (int n = dice_between(&m->dice, 4, 12); n > 0;
			n--, at_s += dice_between(&m->dice, 120, 400))
			look_at(m, who, some_patient(m), at_s);
		return;
	}
}

// A colleague of the same unit sits down at a screen in the name of somebody who is not there.
static void borrow(struct misdoing *m)
{
	for (int i = 0; i < TRIES; i++) {
		uint32_t owner = some_staff(m, CLINICAL);
		if (owner == NOBODY)
			return;
		struct crew crew = town_house(m->town, JOB_NURSE, m->town->people[owner].unit);
		if (!crew.count)
			continue;
		uint32_t by = crew.at[dice_below(&m->dice, (unsigned)crew.count)];
		int64_t at_s = at_work(m, by, some_day(m));
		int64_t day = at_s / DAY_S;
		if (by == owner ||
			roster_is_present(m->town, owner, day, (int)(at_s % DAY_S / MINUTE_S)))
			continue;
		for (int n = dice_between(&m->dice, 3, 8); n > 0; n--) {
			struct doing d = begin(m, owner, some_patient(m), at_s);
			d.by = by;
			pry(m, &d);
			at_s = d.at_s + dice_between(&m->dice, 10, 120);
		}
		return;
	}
}

static void (*const doings[WHYS])(struct misdoing *m) = {[WHY_SNOOP] = snoop,
	[WHY_FAMILY] = look_at_family,
	[WHY_SELF] = look_at_self,
	[WHY_VIP] = look_at_vip,
	[WHY_MASS] = take_many,
	[WHY_DRIP] = take_a_few,
	[WHY_NIGHT] = come_at_night,
	[WHY_BORROWED] = borrow};

void misuse_schedule(struct schedule *s)
{
	for (size_t i = 0; i < misuse_kind_count; i++) {
		enum why why = misuse_kinds[i].why;
		if (!(s->wish.misuse >> why & 1))
			continue;
		struct misdoing m = {.schedule = s,
			.town = s->town,
			.why = why,
			.dice = dice_of(s->wish.seed ^ 0x3155, why)};
		for (size_t n = 0; n < 1 + s->town->staff / 200; n++) // more people, more of it
			doings[why](&m);
	}
}
