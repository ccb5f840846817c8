#include "slow.h"

#include "common/base/time.h"
#include "make.h"
#include "perform.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	WEEK = 7,
	HONEST_WEEKS = 1,
	DAY_S = 86400,
	TAKES_MOST = 64,
	TRIES = 2000,
	CONNECTIONS = 12,
	NIGHT_US = 400 * 1000,
	WEEKEND_US = 2500 * 1000, // for reading
	WORKS_AT_LEAST = 2,       // days of a week that the story needs
	MARGIN_MIN = 60,          // not at the very beginning or end of a shift
	FROM_MIN = 8 * 60,        // who comes for the day is there when most are
	UNTIL_MIN = 16 * 60,
	LONG_AGO_DAYS = 60 // no patient of theirs, nor of their ward, for so long
};

struct take {
	uint32_t patient;
	int64_t day;
};

struct slow {
	const struct town *town;
	const struct story_wish *wish;
	struct dice dice;
	uint32_t person;
	int64_t first_day, from_day; // of the play; of what is no work
	struct take takes[TAKES_MOST];
	size_t take_count;
};

// ---- Who, whom and when.

static int is_ordinary_shift(enum shift shift)
{
	return shift == SHIFT_DAY || shift == SHIFT_EARLY || shift == SHIFT_LATE;
}

static size_t working_days(const struct slow *s, uint32_t person, int64_t week, int64_t ret[WEEK])
{
	size_t count = 0;
	for (int64_t day = week; day < week + WEEK && day <= s->town->today_day; day++)
		if (is_ordinary_shift(roster_shift(s->town, person, day)))
			ret[count++] = day;
	return count;
}

static int is_there_each_week(const struct slow *s, uint32_t person)
{
	int64_t days[WEEK];
	for (int64_t week = s->from_day; week <= s->town->today_day; week += WEEK)
		if (working_days(s, person, week, days) < WORKS_AT_LEAST)
			return 0;
	return 1;
}

static uint32_t find_person(const struct slow *s, const struct sessions *sessions)
{
	for (size_t i = 0; i < s->town->staff; i++) {
		uint32_t one = s->town->staff_list[i];
		const struct person *p = &s->town->people[one];
		if (!sessions->able[one] ||
			(s->wish->login && strcmp(p->login, s->wish->login) != 0))
			continue;
		if (s->wish->login || (p->job == JOB_NURSE && is_there_each_week(s, one)))
			return one;
	}
	fprintf(stderr, "hospital-sim: nobody suitable has an account\n");
	return NOBODY;
}

static int is_of(const struct slow *s, uint32_t staff, unsigned unit)
{
	return staff != NOBODY && s->town->people[staff].unit == unit;
}

// Does anybody of that ward treat there?
static int concerns(const struct slow *s, const struct visit *v, unsigned unit)
{
	int any = v->unit == unit || is_of(s, v->doctor, unit) || is_of(s, v->nurse, unit) ||
		  is_of(s, v->consultant, unit);
	for (size_t i = 0; i < v->team_count; i++)
		any |= is_of(s, v->team[i], unit);
	return any;
}

static int is_here(const struct visit *v, int64_t on_day)
{
	if (v->kind == VISIT_STAY)
		return v->day < on_day && on_day < v->day + v->nights;
	return v->day == on_day && v->minute > FROM_MIN && v->minute < UNTIL_MIN;
}

// In the house on that day, and nobody whom anybody would ask about: no patient of theirs
// or of their ward, no neighbour, no colleague, nobody famous.
static int is_prey(const struct slow *s, uint32_t patient, int64_t on_day)
{
	const struct person *p = &s->town->people[patient], *me = &s->town->people[s->person];
	struct plan plan;
	if (p->vip || p->job || p->household == me->household || strcmp(p->street, me->street) == 0)
		return 0;
	plan_make(s->town, patient, &plan);
	int here = 0, theirs = plan_knows(&plan, s->person);
	for (size_t i = 0; i < plan.count; i++) {
		const struct visit *v = &plan.visits[i];
		here |= is_here(v, on_day);
		theirs |= v->day + v->nights > on_day - LONG_AGO_DAYS && v->day < on_day + WEEK &&
			  concerns(s, v, me->unit);
	}
	plan_done(&plan);
	return here && !theirs;
}

