// What a person is told of the indicators: how the sources stand, and what is known of one value.
// Declared in intelligence.h.
#include "watch/intelligence/intelligence_in.h"

#include "common/base/time.h"

#include <stdlib.h>
#include <string.h>

enum {
	EXAMPLES = 3,
	NEWEST = 30
};

json_t *intelligence_time(int64_t at_us)
{
	char text[TIME_TEXT_BYTES];
	if (!at_us)
		return json_null();
	time_format(at_us, text);
	return json_string(text);
}

struct listing {
	json_t *list;
	size_t most;
};

static void add_left(void *context, const char *id, const char *why)
{
	struct listing *l = context;
	if (json_array_size(l->list) < l->most)
		json_array_append_new(l->list, json_pack("{s:s, s:s}", "id", id, "why", why));
}

void tell_examples(struct intelligence *i, const char *source)
{
	struct listing left = {json_array(), EXAMPLES};
	shelf_each_left(i->shelf, source, add_left, &left);
	json_object_set_new(i->examples, source, left.list);
}

static json_t *source_json(const struct intelligence *i, const struct source *source)
{
	const struct shelf_state none = {0};
	const struct shelf_state *state = states_find((struct states *)&i->states, source->name);
	const json_t *left = json_object_get(i->examples, source->name);
	state = state ? state : &none;
	return json_pack("{s:s, s:s, s:s, s:i, s:i, s:o, s:o, s:o, s:i, s:s, s:i, s:s}", "name",
		source->name, "kind", source_kind_text(source->kind), "feed", source->feed,
		"indicators", (int)state->count, "left_out", (int)state->left, "examples",
		left ? json_deep_copy(left) : json_array(), "tried",
		intelligence_time(state->tried_us), "fetched", intelligence_time(state->fine_us),
		"failures", (int)state->failures, "problem", state->words, "sure", source->sure,
		"tlp", tlp_text(source->tlp));
}

static json_t *sources_json(struct intelligence *i)
{
	json_t *list = json_array();
	size_t bytes = 0;
	for (size_t n = 0; n < i->sources.count; n++) {
		json_t *one = source_json(i, &i->sources.at[n]);
		char *text = json_dumps(one, JSON_COMPACT);
		bytes += text ? strlen(text) : INTELLIGENCE_BYTES;
		free(text);
		if (bytes > INTELLIGENCE_BYTES / 2) {
			json_decref(one);
			break; // `sources` tells how many there are
		}
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *problems_json(const struct intelligence *i)
{
	json_t *list = json_array();
	char text[260];
	if (*i->sources.problem) {
		snprintf(text, sizeof text, "sources.yaml:%u: %s", i->sources.problem_line,
			i->sources.problem);
		json_array_append_new(list, json_string(text));
	}
	if (*i->warning_problem)
		json_array_append_new(list, json_string(i->warning_problem));
	if (i->edition && i->edition->full)
		json_array_append_new(
			list, json_string("There are more indicators than are held: some are "
					  "left out."));
	if (i->edition && i->edition->no_parts)
		json_array_append_new(
			list, json_string("This processor cannot look for parts of user agents."));
	return list;
}

static json_t *sighting_json(const struct sighting *s)
{
	char actor[17];
	snprintf(actor, sizeof actor, "%016llx", (unsigned long long)s->actor);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:o, s:I}", "kind",
		observable_text(s->kind), "value", s->value, "source", s->source, "name", s->name,
		"actor", s->actor ? actor : "", "count", (json_int_t)s->count, "first",
		intelligence_time(s->first_us), "last", intelligence_time(s->last_us), "seq",
		(json_int_t)s->last_seq);
}

static int newest_first(const void *a, const void *b)
{
	const struct sighting *x = *(const struct sighting *const *)a,
			      *y = *(const struct sighting *const *)b;
	return x->last_us > y->last_us ? -1 : x->last_us < y->last_us;
}

// Those of one value, or the newest of all.
static json_t *sightings_json(const struct intelligence *i, const char *value)
{
	json_t *list = json_array();
	size_t count = 0, at = 0;
	const struct sighting **rows = malloc((SIGHTINGS_MOST + 1) * sizeof *rows), *one;
	if (!rows)
		abort();
	while ((one = sightings_next(i->sightings, &at)))
		if (!value || strcmp(one->value, value) == 0)
			rows[count++] = one;
	qsort(rows, count, sizeof *rows, newest_first);
	for (size_t n = 0; n < count && n < NEWEST; n++)
		json_array_append_new(list, sighting_json(rows[n]));
	free(rows);
	return list;
}

json_t *intelligence_status(struct intelligence *i)
{
	const struct edition *e = i->edition;
	json_t *json = json_pack("{s:b, s:b, s:i, s:o, s:o, s:i, s:o}", "ready", e != NULL, "busy",
		i->loader.busy, "sources", (int)i->sources.count, "list", sources_json(i),
		"problems", problems_json(i), "seen", (int)sightings_here(i->sightings),
		"sightings", sightings_json(i, NULL));
	if (!e)
		return json;
	json_t *kinds = json_object();
	for (int k = 0; k < OBSERVABLES; k++)
		json_object_set_new(kinds, observable_text((enum observable)k),
			json_integer((json_int_t)e->by_kind[k]));
	json_object_set_new(json, "indicators", json_integer((json_int_t)table_count(e->table)));
	json_object_set_new(json, "kinds", kinds);
	json_object_set_new(
		json, "on_warning_lists", json_integer((json_int_t)table_warned(e->table)));
	json_object_set_new(json, "warning_lists", json_integer((json_int_t)e->warning_lists));
	json_object_set_new(json, "memory_bytes", json_integer((json_int_t)table_bytes(e->table)));
	json_object_set_new(json, "built", intelligence_time(e->built_us));
	json_object_set_new(json, "built_in_ms", json_integer(e->took_us / 1000));
	return json;
}

static json_t *hit_json(const struct intelligence *i, const struct table_hit *hit)
{
	bool expired = hit->until_us && i->now_us >= hit->until_us;
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:o, s:o, s:b, s:b}",
		"kind", observable_text(hit->kind), "value", hit->value, "id", hit->id, "name",
		hit->name, "author", hit->author, "source", i->edition->names[hit->source], "tlp",
		tlp_text(hit->tlp), "sure", (int)hit->sure, "since",
		intelligence_time(hit->since_us), "until", intelligence_time(hit->until_us),
		"expired", expired, "matches", intelligence_usable(hit, i->now_us));
	if (hit->warning)
		json_object_set_new(json, "warning_list", json_string(hit->warning));
	return json;
}

json_t *intelligence_look(struct intelligence *i, const char *value)
{
	struct table_hit hits[TABLE_HITS];
	json_t *list = json_array(), *seen = json_array();
	size_t count = i->edition ? table_look(i->edition->table, bytes_text(value), hits) : 0;
	for (size_t n = 0; n < count; n++) {
		bool twice = false;
		json_array_append_new(list, hit_json(i, &hits[n]));
		for (size_t before = 0; before < n; before++)
			twice |= strcmp(hits[before].value, hits[n].value) == 0;
		json_t *own = twice ? json_array() : sightings_json(i, hits[n].value);
		if (json_array_size(seen) < NEWEST)
			json_array_extend(seen, own);
		json_decref(own);
	}
	return json_pack("{s:s, s:b, s:o, s:o}", "value", value, "ready", i->edition != NULL,
		"indicators", list, "sightings", seen);
}
