// The path of an act: taken, looked at (acts_check.c), on the trail, durable, done, answered.
#include "vault/acts_in.h"

#include "common/base/text.h"
#include "common/base/time.h"
#include "common/format/json.h"
#include "vault/ledger/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct acts *acts_new(const struct parts *parts, const struct acts_owner *owner)
{
	struct acts *acts = calloc(1, sizeof *acts);
	if (!acts)
		abort();
	acts->parts = parts;
	acts->owner = *owner;
	return acts;
}

static void drop(struct acts *acts, struct act *gone)
{
	for (struct act **at = &acts->first; *at; at = &(*at)->next)
		if (*at == gone) {
			*at = gone->next;
			acts->count--;
			arena_free(gone->arena);
			return;
		}
}

void acts_forget(struct acts *acts)
{
	while (acts->first)
		drop(acts, acts->first);
}

void acts_free(struct acts *acts)
{
	if (!acts)
		return;
	acts_forget(acts);
	free(acts);
}

static void answer(struct acts *acts, const struct act *act, bool fine, const char *words)
{
	struct feed_acted acted = {.ticket = act->ticket, .fine = fine};
	feed_text(acted.words, sizeof acted.words, words);
	acts->owner.answer(acts->owner.context, &acted);
}

static enum trail_action action_of(const struct act *act)
{
	if (act->kind->doer != ACT_BY_GUARD)
		return act->undo ? TRAIL_ACT_ENDED : TRAIL_ACTED;
	bool block = strcmp(act->kind->name, "block-address") == 0;
	return act->undo ? (block ? TRAIL_UNBLOCKED : TRAIL_RELEASED)
			 : (block ? TRAIL_BLOCKED : TRAIL_QUARANTINED);
}

static uint64_t note(struct acts *acts, struct act *act, enum trail_outcome outcome,
	const char *why) // five would be the whole entry
{
	struct trail_entry entry = {.time_us = time_now_us(),
		.kind = TRAIL_SYSTEM,
		.action = action_of(act),
		.outcome = outcome,
		.actor = "watch",
		.actor_name = "Hospitaller",
		.role = "watch",
		.refers_to = act->approved ? act->approved : act->seq,
		.reason = act->reason,
		.rule = act->playbook,
		.trace = act->key,
		.query = *act->case_id ? arena_printf(act->arena, "case %s", act->case_id) : ""};
	char lasts[40] = "";
	if (act->seconds && !act->undo)
		snprintf(lasts, sizeof lasts, " for %u %s", act->seconds,
			text_plural(act->seconds, "second", "seconds"));
	entry.detail = arena_printf(act->arena, "%s%s%s%s%s%s%s", act->undo ? "end of " : "",
		act->kind->name, lasts, *act->whom ? ": " : "", act->whom, why ? "; " : "",
		why ? why : "");
	if (act->kind->target == ACT_ON_PATIENT && *act->subject) {
		entry.patients = &act->subject;
		entry.patients_here = entry.patient_count = 1;
	}
	return ledger_append(acts->parts->ledger, &entry);
}

static struct measure measure_of(const struct act *act, enum measure_state state)
{
	static const struct {
		const char *action;
		enum measure_kind kind;
	} kinds[] = {{"demand-step-up", MEASURE_STEP_UP}, {"lock-account", MEASURE_LOCK},
		{"lock-record", MEASURE_RECORD}, {"revoke-token", MEASURE_TOKEN}};
	struct measure m = {.state = state,
		.by_itself = !act->approved,
		.narrow = act->narrow,
		.from_us = act->from_us,
		.until_us = act->seconds ? act->from_us + (int64_t)act->seconds * 1000000 : 0,
		.entry = act->entry};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i].action, act->kind->name) == 0)
			m.kind = kinds[i].kind;
	snprintf(m.key, sizeof m.key, "%s", act->key);
	snprintf(m.action, sizeof m.action, "%s", act->kind->name);
	snprintf(m.subject, sizeof m.subject, "%s", act->subject);
	return m;
}

static enum err keep(
	struct acts *acts, const struct act *act, enum measure_state state, const char *words)
{
	struct measure m = measure_of(act, state);
	const struct measure *known = measure_by_key(acts->parts->identity, act->key);
	if (act->undo && known) {
		m = *known;
		m.state = state;
	}
	feed_text(m.words, sizeof m.words, words);
	return measure_keep(acts->parts->identity, &m);
}

