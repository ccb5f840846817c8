#include "plan.h"

#include "tables.h"

#include <stdlib.h>

struct planning {
	const struct town *town;
	struct plan *plan;
	struct dice dice;
	int64_t first_day; // of the simulated days
};

void plan_id(const struct town *town, uint32_t patient, unsigned number, enum plan_thing thing,
	char ret_id[37])
{
	struct dice dice =
		dice_of(town->seed ^ 0x1d5, (uint64_t)patient << 24 | number << 3 | thing);
	dice_uuid(&dice, ret_id);
}

const char *visit_reason(const struct visit *visit)
{
	static const char *const emergencies[] = {
		"Chest pain", "Fall", "Abdominal pain", "Shortness of breath"};
	static const char *const stays[] = {
		"Pneumonia", "Hip replacement", "Heart failure", "Observation"};
	switch (visit->kind) {
	case VISIT_EMERGENCY:
		return emergencies[(visit->number + (size_t)visit->minute) % 4];
	case VISIT_STAY:
		return stays[(visit->number + (size_t)visit->minute) % 4];
	case VISIT_FOLLOW_UP:
		return diseases[visit->disease].name;
	default:
		return "Check-up";
	}
}

static uint32_t anybody(struct planning *p, enum job job)
{
	struct crew crew = town_all(p->town, job);
	return crew.count ? crew.at[dice_below(&p->dice, (unsigned)crew.count)] : NOBODY;
}

// In the simulated days whoever is on duty treats; before, it does not matter.
static uint32_t on_duty(struct planning *p, enum job job, unsigned unit, const struct visit *v)
{
	uint32_t one = NOBODY;
	if (v->day >= p->first_day)
		one = roster_pick(
			p->town, town_unit(p->town, job, unit), v->day, v->minute, &p->dice);
	if (one == NOBODY && v->day >= p->first_day)
		one = roster_pick(
			p->town, town_house(p->town, job, unit), v->day, v->minute, &p->dice);
	if (one == NOBODY && town_unit(p->town, job, unit).count)
		one = town_unit(p->town, job, unit)
			      .at[dice_below(
				      &p->dice, (unsigned)town_unit(p->town, job, unit).count)];
	return one == NOBODY ? anybody(p, job) : one;
}

static struct visit *add_visit(struct planning *p, struct visit visit)
{
	struct plan *plan = p->plan;
	if (plan->count == plan->room) {
		plan->room = plan->room ? 2 * plan->room : 8;
		plan->visits = realloc(plan->visits, plan->room * sizeof *plan->visits);
		if (!plan->visits)
			abort();
	}
	visit.number = (unsigned)plan->count;
	plan->visits[plan->count] = visit;
	return &plan->visits[plan->count++];
}

static void refer_on(struct planning *p, struct visit *v, double probability)
{
	v->consultant = NOBODY;
	if (!dice_chance(&p->dice, probability))
		return;
	v->consult_day =
		v->day + (v->kind == VISIT_STAY ? dice_between(&p->dice, 0, v->nights) : 0);
	unsigned unit = dice_below(&p->dice, p->town->units);
	uint32_t one = roster_pick(p->town, town_unit(p->town, JOB_CLINICIAN, unit), v->consult_day,
		14 * 60, &p->dice);
	v->consultant = one == v->doctor ? NOBODY : one;
	v->referral = dice_chance(&p->dice, 0.7);
}

static int64_t weekday(int64_t day)
{
	while (town_is_weekend(day))
		day--;
	return day;
}

static struct visit *add_ambulatory(struct planning *p, enum visit_kind kind, int64_t day)
{
	struct visit v = {.kind = kind, .day = weekday(day), .disease = NO_DISEASE};
	v.minute = dice_between(
		&p->dice, 510, 940); // one throw a statement: their order must not vary
	v.minutes = dice_between(&p->dice, 15, 45);
	uint32_t own = p->plan->doctor;
	int is_there = v.day < p->first_day || roster_is_present(p->town, own, v.day, v.minute);
	v.unit = p->town->people[own].unit;
	if (!is_there || dice_chance(&p->dice, 0.4)) {
		v.unit = dice_below(&p->dice, p->town->units);
		v.doctor = on_duty(p, JOB_CLINICIAN, v.unit, &v);
	} else {
		v.doctor = own;
	}
	v.nurse = on_duty(p, JOB_NURSE, v.unit, &v);
	v.appointment = dice_chance(&p->dice, 0.6);
	refer_on(p, &v, 0.08);
	return add_visit(p, v);
}

