#include "watch/behaviour/behaviour_in.h"

#include "common/base/map.h"
#include "common/format/trail.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LATEST_US (253402300800ll * 1000000) // the year 10000

// After the first; then every 28. The first of them is the roles' alone, for what adds up.
static const int64_t freeze_days[] = {7, 14, 28};

enum err behaviour_open(const struct behaviour_options *options, struct behaviour **ret_behaviour,
	char ret_problem[256])
{
	struct behaviour *b = calloc(1, sizeof *b);
	if (!b)
		abort();
	b->options = *options;
	b->people = map_new();
	b->arena = arena_new();
	b->sources = sources_new();
	b->group_count = 1;
	b->zone_quarter = INT64_MIN;
	loda_plan_init(&b->plan, 20160101);
	enum err err = options->path ? state_open(b, options->path, ret_problem) : OK;
	if (err) {
		behaviour_abandon(b);
		return err;
	}
	judge_thresholds(b);
	*ret_behaviour = b;
	return OK;
}

void behaviour_close(struct behaviour *b)
{
	if (b && b->store)
		(void)!state_save(b); // what is not kept is counted again
	behaviour_abandon(b);
}

void behaviour_abandon(struct behaviour *b)
{
	if (!b)
		return;
	state_close(b);
	people_free(b);
	sources_free(b->sources);
	arena_free(b->arena);
	free(b);
}

uint64_t behaviour_place(const struct behaviour *b)
{
	return b->saved_place;
}

// localtime_r() is slow: once for each quarter of an hour, for no time zone is off by less.
int64_t behaviour_local_us(struct behaviour *b, int64_t time_us)
{
	int64_t quarter = time_us / 900000000;
	struct tm tm;
	if (quarter != b->zone_quarter) {
		time_t seconds = (time_t)(time_us / 1000000);
		b->zone_quarter = quarter;
		b->zone_us = localtime_r(&seconds, &tm) ? tm.tm_gmtoff * 1000000ll : 0;
	}
	return time_us + b->zone_us;
}

void behaviour_found(struct behaviour *b, struct finding *finding)
{
	finding->source = "behaviour";
	b->findings++;
	if (b->options.found)
		b->options.found(b->options.context, finding);
	arena_reset(b->arena);
}

// ---- Days.

static int64_t next_freeze(const struct behaviour *b)
{
	enum {
		LISTED = sizeof freeze_days / sizeof *freeze_days
	};
	if (b->options.unfrozen)
		return freeze_days[0] + b->freezes;
	return b->freezes < LISTED ? freeze_days[b->freezes]
				   : freeze_days[LISTED - 1] * (b->freezes - LISTED + 2);
}

// Whoever was active today stands before whoever was not.
static void end_day(struct behaviour *b)
{
	for (struct person *p = b->newest; p && p->today.acts; p = p->after)
		judge_end(b, p);
	sources_end_day(b);
	bool freeze = false;
	for (; b->day + 1 - b->first_day >= next_freeze(b); b->freezes++)
		freeze = true;
	if (freeze)
		judge_freeze(b);
	judge_thresholds(b);
}

static void go_to_day(struct behaviour *b, int64_t day)
{
	if (!b->day)
		b->day = b->first_day = day;
	// A little earlier is still today; much earlier, and the clock was put right.
	if (day <= b->day && day >= b->day - 1)
		return;
	end_day(b);
	b->day = day;
	if (day < b->first_day)
		b->first_day = day;
}

// ---- Events.

static bool is_counted(const struct feed_event *e)
{
	static const char *const others[] = {"", "patient", "local", "watch"};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (strcmp(e->role, others[i]) == 0)
			return false;
	return e->actor && e->action != TRAIL_CONTINUED && e->action != TRAIL_EXPLAINED;
}

void behaviour_event(struct behaviour *b, const struct feed_event *e)
{
	struct person *p;
	if (e->seq < b->place)
		return;
	if (e->time_us < 0 || e->time_us > LATEST_US) { // no clock says that
		b->place = e->seq + 1;
		return;
	}
	sources_event(b, e);
	b->place = e->seq + 1;
	go_to_day(b, behaviour_local_us(b, e->time_us) / (24 * HOUR_US));
	if (is_counted(e))
		p = people_get(b, e->actor, e->role);
	else if (!e->actor || *e->role || e->action == TRAIL_EXPLAINED ||
		 !(p = people_find(b, e->actor)))
		return;
	people_touch(b, p);
	p->last_seq = e->seq;
	if (!p->today.day) {
		p->today.day = b->day;
		p->today.hour = -1;
	}
	count_event(b, p, e);
	p->changed = true;
	judge_day(b, p);
}

void behaviour_time(struct behaviour *b, int64_t now_us)
{
	if (now_us >= 0 && now_us <= LATEST_US)
		sources_time(b, now_us);
}

enum err behaviour_save(struct behaviour *b)
{
	if (!b->store || b->place == b->saved_place)
		return OK;
	b->saves_asked++;
	if (b->place - b->saved_place < BEHAVIOUR_SAVE_EVENTS &&
		b->saves_asked < BEHAVIOUR_SAVE_CALLS)
		return OK;
	b->saves_asked = 0;
	return state_save(b);
}