// ---- What the vault does itself.

static const char *snapshot(struct acts *acts, struct act *act)
{
	struct ledger_status *status = arena_alloc(act->arena, sizeof *status);
	char root[2 * HASH_BYTES + 1];
	ledger_status(acts->parts->ledger, status);
	text_hex(bytes_of(status->checkpoint.root.bytes, HASH_BYTES), root);
	return arena_printf(act->arena, "The trail has %llu entries under the root %s.",
		(unsigned long long)status->checkpoint.size, root);
}

static const char *sentence_of(struct acts *acts, struct act *act)
{
	const char *name = act->kind->name;
	char until[TIME_TEXT_BYTES];
	time_format(act->from_us + (int64_t)act->seconds * 1000000, until);
	if (strcmp(name, "snapshot-trail") == 0)
		return snapshot(acts, act);
	if (strcmp(name, "end-sessions") == 0)
		return "The sessions were ended.";
	if (strcmp(name, "demand-step-up") == 0)
		return arena_printf(act->arena,
			"Sessions from before count for nothing but broken glass, until %s.",
			until);
	if (strcmp(name, "lock-account") == 0)
		return arena_printf(act->arena,
			act->narrow ? "Only broken glass opens records to the account, until %s."
				    : "The account cannot sign in until %s.",
			until);
	return arena_printf(act->arena,
		strcmp(name, "lock-record") == 0 ? "Only broken glass opens the record, until %s."
						 : "The token is refused until %s.",
		until);
}

static void do_in_vault(struct acts *acts, struct act *act)
{
	const char *name = act->kind->name;
	const char *words = act->undo ? "It was taken back." : sentence_of(acts, act);
	bool ends = strcmp(name, "end-sessions") == 0 || strcmp(name, "lock-account") == 0;
	enum err err =
		keep(acts, act, act->undo || !act->seconds ? MEASURE_OVER : MEASURE_HOLDS, words);
	if (!err && ends && !act->undo)
		err = identity_end_sessions(acts->parts->identity, act->subject);
	if (strcmp(name, "snapshot-trail") == 0 && !act->undo)
		note(acts, act, TRAIL_ALLOWED, words);
	answer(acts, act, !err, err ? "It could not be stored." : words);
	drop(acts, act);
}

// ---- What guard does.

static void order_guard(struct acts *acts, struct act *act)
{
	bool block = strcmp(act->kind->name, "block-address") == 0;
	struct ward_order order = {.ticket = acts->owner.ticket(acts->owner.context),
		.prefix = act->prefix,
		.verb = act->undo ? (block ? WARD_UNBLOCK : WARD_RELEASE)
				  : (block ? WARD_BLOCK : WARD_QUARANTINE)};
	int64_t left_us = act->from_us + (int64_t)act->seconds * 1000000 - time_now_us();
	order.seconds = act->undo ? 0 : left_us > 1000000 ? (uint32_t)(left_us / 1000000) : 1;
	feed_text(order.case_id, sizeof order.case_id, act->case_id);
	feed_text(order.reason, sizeof order.reason, act->reason);
	act->order = order.ticket;
	// What guard was asked is known before it is: after a crash it is asked for what is left.
	if (!act->undo && keep(acts, act, MEASURE_SENT, "Guard was asked.")) {
		answer(acts, act, false, "It could not be stored.");
		drop(acts, act);
	} else if (!acts->owner.order(acts->owner.context, &order)) {
		drop(acts, act); // watch went away, and asks again
	}
}

bool acts_ordered(struct acts *acts, const struct ward_answer *from)
{
	struct act *act = acts->first;
	while (act && (!act->order || act->order != from->ticket))
		act = act->next;
	if (!act || from->type == WARD_COUNTERS)
		return false;
	bool fine = from->type == WARD_DONE;
	if (!fine)
		note(acts, act, TRAIL_FAILED, from->words);
	enum measure_state state = act->undo ? MEASURE_OVER : fine ? MEASURE_HOLDS : MEASURE_FAILED;
	if (!fine && act->undo)
		answer(acts, act, false, from->words);
	else if (keep(acts, act, state, from->words))
		answer(acts, act, false, "It could not be stored.");
	else
		answer(acts, act, fine, from->words);
	drop(acts, act);
	return true;
}

// ---- In order.

