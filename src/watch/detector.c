#include "watch/detector_in.h"

#include "common/base/log.h"
#include "common/base/time.h"
#include "common/format/trail.h"
#include "watch/detect/from_feed.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	HISTORY = 500000 // entries before the place, at most
};

static const int64_t HOUR_US = 3600000000;

static void on_found(void *context, const struct finding *finding)
{
	struct detector *d = context;
	findings_add(d->findings, finding);
	d->news = true;
}

static bool on_before(void *context, const struct finding *finding)
{
	struct detector *d = context;
	return findings_made_before(d->findings, finding);
}

static void read_rules(struct detector *d)
{
	d->stamp = rules_stamp(d->rules);
	d->rules_read_us = time_now_us();
	bool wrong = detect_read(d->detect, d->rules);
	const struct rules *rules = detect_rules(d->detect);
	int64_t now_us = time_now_us();
	for (size_t i = 0; wrong && i < rules->problem_count && i < RULES_PROBLEMS; i++)
		log_error("%s/%s:%u: %s", d->rules, rules->problems[i].file,
			rules->problems[i].line, rules->problems[i].text);
	for (size_t i = 0; i < rules->exceptions.count; i++)
		if (rules->exceptions.at[i].until_us < now_us)
			log_warning(
				"%s/exceptions.yaml:%u: this exception ended on %s and is ignored",
				rules->exceptions.at[i].added ? "STATE/watch" : d->rules,
				rules->exceptions.at[i].line, rules->exceptions.at[i].until);
	log_info("%zu rules and %zu exceptions; %zu problems", rules->count,
		rules->exceptions.count, rules->problem_count);
	d->news = true;
}

enum err detector_open(const struct detector_places *places, struct detector **ret_detector)
{
	char path[512], problem[256] = "";
	struct detector *d = calloc(1, sizeof *d);
	if (!d)
		abort();
	const struct detect_owner owner = {on_found, on_before, d};
	snprintf(path, sizeof path, "%s/findings.db", places->state);
	snprintf(d->rules, sizeof d->rules, "%s/detect", places->rules);
	d->arena = arena_new();
	d->seen = seen_new();
	d->detect = detect_new(&owner);
	snprintf(d->exceptions, sizeof d->exceptions, "%s/exceptions.yaml", places->state);
	detect_also(d->detect, d->exceptions);
	enum err err = findings_open(path, &d->findings, problem);
	if (!err)
		err = findings_load_seen(d->findings, d->seen);
	if (err) {
		log_error("findings cannot be kept: %s", *problem ? problem : err_text(err));
		detector_close(d);
		return err;
	}
	err = conduct_open(&d->conduct, places->state, d->findings);
	if (!err)
		err = scout_open(&d->scout, places->state, places->rules, d->findings);
	if (err) {
		detector_close(d);
		return err;
	}
	d->next = findings_place(d->findings);
	detect_replay_until(d->detect, d->next);
	read_rules(d);
	*ret_detector = d;
	return OK;
}

const struct rules *detector_rules(const struct detector *d)
{
	return detect_rules(d->detect);
}

const char *detector_exceptions(const struct detector *d)
{
	return d->exceptions;
}

void detector_read_again(struct detector *d)
{
	read_rules(d);
}

void detector_close(struct detector *d)
{
	if (!d)
		return;
	bool safe = d->conduct.behaviour && !findings_save(d->findings, d->next, d->seen);
	if (safe && scout_save(&d->scout))
		log_warning("what was seen last is looked at again");
	scout_close(&d->scout);
	conduct_close(&d->conduct, safe);
	detect_free(d->detect);
	findings_close(d->findings);
	seen_free(d->seen);
	arena_free(d->arena);
	free(d);
}

uint64_t detector_from(const struct detector *d)
{
	uint64_t place = findings_place(d->findings);
	int64_t last = findings_last_hour(d->findings);
	uint64_t begin = place > HISTORY ? place - HISTORY : 0, own = conduct_from(&d->conduct);
	uint64_t from = last ? findings_hour_from(d->findings,
				       last - detect_longest_us(d->detect) / HOUR_US - 1)
			     : 0;
	from = from < begin ? begin : from < place ? from : place;
	uint64_t scouted = intelligence_place(d->scout.intelligence);
	from = own < from ? own : from;
	return scouted < from ? scouted : from;
}

