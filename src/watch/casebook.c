#include "watch/casebook.h"

#include "common/base/log.h"
#include "common/base/time.h"
#include "common/format/casework.h"
#include "common/io/file.h"
#include "common/message/feed.h"
#include "watch/access/access.h"
#include "watch/detect/findings.h"
#include "watch/messenger.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	AT_ONCE = 50, // on their way to the trail
	RISK_S = 10,  // the risk is worked out anew so often, or when something was found
	AGAIN_S = 5   // what was not noted by then is sent again
};
#define ERRANDS ((uint64_t)1 << 60) // numbers of errands about incidents

struct casebook {
	char rules[512];
	struct incidents *incidents;
	bool known;     // the vault told how far the trail is
	bool numbering; // it did so once
	uint64_t noted[FEED_KINDS], sent[FEED_KINDS];
	int64_t sent_us, risk_us; // monotonic
	bool news;
};

enum err casebook_open(const struct detector_places *places, struct casebook **ret_casebook)
{
	char path[512], problem[256] = "";
	struct casebook *c = calloc(1, sizeof *c);
	if (!c)
		abort();
	snprintf(c->rules, sizeof c->rules, "%s", places->rules);
	snprintf(path, sizeof path, "%s/incidents.db", places->state);
	c->news = true;
	enum err err = incidents_open(path, &c->incidents, problem);
	if (err) {
		log_error("incidents cannot be kept: %s", *problem ? problem : err_text(err));
		free(c);
		return err;
	}
	*ret_casebook = c;
	return OK;
}

void casebook_close(struct casebook *c)
{
	if (!c)
		return;
	incidents_close(c->incidents);
	free(c);
}

static void take_one(void *context, uint64_t id, const char *key, const json_t *finding)
{
	struct casebook *c = context;
	incidents_take(c->incidents, id, key, finding);
	c->news = true;
}

// More was found at once than is kept: whoever wanted that is not let off without a word.
static void tell_lost(struct detector *detector, uint64_t place, uint64_t first)
{
	char key[48], sentence[200];
	snprintf(key, sizeof key, "%llu-%llu", (unsigned long long)place + 1,
		(unsigned long long)first - 1);
	snprintf(sentence, sizeof sentence,
		"%llu findings (%s) were pushed out by newer ones before they could become incidents.",
		(unsigned long long)(first - place - 1), key);
	log_error("%s", sentence);
	detector_add(detector,
		&(struct finding){.source = "system",
			.id = "watch.findings-lost",
			.title = "Findings were lost in a flood of others",
			.sentence = sentence,
			.advice =
				"A rule finds far too much, or somebody makes it do so. The trail has "
				"everything: look at what came in these minutes.",
			.level = SIGMA_HIGH,
			.time_us = time_now_us(),
			.count = first - place - 1,
			.key = key});
}

enum err casebook_take(struct casebook *c, struct detector *detector)
{
	struct findings *findings = detector_findings(detector);
	if (!c->numbering)
		return OK;
	if (findings_last(findings) < incidents_place(c->incidents)) {
		log_warning("the findings were made anew: incidents keep what they know");
		incidents_begin_again(c->incidents);
	}
	uint64_t place = incidents_place(c->incidents), first = findings_first(findings);
	if (place && first > place + 1)
		tell_lost(detector, place, first);
	findings_since(findings, incidents_place(c->incidents), take_one, c);
	enum err err = incidents_save(c->incidents);
	if (err)
		log_error("incidents cannot be kept: %s", err_text(err));
	return err;
}

// ---- To the vault.

