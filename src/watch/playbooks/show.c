#include "watch/playbooks/playbooks_in.h"

#include "common/base/time.h"

#include <string.h>

enum {
	PAGE = 25,
	PAGE_BYTES = 50000
};

const char *record_state_text(enum record_state state)
{
	static const char *const texts[RECORD_STATES] = {"asked", "acting", "done", "refused",
		"failed", "skipped", "declined", "undoing", "undone", "over", "would"};
	return state < RECORD_STATES ? texts[state] : "?";
}

static void set_time(json_t *json, const char *key, int64_t at_us)
{
	char text[TIME_TEXT_BYTES];
	if (!at_us)
		return;
	time_format(at_us, text);
	json_object_set_new(json, key, json_string(text));
}

static json_t *show_record(const struct run *run, const struct record *r)
{
	const struct cacao_step *s = &run->p->steps[r->step];
	json_t *json = json_pack("{s:i, s:s, s:s, s:s, s:s}", "step", (int)r->n, "action",
		s->act->name, "state", record_state_text(r->state), "words", r->words, "why",
		s->description);
	set_time(json, "time", r->at_us);
	set_time(json, "until", r->until_us);
	if (r->state == RECORD_ASKED) {
		set_time(json, "due", r->due_us);
		json_object_set_new(json, "role", json_string(r->role));
		json_object_set_new(json, "on_timeout",
			json_string(r->escalated || !s->approval.role
					    ? "skip"
					    : cacao_late_text(s->approval.late)));
	}
	if (r->state == RECORD_DONE || r->state == RECORD_ASKED)
		json_object_set_new(json, "undo", json_string(s->act->undo));
	if (r->approved)
		json_object_set_new(json, "approved", json_integer((json_int_t)r->approved));
	if (s->seconds)
		json_object_set_new(json, "seconds", json_integer(s->seconds));
	return json;
}

static const char *state_of(const struct run *run)
{
	bool holds = false;
	for (size_t i = 0; i < run->record_count; i++) {
		if (run->records[i].state == RECORD_ASKED)
			return "asking";
		holds |= run->records[i].state == RECORD_DONE && run->records[i].until_us;
	}
	return run->cut ? "cut" : !run->ended_us ? "running" : holds ? "holding" : "ended";
}

json_t *show_run(const struct run *run)
{
	static const char *const keys[] = {"seq", "rule", "title", "level", "sentence", "actor",
		"patient", "address", "incident", NULL};
	json_t *steps = json_array();
	for (size_t i = 0; i < run->record_count; i++)
		json_array_append_new(steps, show_record(run, &run->records[i]));
	json_t *json = json_pack("{s:I, s:s, s:s, s:o}", "id", (json_int_t)run->id, "playbook",
		run->p->name, "state", run->dry ? "dry" : state_of(run), "steps", steps);
	set_time(json, "started", run->started_us);
	set_time(json, "ended", run->ended_us);
	for (const char *const *key = keys; *key; key++) {
		json_t *value = json_object_get(run->finding, *key);
		if (value)
			json_object_set(json, *key, value);
	}
	return json;
}

static json_t *show_trigger(const struct cacao_trigger *t)
{
	json_t *rules = json_array(), *tags = json_array();
	for (size_t i = 0; i < t->rule_count; i++)
		json_array_append_new(rules, json_string(t->rules[i]));
	for (size_t i = 0; i < t->tag_count; i++)
		json_array_append_new(tags, json_string(t->tags[i]));
	return json_pack("{s:o, s:o, s:s, s:s, s:I}", "rules", rules, "tags", tags, "level",
		t->level < 0 ? "" : sigma_level_text((enum sigma_level)t->level), "per", t->per,
		"quiet_seconds", (json_int_t)t->quiet_s);
}

static json_int_t asking(const struct playbooks *pb)
{
	json_int_t count = 0;
	for (const struct run *run = pb->runs; run; run = run->next)
		for (size_t i = 0; i < run->record_count; i++)
			count += run->records[i].state == RECORD_ASKED;
	return count;
}

json_t *playbooks_list(const struct playbooks *pb)
{
	json_t *list = json_array(), *problems = json_array();
	for (size_t i = 0; i < pb->shelf.count; i++) {
		const struct shelf_book *book = &pb->shelf.books[i];
		json_t *actions = json_array();
		for (size_t k = 0; k < book->p->step_count; k++)
			if (book->p->steps[k].act)
				json_array_append_new(
					actions, json_string(book->p->steps[k].act->name));
		json_t *one = json_pack("{s:s, s:s, s:s, s:o}", "name", book->name, "file",
			book->file, "description", book->p->description, "actions", actions);
		if (!book->p->trigger.by_hand_only)
			json_object_set_new(one, "when", show_trigger(&book->p->trigger));
		json_array_append_new(list, one);
	}
	for (size_t i = 0; i < pb->shelf.problem_count; i++)
		json_array_append_new(problems, json_string(pb->shelf.problems[i]));
	return json_pack("{s:o, s:o, s:I, s:I, s:I}", "playbooks", list, "problems", problems,
		"running", (json_int_t)pb->run_count, "asking", asking(pb), "left_out",
		(json_int_t)pb->left_out);
}

json_t *playbooks_run(struct playbooks *pb, uint64_t id)
{
	struct run *run = run_of(pb, id);
	if (run)
		return show_run(run);
	run = runs_find(pb, id);
	json_t *json = run ? show_run(run) : NULL;
	if (run)
		run_free(run);
	return json;
}

json_t *playbooks_runs(struct playbooks *pb, uint64_t before)
{
	uint64_t ids[PAGE + 1], last = 0;
	size_t count = 0, bytes = 0, shown = 0;
	json_t *list = json_array();
	query_int(pb->page, 1, before ? (int64_t)before : INT64_MAX);
	query_int(pb->page, 2, PAGE + 1);
	while (count <= PAGE && query_step(pb->page) == STORE_ROW)
		ids[count++] = (uint64_t)row_int(pb->page, 0);
	query_reset(pb->page);
	for (; shown < count && shown < PAGE; shown++) {
		json_t *one = playbooks_run(pb, ids[shown]);
		bytes += one ? json_dumpb(one, NULL, 0, JSON_COMPACT) : 0;
		if (bytes > PAGE_BYTES && shown) {
			json_decref(one);
			break;
		}
		if (one)
			json_array_append_new(list, one);
		last = ids[shown];
	}
	json_t *json = json_pack("{s:o}", "runs", list);
	if (shown < count)
		json_object_set_new(json, "next", json_integer((json_int_t)last));
	return json;
}
