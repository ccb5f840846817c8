#include "watch/detect/correlate.h"

#include "common/base/map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mark {
	int64_t time_us;
	uint64_t seq;
	uint64_t what; // value counted, or the rule; 0 in a chain: no mark
};

struct group {
	struct group *newer, *older; // by the last event
	struct mark *marks;
	uint32_t count, room;
	int64_t quiet_until_us, last_us;
	char key[]; // readable
};

struct correlate {
	uint64_t shape;
	struct map *groups;
	struct group *newest, *oldest;
	size_t marks;         // room for so many, in all groups
	int64_t live_from_us; // what was last heard of before is over anyway
	uint64_t evicted_groups, evicted_marks;
};

static uint64_t mix(uint64_t hash, const void *at, size_t size)
{
	hash = bytes_fnv(hash, bytes_of(at, size));
	hash ^= hash >> 32;
	return hash * 0x9e3779b97f4a7c15u;
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
	return mix(hash, text, strlen(text) + 1);
}

static uint64_t shape_of(const struct sigma_rule *rule)
{
	const struct sigma_correlation *c = rule->correlation;
	uint64_t hash = mix(BYTES_FNV, &rule->kind, sizeof rule->kind);
	for (size_t i = 0; i < c->rule_count; i++)
		hash = mix_text(hash, c->names[i]);
	for (size_t g = 0; g < c->group_count; g++)
		for (size_t i = 0; i < c->rule_count; i++)
			hash = mix(hash, &c->fields[g][i], sizeof c->fields[g][i]);
	return mix(hash, &c->value_field, sizeof c->value_field);
}

struct correlate *correlate_new(const struct sigma_rule *rule)
{
	struct correlate *state = calloc(1, sizeof *state);
	if (!state)
		abort();
	state->shape = shape_of(rule);
	state->groups = map_new();
	return state;
}

bool correlate_fits(const struct correlate *state, const struct sigma_rule *rule)
{
	return state->shape == shape_of(rule);
}

// ---- Groups, in the order of their last event.

static void unlink_group(struct correlate *s, struct group *g)
{
	*(g->newer ? &g->newer->older : &s->newest) = g->older;
	*(g->older ? &g->older->newer : &s->oldest) = g->newer;
}

static void link_newest(struct correlate *s, struct group *g)
{
	g->newer = NULL;
	g->older = s->newest;
	*(s->newest ? &s->newest->newer : &s->oldest) = g;
	s->newest = g;
}

static void drop(struct correlate *s, struct group *g)
{
	map_remove(s->groups, bytes_text(g->key));
	unlink_group(s, g);
	s->marks -= g->room;
	free(g->marks);
	free(g);
}

void correlate_free(struct correlate *state)
{
	if (!state)
		return;
	while (state->oldest)
		drop(state, state->oldest);
	map_free(state->groups);
	free(state);
}

// What is over by itself is no loss.
static void evict(struct correlate *s)
{
	s->evicted_groups += s->oldest->last_us > s->live_from_us;
	drop(s, s->oldest);
}

static struct group *group_of(struct correlate *s, const char *key)
{
	struct group *g = map_find(s->groups, bytes_text(key));
	if (g) {
		unlink_group(s, g);
		link_newest(s, g);
		return g;
	}
	if (map_count(s->groups) == CORRELATE_GROUPS)
		evict(s);
	g = calloc(1, sizeof *g + strlen(key) + 1);
	if (!g)
		abort();
	strcpy(g->key, key);
	g->quiet_until_us = INT64_MIN;
	map_set(s->groups, bytes_text(key), g);
	link_newest(s, g);
	return g;
}

static void make_room(struct correlate *s, struct group *g, uint32_t room)
{
	while (s->marks + room - g->room > CORRELATE_MARKS && s->oldest != g)
		evict(s);
	struct mark *more = realloc(g->marks, room * sizeof *more);
	if (!more)
		abort();
	memset(more + g->room, 0, (room - g->room) * sizeof *more);
	s->marks += room - g->room;
	g->marks = more;
	g->room = room;
}

static void remove_mark(struct group *g, uint32_t at)
{
	g->count--;
	memmove(&g->marks[at], &g->marks[at + 1], (g->count - at) * sizeof *g->marks);
}

static void append(struct correlate *s, struct group *g, const struct mark *mark)
{
	if (g->count == CORRELATE_GROUP_MARKS) {
		remove_mark(g, 0);
		s->evicted_marks++;
	}
	if (g->count == g->room)
		make_room(s, g, g->room ? 2 * g->room : 4);
	g->marks[g->count++] = *mark;
}

// What is older than the timespan is forgotten. A clock that was set back leaves marks of the
// future: they stay until their time has come.
static void forget(struct group *g, int64_t before_us)
{
	uint32_t kept = 0;
	if (!g->count || g->marks[0].time_us > before_us)
		return;
	for (uint32_t i = 0; i < g->count; i++)
		if (g->marks[i].time_us > before_us)
			g->marks[kept++] = g->marks[i];
	g->count = kept;
}

// ---- Kinds.

static void tell(struct group *g, const struct sigma_rule *rule, const struct mark *marks,
	uint32_t count, const struct correlate_sink *sink)
{
	struct correlate_hit hit = {.key = g->key, .count = count};
	uint32_t from = count > CORRELATE_EVIDENCE ? count - CORRELATE_EVIDENCE : 0;
	for (uint32_t i = from; i < count; i++)
		if (!hit.evidence_count || hit.evidence[hit.evidence_count - 1] != marks[i].seq)
			hit.evidence[hit.evidence_count++] = marks[i].seq;
	if (sink->hit(sink->context, &hit))
		g->quiet_until_us = marks[count - 1].time_us + rule->correlation->timespan_us;
}

