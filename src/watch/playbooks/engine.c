// One run, from step to step, until everything waits: for a time, a person, or an answer. It sends
// nothing and keeps nothing: whoever calls does both, in that order.
#include "watch/playbooks/playbooks_in.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static int64_t in_seconds(const struct run *run, uint32_t seconds)
{
	return run->now_us + (int64_t)seconds * 1000000;
}

const char *run_value(void *context, const char *name)
{
	static const struct {
		const char *name, *key;
	} fields[] = {{"__actor__", "actor"}, {"__patient__", "patient"},
		{"__address__", "address"}, {"__session__", "session"},
		{"__application__", "application"}, {"__level__", "level"}, {"__rule__", "rule"},
		{"__title__", "title"}, {"__source__", "source"}};
	const struct run *run = context;
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (strcmp(fields[i].name, name) == 0)
			return json_string_value(json_object_get(run->finding, fields[i].key));
	if (strcmp(name, "__count__") == 0)
		return arena_printf(run->arena, "%lld",
			(long long)json_integer_value(json_object_get(run->finding, "count")));
	if (strcmp(name, "__certain__") == 0)
		return json_is_true(json_object_get(run->finding, "certain")) ? "true" : "false";
	for (size_t i = 0; i < run->p->variable_count; i++)
		if (strcmp(run->p->variables[i].name, name) == 0)
			return run->p->variables[i].value;
	return NULL;
}

static bool holds(const struct run *run, const struct cacao_step *step)
{
	const struct cacao_values values = {run_value, (void *)run};
	return cacao_condition_holds(step->condition, &values);
}

static struct token *token_new(struct run *run, int parent, int step)
{
	if (run->token_count == PLAYBOOKS_TOKENS) {
		run->cut = true;
		return NULL;
	}
	struct token *t = &run->tokens[run->token_count++];
	*t = (struct token){.id = ++run->token_ids, .parent = parent, .step = step};
	t->due_us = run->now_us + (int64_t)run->p->steps[step].delay_ms * 1000;
	run->dirty = true;
	return t;
}

static void token_go(struct run *run, struct token *t, int step)
{
	t->step = step;
	t->phase = TOKEN_DELAY;
	t->loops = 0;
	t->due_us = run->now_us + (int64_t)run->p->steps[step].delay_ms * 1000;
	run->dirty = true;
}

static void token_end(struct run *run, struct token *t)
{
	*t = run->tokens[--run->token_count];
	run->dirty = true;
}

static struct record *record_new(struct run *run, const struct token *t)
{
	if (run->record_count == PLAYBOOKS_RECORDS) {
		run->cut = true;
		return NULL;
	}
	struct record *r = &run->records[run->record_count++];
	*r = (struct record){.n = (unsigned)run->record_count, .step = t->step};
	r->at_us = run->now_us;
	return r;
}

static void go_on(struct run *run, struct token *t, bool fine)
{
	const struct cacao_step *s = &run->p->steps[t->step];
	int next = s->next >= 0 ? s->next : fine ? s->success : s->failure;
	assert(next >= 0);
	token_go(run, t, next);
}

static struct token *token_of(struct run *run, const struct record *r)
{
	for (size_t i = 0; i < run->token_count; i++)
		if (run->tokens[i].record == r->n &&
			(run->tokens[i].phase == TOKEN_ACT || run->tokens[i].phase == TOKEN_ASK))
			return &run->tokens[i];
	return NULL;
}

[[gnu::format(printf, 2, 3)]] static void say(struct record *r, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(r->words, sizeof r->words, format, args);
	va_end(args);
}

// ---- Actions.

static const char *missing(const struct run *run, const struct act_kind *act)
{
	static const struct {
		const char *value, *words;
	} needs[] = {[ACT_ON_ACTOR] = {"__actor__", "The finding names no account."},
		[ACT_ON_PATIENT] = {"__patient__", "The finding names no patient."},
		[ACT_ON_SESSION] = {"__session__", "The finding names no session."},
		[ACT_ON_ADDRESS] = {"__address__", "The finding names no address."}};
	if (act->target == ACT_ON_NOTHING)
		return NULL;
	const char *value = run_value((void *)run, needs[act->target].value);
	return value && *value ? NULL : needs[act->target].words;
}

