#include "watch/playbooks/playbooks_in.h"

#include "common/base/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	UNDO_BIT = 1 << 15,
	ACT_REASON_BYTES = 200, // guard takes no longer ones
};

struct run *run_new(void)
{
	struct run *run = calloc(1, sizeof *run);
	if (!run)
		abort();
	run->arena = arena_new();
	run->records = arena_alloc(run->arena, PLAYBOOKS_RECORDS * sizeof *run->records);
	return run;
}

void run_free(struct run *run)
{
	json_decref(run->json);
	json_decref(run->finding);
	arena_free(run->arena);
	free(run);
}

enum err playbooks_open(const char *path, const struct playbooks_owner *owner,
	struct playbooks **ret_playbooks, char ret_problem[256])
{
	struct playbooks *pb = calloc(1, sizeof *pb);
	if (!pb)
		abort();
	pb->owner = *owner;
	*ret_problem = 0;
	enum err err = runs_open(pb, path, ret_problem);
	if (err) {
		playbooks_close(pb);
		return err;
	}
	*ret_playbooks = pb;
	return OK;
}

void playbooks_close(struct playbooks *pb)
{
	if (!pb)
		return;
	for (struct run *run = pb->runs, *next; run; run = next) {
		next = run->next;
		run_free(run);
	}
	runs_close(pb);
	shelf_done(&pb->shelf);
	free(pb);
}

struct run *run_of(struct playbooks *pb, uint64_t id)
{
	for (struct run *run = pb->runs; run; run = run->next)
		if (run->id == id)
			return run;
	return NULL;
}

struct record *record_of(struct run *run, uint64_t n)
{
	return n && n <= run->record_count ? &run->records[n - 1] : NULL;
}

// ---- What goes out.

static void set_text(json_t *to, const char *key, const json_t *from, const char *name)
{
	const char *text = json_string_value(json_object_get(from, name));
	if (text && *text)
		json_object_set_new(to, key, json_string(text));
}

json_t *run_act(const struct playbooks *pb, const struct run *run, const struct record *r)
{
	const struct cacao_step *s = &run->p->steps[r->step];
	char key[RUN_KEY_BYTES];
	snprintf(key, sizeof key, "%s-%llu.%u", pb->birth, (unsigned long long)run->id, r->n);
	const char *why = *s->description ? s->description : run->p->description;
	if (!*why || strlen(why) > ACT_REASON_BYTES)
		why = s->act->name;
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:I}", "key", key, "action", s->act->name,
		"playbook", run->p->name, "reason", why, "seconds", (json_int_t)s->seconds);
	set_text(json, "actor", run->finding, "actor");
	set_text(json, "patient", run->finding, "patient");
	set_text(json, "address", run->finding, "address");
	json_object_set(json, "seq", json_object_get(run->finding, "seq"));
	const char *incident = json_string_value(json_object_get(run->finding, "incident"));
	json_object_set_new(json, "case",
		incident ? json_string(incident)
			 : json_sprintf("run-%llu", (unsigned long long)run->id));
	uint64_t entry = r->state == RECORD_UNDOING ? r->undo : r->approved;
	if (entry)
		json_object_set_new(json, "approved", json_integer((json_int_t)entry));
	if (r->state == RECORD_UNDOING)
		json_object_set_new(json, "undo", json_true());
	return json;
}

static void send_out(struct playbooks *pb, struct run *run)
{
	for (size_t i = 0; i < run->record_count; i++) {
		struct record *r = &run->records[i];
		const struct cacao_step *s = &run->p->steps[r->step];
		if (!r->send)
			continue;
		if (s->act->doer == ACT_BY_WATCH) {
			run_notify(pb, run, r);
			run->dirty |= !r->send;
			continue;
		}
		json_t *act = run_act(pb, run, r);
		uint64_t ticket =
			run->id << 16 | r->n | (r->state == RECORD_UNDOING ? UNDO_BIT : 0);
		r->send = false;
		pb->owner.act(pb->owner.context, ticket, act);
		json_decref(act);
	}
}

enum err run_settle(struct playbooks *pb, struct run *run)
{
	bool changed = run->dirty;
	run_advance(run);
	changed |= run->dirty;
	if (run->dirty && runs_keep(pb, run, NULL, NULL))
		pb->broken = true;
	if (!pb->broken)
		send_out(pb, run);
	if (changed)
		pb->owner.changed(pb->owner.context);
	return pb->broken ? ERR_IO : OK;
}

void playbooks_again(struct playbooks *pb)
{
	for (struct run *run = pb->runs; run; run = run->next) {
		for (size_t i = 0; i < run->record_count; i++) {
			struct record *r = &run->records[i];
			r->send |= r->state == RECORD_ACTING || r->state == RECORD_UNDOING;
		}
		send_out(pb, run);
	}
}

// ---- What comes in.

