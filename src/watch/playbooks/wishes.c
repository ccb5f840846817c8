#include "watch/playbooks/playbooks_in.h"

#include <stdio.h>
#include <string.h>

static const char *no(unsigned *ret_status, unsigned status, const char *words)
{
	*ret_status = status;
	return words;
}

// Why they may not, or NULL.
static const char *problem_of(const struct run *run, const struct record *r,
	const struct playbooks_wish *w, unsigned *ret_status)
{
	const char *actor = json_string_value(json_object_get(run->finding, "actor"));
	bool local = strcmp(w->role, "local") == 0;
	if (actor && strcmp(actor, w->by) == 0)
		return no(ret_status, 403, "This is about you: somebody else decides.");
	if (w->verb == PLAYBOOKS_UNDO)
		return r->state == RECORD_DONE
			       ? NULL
			       : no(ret_status, 409,
					 "This does not hold: there is nothing to take back.");
	if (r->state != RECORD_ASKED)
		return no(ret_status, 409, "Nobody is asked about this any more.");
	if (!local && strcmp(r->role, w->role) != 0)
		return no(ret_status, 403, "Another role is asked about this.");
	return NULL;
}

const char *playbooks_may(
	struct playbooks *pb, const struct playbooks_wish *w, unsigned *ret_status)
{
	struct run *run = run_of(pb, w->run);
	struct record *r = run ? record_of(run, w->step) : NULL;
	if (!r)
		return no(ret_status, 404, "There is no such step, or its run is over.");
	return problem_of(run, r, w, ret_status);
}

json_t *playbooks_about(struct playbooks *pb, const struct playbooks_wish *w)
{
	static const char *const keys[] = {
		"key", "playbook", "action", "actor", "patient", "address", "seq", NULL};
	struct run *run = run_of(pb, w->run);
	struct record *r = run ? record_of(run, w->step) : NULL;
	if (!r)
		return NULL;
	json_t *act = run_act(pb, run, r), *json = json_object();
	for (const char *const *key = keys; *key; key++)
		json_object_set(json, *key, json_object_get(act, *key));
	json_decref(act);
	return json;
}

static void take_back(struct run *run, struct record *r, const struct playbooks_wish *w)
{
	const struct act_kind *act = run->p->steps[r->step].act;
	r->undo = w->entry;
	run->dirty = true;
	r->state = act->doer == ACT_BY_WATCH ? RECORD_UNDONE : RECORD_UNDOING;
	if (strcmp(act->name, "notify") == 0)
		r->state = RECORD_UNDOING; // the message says so; then it is undone
	r->send = r->state == RECORD_UNDOING;
	if (strcmp(act->name, "open-task") == 0)
		snprintf(r->words, sizeof r->words, "The task was closed.");
}

const char *playbooks_wish(
	struct playbooks *pb, const struct playbooks_wish *w, unsigned *ret_status)
{
	const char *problem = playbooks_may(pb, w, ret_status);
	if (problem)
		return problem;
	struct run *run = run_of(pb, w->run);
	struct record *r = record_of(run, w->step);
	run->now_us = w->now_us;
	if (w->verb == PLAYBOOKS_UNDO) {
		take_back(run, r, w);
	} else {
		r->approved = w->verb == PLAYBOOKS_APPROVE ? w->entry : 0;
		run_decided(run, r, w->verb == PLAYBOOKS_APPROVE ? RECORD_ACTING : RECORD_DECLINED);
	}
	enum err err = run_settle(pb, run);
	*ret_status = err ? 503 : 200;
	snprintf(pb->words, sizeof pb->words, "%s",
		err                            ? "It could not be kept."
		: w->verb == PLAYBOOKS_APPROVE ? "It was approved, and is being done."
		: w->verb == PLAYBOOKS_DECLINE ? "It was declined; the run goes on without it."
		: r->state == RECORD_UNDOING   ? "It is being taken back."
					       : "It was taken back.");
	return pb->words;
}

json_t *playbooks_dry_run(
	struct playbooks *pb, const char *name, const json_t *finding, int64_t now_us)
{
	const struct shelf_book *book = shelf_find(&pb->shelf, name);
	struct cacao_problem problem;
	if (!book)
		return NULL;
	struct run *run = run_new();
	run->dry = true;
	run->json = json_incref(book->json);
	run->finding = json_deep_copy(finding);
	run->started_us = run->now_us = now_us;
	json_t *shown = NULL;
	if (run->finding && cacao_check(run->json, NULL, run->arena, &run->p, &problem) == OK) {
		run_begin(run);
		run_advance(run);
		shown = show_run(run);
	}
	run_free(run);
	return shown;
}
