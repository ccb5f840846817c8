// What a person asks about playbooks. The vault has authenticated them; who may decide what is
// looked at here once more.
#include "watch/conductor_in.h"

#include "common/base/time.h"

#include <string.h>

static uint64_t number_of(const json_t *arguments, const char *key)
{
	json_int_t number = json_integer_value(json_object_get(arguments, key));
	return number > 0 ? (uint64_t)number : 0;
}

static const char *text_of(const json_t *arguments, const char *key)
{
	const char *text = json_string_value(json_object_get(arguments, key));
	return text ? text : "";
}

void conductor_list(const struct watch_parts *parts, const json_t *arguments, struct reply *reply)
{
	(void)arguments;
	reply->json = playbooks_list(parts->conductor->playbooks);
}

void conductor_runs(const struct watch_parts *parts, const json_t *arguments, struct reply *reply)
{
	reply->json = playbooks_runs(parts->conductor->playbooks, number_of(arguments, "before"));
}

void conductor_run(const struct watch_parts *parts, const json_t *arguments, struct reply *reply)
{
	reply->json = playbooks_run(parts->conductor->playbooks, number_of(arguments, "run"));
	if (!reply->json)
		reply_problem(reply, 404, "There is no such run.");
}

void conductor_dry_run(
	const struct watch_parts *parts, const json_t *arguments, struct reply *reply)
{
	json_t *finding = detector_finding(parts->detector, number_of(arguments, "finding"));
	if (!finding) {
		reply_problem(reply, 404, "There is no such finding; the last %d are kept.",
			DETECTOR_KEPT);
		return;
	}
	reply->json = playbooks_dry_run(
		parts->conductor->playbooks, text_of(arguments, "name"), finding, time_now_us());
	json_decref(finding);
	if (!reply->json)
		reply_problem(reply, 404, "There is no such playbook.");
}

static bool wish_of(const json_t *arguments, struct playbooks_wish *ret)
{
	static const char *const verbs[] = {"approve", "refuse", "undo"};
	const char *verb = text_of(arguments, "verb");
	*ret = (struct playbooks_wish){.run = number_of(arguments, "run"),
		.step = number_of(arguments, "step"),
		.entry = number_of(arguments, "entry"),
		.role = text_of(arguments, "role"),
		.by = text_of(arguments, "by"),
		.now_us = time_now_us()};
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(verbs[i], verb) == 0) {
			ret->verb = (enum playbooks_verb)i;
			return true;
		}
	return false;
}

void conductor_may(const struct watch_parts *parts, const json_t *arguments, struct reply *reply)
{
	struct playbooks_wish wish;
	unsigned status = 404;
	if (!wish_of(arguments, &wish)) {
		reply_problem(reply, 404, "That is nothing one can do to a run.");
		return;
	}
	const char *problem = playbooks_may(parts->conductor->playbooks, &wish, &status);
	if (problem)
		reply_problem(reply, (uint16_t)status, "%s", problem);
	else
		reply->json = playbooks_about(parts->conductor->playbooks, &wish);
}

void conductor_wish(const struct watch_parts *parts, const json_t *arguments, struct reply *reply)
{
	struct playbooks_wish wish;
	unsigned status = 404;
	if (!wish_of(arguments, &wish) || !wish.entry) {
		reply_problem(reply, 404, "That is nothing one can do to a run.");
		return;
	}
	const char *words = playbooks_wish(parts->conductor->playbooks, &wish, &status);
	if (status != 200)
		reply_problem(reply, (uint16_t)status, "%s", words);
	else
		reply->json = json_pack("{s:s}", "message", words);
}

void conductor_series(const struct watch_parts *parts, const json_t *arguments, struct reply *reply)
{
	const struct conductor *c = parts->conductor;
	json_t *list = json_array();
	size_t from = c->point_count > CONDUCTOR_POINTS ? c->point_count - CONDUCTOR_POINTS : 0;
	char at[TIME_TEXT_BYTES];
	(void)arguments;
	for (size_t i = from; i < c->point_count; i++) {
		const struct count_point *p = &c->points[i % CONDUCTOR_POINTS];
		time_format(p->at_us, at);
		json_array_append_new(
			list, json_pack("{s:s, s:I, s:I, s:I}", "time", at, "blocks",
				      (json_int_t)p->blocks, "denied", (json_int_t)p->denied,
				      "allowed", (json_int_t)p->allowed));
	}
	reply->json = json_pack("{s:i, s:o}", "every_seconds", CONDUCTOR_PULL_S, "points", list);
}
