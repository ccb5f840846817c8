#include "schedule.h"

#include "care.h"
#include "misuse.h"

#include <stdlib.h>

const char *const why_texts[WHYS] = {[WHY_SIGNING] = "signing",
	[WHY_OFFICE] = "office",
	[WHY_CARE] = "care",
	[WHY_COVER] = "cover",
	[WHY_REFERRAL] = "referral",
	[WHY_ON_CALL] = "on-call",
	[WHY_LATE] = "late",
	[WHY_SNOOP] = "snoop",
	[WHY_FAMILY] = "family",
	[WHY_SELF] = "self",
	[WHY_VIP] = "vip",
	[WHY_MASS] = "mass",
	[WHY_DRIP] = "drip",
	[WHY_NIGHT] = "night",
	[WHY_BORROWED] = "borrowed"};

int schedule_has_day(const struct schedule *s, int64_t day)
{
	return day >= s->first_day && day <= s->town->today_day;
}

int schedule_is_able(const struct schedule *s, uint32_t person)
{
	return person != NOBODY && (!s->wish.able || s->wish.able[person]);
}

static void add(struct schedule *s, struct act act)
{
	if (s->count == s->room) {
		s->room = s->room ? 2 * s->room : 1024;
		s->acts = realloc(s->acts, s->room * sizeof *s->acts);
		if (!s->acts)
			abort();
	}
	act.number = (uint32_t)s->count;
	s->acts[s->count++] = act;
}

void schedule_ask(struct doing *d, enum what what)
{
	uint32_t salt = (uint32_t)dice_next(d->dice);
	if (schedule_is_able(d->schedule, d->person) &&
		schedule_has_day(d->schedule, d->at_s / 86400))
		add(d->schedule, (struct act){.at_s = d->at_s,
					 .person = d->person,
					 .by = d->by,
					 .patient = d->patient,
					 .visit = d->visit,
					 .salt = salt,
					 .what = (uint8_t)what,
					 .why = (uint8_t)d->why,
					 .outside = d->outside != 0});
	d->at_s += 3 + dice_below(d->dice, 25);
}

static int by_time(const void *one, const void *other)
{
	const struct act *a = one, *b = other;
	if (a->at_s != b->at_s)
		return a->at_s < b->at_s ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

// Screens lock sooner for those who can do more.
static int64_t idle_s(const struct town *town, uint32_t person)
{
	enum job job = town->people[person].job;
	return 60 * (job == JOB_CLINICIAN || job == JOB_NURSE || job == JOB_FRONT_DESK ? 50 : 12);
}

static void add_signing(struct schedule *s, const struct act *near, enum what what)
{
	struct act act = *near;
	act.what = (uint8_t)what;
	act.at_s += what == ASK_SIGN_IN ? -20 : 40;
	act.patient = NOBODY;
	act.visit = NO_VISIT;
	act.outside = 0;
	act.why = near->why >= WHY_MISUSE ? near->why : WHY_SIGNING;
	add(s, act);
}

// Whoever comes back after a while signs in again; most sign out when they go.
static void add_signings(struct schedule *s)
{
	uint32_t *last = calloc(s->town->count, sizeof *last); // act + 1 of each person
	size_t count = s->count;
	if (!last)
		abort();
	for (size_t i = 0; i < count; i++) {
		struct act act = s->acts[i],
			   before = last[act.person] ? s->acts[last[act.person] - 1] : act;
		int again =
			act.at_s - before.at_s > idle_s(s->town, act.person) || act.by != before.by;
		if (last[act.person] && again && before.salt % 4)
			add_signing(s, &before, ASK_SIGN_OUT);
		if (!last[act.person] || again)
			add_signing(s, &act, ASK_SIGN_IN);
		last[act.person] = (uint32_t)i + 1;
	}
	free(last);
}

static void sort(struct schedule *s)
{
	if (s->count)
		qsort(s->acts, s->count, sizeof *s->acts, by_time);
}

void schedule_make(const struct town *town, const struct schedule_wish *wish, struct schedule *ret)
{
	*ret = (struct schedule){
		.town = town, .wish = *wish, .first_day = town->today_day - wish->days + 1};
	care_schedule(ret);
	misuse_schedule(ret);
	if (wish->also)
		wish->also(ret, wish->context);
	sort(ret);
	add_signings(ret);
	sort(ret);
}

void schedule_done(struct schedule *schedule)
{
	free(schedule->acts);
	*schedule = (struct schedule){0};
}