static void act(struct run *run, struct token *t, struct record *r)
{
	const struct cacao_step *s = &run->p->steps[t->step];
	if (s->act->doer == ACT_BY_WATCH) {
		r->state = RECORD_DONE;
		r->send = strcmp(s->act->name, "notify") == 0;
		r->until_us = s->seconds ? in_seconds(run, s->seconds) : 0;
		say(r, "%s: %s", s->to, s->text);
		go_on(run, t, true);
		return;
	}
	r->state = RECORD_ACTING;
	r->send = true;
	r->due_us = t->due_us = run->now_us + (int64_t)s->timeout_ms * 1000;
	t->phase = TOKEN_ACT;
	say(r, "The vault was asked.");
}

static void ask(struct run *run, struct token *t, struct record *r, uint32_t within_s)
{
	r->state = RECORD_ASKED;
	r->due_us = t->due_us = in_seconds(run, within_s);
	t->phase = TOKEN_ASK;
	run->dirty = true;
}

static void would(struct run *run, struct token *t, struct record *r)
{
	const struct cacao_step *s = &run->p->steps[t->step];
	const struct cacao_approval *a = &s->approval;
	r->state = RECORD_WOULD;
	say(r, "%s", s->act->does);
	if (a->role)
		say(r, "%s It would ask the %s first, for %u s; nobody answering: %s%s%s.",
			s->act->does, a->role, a->within_s, cacao_late_text(a->late),
			*a->escalate_to ? " to " : "", a->escalate_to);
	else if (s->act->approval != ACT_FREE)
		say(r, "%s Needs approval: %s.", s->act->does, act_approval_text(s->act));
	if (*s->to)
		say(r, "%s To %s: %s", s->act->does, s->to, s->text);
	go_on(run, t, true);
}

static void enter_action(struct run *run, struct token *t)
{
	const struct cacao_step *s = &run->p->steps[t->step];
	struct record *r = record_new(run, t);
	if (!r)
		return;
	t->record = r->n;
	const char *lacks = missing(run, s->act);
	if (lacks) {
		r->state = RECORD_FAILED;
		say(r, "%s", lacks);
		go_on(run, t, false);
	} else if (run->dry) {
		would(run, t, r);
	} else if (s->approval.role) {
		snprintf(r->role, sizeof r->role, "%s", s->approval.role);
		say(r, "%s", s->description);
		ask(run, t, r, s->approval.within_s);
	} else {
		act(run, t, r);
	}
}

static void late(struct run *run, struct token *t)
{
	struct record *r = &run->records[t->record - 1];
	const struct cacao_step *s = &run->p->steps[t->step];
	const struct cacao_approval *a = &s->approval;
	run->dirty = true;
	if (a->role && a->late == CACAO_DO && !r->escalated) {
		act(run, t, r);
	} else if (a->role && a->late == CACAO_ESCALATE && !r->escalated) {
		r->escalated = true;
		snprintf(r->role, sizeof r->role, "%s", a->escalate_to);
		ask(run, t, r, a->within_s);
	} else {
		r->state = RECORD_SKIPPED;
		say(r, "Nobody answered in time.");
		go_on(run, t, false);
	}
}

// ---- Containers: their branches are tokens of their own, and they wait for them.

static void fork_branch(struct run *run, struct token *t, int step)
{
	int id = t->id;
	t->phase = TOKEN_JOIN;
	(void)token_new(run, id, step); // t stays where it is: the list does not move
}

static void enter_switch(struct run *run, struct token *t)
{
	const struct cacao_step *s = &run->p->steps[t->step];
	const char *value = run_value(run, s->variable);
	int chosen = -1;
	for (size_t i = 0; i < s->branch_count; i++)
		if (!s->cases[i] ? chosen < 0 : value && strcmp(s->cases[i], value) == 0)
			chosen = s->branches[i];
	if (chosen >= 0)
		fork_branch(run, t, chosen);
	else
		go_on(run, t, true);
}

static void enter_condition(struct run *run, struct token *t)
{
	const struct cacao_step *s = &run->p->steps[t->step];
	bool yes = holds(run, s);
	if (s->kind == CACAO_WHILE && (!yes || t->loops >= s->most)) {
		go_on(run, t, true);
	} else if (yes) {
		t->loops++;
		fork_branch(run, t, s->branches[0]);
	} else if (s->branch_count > 1) {
		fork_branch(run, t, s->branches[1]);
	} else {
		go_on(run, t, true);
	}
}

