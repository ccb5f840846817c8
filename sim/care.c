#include "care.h"

struct caring {
	struct schedule *schedule;
	const struct town *town;
	const struct plan *plan;
	const struct visit *visit;
	struct dice *dice;
};

enum {
	MINUTE_S = 60,
	DAY_MINUTES = 24 * 60
};

static struct doing begin(struct caring *c, uint32_t who, enum why why, int64_t day, int minute)
{
	int clinical = who != NOBODY && c->town->people[who].job <= JOB_NURSE;
	return (struct doing){.schedule = c->schedule,
		.dice = c->dice,
		.person = who,
		.by = who,
		.patient = c->plan->patient,
		.visit = c->visit ? c->visit->number : NO_VISIT,
		.why = why,
		.at_s = (day * DAY_MINUTES + minute) * MINUTE_S + dice_below(c->dice, MINUTE_S),
		.outside = clinical && !plan_knows(c->plan, who)};
}

void care_open(struct doing *d)
{
	schedule_ask(d, d->outside || dice_chance(d->dice, 0.6) ? ASK_FIND : ASK_WORKLIST);
	schedule_ask(d, ASK_PATIENT);
	if (!d->outside)
		return;
	schedule_ask(d, ASK_BREAK_GLASS);
	d->outside = 0;
	schedule_ask(d, ASK_PATIENT);
}

static void look_up(struct doing *d)
{
	static const struct {
		enum what what;
		double probability;
	} looks[] = {{ASK_CONDITIONS, 0.9}, {ASK_MEDICATIONS, 0.85}, {ASK_RESULTS, 0.8},
		{ASK_ALLERGIES, 0.4}, {ASK_ENCOUNTERS, 0.35}, {ASK_REPORTS, 0.3}};
	for (size_t i = 0; i < sizeof looks / sizeof *looks; i++)
		if (dice_chance(d->dice, looks[i].probability))
			schedule_ask(d, looks[i].what);
}

static void write_late(struct caring *c, uint32_t who, int64_t day)
{
	int later = dice_chance(c->dice, 0.6) ? 0 : dice_between(c->dice, 1, 3);
	struct doing d =
		begin(c, who, WHY_LATE, day + later, dice_between(c->dice, 17 * 60, 18 * 60 + 30));
	care_open(&d);
	schedule_ask(&d, ASK_RESULTS);
	schedule_ask(&d, ASK_WRITE_NOTE);
}

static void see_doctor(struct caring *c, uint32_t who, enum why why, int64_t day, int minute)
{
	struct doing d = begin(c, who, why, day, minute);
	care_open(&d);
	look_up(&d);
	d.at_s += dice_between(c->dice, 2, 15) * MINUTE_S;
	double when = dice_unit(c->dice);
	if (when < 0.7)
		schedule_ask(&d, ASK_WRITE_NOTE);
	else if (when < 0.92)
		write_late(c, who, day);
}

static void see_nurse(struct caring *c, uint32_t who, enum why why, int64_t day, int minute)
{
	struct doing d = begin(c, who, why, day, minute);
	care_open(&d);
	schedule_ask(&d, ASK_VITALS);
	if (dice_chance(c->dice, 0.5))
		schedule_ask(&d, ASK_MEDICATIONS);
	for (int i = dice_between(c->dice, 1, 2); i > 0; i--)
		schedule_ask(&d, ASK_WRITE_VITALS);
}

static void check_in(struct caring *c, int64_t day, int minute)
{
	unsigned unit = c->visit ? c->visit->unit : 0;
	uint32_t desk = roster_pick(
		c->town, town_unit(c->town, JOB_FRONT_DESK, unit), day, minute, c->dice);
	if (desk == NOBODY)
		desk = roster_pick(
			c->town, town_house(c->town, JOB_FRONT_DESK, unit), day, minute, c->dice);
	struct doing d = begin(c, desk, WHY_CARE, day, minute);
	schedule_ask(&d, ASK_FIND);
	schedule_ask(&d, ASK_PATIENT);
	schedule_ask(&d, ASK_APPOINTMENTS);
}

