#include "watch/detect/detect.h"

#include "common/base/map.h"
#include "common/base/time.h"
#include "watch/detect/sentence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_US INT64_C(3600000000)

// What is remembered of a rule while files come and go.
struct memory {
	struct correlate *state; // of a correlation
	uint64_t hits, excepted, findings, held_back;
	int64_t hour;             // whose findings are counted in this_hour
	int64_t crowded_until_us; // told already, up to then
	uint64_t crowded;         // groups forgotten too soon, up to now
	uint32_t this_hour, subject_count;
	bool held;          // something was, in this hour
	uint64_t *subjects; // of this hour's findings, DETECT_SUBJECTS of them; NULL: none yet
};

struct detect {
	struct detect_owner owner;
	struct rules *rules;
	struct memory **memories; // of the rules, by their number
	struct map *by_id;        // all memories there are
	char also[512];           // a file of exceptions, or ""
	int64_t since_us;         // of the first event
	uint64_t events, replay_until, levels[SIGMA_LEVELS];
};

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

static struct bytes first_of(const struct ocsf_event *event, enum ocsf_field field)
{
	const struct ocsf_value *value = ocsf_first(event, field);
	return value ? value->text : (struct bytes){0};
}

static bool is_certain(const struct sigma_rule *rule)
{
	for (size_t i = 0; i < rule->tags.count; i++)
		if (strcmp(rule->tags.at[i], "hospitaller.certain") == 0)
			return true;
	return false;
}

static struct finding finding_of(const struct sigma_rule *rule, const struct ocsf_event *event,
	const struct correlate_hit *hit)
{
	return (struct finding){.source = "rule",
		.id = rule->id,
		.title = rule->title,
		.advice = rule->advice,
		.level = rule->level,
		.tags = &rule->tags,
		.false_positives = &rule->false_positives,
		.certain = is_certain(rule),
		.seq = event->seq,
		.time_us = event->time_us,
		.count = hit->count,
		.key = hit->key,
		.evidence = hit->evidence,
		.evidence_count = hit->evidence_count,
		.actor = first_of(event, OCSF_ACTOR),
		.patient = first_of(event, OCSF_PATIENT),
		.address = first_of(event, OCSF_ADDRESS),
		.session = first_of(event, OCSF_SESSION),
		.application = first_of(event, OCSF_USER_AGENT)};
}

// ---- What had to be left out.

// About nobody: what somebody did in a colleague's name must not count against them twice.
static void tell_left_out(struct detect *detect, const struct sigma_rule *rule,
	const struct ocsf_event *event, struct finding finding)
{
	static const struct sigma_names tags = {{"attack.defense-evasion", "attack.t1562"}, 2};
	static const struct sigma_names false_positives = {{"A rule that fits too much"}, 1};
	char key[CORRELATE_KEY_BYTES];
	snprintf(key, sizeof key, "%.40s %lld", rule->id, (long long)(event->time_us / HOUR_US));
	finding.source = "system";
	finding.level = SIGMA_MEDIUM;
	finding.tags = &tags;
	finding.false_positives = &false_positives;
	finding.seq = event->place;
	finding.time_us = event->time_us;
	finding.key = key;
	finding.evidence = &event->place;
	finding.evidence_count = 1;
	detect->levels[SIGMA_MEDIUM]++;
	detect->owner.found(detect->owner.context, &finding);
}

static void tell_held_back(
	struct detect *detect, const struct sigma_rule *rule, const struct ocsf_event *event)
{
	char sentence[FINDING_SENTENCE_BYTES];
	snprintf(sentence, sizeof sentence,
		"The rule \"%.120s\" found something more than %d times within this hour; until it is "
		"over, what it finds of the same people and addresses is counted, and not told.",
		rule->title, DETECT_HOURLY);
	tell_left_out(detect, rule, event,
		(struct finding){.id = "watch.held-back",
			.title = "A rule finds more than anybody can read",
			.sentence = sentence,
			.advice =
				"Somebody may want one finding not to be seen among many: look at "
				"whom the rule found first in this hour. If it is noise, make an "
				"exception.",
			.count = DETECT_HOURLY});
}

