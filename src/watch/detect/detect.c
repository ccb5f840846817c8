#include "watch/detect/detect_in.h"

#include "common/base/map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct detect *detect_new(const struct detect_owner *owner)
{
	struct detect *detect = calloc(1, sizeof *detect);
	if (!detect)
		abort();
	detect->owner = *owner;
	detect->by_id = map_new();
	return detect;
}

static void memory_free(struct memory *memory)
{
	correlate_free(memory->state);
	free(memory->subjects);
	free(memory);
}

void detect_free(struct detect *detect)
{
	size_t at = 0;
	struct bytes key;
	void *value;
	if (!detect)
		return;
	while (map_next(detect->by_id, &at, &key, &value))
		memory_free(value);
	map_free(detect->by_id);
	free(detect->memories);
	rules_free(detect->rules);
	free(detect);
}

static struct memory *memory_of(struct detect *detect, const struct sigma_rule *rule)
{
	struct memory *memory = map_find(detect->by_id, bytes_text(rule->id));
	if (!memory) {
		memory = calloc(1, sizeof *memory);
		if (!memory)
			abort();
		map_set(detect->by_id, bytes_text(rule->id), memory);
	}
	if (memory->state && (!rule->correlation || !correlate_fits(memory->state, rule))) {
		correlate_free(memory->state);
		memory->state = NULL;
		memory->crowded = 0;
	}
	if (rule->correlation && !memory->state)
		memory->state = correlate_new(rule);
	return memory;
}

// Rules that are gone are forgotten, but for those of a folder that is wrong just now.
static void forget_others(struct detect *detect, const struct rules *rules)
{
	size_t at = 0;
	struct bytes key;
	void *value;
	struct map *kept = map_new();
	for (size_t i = 0; i < rules->count; i++) {
		struct bytes id = bytes_text(rules->at[i].rule->id);
		void *memory = map_remove(detect->by_id, id);
		if (memory)
			map_set(kept, id, memory);
	}
	while (map_next(detect->by_id, &at, &key, &value))
		memory_free(value);
	map_free(detect->by_id);
	detect->by_id = kept;
}

void detect_also(struct detect *detect, const char *path)
{
	snprintf(detect->also, sizeof detect->also, "%s", path);
}

bool detect_read(struct detect *detect, const char *folder)
{
	struct rules *rules = rules_read(folder);
	if (rules->overfull && detect->rules) { // else a flood of files would push out the rules
		rules_free(rules);
		rules_keep(detect->rules);
		return true;
	}
	if (*detect->also)
		rules_also(rules, detect->also);
	free(detect->memories);
	detect->memories = calloc(rules->count + 1, sizeof *detect->memories);
	if (!detect->memories)
		abort();
	if (!rules->problem_count || map_count(detect->by_id) > RULES_MOST)
		forget_others(detect, rules);
	for (size_t i = 0; i < rules->count; i++)
		detect->memories[i] = memory_of(detect, rules->at[i].rule);
	if (detect->rules) // exceptions that stay go on counting
		exceptions_carry(&rules->exceptions, &detect->rules->exceptions);
	rules_free(detect->rules);
	detect->rules = rules;
	return rules->problem_count;
}

const struct rules *detect_rules(const struct detect *detect)
{
	return detect->rules;
}

void detect_replay_until(struct detect *detect, uint64_t from)
{
	detect->replay_until = from;
}

struct met {
	struct detect *detect;
	const struct rules_entry *entry; // the correlation
	const struct ocsf_event *event;
};

static void tell_wishes(
	struct detect *detect, const struct rules_entry *entry, const struct ocsf_event *event);

static bool on_hit(void *context, const struct correlate_hit *hit)
{
	struct met *met = context;
	bool taken = report_match(met->detect, met->entry, met->event, hit);
	if (taken) {
		met->detect->memories[met->entry->rule->number]->hits++;
		tell_wishes(met->detect, met->entry, met->event);
	}
	return taken;
}

static void tell_wishes(
	struct detect *detect, const struct rules_entry *entry, const struct ocsf_event *event)
{
	for (const struct rules_wish *wish = entry->wishes; wish; wish = wish->next) {
		const struct rules_entry *to = &detect->rules->at[wish->correlation];
		struct memory *memory = detect->memories[wish->correlation];
		struct met met = {detect, to, event};
		const struct correlate_sink sink = {on_hit, &met};
		if (exceptions_find(&detect->rules->exceptions, to->rule->id, event))
			memory->excepted++;
		else
			correlate_event(memory->state, to->rule, wish->which, event, &sink);
		report_room(detect, to->rule, event);
	}
}

// One access may be explained for several patients: each may be a finding of its own.
static struct correlate_hit hit_of(const struct ocsf_event *event, char key[CORRELATE_KEY_BYTES])
{
	bool later = event->place != event->seq;
	struct bytes patient = ocsf_text(event, OCSF_PATIENT);
	key[0] = 0;
	if (later)
		snprintf(key, CORRELATE_KEY_BYTES, "patient.uid=%.*s", (int)patient.size,
			(const char *)patient.at);
	return (struct correlate_hit){.key = key,
		.count = 1,
		.evidence = {event->seq, event->place},
		.evidence_count = later ? 2 : 1};
}

void detect_event(struct detect *detect, const struct ocsf_event *event)
{
	struct rules *rules = detect->rules;
	if (!detect->events++)
		detect->since_us = event->time_us;
	for (size_t i = 0; rules && i < rules->count; i++) {
		struct rules_entry *entry = &rules->at[i];
		if (!sigma_match(entry->rule, event))
			continue;
		if (exceptions_find(&rules->exceptions, entry->rule->id, event)) {
			detect->memories[i]->excepted++;
			continue;
		}
		char key[CORRELATE_KEY_BYTES];
		const struct correlate_hit hit = hit_of(event, key);
		if (report_match(detect, entry, event, &hit))
			detect->memories[i]->hits++;
		tell_wishes(detect, entry, event);
	}
}

int64_t detect_longest_us(const struct detect *detect)
{
	int64_t longest = 0;
	for (size_t i = 0; i < detect->rules->count; i++) {
		const struct sigma_correlation *c = detect->rules->at[i].rule->correlation;
		if (c && c->timespan_us > longest)
			longest = c->timespan_us;
	}
	return longest;
}