static int is_taken(const struct slow *s, uint32_t patient)
{
	for (size_t i = 0; i < s->take_count; i++)
		if (s->takes[i].patient == patient)
			return 1;
	return 0;
}

static void take(struct slow *s, int64_t day)
{
	for (int i = 0; i < TRIES && s->take_count < TAKES_MOST; i++) {
		uint32_t patient =
			s->town->patient_list[dice_below(&s->dice, (unsigned)s->town->patients)];
		if (is_taken(s, patient) || !is_prey(s, patient, day))
			continue;
		s->takes[s->take_count++] = (struct take){patient, day};
		return;
	}
}

// One or two a week, on different days.
static void choose(struct slow *s)
{
	int64_t days[WEEK];
	for (int64_t week = s->from_day; week <= s->town->today_day; week += WEEK) {
		size_t count = working_days(s, s->person, week, days);
		if (!count)
			continue;
		size_t one = dice_below(&s->dice, (unsigned)count), other = count;
		if (count > 1 && dice_chance(&s->dice, 0.7))
			other = (one + 1 + dice_below(&s->dice, (unsigned)count - 1)) % count;
		for (size_t i = 0; i < count; i++)
			if (i == one || i == other)
				take(s, days[i]);
	}
}

static void ask_for_takes(struct schedule *schedule, void *context)
{
	struct slow *s = context;
	for (size_t i = 0; i < s->take_count; i++) {
		const struct shift_hours *hours =
			&shift_hours[roster_shift(s->town, s->person, s->takes[i].day)];
		int minute = dice_between(
			&s->dice, hours->begin_minute + MARGIN_MIN, hours->end_minute - MARGIN_MIN);
		struct doing d = {.schedule = schedule,
			.dice = &s->dice,
			.person = s->person,
			.by = s->person,
			.patient = s->takes[i].patient,
			.visit = NO_VISIT,
			.why = WHY_DRIP,
			.at_s = s->takes[i].day * DAY_S + minute * 60,
			.outside = 1};
		schedule_ask(&d, ASK_FIND);
		schedule_ask(&d, ASK_PATIENT);
		schedule_ask(&d, ASK_BREAK_GLASS);
		schedule_ask(&d, ASK_PATIENT);
		schedule_ask(&d, ASK_CONDITIONS);
		schedule_ask(&d, ASK_REPORTS);
	}
}

// ---- Telling.

static const char *day_text(int64_t day)
{
	static char at[TIME_TEXT_BYTES];
	time_format(day * DAY_S * 1000000, at);
	at[10] = 0;
	return at;
}

static void say_who(const struct slow *s)
{
	const struct person *p = &s->town->people[s->person];
	printf("%s %s, a nurse, knows somebody who pays for a diagnosis now and then. So from week %d on %s opens one or two records a week, of patients on other wards: never two on a day, nobody famous, each time with an everyday reason. Everybody else works as always.\n",
		p->given, p->family, HONEST_WEEKS + 1, p->female ? "she" : "he");
	fflush(stdout);
}

static size_t people_of(const struct schedule *week)
{
	size_t count = 0;
	for (uint32_t one = 0; one < week->town->count; one++)
		for (size_t i = 0; i < week->count; i++)
			if (week->acts[i].person == one) {
				count++;
				break;
			}
	return count;
}

static void say_takes(const struct slow *s, int64_t day)
{
	const struct person *me = &s->town->people[s->person];
	for (size_t i = 0; i < s->take_count; i++) {
		const struct person *p = &s->town->people[s->takes[i].patient];
		if (s->takes[i].day == day)
			printf("%s: %s %s opens the record of %s %s.\n", day_text(day), me->given,
				me->family, p->given, p->family);
	}
	fflush(stdout);
}

static void say_week(const struct slow *s, const struct schedule *week, int64_t last_day)
{
	printf("Week %lld, until %s: %zu people at work, %zu requests.\n",
		(long long)((last_day - s->first_day) / WEEK + 1), day_text(last_day),
		people_of(week), week->count);
	fflush(stdout);
}

