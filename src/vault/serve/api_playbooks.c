// Playbooks and their runs, as watch knows them; and what a person decides about a step. Whether
// they may is asked of watch first; then it stands on the trail; then watch hears of it.
#include "vault/serve/api.h"
#include "vault/serve/names.h"
#include "vault/serve/opaque.h"
#include "vault/serve/order.h"

#include "common/base/text.h"
#include "common/base/time.h"
#include "common/format/act.h"
#include "common/format/json.h"
#include "vault/identity/measures.h"
#include "vault/ledger/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	REASON_BYTES = 500
};

static json_int_t number_of(const char *text)
{
	char *end;
	long long number = text ? strtoll(text, &end, 10) : 0;
	return text && *text >= '0' && *text <= '9' && !*end && number > 0 ? number : 0;
}

static enum progress ask(struct vault *vault, struct exchange *x, json_t *question)
{
	return order_ask(vault, x, question) ? PROGRESS_ORDERED : PROGRESS_DONE;
}

enum progress api_playbooks(struct vault *vault, struct exchange *x)
{
	struct order *order = x->job;
	if (!order)
		return ask(vault, x, json_pack("{s:s}", "ask", "playbooks"));
	return order_problem(x, order) ? PROGRESS_DONE
				       : api_answer(x, 200, json_incref(order->reply));
}

static void note_look(struct vault *vault, struct exchange *x, const char *what)
{
	struct trail_entry note = note_begin(x, TRAIL_REVIEW, TRAIL_TRAIL_SEARCHED, TRAIL_ALLOWED);
	const char *const *joined = NULL;
	size_t count = names_joined(x, &joined);
	note.query = what;
	note_add_patients(vault, x, &note, joined, count);
}

enum progress api_playbook_runs(struct vault *vault, struct exchange *x)
{
	struct order *order = x->job;
	json_t *one;
	size_t i;
	if (!order)
		return ask(vault, x,
			json_pack("{s:s, s:I}", "ask", "playbook-runs", "before",
				number_of(exchange_param(x, "before"))));
	if (order_problem(x, order))
		return PROGRESS_DONE;
	json_array_foreach(json_object_get(order->reply, "runs"), i, one)
		finding_join(vault, x, one);
	note_look(vault, x, "playbook runs");
	return api_answer(x, 200, json_incref(order->reply));
}

enum progress api_playbook_run(struct vault *vault, struct exchange *x)
{
	struct order *order = x->job;
	if (!order)
		return ask(vault, x,
			json_pack("{s:s, s:I}", "ask", "playbook-run", "run",
				number_of(route_segment(x, "id"))));
	if (order_problem(x, order))
		return PROGRESS_DONE;
	finding_join(vault, x, order->reply);
	note_look(vault, x, "playbook run");
	return api_answer(x, 200, json_incref(order->reply));
}

// ---- A dry run: watch tells the steps, the vault what it would say to each.

enum {
	TRIED = 200 // steps; no run of ours has more (PLAYBOOKS_RECORDS)
};

static void copy(json_t *to, const json_t *from, const char *key)
{
	json_t *value = json_object_get(from, key);
	if (value)
		json_object_set(to, key, value);
}

static void try_step(struct vault *vault, struct exchange *x, const json_t *run, json_t *step)
{
	static const char *const keys[] = {"seq", "actor", "patient", "address", NULL};
	const char *words = json_string_value(json_object_get(step, "words"));
	const struct act_kind *kind = act_find(json_string_value(json_object_get(step, "action")));
	struct act_trial trial = {0};
	if (!kind || kind->doer == ACT_BY_WATCH || !vault->parts.would)
		return;
	json_t *act = json_pack("{s:s, s:s}", "key", "dry-run", "action", kind->name);
	for (const char *const *key = keys; *key; key++)
		copy(act, run, *key);
	copy(act, step, "seconds");
	vault->parts.would(vault->parts.context, act, x->arena, &trial);
	json_decref(act);
	if (trial.refused)
		json_object_set_new(step, "state", json_string("refused"));
	if (trial.refused)
		json_object_set_new(
			step, "words", json_sprintf("It would be refused: %s.", trial.refused));
	else if (trial.approval)
		json_object_set_new(step, "words",
			json_sprintf("%s Somebody would be asked: %s.", words ? words : "",
				trial.approval));
}

static void try_steps(struct vault *vault, struct exchange *x, json_t *run)
{
	json_t *step;
	size_t i;
	json_array_foreach(json_object_get(run, "steps"), i, step)
	{
		if (i < TRIED)
			try_step(vault, x, run, step);
	}
}