// Somebody else of the house steps in now and then.
static uint32_t stand_in(struct caring *c, enum job job, int64_t day, int minute)
{
	uint32_t one =
		roster_pick(c->town, town_unit(c->town, job, c->visit->unit), day, minute, c->dice);
	return one != NOBODY ? one
			     : roster_pick(c->town, town_house(c->town, job, c->visit->unit), day,
				       minute, c->dice);
}

static enum why why_of(struct caring *c, uint32_t who)
{
	return who != NOBODY && plan_knows(c->plan, who) ? WHY_CARE : WHY_COVER;
}

static void consult(struct caring *c)
{
	const struct visit *v = c->visit;
	if (v->consultant == NOBODY)
		return;
	see_doctor(c, v->consultant, WHY_REFERRAL, v->consult_day,
		dice_between(c->dice, 13 * 60, 16 * 60));
}

static void come_by(struct caring *c)
{
	const struct visit *v = c->visit;
	check_in(c, v->day, v->minute - 12);
	if (v->appointment && dice_chance(c->dice, 0.4)) {
		struct doing d = begin(c, v->doctor, WHY_CARE, v->day,
			dice_between(c->dice, 7 * 60 + 40, 8 * 60 + 20));
		schedule_ask(&d, ASK_PATIENT);
		schedule_ask(&d, ASK_RESULTS);
	}
	uint32_t nurse =
		dice_chance(c->dice, 0.06) ? stand_in(c, JOB_NURSE, v->day, v->minute) : v->nurse;
	see_nurse(c, nurse, why_of(c, nurse), v->day, v->minute - 5);
	see_doctor(c, v->doctor, WHY_CARE, v->day, v->minute);
	if (c->plan->doctor != v->doctor && dice_chance(c->dice, 0.25)) {
		struct doing d = begin(c, c->plan->doctor, WHY_CARE, v->day + 1,
			dice_between(c->dice, 8 * 60, 17 * 60));
		schedule_ask(&d, ASK_RESULTS);
		schedule_ask(&d, ASK_REPORTS);
	}
}

static uint32_t of_team(struct caring *c, enum job job, int64_t day, int minute)
{
	const struct visit *v = c->visit;
	size_t first = dice_below(c->dice, (unsigned)v->team_count);
	for (size_t i = 0; i < v->team_count; i++) {
		uint32_t one = v->team[(first + i) % v->team_count];
		if (c->town->people[one].job == job && roster_is_present(c->town, one, day, minute))
			return one;
	}
	return NOBODY;
}

static void nurse_stay(struct caring *c, int64_t day)
{
	static const int from[] = {6 * 60 + 40, 14 * 60 + 40, 22 * 60 + 40};
	for (int i = 0; i < 3; i++) {
		int minute = from[i] + dice_between(c->dice, 0, 7 * 60);
		uint32_t nurse =
			dice_chance(c->dice, 0.95) ? of_team(c, JOB_NURSE, day, minute) : NOBODY;
		if (nurse == NOBODY)
			nurse = stand_in(c, JOB_NURSE, day, minute);
		if (day > c->visit->day || minute > c->visit->minute)
			see_nurse(c, nurse, why_of(c, nurse), day, minute);
	}
}

static void call_out(struct caring *c, int64_t day, int minute)
{
	uint32_t on_call[ON_CALL_AT_ONCE];
	size_t count = roster_on_call(c->town, c->visit->unit, day, on_call);
	if (count)
		see_doctor(
			c, on_call[dice_below(c->dice, (unsigned)count)], WHY_ON_CALL, day, minute);
}

