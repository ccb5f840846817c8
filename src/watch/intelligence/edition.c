#include "watch/intelligence/edition.h"

#include "common/base/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_US INT64_C(86400000000)

static const int days[OBSERVABLES] = {
	[OBSERVABLE_ADDRESS] = 30,
	[OBSERVABLE_DOMAIN] = 90,
	[OBSERVABLE_URL] = 30,
	[OBSERVABLE_HASH] = 365,
	[OBSERVABLE_AGENT] = 180,
	[OBSERVABLE_AGENT_PART] = 180,
};

struct shelf_state *states_find(struct states *states, const char *name)
{
	for (size_t i = 0; i < states->count; i++)
		if (strcmp(states->at[i].name, name) == 0)
			return &states->at[i];
	return NULL;
}

struct shelf_state *states_of(struct states *states, const char *name)
{
	struct shelf_state *state = states_find(states, name);
	if (state || states->count == TABLE_SOURCES)
		return state;
	state = &states->at[states->count++];
	*state = (struct shelf_state){0};
	snprintf(state->name, sizeof state->name, "%s", name);
	return state;
}

struct making {
	const struct edition_from *from;
	struct edition *edition;
	const struct source *source; // of the row before, with its number and state
	const struct shelf_state *state;
	size_t number;
};

// Rows of a source come together, mostly.
static bool find_source(struct making *m, const char *name)
{
	struct edition *e = m->edition;
	if (e->name_count && strcmp(e->names[m->number], name) == 0)
		return true;
	for (m->number = 0; m->number < e->name_count; m->number++)
		if (strcmp(e->names[m->number], name) == 0)
			break;
	if (m->number == TABLE_SOURCES) {
		m->number = 0;
		return false;
	}
	if (m->number == e->name_count)
		snprintf(e->names[e->name_count++], SOURCE_NAME_BYTES, "%s", name);
	m->source = sources_find(m->from->sources, name);
	m->state = states_find(m->from->states, name);
	return true;
}

static void set_end(const struct making *m, struct indicator *i)
{
	const struct source *source = m->source;
	int64_t after_us =
		source && source->expires_us ? source->expires_us : days[i->kind] * DAY_US;
	int64_t from_us = i->since_us ? i->since_us : m->state ? m->state->fine_us : 0;
	if (i->until_us || (!i->since_us && source && source->permanent))
		return;
	i->until_us = from_us ? from_us + after_us : 0;
}

static bool on_row(void *context, const char *name, const struct indicator *row)
{
	struct making *m = context;
	struct indicator i = *row;
	if (!find_source(m, name) || !m->source)
		return true; // its source is not named any more
	set_end(m, &i);
	i.sure = i.sure < 0 ? m->source->sure : i.sure;
	i.tlp = i.tlp ? i.tlp : m->source->tlp;
	if (!i.since_us && m->state)
		i.since_us = m->state->fine_us;
	if (table_add(m->edition->table, &i, (uint8_t)m->number,
		    warnings_find(m->from->warnings, &i)))
		m->edition->full = true;
	else
		m->edition->by_kind[i.kind]++;
	return !m->edition->full || table_count(m->edition->table) < TABLE_MOST;
}

enum err edition_make(const struct edition_from *from, struct edition **ret_edition)
{
	int64_t began_us = time_monotonic_us();
	struct making m = {.from = from, .edition = calloc(1, sizeof(struct edition))};
	if (!m.edition)
		abort();
	m.edition->table = table_new();
	m.edition->warning_lists = warnings_count(from->warnings);
	m.edition->built_us = from->now_us;
	enum err err = shelf_each(from->shelf, on_row, &m);
	if (err) {
		edition_free(m.edition);
		return err;
	}
	m.edition->no_parts = table_ready(m.edition->table) != OK;
	m.edition->took_us = time_monotonic_us() - began_us;
	*ret_edition = m.edition;
	return OK;
}

void edition_free(struct edition *edition)
{
	if (!edition)
		return;
	table_free(edition->table);
	free(edition);
}