static void check_count(
	struct group *g, const struct sigma_rule *rule, const struct correlate_sink *sink)
{
	const struct sigma_correlation *c = rule->correlation;
	int64_t count = g->count;
	if (count >= c->least && count <= c->most &&
		g->marks[g->count - 1].time_us >= g->quiet_until_us)
		tell(g, rule, g->marks, g->count, sink);
}

static void count_value(struct correlate *s, struct group *g, const struct mark *mark)
{
	for (uint32_t i = 0; i < g->count; i++)
		if (g->marks[i].what == mark->what) {
			remove_mark(g, i);
			break;
		}
	append(s, g, mark);
}

static void count_values(struct correlate *s, struct group *g, const struct sigma_rule *rule,
	const struct ocsf_event *event)
{
	enum ocsf_field field = (enum ocsf_field)rule->correlation->value_field;
	struct mark mark = {event->time_us, event->seq, 0};
	for (const struct ocsf_value *v = ocsf_first(event, field); v; v = ocsf_next(event, v)) {
		mark.what = mix(BYTES_FNV, v->text.at, v->text.size);
		count_value(s, g, &mark);
	}
}

// All rules, in any order.
static void temporal(
	struct group *g, const struct sigma_rule *rule, const struct correlate_sink *sink)
{
	if (g->count < rule->correlation->rule_count ||
		g->marks[g->count - 1].time_us < g->quiet_until_us)
		return;
	tell(g, rule, g->marks, g->count, sink);
}

// All rules in their order: chain i is the newest way to have seen the rules 0 to i one after the
// other, kept in row i; the newest begins last.
static void ordered(struct correlate *s, struct group *g, const struct sigma_rule *rule,
	const struct mark *mark, const struct correlate_sink *sink)
{
	uint32_t n = (uint32_t)rule->correlation->rule_count, i = (uint32_t)mark->what - 1;
	if (g->room < n * n)
		make_room(s, g, n * n);
	struct mark *row = &g->marks[i * n], *before = row - n;
	int64_t since = mark->time_us - rule->correlation->timespan_us;
	if (i && (!before[i - 1].what || before[0].time_us <= since ||
			 before[i - 1].seq >= mark->seq))
		return;
	if (i)
		memcpy(row, before, i * sizeof *row);
	row[i] = *mark;
	if (i + 1 == n && mark->time_us >= g->quiet_until_us)
		tell(g, rule, row, n, sink);
}

struct arrival {
	const struct sigma_rule *rule;
	const struct ocsf_event *event;
	const struct correlate_sink *sink;
	struct mark mark;
};

static void in_group(struct correlate *s, const char *key, const struct arrival *a)
{
	s->live_from_us = a->mark.time_us - a->rule->correlation->timespan_us;
	struct group *g = group_of(s, key);
	g->last_us = a->mark.time_us;
	if (a->rule->kind == SIGMA_TEMPORAL_ORDERED) {
		ordered(s, g, a->rule, &a->mark, a->sink);
		return;
	}
	forget(g, s->live_from_us);
	if (a->rule->kind == SIGMA_EVENT_COUNT)
		append(s, g, &a->mark);
	else if (a->rule->kind == SIGMA_TEMPORAL)
		count_value(s, g, &a->mark);
	else
		count_values(s, g, a->rule, a->event);
	if (g->count && a->rule->kind == SIGMA_TEMPORAL)
		temporal(g, a->rule, a->sink);
	else if (g->count)
		check_count(g, a->rule, a->sink);
}

// ---- The group of an event: one for each combination of its values.

static void add_to_key(char key[CORRELATE_KEY_BYTES], const char *name, struct bytes value)
{
	size_t used = strlen(key), most = CORRELATE_KEY_BYTES / SIGMA_GROUP_FIELDS - 24;
	size_t size = value.size < most ? value.size : most;
	while (size && size < value.size && (value.at[size] & 0xc0) == 0x80)
		size--; // not within a character
	snprintf(key + used, CORRELATE_KEY_BYTES - used, "%s%.20s=%.*s", used ? " " : "", name,
		(int)size, (const char *)value.at);
}

void correlate_event(struct correlate *state, const struct sigma_rule *rule, size_t which,
	const struct ocsf_event *event, const struct correlate_sink *sink)
{
	const struct sigma_correlation *c = rule->correlation;
	const struct ocsf_value *at[SIGMA_GROUP_FIELDS];
	const struct arrival arrival = {rule, event, sink, {event->time_us, event->seq, which + 1}};
	for (size_t g = 0; g < c->group_count; g++)
		if (!(at[g] = ocsf_first(event, (enum ocsf_field)c->fields[g][which])))
			return; // without the value it belongs to no group
	for (int made = 0; made < CORRELATE_COMBINATIONS; made++) {
		char key[CORRELATE_KEY_BYTES] = "";
		for (size_t g = 0; g < c->group_count; g++)
			add_to_key(key, c->groups[g], at[g]->text);
		in_group(state, key, &arrival);
		size_t g = 0;
		while (g < c->group_count && !(at[g] = ocsf_next(event, at[g]))) {
			at[g] = ocsf_first(event, (enum ocsf_field)c->fields[g][which]);
			g++;
		}
		if (g == c->group_count)
			break;
	}
}

void correlate_stats(const struct correlate *state, struct correlate_stats *ret_stats)
{
	size_t groups = map_count(state->groups);
	*ret_stats = (struct correlate_stats){.groups = groups,
		.marks = state->marks,
		.bytes = state->marks * sizeof(struct mark) +
			 groups * (sizeof(struct group) + CORRELATE_KEY_BYTES / 2),
		.evicted_groups = state->evicted_groups,
		.evicted_marks = state->evicted_marks};
}

uint64_t correlate_lost(const struct correlate *state)
{
	return state->evicted_groups;
}