static void do_round(struct caring *c, int64_t day)
{
	int minute = dice_between(c->dice, 9 * 60, 11 * 60);
	uint32_t doctor = of_team(c, JOB_CLINICIAN, day, minute);
	if (doctor == NOBODY)
		doctor = stand_in(c, JOB_CLINICIAN, day, minute);
	if (doctor != NOBODY)
		see_doctor(c, doctor, why_of(c, doctor), day, minute);
	else if (dice_chance(c->dice, 0.5))
		call_out(c, day, minute); // nobody makes rounds at weekends but those on call
}

static void stay(struct caring *c)
{
	const struct visit *v = c->visit;
	for (int64_t day = v->day; day <= v->day + v->nights; day++) {
		nurse_stay(c, day);
		if (day > v->day)
			do_round(c, day);
		if (dice_chance(c->dice, 0.12))
			call_out(c, day, dice_between(c->dice, 18 * 60, 29 * 60));
	}
}

static void visit(struct caring *c)
{
	const struct visit *v = c->visit;
	if (v->kind == VISIT_STAY) {
		check_in(c, v->day, v->minute - 15);
		see_doctor(c, v->doctor, WHY_CARE, v->day, v->minute);
		stay(c);
	} else {
		come_by(c);
	}
	consult(c);
}

static void look_after(struct schedule *s, uint32_t patient)
{
	struct plan plan;
	struct dice dice = dice_of(s->wish.seed ^ 0xca4e, patient);
	struct caring c = {.schedule = s, .town = s->town, .plan = &plan, .dice = &dice};
	plan_make(s->town, patient, &plan);
	for (size_t i = 0; i < plan.count; i++) {
		c.visit = &plan.visits[i];
		// What ended before may still be written up; what begins later is nobody's concern.
		if (schedule_has_day(s, c.visit->day + c.visit->nights) ||
			schedule_has_day(s, c.visit->day + 3))
			visit(&c);
	}
	c.visit = NULL;
	if (plan.next_day && dice_chance(&dice, 0.3)) { // rings to ask when it was
		int64_t day = s->town->today_day - dice_between(&dice, 0, s->wish.days - 1);
		check_in(&c, day, dice_between(&dice, 540, 900));
	}
	plan_done(&plan);
}

static uint32_t some_patient(const struct town *town, struct dice *dice)
{
	return town->patient_list[dice_below(dice, (unsigned)town->patients)];
}

static void sit_in_office(struct schedule *s, uint32_t person, int64_t day)
{
	struct dice dice = dice_of(s->wish.seed ^ 0x0ff1ce, (uint64_t)day << 32 | person);
	struct doing d = {.schedule = s,
		.dice = &dice,
		.person = person,
		.by = person,
		.patient = NOBODY,
		.visit = NO_VISIT,
		.why = WHY_OFFICE};
	for (int i = dice_between(&dice, 0, 2); i >= 0; i--) {
		enum job job = s->town->people[person].job;
		d.at_s = (day * DAY_MINUTES + dice_between(&dice, 8 * 60, 16 * 60)) * MINUTE_S;
		d.patient = NOBODY;
		if (job != JOB_PRIVACY_OFFICER)
			schedule_ask(&d, ASK_STATUS);
		schedule_ask(&d, job == JOB_ADMINISTRATOR ? ASK_ACCOUNTS : ASK_TRAIL);
		if (job != JOB_PRIVACY_OFFICER)
			continue;
		d.patient = some_patient(s->town, &dice);
		schedule_ask(&d, ASK_WHO_SAW);
	}
}

void care_schedule(struct schedule *s)
{
	for (size_t i = 0; i < s->town->patients; i++)
		look_after(s, s->town->patient_list[i]);
	for (enum job job = JOB_PRIVACY_OFFICER; job < JOBS; job++) {
		struct crew crew = town_all(s->town, job);
		for (size_t i = 0; i < crew.count; i++)
			for (int64_t day = s->first_day; day <= s->town->today_day; day++)
				if (roster_shift(s->town, crew.at[i], day) == SHIFT_DAY)
					sit_in_office(s, crew.at[i], day);
	}
}