enum progress api_playbook_dry_run(struct vault *vault, struct exchange *x)
{
	struct order *order = x->job;
	if (!order) {
		json_t *body = api_body(x);
		if (!body)
			return PROGRESS_DONE;
		json_int_t finding = json_integer_value(json_object_get(body, "finding"));
		json_decref(body);
		return ask(vault, x,
			json_pack("{s:s, s:s, s:I}", "ask", "playbook-dry-run", "name",
				route_segment(x, "name"), "finding", finding));
	}
	if (order_problem(x, order))
		return PROGRESS_DONE;
	try_steps(vault, x, order->reply);
	finding_join(vault, x, order->reply);
	note_look(vault, x, "playbook dry run");
	return api_answer(x, 200, json_incref(order->reply));
}

// ---- Deciding.

struct wish {
	const char *verb, *reason, *action; // action: as the person saw it, or ""
	json_int_t run, step;
};

static enum trail_action action_of(const char *verb)
{
	return strcmp(verb, "approve") == 0  ? TRAIL_APPROVED
	       : strcmp(verb, "refuse") == 0 ? TRAIL_DECLINED
					     : TRAIL_ACT_ENDED;
}

// False: answered.
static bool read_wish(struct exchange *x, struct wish *ret)
{
	const char *verb = route_segment(x, "verb");
	json_t *body = api_body(x);
	if (!body)
		return false;
	const char *reason = json_string_value(json_object_get(body, "reason"));
	const char *action = json_string_value(json_object_get(body, "action"));
	*ret = (struct wish){.verb = verb,
		.run = number_of(route_segment(x, "id")),
		.step = json_integer_value(json_object_get(body, "step")),
		.action = arena_text(x->arena, action ? action : ""),
		.reason = arena_text(x->arena, reason && strlen(reason) < 500 ? reason : "")};
	json_decref(body);
	bool known = strcmp(verb, "approve") == 0 || strcmp(verb, "refuse") == 0 ||
		     strcmp(verb, "undo") == 0;
	if (!known)
		answer_error(x, 404, "not-found", "There is nothing at this address.");
	else if (ret->step <= 0)
		answer_error(x, 422, "invalid", "Say which step.");
	return known && ret->step > 0;
}

static json_t *question_of(
	struct vault *vault, const struct exchange *x, const struct wish *w, uint64_t entry)
{
	struct opaque by = opaque_of(vault->parts.opaque, x->who.account);
	json_t *json = json_pack("{s:s, s:s, s:I, s:I, s:s, s:s}", "ask",
		entry ? "playbook-wish" : "playbook-may", "verb", w->verb, "run", w->run, "step",
		w->step, "role", x->who.role, "by", by.text);
	if (entry)
		json_object_set_new(json, "entry", json_integer((json_int_t)entry));
	return json;
}

// What it is about, in the words that an act is held against later (acts_check.c): an approval
// counts for this and nothing else, whatever watch makes of it. NULL: watch does not say.
static const char *about_of(struct exchange *x, const json_t *told)
{
	const struct act_kind *kind = act_find(json_string_value(json_object_get(told, "action")));
	const struct act_whom whom = {.actor = json_string_value(json_object_get(told, "actor")),
		.patient = json_string_value(json_object_get(told, "patient")),
		.address = json_string_value(json_object_get(told, "address")),
		.seq = (uint64_t)json_integer_value(json_object_get(told, "seq"))};
	char text[ACT_ABOUT_BYTES];
	if (!kind)
		return NULL;
	act_about(kind, &whom, text);
	return arena_text(x->arena, text);
}

// Watch says that they may: now it stands on the trail, and then watch hears of it.
static enum progress announce(
	struct vault *vault, struct exchange *x, const struct wish *w, const struct order *may)
{
	const char *about = about_of(x, may->reply);
	if (!about || (*w->action && strncmp(about, w->action, strlen(w->action)) != 0)) {
		answer_error(x, 409, "conflict",
			"Nothing was decided: this step is not what it was. Look at it again.");
		return PROGRESS_DONE;
	}
	struct trail_entry note = note_begin(x, TRAIL_SYSTEM, action_of(w->verb), TRAIL_ALLOWED);
	const char *key = json_string_value(json_object_get(may->reply, "key"));
	const char *playbook = json_string_value(json_object_get(may->reply, "playbook"));
	note.detail = arena_text(x->arena, key ? key : "");
	note.rule = arena_text(x->arena, playbook ? playbook : "");
	note.query = arena_printf(
		x->arena, "run %lld, step %lld, %s", (long long)w->run, (long long)w->step, about);
	note.reason = w->reason;
	uint64_t entry = note_add(vault, x, &note);
	x->job_free(x->job);
	x->job = NULL;
	struct order *order = order_ask(vault, x, question_of(vault, x, w, entry));
	if (!order)
		return PROGRESS_DONE;
	order->entry = entry;
	return PROGRESS_ORDERED;
}

