#include "watch/activity.h"

#include "common/base/time.h"
#include "common/format/trail.h"

#include <stdlib.h>
#include <string.h>

enum series {
	READS,
	SEARCHES,
	WRITES,
	SIGN_INS,
	DENIED,
	BROKEN_GLASS,
	UNRELATED,
	SERIES
};

static const char *const names[SERIES] = {
	[READS] = "read",
	[SEARCHES] = "search",
	[WRITES] = "write",
	[SIGN_INS] = "sign-in",
	[DENIED] = "denied",
	[BROKEN_GLASS] = "break-glass",
	[UNRELATED] = "without-relationship",
};

struct minute {
	int64_t number; // since 1970
	uint32_t counts[SERIES];
};

struct activity {
	struct minute minutes[ACTIVITY_MINUTES]; // a ring by number
};

struct activity *activity_new(void)
{
	struct activity *activity = calloc(1, sizeof *activity);
	if (!activity)
		abort();
	return activity;
}

void activity_free(struct activity *activity)
{
	free(activity);
}

static struct minute *minute_of(struct activity *activity, int64_t number)
{
	struct minute *minute = &activity->minutes[(uint64_t)number % ACTIVITY_MINUTES];
	if (minute->number != number)
		*minute = (struct minute){.number = number};
	return minute;
}

static int series_of(const struct feed_event *e)
{
	switch (e->action) {
	case TRAIL_READ:
	case TRAIL_VREAD:
	case TRAIL_HISTORY:
		return READS;
	case TRAIL_SEARCH:
		return SEARCHES;
	case TRAIL_CREATE:
	case TRAIL_UPDATE:
	case TRAIL_PATCH:
	case TRAIL_DELETE:
	case TRAIL_IMPORT:
		return WRITES;
	case TRAIL_SIGNED_IN:
	case TRAIL_SECOND_FACTOR:
		return SIGN_INS;
	default:
		return SERIES;
	}
}

void activity_count(struct activity *activity, const struct feed_event *e)
{
	if (e->action == TRAIL_EXPLAINED)
		return; // of an access that was counted
	struct minute *minute = minute_of(activity, e->time_us / 60000000);
	int series = series_of(e);
	if (e->outcome == TRAIL_DENIED)
		series = DENIED;
	if (series < SERIES)
		minute->counts[series]++;
	if (e->broken_glass)
		minute->counts[BROKEN_GLASS]++;
	if (e->action == TRAIL_READ && e->outcome == TRAIL_ALLOWED && e->patient_count &&
		!e->related && trail_care_expected(e->role))
		minute->counts[UNRELATED]++;
}

void activity_json(const struct activity *activity, int64_t now_us, uint64_t place, uint64_t size,
	struct buf *out)
{
	char at[TIME_TEXT_BYTES];
	int64_t last = now_us / 60000000, first = last - ACTIVITY_MINUTES + 1;
	time_format(first * 60000000, at);
	buf_printf(out,
		"{\"from\":\"%s\",\"bucket_seconds\":60,\"place\":%llu,\"lag\":%llu,\"series\":[",
		at, (unsigned long long)place,
		(unsigned long long)(size > place ? size - place : 0));
	for (int s = 0; s < SERIES; s++) {
		buf_printf(out, "%s{\"name\":\"%s\",\"points\":[", s ? "," : "", names[s]);
		for (int64_t n = first; n <= last; n++) {
			const struct minute *m = &activity->minutes[(uint64_t)n % ACTIVITY_MINUTES];
			buf_printf(out, "%s%u", n > first ? "," : "",
				m->number == n ? m->counts[s] : 0);
		}
		buf_add_text(out, "]}");
	}
	buf_add_text(out, "]}");
}
