#include "watch/review.h"

#include "common/base/time.h"
#include "common/format/finding.h"
#include "watch/access/access.h"
#include "watch/casebook.h"
#include "watch/detect/findings.h"
#include "watch/detector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_US ((int64_t)86400 * 1000000)

static const char *word(const json_t *arguments, const char *key)
{
	const char *text = json_string_value(json_object_get(arguments, key));
	return text ? text : "";
}

static bool read_which(const json_t *arguments, struct access_of *ret)
{
	char midnight[TIME_TEXT_BYTES], *end;
	const char *actor = word(arguments, "actor"), *day = word(arguments, "day");
	int64_t at_us;
	*ret = (struct access_of){.actor = strtoull(actor, &end, 16),
		.slow = strcmp(word(arguments, "queue"), "slow") == 0};
	snprintf(midnight, sizeof midnight, "%.10sT00:00:00Z", day);
	if (!ret->actor || strlen(actor) != 16 || *end || strlen(day) != 10 ||
		time_parse(midnight, &at_us))
		return false;
	ret->day = at_us / DAY_US;
	return ret->slow || strcmp(word(arguments, "queue"), "worst") == 0;
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

// ---- It becomes a finding, and an incident.

static void write_sentence(
	const struct access_of *of, const struct access_case *c, char ret[FINDING_SENTENCE_BYTES])
{
	int used = snprintf(ret, FINDING_SENTENCE_BYTES,
		"%016llx looked for %llu record%s on %u day%s without anything that explains it, "
		"and opened %llu",
		(unsigned long long)of->actor, (unsigned long long)c->records, plural(c->records),
		c->days, plural(c->days), (unsigned long long)c->opened);
	for (unsigned bit = 0; bit < EXPLAINED_FLAGS; bit++)
		if (c->flag_counts[bit] && 1u << bit != EXPLAINED_CUT && used > 0 &&
			used < FINDING_SENTENCE_BYTES)
			used += snprintf(ret + used, (size_t)(FINDING_SENTENCE_BYTES - used),
				"; %s (%u)", explained_flag_text(bit), c->flag_counts[bit]);
	if (used > 0 && used < FINDING_SENTENCE_BYTES - 1)
		strcpy(ret + used, ".");
}

// Its number; 0: there was one of exactly this before.
static uint64_t add_finding(
	struct detector *detector, const struct access_of *of, const struct access_case *c)
{
	static const struct sigma_names tags = {
		.at = {"attack.collection", "attack.t1213"}, .count = 2};
	static const struct sigma_names honest = {
		.at = {"What explains it is not written down, or will be later"}, .count = 1};
	char sentence[FINDING_SENTENCE_BYTES], actor[17], patient[17], key[40];
	struct findings *kept = detector_findings(detector);
	uint64_t before = findings_last(kept);
	write_sentence(of, c, sentence);
	snprintf(actor, sizeof actor, "%016llx", (unsigned long long)of->actor);
	snprintf(patient, sizeof patient, "%016llx", (unsigned long long)c->patient);
	snprintf(key, sizeof key, "%s %lld", of->slow ? "slow" : "worst", (long long)of->day);
	const struct finding finding = {.source = "access",
		.id = "access.queue",
		.title = "A reviewer found no explanation",
		.sentence = sentence,
		.advice = "Ask them, or whoever leads their ward, what it was for.",
		.level = SIGMA_MEDIUM,
		.tags = &tags,
		.false_positives = &honest,
		.seq = c->seq,
		.time_us = c->at_us,
		.count = c->records,
		.key = key,
		.evidence = c->evidence,
		.evidence_count = c->evidence_count,
		.actor = bytes_text(actor),
		.patient = c->patient ? bytes_text(patient) : (struct bytes){0}};
	detector_add(detector, &finding);
	return findings_last(kept) > before ? findings_last(kept) : 0;
}

// Who brought it there, and why, stands in its timeline.
static void note_joined(
	const struct watch_parts *parts, const json_t *arguments, const json_t *number)
{
	int status;
	json_t *question = json_pack("{s:s, s:O, s:s, s:O, s:O}", "ask", "incident-act", "number",
		number, "act", "review", "entry", json_object_get(arguments, "entry"), "who",
		json_object_get(arguments, "who"));
	json_decref(casebook_answer(parts->casebook, question, &status));
	json_decref(question);
}

// An incident of this person may have it already: findings join by themselves.
static void open_incident(const struct watch_parts *parts, const json_t *arguments,
	uint64_t finding, struct reply *reply)
{
	int status = 200;
	json_t *question = json_pack("{s:s, s:I, s:O, s:O}", "ask", "incident-open", "finding",
		(json_int_t)finding, "entry", json_object_get(arguments, "entry"), "who",
		json_object_get(arguments, "who"));
	json_t *made = question ? casebook_answer(parts->casebook, question, &status) : NULL;
	const json_t *number = json_object_get(made, "number");
	if (status == 409 && json_is_string(number))
		note_joined(parts, arguments, number);
	if (json_is_string(number))
		reply->json = json_pack("{s:O, s:b}", "number", number, "joined", status == 409);
	else
		reply_problem(reply, 503, "No incident could be opened; try again in a second.");
	json_decref(made);
	json_decref(question);
}

static void make_incident(const struct watch_parts *parts, const json_t *arguments,
	const struct access_of *of, const struct access_case *c,
	struct reply *reply) // five: what a handler has, and the case
{
	uint64_t finding = add_finding(parts->detector, of, c);
	if (!finding)
		reply_problem(reply, 409, "There is a finding of exactly this already.");
	else if (detector_tick(parts->detector) || casebook_take(parts->casebook, parts->detector))
		reply_problem(reply, 503, "The finding could not be kept; try again in a second.");
	else
		open_incident(parts, arguments, finding, reply);
}

static void take_back(
	const struct watch_parts *parts, const struct access_of *of, struct reply *reply)
{
	uint64_t records;
	enum err err = access_unjudge(parts->access, of, &records);
	if (err == ERR_NOT_FOUND)
		reply_problem(reply, 404,
			"Nothing that was decided of this person and day is kept any more.");
	else if (err)
		reply_problem(reply, 503, "It could not be kept; try again in a second.");
	else
		reply->json = json_pack("{s:I}", "records", (json_int_t)records);
}

void answer_review(const struct watch_parts *parts, const json_t *arguments, struct reply *reply)
{
	struct access_of of;
	struct access_case shown;
	bool incident = strcmp(word(arguments, "verdict"), "incident") == 0;
	bool again = strcmp(word(arguments, "verdict"), "again") == 0;
	if (!read_which(arguments, &of) ||
		(!incident && !again && strcmp(word(arguments, "verdict"), "fine") != 0)) {
		reply_problem(reply, 422,
			"Say whom, which queue (worst or slow), which day, and what it is: fine, incident or again.");
		return;
	}
	if (again) {
		take_back(parts, &of, reply);
		return;
	}
	if (access_find(parts->access, &of, &shown)) {
		reply_problem(reply, 404, "The queue shows nothing of this person and day now.");
		return;
	}
	if (incident)
		make_incident(parts, arguments, &of, &shown, reply);
	else
		reply->json = json_object();
	if (reply->status >= 400)
		return;
	if (access_judge(parts->access, &of)) {
		reply_problem(reply, 503, "It could not be kept; try again in a second.");
		return;
	}
	json_object_set_new(reply->json, "records", json_integer((json_int_t)shown.records));
	json_object_set_new(reply->json, "days", json_integer((json_int_t)shown.days));
}