static bool has_word(const char *const *list, size_t count, const char *word)
{
	for (size_t i = 0; word && i < count; i++)
		if (strcmp(list[i], word) == 0)
			return true;
	return false;
}

static int level_of(const json_t *finding)
{
	const char *text = json_string_value(json_object_get(finding, "level"));
	for (int i = 0; text && i < SIGMA_LEVELS; i++)
		if (strcmp(sigma_level_text((enum sigma_level)i), text) == 0)
			return i;
	return -1;
}

static bool starts(const struct cacao_trigger *t, const json_t *f)
{
	const json_t *tags = json_object_get(f, "tags");
	bool named =
		has_word(t->rules, t->rule_count, json_string_value(json_object_get(f, "rule")));
	for (size_t i = 0; i < json_array_size(tags); i++)
		named |=
			has_word(t->tags, t->tag_count, json_string_value(json_array_get(tags, i)));
	if (t->by_hand_only || level_of(f) < t->level)
		return false;
	if (t->source_count && !has_word(t->sources, t->source_count,
				       json_string_value(json_object_get(f, "source"))))
		return false;
	return named || (!t->rule_count && !t->tag_count);
}

static const char *text_of(const json_t *f, const char *key)
{
	const char *text = *key ? json_string_value(json_object_get(f, key)) : NULL;
	return text ? text : "";
}

static struct run *run_make(
	struct playbooks *pb, const struct shelf_book *book, const json_t *f, int64_t now_us)
{
	struct cacao_problem problem;
	struct run *run = run_new();
	run->json = json_incref(book->json);
	run->finding = json_deep_copy(f);
	if (!run->finding || cacao_check(run->json, NULL, run->arena, &run->p, &problem))
		abort(); // it was checked when it came on the shelf
	run->id = ++pb->last_id;
	run->started_us = run->now_us = now_us;
	run_begin(run);
	run->next = pb->runs;
	pb->runs = run;
	pb->run_count++;
	return run;
}

static enum err begin(
	struct playbooks *pb, const struct shelf_book *book, const json_t *f, int64_t now_us)
{
	char ident[400];
	const struct cacao_trigger *t = &book->p->trigger;
	const char *per = text_of(f, t->per);
	snprintf(ident, sizeof ident, "%s|%.120s|%lld|%lld", book->name, text_of(f, "rule"),
		(long long)json_integer_value(json_object_get(f, "seq")),
		(long long)json_integer_value(json_object_get(f, "id")));
	int64_t last = *t->per ? runs_last_us(pb, book->name, per) : 0;
	if ((last && now_us - last < (int64_t)t->quiet_s * 1000000) || runs_has(pb, ident))
		return OK;
	if (pb->run_count >= PLAYBOOKS_RUNS) {
		pb->left_out++;
		return OK;
	}
	struct run *run = run_make(pb, book, f, now_us);
	if (runs_keep(pb, run, ident, per)) {
		pb->broken = true;
		return ERR_IO;
	}
	return run_settle(pb, run);
}

enum err playbooks_found(struct playbooks *pb, const json_t *f, int64_t now_us)
{
	enum err err = pb->broken ? ERR_IO : OK;
	int64_t at_us;
	if (time_parse(text_of(f, "time"), &at_us) ||
		at_us < now_us - (int64_t)PLAYBOOKS_OLD_S * 1000000)
		return err;
	for (size_t i = 0; !err && i < pb->shelf.count; i++)
		if (starts(&pb->shelf.books[i].p->trigger, f))
			err = begin(pb, &pb->shelf.books[i], f, now_us);
	return err;
}

uint64_t playbooks_place(const struct playbooks *pb, enum playbooks_place which)
{
	return pb->places[which];
}

void playbooks_set_place(struct playbooks *pb, enum playbooks_place which, uint64_t id)
{
	pb->places[which] = id;
}

enum err playbooks_acted(
	struct playbooks *pb, uint64_t ticket, bool fine, const char *words, int64_t now_us)
{
	struct run *run = run_of(pb, ticket >> 16);
	struct record *r = run ? record_of(run, ticket & (UNDO_BIT - 1)) : NULL;
	if (!r || (r->state == RECORD_UNDOING) != ((ticket & UNDO_BIT) != 0))
		return OK; // an answer to what is not asked any more
	run->now_us = now_us;
	run_acted(run, r, fine, words);
	return run_settle(pb, run);
}

enum err playbooks_tick(struct playbooks *pb, int64_t now_us)
{
	enum err err = memcmp(pb->places, pb->places_kept, sizeof pb->places) == 0
			       ? OK
			       : runs_keep_place(pb);
	for (struct run **at = &pb->runs; !err && *at;) {
		struct run *run = *at;
		run->now_us = now_us;
		err = run_settle(pb, run);
		if (!err && run_rests(run) && !run->dirty) {
			*at = run->next;
			pb->run_count--;
			run_free(run);
		} else {
			at = &run->next;
		}
	}
	return err;
}
