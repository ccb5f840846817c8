#include "watch/question.h"

#include "watch/casebook.h"
#include "watch/conductor.h"
#include "watch/detect/findings.h"
#include "watch/detector.h"
#include "watch/exemption.h"
#include "watch/review.h"
#include "watch/scout_ask.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FINDINGS_PAGE_BYTES = 40000
};

void reply_problem(struct reply *reply, uint16_t status, const char *format, ...)
{
	char text[400];
	va_list list;
	va_start(list, format);
	vsnprintf(text, sizeof text, format, list);
	va_end(list);
	reply->status = status;
	json_decref(reply->json);
	reply->json = json_pack("{s:s}", "problem", text);
}

static void answer_finding(
	const struct watch_parts *parts, const json_t *arguments, struct reply *reply)
{
	json_int_t id = json_integer_value(json_object_get(arguments, "id"));
	reply->json = detector_finding(parts->detector, id > 0 ? (uint64_t)id : 0);
	if (!reply->json)
		reply_problem(reply, 404, "There is no such finding; the last %d are kept.",
			DETECTOR_KEPT);
}

static void answer_findings(
	const struct watch_parts *parts, const json_t *arguments, struct reply *reply)
{
	const char *rules = json_string_value(json_object_get(arguments, "rule"));
	json_int_t before = json_integer_value(json_object_get(arguments, "before"));
	json_int_t level = json_integer_value(json_object_get(arguments, "level"));
	const struct findings_wish wish = {.before = before > 0 ? (uint64_t)before : 0,
		.rules = rules ? rules : "",
		.level = level > 0 && level < SIGMA_LEVELS ? (enum sigma_level)level
							   : SIGMA_INFORMATIONAL,
		.most_bytes = FINDINGS_PAGE_BYTES};
	uint64_t next;
	json_t *list = findings_page(detector_findings(parts->detector), &wish, &next);
	reply->json = json_pack("{s:I, s:o}", "total", (json_int_t)detector_total(parts->detector),
		"findings", list);
	if (next)
		json_object_set_new(reply->json, "next", json_integer((json_int_t)next));
}

static void answer_health(
	const struct watch_parts *parts, const json_t *arguments, struct reply *reply)
{
	(void)arguments;
	reply->json = detector_conduct(parts->detector);
	if (!reply->json)
		reply_problem(reply, 503, "Behaviour is not kept; the log says why.");
}

static void answer_incidents(
	const struct watch_parts *parts, const json_t *arguments, struct reply *reply)
{
	int status = 200;
	reply->json = casebook_answer(parts->casebook, arguments, &status);
	reply->status = (uint16_t)status;
}

static void answer_behaviour(
	const struct watch_parts *parts, const json_t *arguments, struct reply *reply)
{
	const char *actor = json_string_value(json_object_get(arguments, "actor"));
	char *end = NULL;
	uint64_t number = actor ? strtoull(actor, &end, 16) : 0;
	if (!number || *end) {
		reply_problem(reply, 422, "That is no person.");
		return;
	}
	reply->json = detector_profile(parts->detector, number);
	if (!json_is_true(json_object_get(reply->json, "known")))
		reply_problem(reply, 404, "Nothing is known of what this account ordinarily does.");
}

const struct question questions[] = {
	{"behaviour-health", answer_health,
		"Since when behaviour learns, of how many, and its thresholds."},
	{"except", answer_except, "A rule does not count where a field has a value."},
	{"exceptions", answer_exceptions, "What does not count, for which rule, and why."},
	{"review", answer_review, "A reviewer decided about a person in a queue."},
	{"unexcept", answer_unexcept, "It counts again."},
	{"behaviour", answer_behaviour, "A person's ordinary day against today."},
	{"findings", answer_findings, "A page of findings: older ones, of a level, of a rule."},
	{"finding", answer_finding, "One finding by its number."},
	{"intelligence", answer_intelligence, "How the sources of indicators stand."},
	{"intelligence-look", answer_intelligence_look, "What is known of one value."},
	{"intelligence-share", answer_intelligence_share, "Our sightings as objects of STIX."},
	{"incidents", answer_incidents, "Incidents, and the record of the rules."},
	{"incident", answer_incidents, "One incident by its number."},
	{"incident-open", answer_incidents, "Open one from a finding."},
	{"incident-act", answer_incidents, "Note, assign, judge, close … one."},
	{"playbooks", conductor_list, "The playbooks, and what is wrong with any."},
	{"playbook-runs", conductor_runs, "Runs, the newest first."},
	{"playbook-run", conductor_run, "One run by its number."},
	{"playbook-dry-run", conductor_dry_run, "What a playbook would do about a finding."},
	{"playbook-may", conductor_may, "May this person approve, decline or take back?"},
	{"playbook-wish", conductor_wish, "They do; it is on the trail."},
	{"guard-series", conductor_series, "What guard counted over the last hours."},
};
const size_t question_count = sizeof questions / sizeof *questions;

static void send_reply(struct channel *channel, uint64_t ticket, struct reply *reply)
{
	char *text = reply->json ? json_dumps(reply->json, JSON_COMPACT) : NULL;
	if (!text || strlen(text) > FEED_REPLY_BYTES) {
		free(text);
		reply_problem(reply, 500, "The answer is too large for a message.");
		text = json_dumps(reply->json, JSON_COMPACT);
	}
	const struct feed_reply out = {ticket, reply->status, bytes_text(text ? text : "{}")};
	feed_reply_send(channel, &out);
	free(text);
	json_decref(reply->json);
}

enum err question_answer(
	const struct watch_parts *parts, struct bytes payload, struct channel *channel)
{
	uint64_t ticket;
	struct bytes text;
	struct reply reply = {.status = 200};
	enum err err = feed_question_parse(payload, &ticket, &text);
	if (err)
		return err;
	json_t *arguments =
		json_loadb((const char *)text.at, text.size, JSON_REJECT_DUPLICATES, NULL);
	if (!arguments)
		return ERR_SYNTAX;
	const char *ask = json_string_value(json_object_get(arguments, "ask"));
	const struct question *found = NULL;
	for (size_t i = 0; ask && i < question_count; i++)
		if (strcmp(questions[i].ask, ask) == 0)
			found = &questions[i];
	if (found)
		found->answer(parts, arguments, &reply);
	else
		reply_problem(&reply, 404, "Watch knows no such question.");
	json_decref(arguments);
	send_reply(channel, ticket, &reply);
	return OK;
}
