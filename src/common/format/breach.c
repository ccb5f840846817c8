#include "common/format/breach.h"

#include "common/base/time.h"

#include <stdio.h>

enum {
	DAYS_AFTER = 60,
	HOURS_AFTER = 72
};
#define HOUR_US ((int64_t)3600 * 1000000)
#define DAY_US  (24 * HOUR_US)

const struct breach_words breach_words[BREACH_DUTIES] = {
	[BREACH_INDIVIDUALS] = {"individuals", "HIPAA", "45 CFR 164.404",
		"Tell the patients concerned"},
	[BREACH_HHS] = {"hhs", "HIPAA", "45 CFR 164.408", "Tell the Secretary of HHS"},
	[BREACH_MEDIA] = {"media", "HIPAA", "45 CFR 164.406", "Tell the media"},
	[BREACH_AUTHORITY] = {"authority", "GDPR", "Art. 33",
		"Notify the data protection authority"},
	[BREACH_SUBJECTS] = {"subjects", "GDPR", "Art. 34", "Tell the people concerned"},
};

const char *breach_state_text(enum breach_state state)
{
	static const char *const texts[CLOCK_STATES] = {[CLOCK_NOT_NEEDED] = "not-needed",
		[CLOCK_RUNNING] = "running",
		[CLOCK_OVERDUE] = "overdue",
		[CLOCK_DONE] = "done"};
	return texts[state];
}

void breach_span(int64_t length_us, char ret_text[40])
{
	int64_t minutes = length_us / 60000000, hours = minutes / 60, days = hours / 24;
	const char *s = "s";
	if (days)
		snprintf(ret_text, 40, "%lld day%s %lld hour%s", (long long)days,
			days == 1 ? "" : s, (long long)(hours % 24), hours % 24 == 1 ? "" : s);
	else if (hours)
		snprintf(ret_text, 40, "%lld hour%s %lld minute%s", (long long)hours,
			hours == 1 ? "" : s, (long long)(minutes % 60), minutes % 60 == 1 ? "" : s);
	else
		snprintf(ret_text, 40, "%lld minute%s", (long long)minutes, minutes == 1 ? "" : s);
}

// ---- Days of the hospital.

static int64_t day_of(const struct breach_case *c, int64_t at_us)
{
	int64_t local_us = at_us + (int64_t)c->offset_s * 1000000;
	return local_us / DAY_US - (local_us % DAY_US < 0);
}

static int64_t end_of_day(const struct breach_case *c, int64_t day)
{
	return (day + 1) * DAY_US - 1000000 - (int64_t)c->offset_s * 1000000;
}

static int year_of(int64_t day)
{
	int year = (int)(1970 + day / 366);
	while (time_days(year + 1, 1, 1) <= day)
		year++;
	while (time_days(year, 1, 1) > day)
		year--;
	return year;
}

static int64_t after_discovery(const struct breach_case *c)
{
	return end_of_day(c, day_of(c, c->discovered_us) + DAYS_AFTER);
}

// "Not later than 60 days after the end of each calendar year": 1 March, or 29 February.
static int64_t after_year(const struct breach_case *c)
{
	int year = year_of(day_of(c, c->discovered_us));
	return end_of_day(c, time_days(year, 12, 31) + DAYS_AFTER);
}

// ---- What each duty depends on: its end, or why it is not needed.

static int64_t due_of(const struct breach_case *c, enum breach_duty duty)
{
	switch (duty) {
	case BREACH_HHS:
		return c->affected >= BREACH_MANY ? after_discovery(c) : after_year(c);
	case BREACH_AUTHORITY:
		return c->aware_us + HOURS_AFTER * HOUR_US;
	case BREACH_SUBJECTS:
		return 0;
	default:
		return after_discovery(c);
	}
}

static const char *needless(const struct breach_case *c, enum breach_duty duty)
{
	bool hipaa = duty <= BREACH_MEDIA;
	if (hipaa && c->breach == BREACH_NO)
		return "the assessment shows a low probability of compromise (164.402(2))";
	if (duty == BREACH_MEDIA && c->residents <= BREACH_MANY)
		return "not more than 500 residents of one State are known to be affected";
	if (duty == BREACH_AUTHORITY && c->harm == HARM_UNLIKELY)
		return "a risk to those concerned is unlikely; keep the reasons (Art. 33(5))";
	if (duty == BREACH_SUBJECTS && (c->harm == HARM_UNLIKELY || c->harm == HARM_LIKELY))
		return "no high risk to those concerned was found";
	return NULL;
}

static void say_done(struct breach_clock *clock, int64_t done_us)
{
	char span[40];
	clock->late = clock->due_us && done_us > clock->due_us;
	breach_span(clock->late ? done_us - clock->due_us : 0, span);
	snprintf(clock->words, sizeof clock->words, "%s%s%s", "done",
		clock->late     ? ", late by "
		: clock->due_us ? ", in time"
				: "",
		clock->late ? span : "");
}

static void say_time(struct breach_clock *clock, int64_t left_us)
{
	char span[40];
	bool over = left_us < 0;
	breach_span(over ? -left_us : left_us, span);
	snprintf(clock->words, sizeof clock->words, over ? "overdue by %s" : "%s left", span);
}

static void say_undue(struct breach_clock *clock, const struct breach_case *c, int64_t now_us)
{
	char span[40];
	breach_span(now_us > c->aware_us ? now_us - c->aware_us : 0, span);
	snprintf(clock->words, sizeof clock->words,
		c->harm == HARM_HIGH ? "due without undue delay; known for %s"
				     : "say how high the risk to those concerned is; known for %s",
		span);
}

void breach_clocks(
	const struct breach_case *c, int64_t now_us, struct breach_clock ret[BREACH_DUTIES])
{
	for (int duty = 0; duty < BREACH_DUTIES; duty++) {
		struct breach_clock *clock = &ret[duty];
		const char *why = needless(c, (enum breach_duty)duty);
		*clock = (struct breach_clock){.due_us = due_of(c, (enum breach_duty)duty)};
		int64_t left_us = clock->due_us - now_us;
		if (c->done_us[duty]) {
			clock->state = CLOCK_DONE;
			say_done(clock, c->done_us[duty]);
		} else if (why) {
			*clock = (struct breach_clock){.state = CLOCK_NOT_NEEDED};
			snprintf(clock->words, sizeof clock->words, "not needed: %s", why);
		} else if (!clock->due_us) {
			clock->state = CLOCK_RUNNING;
			say_undue(clock, c, now_us);
		} else {
			clock->state = left_us < 0 ? CLOCK_OVERDUE : CLOCK_RUNNING;
			say_time(clock, left_us);
		}
	}
}