static bool settle_one(struct acts *acts)
{
	uint64_t durable = ledger_durable(acts->parts->ledger);
	for (struct act *act = acts->first; act; act = act->next) {
		if (act->begun || act->entry >= durable)
			continue;
		act->begun = true;
		if (act->kind->doer == ACT_BY_GUARD)
			order_guard(acts, act);
		else
			do_in_vault(acts, act);
		return true;
	}
	return false;
}

void acts_settle(struct acts *acts)
{
	while (settle_one(acts))
		;
}

// Asked for again while it waits, or after it was done: answered with what came of it.
static bool known_already(struct acts *acts, struct act *act)
{
	for (struct act *one = acts->first; one; one = one->next)
		if (strcmp(one->key, act->key) == 0 && one->undo == act->undo) {
			one->ticket = act->ticket;
			return true;
		}
	const struct measure *m = measure_by_key(acts->parts->identity, act->key);
	if (!m)
		return false;
	if (act->undo && (m->state == MEASURE_OVER || m->state == MEASURE_FAILED)) {
		answer(acts, act, true,
			m->state == MEASURE_OVER ? "It is over." : "It was never done.");
		return true;
	}
	if (act->undo)
		return false;
	if (m->state != MEASURE_SENT) {
		answer(acts, act, m->state != MEASURE_FAILED, m->words);
		return true;
	}
	act->from_us = m->from_us; // guard is asked again, for what is left of it
	return false;
}

// A watch that was taken over could fill the trail with what is refused, and keep the vault busy
// with it. False: answered.
static bool has_room(struct acts *acts, uint64_t ticket)
{
	struct feed_acted acted = {
		.ticket = ticket, .words = "too many acts within a second: a person has to look"};
	if (allowance_take(&acts->allowance, ACTS_MOST, ACTS_A_SECOND, time_monotonic_us()))
		return true;
	acts->owner.answer(acts->owner.context, &acted);
	return false;
}

void acts_take(struct acts *acts, uint64_t ticket, struct bytes text)
{
	if (!has_room(acts, ticket))
		return;
	struct arena *arena = arena_new();
	struct act *act = arena_alloc(arena, sizeof *act);
	const char *problem = NULL;
	json_t *json;
	act->arena = arena;
	act->ticket = ticket;
	act->from_us = time_now_us();
	if (json_parse_strict(text, NULL, &json, NULL)) {
		answer(acts, act, false, "This cannot be read.");
		arena_free(arena);
		return;
	}
	bool readable = acts_read(act, json, &problem);
	json_decref(json);
	bool over = readable && known_already(acts, act);
	if (readable && !over)
		problem = acts_problem(acts, act);
	if (readable && !over && problem)
		note(acts, act, TRAIL_DENIED, problem);
	if (problem && !over)
		answer(acts, act, false, problem);
	if (!readable || over || problem) {
		arena_free(arena);
		ledger_flush(acts->parts->ledger);
		return;
	}
	act->entry = note(acts, act, TRAIL_ALLOWED, NULL);
	act->next = acts->first;
	acts->first = act;
	acts->count++;
	ledger_flush(acts->parts->ledger);
}

void acts_would(
	struct acts *acts, const json_t *json, struct arena *arena, struct act_trial *ret_trial)
{
	struct act *act = arena_alloc(arena, sizeof *act);
	const char *problem = NULL;
	act->arena = arena;
	act->from_us = time_now_us();
	*ret_trial = acts_read(act, json, &problem) ? acts_try(acts, act)
						    : (struct act_trial){.refused = problem};
}

// What is over holds no longer by itself; here it is said once, on the trail.
void acts_tick(struct acts *acts)
{
	struct identity *identity = acts->parts->identity;
	int64_t now_us = time_now_us();
	for (const struct measure *m = measure_next(identity, NULL); m;
		m = measure_next(identity, m)) {
		if (m->state != MEASURE_HOLDS || !m->until_us || now_us < m->until_us)
			continue;
		struct measure over = *m;
		const struct trail_entry entry = {.time_us = now_us,
			.kind = TRAIL_SYSTEM,
			.action = TRAIL_ACT_ENDED,
			.outcome = TRAIL_ALLOWED,
			.actor = "vault",
			.actor_name = "Hospitaller",
			.refers_to = m->entry,
			.trace = m->key,
			.detail = m->action};
		over.state = MEASURE_OVER;
		if (measure_keep(identity, &over) == OK &&
			!act_is_guards(m->action)) // guard says itself what ended
			(void)ledger_append(acts->parts->ledger, &entry);
	}
}