static void tell_crowded(
	struct detect *detect, const struct sigma_rule *rule, const struct ocsf_event *event)
{
	char sentence[FINDING_SENTENCE_BYTES];
	snprintf(sentence, sizeof sentence,
		"The rule \"%.120s\" counts for more than %d people, addresses or records at once; "
		"those that it heard of longest ago are forgotten before their time.",
		rule->title, CORRELATE_GROUPS);
	tell_left_out(detect, rule, event,
		(struct finding){.id = "watch.forgot",
			.title = "A rule has to forget what it counts",
			.sentence = sentence,
			.advice =
				"What comes slowly may be missed while this lasts. Find out who makes "
				"so much at once; it may be meant to hide something.",
			.count = CORRELATE_GROUPS});
}

static void check_room(
	struct detect *detect, const struct sigma_rule *rule, const struct ocsf_event *event)
{
	struct memory *memory = detect->memories[rule->number];
	uint64_t crowded = correlate_lost(memory->state);
	if (crowded == memory->crowded)
		return;
	memory->crowded = crowded;
	if (event->time_us < memory->crowded_until_us || event->place < detect->replay_until)
		return;
	memory->crowded_until_us = (event->time_us / HOUR_US + 1) * HOUR_US;
	tell_crowded(detect, rule, event);
}

// ---- How much one rule may tell in an hour.

static uint64_t subject_of(const struct finding *finding)
{
	struct bytes who = finding->actor.size ? finding->actor : finding->address;
	uint64_t hash = 0xcbf29ce484222325u;
	for (size_t i = 0; i < who.size; i++)
		hash = (hash ^ who.at[i]) * 0x100000001b3u;
	return hash ? hash : 1;
}

// False: they were heard of in this hour, or too many were.
static bool is_new_subject(struct memory *memory, const struct finding *finding)
{
	uint64_t subject = subject_of(finding);
	if (!memory->subjects)
		memory->subjects = calloc(DETECT_SUBJECTS, sizeof *memory->subjects);
	if (!memory->subjects)
		abort();
	for (uint32_t i = 0; i < memory->subject_count; i++)
		if (memory->subjects[i] == subject)
			return false;
	if (memory->subject_count == DETECT_SUBJECTS)
		return false;
	memory->subjects[memory->subject_count++] = subject;
	return true;
}

static bool may_tell(struct detect *detect, const struct sigma_rule *rule,
	const struct finding *finding, const struct ocsf_event *event)
{
	struct memory *memory = detect->memories[rule->number];
	if (memory->hour != event->time_us / HOUR_US) {
		memory->hour = event->time_us / HOUR_US;
		memory->this_hour = memory->subject_count = 0;
		memory->held = false;
	}
	bool fresh = is_new_subject(memory, finding);
	if (fresh || memory->this_hour < DETECT_HOURLY) {
		memory->this_hour++;
		return true;
	}
	memory->held_back++;
	if (!memory->held)
		tell_held_back(detect, rule, event);
	memory->held = true;
	return false;
}

// A correlation is asked whether it may report; a detection that only others refer to does not.
static bool report(struct detect *detect, const struct rules_entry *entry,
	const struct ocsf_event *event, const struct correlate_hit *hit)
{
	const struct sigma_rule *rule = entry->rule;
	struct memory *memory = detect->memories[rule->number];
	struct finding finding = finding_of(rule, event, hit);
	char sentence[FINDING_SENTENCE_BYTES];
	if (rule->referred)
		return true;
	if (event->place < detect->replay_until)
		return detect->owner.made_before &&
		       detect->owner.made_before(detect->owner.context, &finding);
	if (!may_tell(detect, rule, &finding, event))
		return true;
	memory->findings++;
	detect->levels[rule->level]++;
	sentence_fill(rule, event, hit->count, sentence);
	finding.sentence = sentence;
	detect->owner.found(detect->owner.context, &finding);
	return true;
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
	bool taken = report(met->detect, met->entry, met->event, hit);
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
		check_room(detect, to->rule, event);
	}
}