// At any hour; at night it is those on call who come.
static void add_emergency(struct planning *p, int64_t day)
{
	uint32_t on_call[ON_CALL_AT_ONCE];
	struct visit v = {.kind = VISIT_EMERGENCY, .day = day, .disease = NO_DISEASE};
	v.minute = dice_between(&p->dice, 0, 24 * 60 - 1);
	v.minutes = dice_between(&p->dice, 60, 300);
	v.unit = dice_below(&p->dice, p->town->units) / HOUSE_UNITS *
		 HOUSE_UNITS; // the first is Emergency
	v.doctor = roster_pick(
		p->town, town_house(p->town, JOB_CLINICIAN, v.unit), v.day, v.minute, &p->dice);
	int64_t night = v.minute < 12 * 60 ? v.day - 1 : v.day;
	size_t count = roster_on_call(p->town, v.unit, night, on_call);
	if (v.doctor == NOBODY)
		v.doctor = count ? on_call[dice_below(&p->dice, (unsigned)count)] : p->plan->doctor;
	v.nurse = on_duty(p, JOB_NURSE, v.unit, &v);
	refer_on(p, &v, 0.15);
	add_visit(p, v);
}

static void add_to_team(struct visit *v, uint32_t one)
{
	for (size_t i = 0; i < v->team_count; i++)
		if (v->team[i] == one)
			return;
	if (one != NOBODY && v->team_count < TEAM_MOST)
		v->team[v->team_count++] = one;
}

// Who looks after a bed: most of the unit, and in a small hospital nurses of its neighbours.
static void gather_team(struct planning *p, struct visit *v)
{
	struct crew doctors = town_unit(p->town, JOB_CLINICIAN, v->unit);
	struct crew nurses = town_unit(p->town, JOB_NURSE, v->unit);
	add_to_team(v, v->doctor);
	add_to_team(v, v->nurse);
	for (size_t i = 0; i < doctors.count && v->team_count < 4; i++)
		add_to_team(v, doctors.at[i]);
	for (size_t i = 0; i < nurses.count; i++)
		if (dice_chance(&p->dice, 0.9))
			add_to_team(v, nurses.at[i]);
	struct crew house = town_house(p->town, JOB_NURSE, v->unit);
	for (size_t i = 0; i < house.count && nurses.count < 6 && v->team_count < TEAM_MOST; i++)
		add_to_team(v, house.at[(v->unit + i) % house.count]);
}

static void add_stay(struct planning *p)
{
	struct visit v = {.kind = VISIT_STAY, .minutes = 60, .disease = NO_DISEASE};
	v.day = p->first_day + dice_between(&p->dice, 0, p->town->days - 1);
	v.minute = dice_between(&p->dice, 540, 960);
	v.nights = dice_between(&p->dice, 2, 9);
	v.unit = dice_below(&p->dice, p->town->units);
	v.doctor = on_duty(p, JOB_CLINICIAN, v.unit, &v);
	v.nurse = on_duty(p, JOB_NURSE, v.unit, &v);
	gather_team(p, &v);
	refer_on(p, &v, 0.4);
	add_visit(p, v);
}

static void add_disease(struct planning *p, uint32_t disease)
{
	int64_t today = p->town->today_day, day = today - dice_between(&p->dice, 30, 2500);
	for (int first = 1; day < today; day += dice_between(&p->dice, 60, 200), first = 0) {
		struct visit *v = add_ambulatory(p, VISIT_FOLLOW_UP, day);
		v->disease = disease;
		v->first = first;
	}
}

void plan_make(const struct town *town, uint32_t patient, struct plan *ret_plan)
{
	struct planning p = {.town = town,
		.plan = ret_plan,
		.dice = dice_of(town->seed ^ 0x91a4, patient),
		.first_day = town->today_day - town->days + 1};
	*ret_plan = (struct plan){.patient = patient, .next_doctor = NOBODY};
	ret_plan->doctor = anybody(&p, JOB_CLINICIAN);
	int age = 2026 - town->people[patient].born_year;
	for (uint32_t i = 0; i < disease_count; i++)
		if (age >= diseases[i].least_age && dice_chance(&p.dice, diseases[i].prevalence))
			add_disease(&p, i);
	add_ambulatory(
		&p, VISIT_CHECK_UP, town->today_day - dice_between(&p.dice, 0, town->days - 1));
	if (dice_chance(&p.dice, 0.1))
		add_emergency(&p, town->today_day - dice_between(&p.dice, 0, town->days - 1));
	if (dice_chance(&p.dice, 0.15))
		add_stay(&p);
	if (!dice_chance(&p.dice, 0.4))
		return;
	ret_plan->next_day = weekday(town->today_day + dice_between(&p.dice, 3, 30));
	ret_plan->next_minute = dice_between(&p.dice, 510, 940);
	ret_plan->next_doctor = anybody(&p, JOB_CLINICIAN);
}

void plan_done(struct plan *plan)
{
	free(plan->visits);
	*plan = (struct plan){0};
}

int plan_knows(const struct plan *plan, uint32_t staff)
{
	int known = plan->doctor == staff || plan->next_doctor == staff;
	for (size_t i = 0; i < plan->count && !known; i++) {
		const struct visit *v = &plan->visits[i];
		known = v->doctor == staff || v->nurse == staff;
		for (size_t t = 0; t < v->team_count && !known; t++)
			known = v->team[t] == staff;
	}
	return known;
}
