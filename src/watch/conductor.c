#include "watch/conductor_in.h"

#include "common/base/log.h"
#include "common/base/time.h"
#include "common/io/loop.h"
#include "common/message/errand.h"
#include "watch/casebook.h"
#include "watch/messenger.h"
#include "watch/warden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- What runs want of others.

static void on_act(void *context, uint64_t ticket, const json_t *act)
{
	struct conductor *c = context;
	char *text = json_dumps(act, JSON_COMPACT);
	if (text && c->vault && strlen(text) <= FEED_ACT_BYTES) {
		feed_act_send(c->vault->channel, ticket, bytes_text(text));
		peer_flush(c->vault);
	}
	free(text); // while the vault is away nothing is lost: playbooks_again()
}

// What the courier has not answered is lost when watch dies: only then it counts as sent.
static enum err on_notify(void *context, struct playbooks_notice *notice)
{
	struct conductor *c = context;
	char words[ERRAND_WORDS_BYTES];
	struct errand errand = {.id = notice->id,
		.kind = ERRAND_NOTICE,
		.severity = 4,
		.subject = "Hospitaller: something was noticed",
		.type = "text/plain; charset=utf-8"};
	if (!errand_is_name(notice->to))
		return ERR_INVALID;
	snprintf(errand.destination, sizeof errand.destination, "%s", notice->to);
	enum err err = messenger_knows(c->parts->messenger, &errand, words);
	if (err == ERR_NOT_FOUND) {
		err = messenger_submit(c->parts->messenger, &errand, bytes_text(notice->text));
		return err ? err : ERR_BUSY;
	}
	if (err == ERR_DENIED)
		snprintf(notice->problem, sizeof notice->problem, "%.200s", words);
	return err;
}

static void on_changed(void *context)
{
	struct conductor *c = context;
	c->changes++; // whoever looks asks
}

uint64_t conductor_changes(const struct conductor *c)
{
	return c->changes;
}

// ---- Opening, and the turns of the loop.

static void say_shelf(const struct conductor *c)
{
	const char *problem;
	for (size_t i = 0; (problem = playbooks_problem(c->playbooks, i)); i++)
		log_error("%s/%s", c->folder, problem);
	log_info("%zu playbooks", playbooks_count(c->playbooks));
}

enum err conductor_open(const struct detector_places *places, const struct watch_parts *parts,
	struct conductor **ret_conductor)
{
	char path[512], problem[256];
	struct conductor *c = calloc(1, sizeof *c);
	if (!c)
		abort();
	const struct playbooks_owner owner = {on_act, on_notify, on_changed, c};
	snprintf(path, sizeof path, "%s/playbooks.db", places->state);
	snprintf(c->folder, sizeof c->folder, "%s/playbooks", places->rules);
	c->parts = parts;
	enum err err = playbooks_open(path, &owner, &c->playbooks, problem);
	if (err) {
		log_error(
			"runs of playbooks cannot be kept: %s", *problem ? problem : err_text(err));
		free(c);
		return err;
	}
	if (playbooks_read(c->playbooks, c->folder))
		say_shelf(c);
	conductor_listen(c);
	*ret_conductor = c;
	return OK;
}

void conductor_close(struct conductor *c)
{
	if (!c)
		return;
	playbooks_close(c->playbooks);
	free(c);
}

static enum err take_findings(struct conductor *c)
{
	uint64_t last = detector_last(c->parts->detector),
		 id = playbooks_place(c->playbooks, PLACE_FINDING);
	enum err err = OK;
	if (!last)
		return OK; // none yet, or they are being made anew, above all before
	if (id > last)
		id = 0; // of another database
	if (last - id > DETECTOR_KEPT)
		id = last - DETECTOR_KEPT;
	while (!err && id < last) {
		json_t *finding = detector_finding(c->parts->detector, ++id);
		if (finding)
			err = playbooks_found(c->playbooks, finding, time_now_us());
		json_decref(finding);
	}
	if (!err)
		playbooks_set_place(c->playbooks, PLACE_FINDING, id);
	return err;
}

// An incident that opened, in the shape of a finding: its newest one, or its newest that has a
// person, under the incident's own title, level and number.
static json_t *incident_finding(struct conductor *c, const json_t *opened, uint64_t number)
{
	char text[INCIDENT_NUMBER_BYTES];
	int status = 0;
	incident_text(number, text);
	json_t *question = json_pack("{s:s, s:s}", "ask", "incident", "number", text), *one;
	json_t *incident = casebook_answer(c->parts->casebook, question, &status),
	       *timeline = json_object_get(incident, "timeline"), *found = NULL;
	size_t i;
	json_array_foreach(timeline, i,
		one) if (!found || (json_object_get(one, "actor") &&
					   !json_object_get(found, "actor"))) found = one;
	json_t *made = found ? json_deep_copy(found) : NULL;
	const char *subject = json_string_value(json_object_get(incident, "subject"));
	if (made && subject && strcmp(subject, "address") == 0) {
		json_object_del(made, "actor"); // many may sit there, and the last is not the one
		json_object_del(made, "session");
	}
	json_decref(question);
	json_decref(incident);
	if (!made)
		return NULL;
	json_object_set_new(made, "source", json_string("incident"));
	json_object_set_new(made, "rule", json_string("incident"));
	json_object_set_new(made, "tags", json_pack("[s]", "hospitaller.incident"));
	json_object_set_new(made, "incident", json_string(text));
	json_object_set_new(made, "id", json_integer((json_int_t)number));
	json_object_set(made, "title", json_object_get(opened, "title"));
	json_object_set(made, "level", json_object_get(opened, "level"));
	return made;
}

static enum err take_incidents(struct conductor *c)
{
	uint64_t number = playbooks_place(c->playbooks, PLACE_INCIDENT);
	enum err err = OK;
	json_t *opened;
	while (!err && (opened = casebook_opened(c->parts->casebook, number))) {
		number = (uint64_t)json_integer_value(json_object_get(opened, "number"));
		json_t *finding = incident_finding(c, opened, number);
		if (finding)
			err = playbooks_found(c->playbooks, finding, time_now_us());
		json_decref(finding);
		json_decref(opened);
	}
	if (!err)
		playbooks_set_place(c->playbooks, PLACE_INCIDENT, number);
	return err;
}

enum err conductor_take(struct conductor *c)
{
	enum err err = take_findings(c);
	return err ? err : take_incidents(c);
}

enum err conductor_acted(struct conductor *c, const struct feed_acted *acted)
{
	return playbooks_acted(
		c->playbooks, acted->ticket, acted->fine, acted->words, time_now_us());
}

enum err conductor_tick(struct conductor *c)
{
	int64_t now_us = time_monotonic_us();
	if (playbooks_read(c->playbooks, c->folder))
		say_shelf(c);
	conductor_tell_left_out(c);
	if (now_us - c->pulled_us >= CONDUCTOR_PULL_S * 1000000ll) {
		c->pulled_us = now_us;
		c->now = (struct count_point){0};
		warden_pull(c->parts->warden);
	}
	return c->broken ? ERR_IO : playbooks_tick(c->playbooks, time_now_us());
}

void conductor_vault(struct conductor *c, struct peer *vault)
{
	if (!c)
		return;
	c->vault = vault;
	if (vault)
		playbooks_again(c->playbooks);
}
