#include "watch/behaviour/behaviour_in.h"

#include "common/base/map.h"
#include "common/base/time.h"

#include <jansson.h>
#include <math.h>

static json_t *row_of(const struct behaviour *b, const struct person *p, unsigned f)
{
	const struct group *g = group_for(b, p);
	const struct sketch *own = &p->frozen[f], *peers = &g->frozen[f];
	bool today = p->today.day && p->today.day == b->day;
	uint32_t v = today ? p->today.v[f] : 0;
	json_t *row = json_pack("{s:s, s:s, s:I}", "feature", features[f].code, "label",
		features[f].label, "today", (json_int_t)v);
	if (sketch_count(own)) {
		json_object_set_new(row, "median", json_integer(sketch_quantile(own, 0.5)));
		json_object_set_new(row, "p90", json_integer(sketch_quantile(own, 0.9)));
		json_object_set_new(row, "most", json_integer(own->most));
		json_object_set_new(row, "days", json_integer(sketch_count(own)));
	}
	if (sketch_count(peers)) {
		json_object_set_new(row, "peers_median", json_integer(sketch_quantile(peers, 0.5)));
		json_object_set_new(row, "peers_p90", json_integer(sketch_quantile(peers, 0.9)));
		json_object_set_new(row, "peers_p99", json_integer(sketch_quantile(peers, 0.99)));
		bool unusual = v > p->reference[f] && v > sketch_quantile(peers, 0.99);
		json_object_set_new(row, "unusual", json_boolean(unusual));
	}
	return row;
}

static json_t *hours_of(const struct person *p)
{
	json_t *list = json_array();
	for (unsigned h = 0; h < 24; h++) {
		unsigned share = p->days[0] ? 100u * p->hours[0][h] / p->days[0] : 0;
		json_array_append_new(list, json_integer(share));
	}
	return list;
}

json_t *behaviour_profile(struct behaviour *b, uint64_t actor)
{
	const struct person *p = people_find(b, actor);
	char hex[17];
	if (!p)
		return json_pack("{s:b}", "known", 0);
	const struct group *g = group_for(b, p);
	json_t *rows = json_array();
	for (unsigned f = 0; f < FEATURES; f++)
		json_array_append_new(rows, row_of(b, p, f));
	snprintf(hex, sizeof hex, "%016llx", (unsigned long long)p->actor);
	json_t *profile = json_pack("{s:b, s:s, s:s, s:s, s:i, s:I, s:I, s:o, s:o}", "known", 1,
		"actor", hex, "role", b->groups[p->group].role, "compared_with",
		*g->role ? g->role : "everybody", "days", (int)p->days[0], "peer_days",
		(json_int_t)g->days[0], "seq", (json_int_t)p->last_seq, "features", rows,
		"usual_hours", hours_of(p));
	json_object_set_new(
		profile, "found_today", json_boolean(p->today.day == b->day && p->today.found));
	return profile;
}

static json_t *number_or_null(double value)
{
	return isfinite(value) ? json_real(round(value * 100) / 100) : json_null();
}

json_t *behaviour_json(const struct behaviour *b)
{
	static const char *const names[DETECTORS] = {"self", "peers", "burst", "slow", "agreement"};
	char since[TIME_TEXT_BYTES];
	json_t *thresholds = json_object();
	for (unsigned d = 0; d < DETECTORS; d++)
		json_object_set_new(thresholds, names[d], number_or_null(b->limits[d]));
	time_format(b->first_day * 24 * HOUR_US, since);
	since[10] = 0;
	return json_pack("{s:I, s:I, s:I, s:s, s:b, s:I, s:I, s:I, s:o}", "people",
		(json_int_t)map_count(b->people), "forgotten", (json_int_t)b->forgotten,
		"person_days", (json_int_t)b->person_days, "since", since, "learning",
		!isfinite(b->limits[D_SELF]), "sources", (json_int_t)sources_count(b->sources),
		"crowded", (json_int_t)sources_crowded(b->sources), "findings",
		(json_int_t)b->findings, "thresholds", thresholds);
}