// For whoever shows the story: who it is, and whose records are taken when.
static int write_truth(const struct slow *s)
{
	char path[1024];
	json_t *takes = json_array();
	snprintf(path, sizeof path, "%s/truth/slow.json", s->wish->dir);
	for (size_t i = 0; i < s->take_count; i++)
		json_array_append_new(takes,
			json_pack("{s:s, s:s}", "patient", s->town->people[s->takes[i].patient].id,
				"day", day_text(s->takes[i].day)));
	json_t *json =
		json_pack("{s:s, s:o}", "login", s->town->people[s->person].login, "takes", takes);
	int failed = json_dump_file(json, path, JSON_COMPACT) != 0;
	if (failed)
		fprintf(stderr, "hospital-sim: %s: %s\n", path, strerror(errno));
	json_decref(json);
	return failed;
}

// ---- Playing.

static size_t until(const struct schedule *schedule, size_t from, int64_t day)
{
	while (from < schedule->count && schedule->acts[from].at_s < day * DAY_S)
		from++;
	return from;
}

static struct schedule part_of(const struct schedule *all, size_t from, size_t to)
{
	struct schedule part = *all;
	part.acts = all->acts + from;
	part.count = to - from;
	return part;
}

static int play_days(const struct slow *s, const struct schedule *all, struct performance *how)
{
	size_t from = 0, week_from = 0, sent = 0, unexpected = 0;
	for (int64_t day = s->first_day; day <= s->town->today_day; day++) {
		struct results results;
		size_t to = until(all, from, day + 1);
		struct schedule part = part_of(all, from, to);
		how->schedule = &part;
		perform(how, &results);
		say_takes(s, day);
		sent += results.sent;
		unexpected += results.unexpected;
		results_done(&results);
		from = to;
		if ((day - s->first_day) % WEEK < WEEK - 1)
			continue;
		part = part_of(all, week_from, to);
		say_week(s, &part, day);
		week_from = to;
		if (!s->wish->quick)
			usleep(WEEKEND_US);
	}
	turned_set(
		how->clock, (s->town->today_day + 1) * DAY_S * 1000000ll); // the last day is over
	printf("(%zu requests, %zu not answered as expected.)\n", sent, unexpected);
	return !sent;
}

static int play(struct slow *s, struct sessions *sessions, const struct turned *clock)
{
	char path[1024];
	struct schedule schedule;
	const struct schedule_wish wish = {.seed = s->town->seed,
		.days = (int)(s->town->today_day - s->first_day + 1),
		.able = sessions->able,
		.also = ask_for_takes,
		.context = s};
	snprintf(path, sizeof path, "%s/truth/work.jsonl", s->wish->dir);
	FILE *labels = fopen(path, "we");
	if (!labels) {
		fprintf(stderr, "hospital-sim: %s: %s\n", path, strerror(errno));
		return 1;
	}
	choose(s);
	say_who(s);
	int failed = write_truth(s);
	schedule_make(s->town, &wish, &schedule);
	struct performance how = {.sessions = sessions,
		.url = s->wish->url,
		.clock = clock,
		.night_us = s->wish->quick ? 0 : NIGHT_US,
		.connections = CONNECTIONS,
		.labels = labels,
		.quiet = 1};
	failed = failed || play_days(s, &schedule, &how);
	failed = fclose(labels) != 0 || failed;
	schedule_done(&schedule);
	return failed;
}

static int on_stage(struct slow *s)
{
	struct sessions sessions;
	struct turned clock;
	char problem[TURNED_PROBLEM_BYTES];
	if (!s->wish->clock) {
		fputs("hospital-sim: the story slow needs weeks: --clock, of a house whose clock may be turned\n",
			stderr);
		return 2;
	}
	if (turned_open(s->wish->clock, &clock, problem)) {
		fprintf(stderr, "hospital-sim: %s\n", problem);
		return 1;
	}
	int failed = sessions_open(s->town, s->wish->dir, &sessions);
	s->person = failed ? NOBODY : find_person(s, &sessions);
	failed = s->person == NOBODY ? 1 : play(s, &sessions, &clock);
	sessions_close(s->town, &sessions);
	return failed;
}

int slow_play(const struct story_wish *wish)
{
	struct town *town = make_again(wish->dir);
	if (!town)
		return 1;
	int64_t first_day = town->today_day - town->days + 1;
	struct slow s = {.town = town,
		.wish = wish,
		.dice = dice_of(town->seed ^ 0x510e, 1),
		.first_day = first_day,
		.from_day = first_day + HONEST_WEEKS * WEEK};
	int failed = on_stage(&s);
	town_free(town);
	return failed;
}