static void note_hour(struct detector *d, const struct feed_event *from)
{
	int64_t hour = from->time_us / HOUR_US;
	if (hour <= d->hour)
		return;
	d->hour = hour;
	findings_hour(d->findings, hour, from->seq);
}

// What watch itself had put on the trail: it must not find its own findings.
static bool is_own(const struct feed_event *event)
{
	return event->action == TRAIL_FOUND || strcmp(event->role, "watch") == 0 ||
	       (event->action == TRAIL_INCIDENT_OPENED && event->kind == TRAIL_SYSTEM);
}

static void one_event(struct detector *d, const struct feed_event *from)
{
	if (is_own(from))
		return;
	arena_reset(d->arena);
	note_hour(d, from);
	ocsf_from_feed(from, &d->event, d->arena);
	if (from->action == TRAIL_EXPLAINED) { // of an earlier act: nobody is active now
		detect_event(d->detect, &d->event);
		return;
	}
	int64_t before_us = seen_at(d->seen, from->actor, from->time_us);
	if (before_us && before_us < from->time_us)
		ocsf_add_number(
			&d->event, OCSF_DORMANT_DAYS, (from->time_us - before_us) / 86400000000);
	detect_event(d->detect, &d->event);
}

static enum err save(struct detector *d)
{
	enum err err = findings_save(d->findings, d->next, d->seen);
	if (err)
		log_error("findings cannot be kept: %s", err_text(err));
	return err;
}

static void take_news(struct detector *d)
{
	d->news |= d->conduct.news || d->scout.news;
	d->conduct.news = d->scout.news = false;
}

// Whoever counts acts, or looks at addresses, has had that access already.
static void leave_bare(struct feed_event *e)
{
	*e = (struct feed_event){.seq = e->seq,
		.time_us = e->time_us,
		.kind = e->kind,
		.action = e->action,
		.outcome = e->outcome};
}

enum err detector_events(
	struct detector *d, struct feed_event *events, size_t count, uint64_t next, uint64_t size)
{
	if (size < findings_place(d->findings)) {
		log_warning("the trail is shorter than what was already looked at: beginning anew");
		detect_replay_until(d->detect, next < size ? next : size);
	}
	for (size_t i = 0; i < count; i++) {
		one_event(d, &events[i]);
		if (events[i].action == TRAIL_EXPLAINED)
			leave_bare(&events[i]);
	}
	conduct_events(&d->conduct, events, count, next, size);
	scout_events(&d->scout, events, count, size);
	take_news(d);
	uint64_t place = findings_place(d->findings);
	d->next = size < place || next > place ? next : place; // it may still be remembering
	return d->news ? save(d) : OK;
}

enum err detector_tick(struct detector *d)
{
	if (rules_stamp(d->rules) != d->stamp)
		read_rules(d);
	conduct_tick(&d->conduct);
	take_news(d);
	enum err err = save(d);
	if (err)
		return err;
	conduct_save(&d->conduct);
	return scout_save(&d->scout);
}

enum err detector_often(struct detector *d, struct messenger *messenger)
{
	return scout_tick(&d->scout, messenger);
}

bool detector_ready(const struct detector *d)
{
	return intelligence_ready(d->scout.intelligence);
}

struct intelligence *detector_intelligence(struct detector *d)
{
	return d->scout.intelligence;
}

json_t *detector_conduct(struct detector *d)
{
	return d->conduct.behaviour ? behaviour_json(d->conduct.behaviour) : NULL;
}

json_t *detector_profile(struct detector *d, uint64_t actor)
{
	return conduct_profile(&d->conduct, actor);
}

struct findings *detector_findings(struct detector *d)
{
	return d->findings;
}

json_t *detector_finding(const struct detector *d, uint64_t id)
{
	static_assert(DETECTOR_KEPT == (int)FINDINGS_MOST, "as many as are kept");
	return findings_one(d->findings, id);
}

bool detector_knows(struct detector *d, const struct finding *finding)
{
	return findings_made_before(d->findings, finding);
}

void detector_add(struct detector *d, const struct finding *finding)
{
	if (!detector_knows(d, finding))
		on_found(d, finding);
}

uint64_t detector_total(const struct detector *d)
{
	return findings_total(d->findings);
}

uint64_t detector_last(const struct detector *d)
{
	return findings_last(d->findings);
}

bool detector_news(struct detector *d)
{
	bool news = d->news;
	d->news = false;
	return news;
}