static void tell_risk(struct casebook *c, struct channel *vault)
{
	static struct risky list[INCIDENTS_RISKY];
	static struct feed_risk risks[FEED_RISKS];
	static_assert((int)INCIDENTS_RISKY <= (int)FEED_RISKS, "all fit a message");
	int64_t now_us = time_monotonic_us();
	if (!c->news && now_us < c->risk_us + (int64_t)RISK_S * 1000000)
		return;
	size_t count = incidents_risky(c->incidents, time_now_us(), list);
	for (size_t i = 0; i < count; i++)
		risks[i] = (struct feed_risk){list[i].actor, (uint32_t)list[i].points};
	feed_risk_send(vault, risks, count);
	c->risk_us = now_us;
	c->news = false;
}

static void send_found(struct channel *vault, const json_t *json, enum feed_kind kind)
{
	struct feed_found found = {.kind = kind,
		.number = (uint64_t)json_integer_value(json_object_get(json, "number")),
		.seq = (uint64_t)json_integer_value(json_object_get(json, "seq"))};
	feed_text(
		found.level, sizeof found.level, json_string_value(json_object_get(json, "level")));
	feed_text(found.rule, sizeof found.rule, json_string_value(json_object_get(json, "rule")));
	feed_text(
		found.title, sizeof found.title, json_string_value(json_object_get(json, "title")));
	feed_found_send(vault, &found);
}

static void tell_found(struct casebook *c, struct channel *vault)
{
	static json_t *(*const next[FEED_KINDS])(struct incidents *, uint64_t) = {
		[FEED_FINDING] = incidents_next_finding, [FEED_INCIDENT] = incidents_next_opened};
	int64_t now_us = time_monotonic_us();
	if (!c->known)
		return;
	if (now_us > c->sent_us + (int64_t)AGAIN_S * 1000000)
		memcpy(c->sent, c->noted, sizeof c->sent);
	for (int kind = FEED_FINDING; kind < FEED_KINDS; kind++) {
		bool idle = c->sent[kind] == c->noted[kind];
		for (int i = 0; idle && i < AT_ONCE; i++) {
			json_t *json = next[kind](c->incidents, c->sent[kind]);
			if (!json)
				break;
			send_found(vault, json, (enum feed_kind)kind);
			c->sent[kind] =
				(uint64_t)json_integer_value(json_object_get(json, "number"));
			c->sent_us = now_us;
			json_decref(json);
		}
	}
}

void casebook_tell(struct casebook *c, struct channel *vault)
{
	tell_risk(c, vault);
	tell_found(c, vault);
}

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

// Above all that the trail knows, and that is known here: one of the two databases may be lost.
static void number(struct casebook *c, struct detector *detector)
{
	struct incidents *incidents = c->incidents;
	incidents_number_from(incidents, c->noted[FEED_FINDING], c->noted[FEED_INCIDENT]);
	findings_number_from(detector_findings(detector),
		most(incidents_last(incidents), incidents_place(incidents)));
	c->numbering = true;
}

enum err casebook_noted(struct casebook *c, struct detector *detector, struct bytes payload)
{
	enum err err = feed_noted_parse(payload, c->noted);
	if (err)
		return err;
	memcpy(c->sent, c->noted, sizeof c->sent);
	c->known = true;
	if (!c->numbering)
		number(c, detector);
	return OK;
}

void casebook_vault_gone(struct casebook *c)
{
	c->known = false;
	c->news = true; // the next one knows of no risk
}

// ---- To people.

// Whom to tell; "" for nobody.
static void destination(const struct casebook *c, char ret_name[CASEWORK_TELL_BYTES])
{
	char path[560];
	struct buf text = {0};
	struct casework work = {0};
	struct casework_problem problem = {0};
	struct arena *arena = arena_new();
	snprintf(path, sizeof path, "%s/incidents.yaml", c->rules);
	enum err err = file_read(path, CASEWORK_BYTES, &text);
	if (!err)
		err = casework_parse(buf_bytes(&text), arena, &work, &problem);
	if (err && err != ERR_NOT_FOUND)
		log_error("%s:%u: %s", path, problem.line,
			*problem.text ? problem.text : err_text(err));
	snprintf(ret_name, CASEWORK_TELL_BYTES, "%s", err ? "" : work.tell);
	buf_done(&text);
	arena_free(arena);
}