// One access may be explained for several patients: each may be a finding of its own.
static struct correlate_hit hit_of(const struct ocsf_event *event, char key[CORRELATE_KEY_BYTES])
{
	bool later = event->place != event->seq;
	struct bytes patient = first_of(event, OCSF_PATIENT);
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
		if (report(detect, entry, event, &hit))
			detect->memories[i]->hits++;
		tell_wishes(detect, entry, event);
	}
}

// ---- For people.

static json_t *rule_json(const struct rules_entry *entry, const struct memory *memory)
{
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "id", entry->rule->id, "title",
		entry->rule->title, "level", sigma_level_text(entry->rule->level), "file",
		entry->file, "hits", (json_int_t)memory->hits, "findings",
		(json_int_t)memory->findings);
	if (memory->excepted)
		json_object_set_new(json, "excepted", json_integer((json_int_t)memory->excepted));
	if (memory->held_back)
		json_object_set_new(json, "held_back", json_integer((json_int_t)memory->held_back));
	if (entry->rule->gave_up)
		json_object_set_new(
			json, "regex_gave_up", json_integer((json_int_t)entry->rule->gave_up));
	return json;
}

static json_t *memory_json(const struct detect *detect)
{
	struct correlate_stats all = {0}, one;
	for (size_t i = 0; i < detect->rules->count; i++) {
		if (!detect->memories[i]->state)
			continue;
		correlate_stats(detect->memories[i]->state, &one);
		all.groups += one.groups;
		all.bytes += one.bytes;
		all.evicted_groups += one.evicted_groups;
		all.evicted_marks += one.evicted_marks;
	}
	return json_pack("{s:I, s:I, s:I, s:I}", "groups", (json_int_t)all.groups, "bytes",
		(json_int_t)all.bytes, "evicted_groups", (json_int_t)all.evicted_groups,
		"evicted_marks", (json_int_t)all.evicted_marks);
}

static json_t *problems_json(const struct rules *rules)
{
	json_t *list = json_array();
	size_t shown =
		rules->problem_count < RULES_PROBLEMS ? rules->problem_count : RULES_PROBLEMS;
	for (size_t i = 0; i < shown; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:I, s:s}", "file", rules->problems[i].file, "line",
				      (json_int_t)rules->problems[i].line, "text",
				      rules->problems[i].text));
	return list;
}

static json_t *exceptions_json(const struct exceptions *exceptions, int64_t now_us)
{
	json_t *list = json_array();
	for (size_t i = 0; i < exceptions->count && i < 100; i++) {
		const struct exception *e = &exceptions->at[i];
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:s, s:I, s:b}", "rule", e->rule, "field",
				ocsf_fields[e->field].name, "reason", e->reason, "until", e->until,
				"used", (json_int_t)e->used, "ended", e->until_us < now_us));
	}
	return list;
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

json_t *detect_json(const struct detect *detect, int64_t now_us)
{
	json_t *levels = json_object(), *rules = json_array();
	for (int i = 0; i < SIGMA_LEVELS; i++)
		json_object_set_new(levels, sigma_level_text((enum sigma_level)i),
			json_integer((json_int_t)detect->levels[i]));
	for (size_t i = 0; i < detect->rules->count; i++)
		json_array_append_new(rules, rule_json(&detect->rules->at[i], detect->memories[i]));
	json_t *json = json_pack("{s:I, s:o, s:o, s:o, s:I, s:o, s:o}", "events",
		(json_int_t)detect->events, "findings", levels, "rules", rules, "memory",
		memory_json(detect), "problem_count", (json_int_t)detect->rules->problem_count,
		"problems", problems_json(detect->rules), "exceptions",
		exceptions_json(&detect->rules->exceptions, now_us));
	if (detect->events) {
		char since[TIME_TEXT_BYTES];
		time_format(detect->since_us, since);
		json_object_set_new(json, "remembers_since", json_string(since));
	}
	json_object_set_new(
		json, "longest_seconds", json_integer(detect_longest_us(detect) / 1000000));
	return json;
}