static void enter(struct run *run, struct token *t)
{
	const struct cacao_step *s = &run->p->steps[t->step];
	run->dirty = true;
	switch (s->kind) {
	case CACAO_START:
		go_on(run, t, true);
		break;
	case CACAO_END:
		token_end(run, t);
		break;
	case CACAO_ACTION:
		enter_action(run, t);
		break;
	case CACAO_PARALLEL:
		for (size_t i = 0; i < s->branch_count; i++)
			fork_branch(run, t, s->branches[i]);
		break;
	case CACAO_SWITCH:
		enter_switch(run, t);
		break;
	default:
		enter_condition(run, t);
	}
}

static bool has_children(const struct run *run, const struct token *t)
{
	for (size_t i = 0; i < run->token_count; i++)
		if (run->tokens[i].parent == t->id)
			return true;
	return false;
}

static void join(struct run *run, struct token *t)
{
	if (run->p->steps[t->step].kind == CACAO_WHILE)
		t->phase = TOKEN_DELAY; // asked again; the delay was waited for
	else
		go_on(run, t, true);
	run->dirty = true;
}

static bool advance_one(struct run *run)
{
	for (size_t i = 0; i < run->token_count; i++) {
		struct token *t = &run->tokens[i];
		bool due = run->now_us >= t->due_us;
		if (t->phase == TOKEN_DELAY && (due || run->dry)) {
			enter(run, t);
		} else if (t->phase == TOKEN_ASK && due) {
			late(run, t);
		} else if (t->phase == TOKEN_ACT && due) {
			struct record *r = &run->records[t->record - 1];
			r->state = RECORD_FAILED;
			say(r, "No answer came in time; whether it was done is not known.");
			go_on(run, t, false);
		} else if (t->phase == TOKEN_JOIN && !has_children(run, t)) {
			join(run, t);
		} else {
			continue;
		}
		return true;
	}
	return false;
}

void run_begin(struct run *run)
{
	(void)token_new(run, 0, run->p->start);
}

void run_advance(struct run *run)
{
	while (!run->cut && advance_one(run))
		;
	if (run->cut)
		run->token_count = 0; // it became too large: what it did stays, no more is done
	for (size_t i = 0; i < run->record_count; i++) {
		struct record *r = &run->records[i];
		if (r->state == RECORD_DONE && r->until_us && run->now_us >= r->until_us) {
			r->state = RECORD_OVER;
			run->dirty = true;
		}
	}
	if (!run->token_count && !run->ended_us) {
		run->ended_us = run->now_us;
		run->dirty = true;
	}
}

void run_acted(struct run *run, struct record *r, bool fine, const char *words)
{
	const struct cacao_step *s = &run->p->steps[r->step];
	struct token *t = token_of(run, r);
	bool undo = r->state == RECORD_UNDOING;
	// The vault wants somebody to agree, for it is not sure whom this would hit.
	bool wants = !fine && !undo && !r->approved && strstr(words, "needs approval");
	if (r->state != RECORD_ACTING && !undo && r->state != RECORD_FAILED)
		return;
	say(r, "%s", words);
	run->dirty = true;
	if (undo) {
		r->state = fine ? RECORD_UNDONE : RECORD_DONE;
		return;
	}
	if (wants && t) {
		snprintf(r->role, sizeof r->role, "%s", s->act->approver);
		ask(run, t, r, PLAYBOOKS_ASK_S);
		return;
	}
	r->state = fine ? RECORD_DONE : RECORD_REFUSED;
	r->until_us = fine && s->seconds ? in_seconds(run, s->seconds) : 0;
	if (t)
		go_on(run, t, fine);
}

void run_decided(struct run *run, struct record *r, enum record_state state)
{
	struct token *t = token_of(run, r);
	run->dirty = true;
	if (!t)
		return;
	if (state == RECORD_ACTING) {
		act(run, t, r);
		return;
	}
	r->state = state;
	say(r, "It was declined.");
	go_on(run, t, false);
}

bool run_rests(const struct run *run)
{
	for (size_t i = 0; i < run->record_count; i++) {
		const struct record *r = &run->records[i];
		if (r->send || r->state == RECORD_ACTING || r->state == RECORD_UNDOING ||
			(r->state == RECORD_DONE && r->until_us))
			return false;
	}
	return run->ended_us != 0;
}