enum progress api_playbook_decide(struct vault *vault, struct exchange *x)
{
	struct order *order = x->job;
	struct wish wish;
	if (order && order->entry)
		return order_problem(x, order) ? PROGRESS_DONE
					       : api_answer(x, 200, json_incref(order->reply));
	if (!read_wish(x, &wish))
		return PROGRESS_DONE;
	if (!order)
		return ask(vault, x, question_of(vault, x, &wish, 0));
	if (!order_problem(x, order))
		return announce(vault, x, &wish, order);
	if (x->status == 403) {
		struct trail_entry note =
			note_begin(x, TRAIL_SYSTEM, action_of(wish.verb), TRAIL_DENIED);
		note.status = 403;
		note.query = arena_printf(
			x->arena, "run %lld, step %lld", (long long)wish.run, (long long)wish.step);
		note_add(vault, x, &note);
		vault->denials++;
	}
	return PROGRESS_DONE;
}

// ---- What holds now, in the vault: also when watch is away.

static json_t *measure_json(struct vault *vault, struct exchange *x, const struct measure *m)
{
	struct account account;
	json_t *json = json_pack("{s:s, s:s, s:s, s:I}", "key", m->key, "action", m->action,
		"words", m->words, "entry", (json_int_t)m->entry);
	set_time(json, "since", m->from_us);
	set_time(json, "until", m->until_us);
	if (m->kind == MEASURE_RECORD)
		json_object_set_new(json, "patient", json_string(m->subject));
	else if (m->kind == MEASURE_TOKEN)
		json_object_set_new(json, "session", json_string(m->subject));
	else if (identity_account_find(vault->parts.identity, m->subject, x->arena, &account) == OK)
		json_object_set_new(json, "account", json_string(account.login));
	return json;
}

enum progress api_measures(struct vault *vault, struct exchange *x)
{
	json_t *list = json_array();
	for (const struct measure *m = measure_next(vault->parts.identity, NULL); m;
		m = measure_next(vault->parts.identity, m))
		if (m->state == MEASURE_HOLDS && m->kind != MEASURE_NONE && x->now_us < m->until_us)
			json_array_append_new(list, measure_json(vault, x, m));
	return api_answer(x, 200, json_pack("{s:o}", "measures", list));
}

// Why, in the arena; "" when nothing was said. False: answered.
static bool read_reason(struct exchange *x, const char **ret_reason)
{
	*ret_reason = "";
	if (!x->body.size)
		return true;
	json_t *body = api_body(x);
	if (!body)
		return false;
	const char *reason = json_get_text(body, "reason");
	bool fine =
		!reason || (strlen(reason) <= REASON_BYTES && text_is_clean(bytes_text(reason)));
	if (reason && fine)
		*ret_reason = arena_text(x->arena, reason);
	if (!fine)
		answer_error(x, 422, "invalid", "A reason has at most %d bytes.", REASON_BYTES);
	json_decref(body);
	return fine;
}

enum progress api_measure_lift(struct vault *vault, struct exchange *x)
{
	const char *reason;
	const struct measure *known =
		measure_by_key(vault->parts.identity, route_segment(x, "key"));
	if (!known || known->state != MEASURE_HOLDS || known->kind == MEASURE_NONE) {
		answer_error(x, 404, "not-found", "Nothing of this key holds.");
		return PROGRESS_DONE;
	}
	if (!read_reason(x, &reason))
		return PROGRESS_DONE;
	struct measure m = *known;
	struct trail_entry note = note_begin(x, TRAIL_SYSTEM, TRAIL_ACT_ENDED, TRAIL_ALLOWED);
	bool own = strcmp(m.subject, x->who.account) == 0;
	m.state = MEASURE_OVER;
	note.detail = arena_printf(x->arena, "%s, lifted by hand", m.action);
	note.reason = reason;
	note.refers_to = m.entry;
	note.outcome = own ? TRAIL_DENIED : TRAIL_ALLOWED;
	if (own)
		answer_error(x, 403, "denied", "This is about you: somebody else decides.");
	else if (measure_keep(vault->parts.identity, &m))
		answer_error(x, 503, "unavailable", "It could not be stored.");
	else
		api_answer(x, 200, json_pack("{s:s}", "message", "It was lifted."));
	if (x->status == 503)
		note.outcome = TRAIL_FAILED;
	note_add(vault, x, &note);
	return PROGRESS_DONE;
}
