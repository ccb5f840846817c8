// What a match becomes: a finding, not more of them in an hour than somebody reads, and what is
// told when a rule must forget or hold back.
#include "watch/detect/detect_in.h"

#include "common/base/time.h"
#include "watch/detect/sentence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_US INT64_C(3600000000)

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
		.actor = ocsf_text(event, OCSF_ACTOR),
		.patient = ocsf_text(event, OCSF_PATIENT),
		.address = ocsf_text(event, OCSF_ADDRESS),
		.session = ocsf_text(event, OCSF_SESSION),
		.application = ocsf_text(event, OCSF_USER_AGENT)};
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

void report_room(
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
	uint64_t hash = bytes_fnv(BYTES_FNV, who);
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
bool report_match(struct detect *detect, const struct rules_entry *entry,
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
