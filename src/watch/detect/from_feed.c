#include "watch/detect/from_feed.h"

#include "common/format/trail.h"

#include <string.h>
#include <time.h>

enum {
	OCSF_OTHER = 99,
	EXPLAINED_ACCESS = 2006
};

// OCSF's activity of each action, and its class where that is not the one of the entry's kind.
static const struct {
	int activity;
	int class;
} actions[TRAIL_ACTIONS] = {
	[TRAIL_READ] = {1, 0},
	[TRAIL_VREAD] = {1, 0},
	[TRAIL_HISTORY] = {1, 0},
	[TRAIL_SEARCH] = {4, 0},
	[TRAIL_CREATE] = {6, 0},
	[TRAIL_UPDATE] = {2, 0},
	[TRAIL_PATCH] = {2, 0},
	[TRAIL_DELETE] = {7, 0},
	[TRAIL_BREAK_GLASS] = {1, 3005},
	[TRAIL_SIGNED_IN] = {1, 3002},
	[TRAIL_SIGNED_OUT] = {2, 3002},
	[TRAIL_PASSWORD_CHANGED] = {3, 3001},
	[TRAIL_ACCOUNT_CREATED] = {1, 3001},
	[TRAIL_ENROLLED] = {10, 3001},
	[TRAIL_TRAIL_SEARCHED] = {2, 0},
	[TRAIL_WHO_SAW] = {2, 0},
	[TRAIL_STARTED] = {3, 0},
	[TRAIL_STOPPED] = {4, 0},
};

static const int kinds[TRAIL_KINDS] = {
	[TRAIL_ACCESS] = 6005,
	[TRAIL_SIGN_IN] = 3002,
	[TRAIL_ACCOUNT] = 3001,
	[TRAIL_REVIEW] = 6003,
	[TRAIL_SYSTEM] = 6002,
};

// An access that was explained is told as that access was, in a class of its own.
static void set_what(const struct feed_event *from, struct ocsf_event *event)
{
	bool explained = from->action == TRAIL_EXPLAINED && from->explanation[0];
	unsigned wanted = explained ? from->about_action : from->action;
	unsigned action = wanted < TRAIL_ACTIONS ? wanted : 0;
	int uid = explained                  ? EXPLAINED_ACCESS
		  : actions[action].class    ? actions[action].class
		  : from->kind < TRAIL_KINDS ? kinds[from->kind]
					     : 0;
	const struct ocsf_class *class = ocsf_class_of(uid);
	if (class)
		ocsf_set_class(event, class);
	int activity = explained ? from->look : actions[action].activity; // create, update
	ocsf_add_number(event, OCSF_ACTIVITY_ID, activity ? activity : OCSF_OTHER);
	ocsf_add_text(event, OCSF_ACTIVITY_NAME, trail_action_text((enum trail_action)action));
	bool fine = from->outcome == TRAIL_ALLOWED || from->outcome == TRAIL_INTENDED;
	ocsf_add_text(event, OCSF_STATUS, fine ? "Success" : "Failure");
	ocsf_add_text(
		event, OCSF_STATUS_DETAIL, trail_outcome_text((enum trail_outcome)from->outcome));
	ocsf_add_text(event, OCSF_SEVERITY, "Informational");
}

// localtime_r() is slow: once for each quarter of an hour.
static void set_local(struct ocsf_event *event, int64_t time_us)
{
	static int64_t known = INT64_MIN;
	static struct tm tm;
	int64_t quarter = time_us / 900000000; // no time zone is off by less
	if (quarter != known) {
		time_t seconds = (time_t)(time_us / 1000000);
		known = quarter;
		if (!localtime_r(&seconds, &tm))
			tm = (struct tm){0};
	}
	ocsf_set_local(event, tm.tm_hour, tm.tm_wday);
}

// What the trail does not say is missing, and not an empty text: rules can tell.
static void add_known(struct ocsf_event *event, enum ocsf_field field, const char *text)
{
	if (*text)
		ocsf_add_text(event, field, text);
}

static void set_flags(const struct feed_event *from, struct ocsf_event *event)
{
	for (const char *at = from->flags; *at;) {
		size_t size = strcspn(at, " ");
		ocsf_add(event, OCSF_FLAGS, bytes_copy(event->arena, bytes_of(at, size)));
		at += size + (at[size] == ' ');
	}
}

// Its number is that of the access, which names the people; its place that of what was told later.
static void set_explanation(const struct feed_event *from, struct ocsf_event *event)
{
	ocsf_add_text(event, OCSF_EXPLANATION, from->explanation);
	ocsf_add_number(event, OCSF_EXPLANATION_STRENGTH, from->strength);
	ocsf_add_number(event, OCSF_EXPLANATION_LOOK, from->look);
	event->place = from->seq;
}

void ocsf_from_feed(const struct feed_event *from, struct ocsf_event *event, struct arena *arena)
{
	ocsf_begin(event, arena);
	bool explained = from->action == TRAIL_EXPLAINED && from->explanation[0];
	ocsf_set_when(event, explained ? from->about : from->seq, from->time_us);
	set_local(event, explained ? from->about_us : from->time_us);
	set_what(from, event);
	ocsf_add_opaque(event, OCSF_ACTOR, from->actor);
	add_known(event, OCSF_ACTOR_ROLE, from->role);
	ocsf_add_opaque(event, OCSF_SESSION, from->session);
	ocsf_add_opaque(event, OCSF_USER, from->user);
	for (size_t i = 0; i < from->patients_here; i++)
		ocsf_add_opaque(event, OCSF_PATIENT, from->patients[i]);
	ocsf_add_number(event, OCSF_PATIENT_COUNT, from->patient_count);
	add_known(event, OCSF_RESOURCE_TYPE, from->resource_type);
	ocsf_add_opaque(event, OCSF_RESOURCE, from->resource);
	add_known(event, OCSF_ADDRESS, from->address);
	add_known(event, OCSF_USER_AGENT, from->application);
	add_known(event, OCSF_POLICY_RULE, from->rule);
	add_known(event, OCSF_PURPOSE, from->purpose);
	if (from->broken_glass)
		ocsf_add_text(event, OCSF_BROKEN_GLASS, "true");
	if ((from->kind == TRAIL_ACCESS || explained) && from->patient_count)
		ocsf_add_text(event, OCSF_RELATIONSHIP,
			*from->relationship ? from->relationship : "none");
	set_flags(from, event);
	if (explained)
		set_explanation(from, event);
}