static void write_notice(const json_t *json, struct errand *errand, struct buf *out)
{
	const char *number = json_string_value(json_object_get(json, "number"));
	const char *severity = json_string_value(json_object_get(json, "severity"));
	errand->kind = ERRAND_NOTICE;
	bool worse = json_is_true(json_object_get(json, "worse"));
	const char *what = worse ? "became worse" : "was opened";
	for (int level = 0; worse && level < SIGMA_LEVELS; level++)
		if (strcmp(sigma_level_text((enum sigma_level)level), severity) == 0)
			errand->id |= (uint64_t)(level + 1) << 40; // another message than the first
	errand->severity = strcmp(severity, "critical") == 0 ? 2 : 4;
	snprintf(errand->subject, sizeof errand->subject, "Incident %s %s (%s)", number, what,
		severity);
	snprintf(errand->type, sizeof errand->type, "text/plain; charset=utf-8");
	buf_printf(out,
		"Incident %s %s.\n\n%s\nSeverity: %s. %s\n\nOn the server: hospitaller "
		"incidents show %s\nThis message names no patient and no person.\n",
		number, what, json_string_value(json_object_get(json, "title")), severity,
		json_string_value(json_object_get(json, "why")), number);
}

static enum err notify_one(struct casebook *c, struct messenger *messenger, const json_t *json)
{
	struct buf content = {0};
	uint64_t number = incident_number(json_string_value(json_object_get(json, "number")));
	struct errand errand = {.id = ERRANDS | number};
	destination(c, errand.destination);
	if (*errand.destination) {
		write_notice(json, &errand, &content);
		enum err err = messenger_submit(messenger, &errand, buf_bytes(&content));
		buf_done(&content);
		if (err) {
			log_warning("nobody could be told of an incident yet: %s", err_text(err));
			return OK; // again at the next turn
		}
	}
	return incidents_told(c->incidents, number);
}

enum err casebook_notify(struct casebook *c, struct messenger *messenger)
{
	json_t *json = incidents_untold(c->incidents);
	enum err err = json ? notify_one(c, messenger, json) : OK;
	json_decref(json);
	return err;
}

static void read_opened(const json_t *opened, struct access_incident *ret)
{
	const char *when = json_string_value(json_object_get(opened, "opened"));
	const char *actor = json_string_value(json_object_get(opened, "actor"));
	*ret = (struct access_incident){
		.number = (uint64_t)json_integer_value(json_object_get(opened, "number")),
		.actor = actor ? strtoull(actor, NULL, 16) : 0,
		.by_hand = json_is_true(json_object_get(opened, "by_hand"))};
	if (!when || time_parse(when, &ret->opened_us))
		ret->opened_us = 0; // it counts on the next day that ends
}

enum err casebook_list(struct casebook *c, struct access *access)
{
	enum err err = OK;
	json_t *opened;
	while (!err && (opened = casebook_opened(c, access_last_incident(access)))) {
		struct access_incident incident;
		read_opened(opened, &incident);
		err = access_incident(access, &incident);
		json_decref(opened);
	}
	return err;
}

uint64_t casebook_unassigned(struct casebook *c)
{
	return incidents_unassigned(c->incidents);
}

uint64_t casebook_changes(const struct casebook *c)
{
	return incidents_changes(c->incidents);
}

json_t *casebook_opened(struct casebook *c, uint64_t after)
{
	return c->numbering ? incidents_next_opened(c->incidents, after) : NULL;
}

json_t *casebook_answer(struct casebook *c, const json_t *question, int *ret_status)
{
	if (!c->numbering) {
		*ret_status = 503;
		return json_pack("{s:s}", "problem", "Watch is starting; try again in a second.");
	}
	json_t *json = incidents_answer(c->incidents, question, ret_status);
	c->news = true; // a verdict may change the risk
	return json;
}
