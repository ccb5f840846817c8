// Incidents: what watch put together from its findings, and what people do with it. Watch keeps
// them, without names; every look and every act is on the trail, and what people write stands there
// alone (room.h brings it back).
#include "vault/serve/api.h"
#include "vault/serve/letters.h"
#include "vault/serve/names.h"
#include "vault/serve/opaque.h"
#include "vault/serve/order.h"
#include "vault/serve/room.h"

#include "common/base/text.h"
#include "common/format/assess.h"
#include "common/format/json.h"

#include <stdio.h>
#include <string.h>

enum {
	WORDS_BYTES = 1000
};

static void note_looked(struct vault *vault, struct exchange *x, const char *what)
{
	struct trail_entry note = note_begin(x, TRAIL_REVIEW, TRAIL_TRAIL_SEARCHED, TRAIL_ALLOWED);
	const char *const *joined = NULL;
	size_t count = names_joined(x, &joined);
	note.query = what;
	note_add_patients(vault, x, &note, joined, count);
}

static enum progress ask(struct vault *vault, struct exchange *x, json_t *question)
{
	return order_ask(vault, x, question) ? PROGRESS_ORDERED : PROGRESS_DONE;
}

enum progress api_incidents(struct vault *vault, struct exchange *x)
{
	struct order *order = x->job;
	const char *state = exchange_param(x, "state"), *before = exchange_param(x, "before");
	json_t *one;
	size_t i;
	if (!order) {
		json_t *question = json_pack("{s:s, s:s}", "ask", "incidents", "state",
			state && *state ? state : "not-closed");
		if (before && *before)
			json_object_set_new(question, "before", json_string(before));
		return ask(vault, x, question);
	}
	if (order_problem(x, order))
		return PROGRESS_DONE;
	json_array_foreach(json_object_get(order->reply, "incidents"), i, one)
	{
		room_brief(vault, x, one);
		finding_join(vault, x, one);
	}
	note_looked(vault, x, "incidents");
	return api_answer(x, 200, json_incref(order->reply));
}

static json_t *question_one(const struct exchange *x)
{
	return json_pack("{s:s, s:s}", "ask", "incident", "number", route_segment(x, "number"));
}

enum progress api_incident(struct vault *vault, struct exchange *x)
{
	struct order *order = x->job;
	struct room room;
	if (!order)
		return ask(vault, x, question_one(x));
	if (order_problem(x, order))
		return PROGRESS_DONE;
	room_open(vault, x, order->reply, &room);
	note_looked(vault, x, arena_printf(x->arena, "incident %s", room.number));
	return api_answer(x, 200, json_incref(order->reply));
}

// ---- What people do.

static const struct deed {
	const char *name, *words; // words: "note on 2026-0007"
	enum trail_action action;
	bool needs_text;
} deeds[] = {
	{"assign", "assigned", TRAIL_INCIDENT_CHANGED},
	{"note", "note on", TRAIL_INCIDENT_CHANGED, true},
	{"task", "task for", TRAIL_INCIDENT_CHANGED, true},
	{"task-done", "task done for", TRAIL_INCIDENT_CHANGED},
	{"contain", "contained", TRAIL_INCIDENT_CHANGED},
	{"verdict", "verdict on", TRAIL_INCIDENT_CHANGED},
	{"assess", "assessment of", TRAIL_INCIDENT_CHANGED},
	{"close", "closed", TRAIL_INCIDENT_CLOSED},
	{"reopen", "reopened", TRAIL_INCIDENT_CHANGED},
};

static const struct deed *deed_find(const char *name)
{
	for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
		if (strcmp(deeds[i].name, name) == 0)
			return &deeds[i];
	return NULL;
}

// One request to do something, while it is being read.
struct doing {
	const struct deed *deed;
	const char *number, *words; // words: what a person wrote, or ""
	json_t *question;
};

static bool refuse(struct exchange *x, const char *words)
{
	answer_error(x, 422, "invalid", "Nothing was done: %s.", words);
	return false;
}

static bool read_assignee(
	struct vault *vault, struct exchange *x, const json_t *body, struct doing *doing)
{
	struct account account;
	const char *to = json_get_text(body, "to");
	if (!to || !*to)
		to = x->who.account;
	if (strcmp(to, "local") == 0)
		account = (struct account){.id = "local", .login = "local", .name = x->who.name};
	else if (identity_account_find(vault->parts.identity, to, x->arena, &account))
		return refuse(x, "there is no account of this name");
	doing->words = arena_printf(x->arena, "%s (%s)", account.name, account.login);
	json_object_set_new(doing->question, "to",
		json_string(opaque_of(vault->parts.opaque, account.id).text));
	return true;
}

static bool read_answer(struct exchange *x, const json_t *body, struct doing *doing)
{
	const char *key = json_get_text(body, "key"), *value = json_get_text(body, "value");
	const struct assess_question *asked = key ? assess_find(key) : NULL;
	if (!asked || !value)
		return refuse(x, "key names no question, or value is missing");
	const char *problem = assess_problem(asked, value);
	if (problem)
		return refuse(x, problem);
	json_object_set_new(doing->question, "key", json_string(key));
	if (asked->kind == ASSESS_WORDS)
		doing->words = arena_text(x->arena, value);
	else
		json_object_set_new(doing->question, "value", json_string(value));
	return true;
}

static bool read_rest(struct exchange *x, const json_t *body, struct doing *doing)
{
	const char *text = json_get_text(body, "text"), *verdict = json_get_text(body, "verdict");
	const json_t *task = json_object_get(body, "task");
	if (doing->deed->needs_text && (!text || !*text))
		return refuse(x, "some words are needed: text");
	if (text && (strlen(text) > WORDS_BYTES || !text_is_clean(bytes_text(text))))
		return refuse(x, "text is at most 1000 bytes");
	if (text)
		doing->words = arena_text(x->arena, text);
	if (verdict)
		json_object_set_new(doing->question, "verdict", json_string(verdict));
	if (json_is_integer(task))
		json_object_set(doing->question, "task", (json_t *)task);
	return true;
}

static bool read_doing(
	struct vault *vault, struct exchange *x, const json_t *body, struct doing *doing)
{
	if (strcmp(doing->deed->name, "assign") == 0)
		return read_assignee(vault, x, body, doing);
	if (strcmp(doing->deed->name, "assess") == 0)
		return read_answer(x, body, doing);
	return read_rest(x, body, doing);
}

static struct trail_entry note_doing(struct exchange *x, const struct doing *doing)
{
	struct trail_entry note = note_begin(x, TRAIL_REVIEW, doing->deed->action, TRAIL_ALLOWED);
	const char *key = json_get_text(doing->question, "key"),
		   *verdict = json_get_text(doing->question, "verdict"),
		   *value = json_get_text(doing->question, "value"),
		   *what = key       ? key
			   : verdict ? verdict
				     : "";
	note.query = doing->number;
	note.reason = doing->words;
	note.detail = arena_printf(x->arena, "%s %s%s%s%s%s", doing->deed->words, doing->number,
		*what ? ": " : "", what, value ? " " : "", value ? value : "");
	return note;
}

static enum progress begin(struct vault *vault, struct exchange *x)
{
	struct doing doing = {.deed = deed_find(route_segment(x, "act")),
		.number = route_segment(x, "number"),
		.words = ""};
	size_t digits = strspn(doing.number, "0123456789-");
	if (!doing.deed || doing.number[digits] || digits > 11) {
		answer_error(x, 404, "not-found", "There is nothing at this address.");
		return PROGRESS_DONE;
	}
	json_t *body = api_body(x);
	if (!body)
		return PROGRESS_DONE;
	doing.question = json_pack("{s:s, s:s, s:s, s:s}", "ask", "incident-act", "number",
		doing.number, "act", doing.deed->name, "who",
		opaque_of(vault->parts.opaque, x->who.account).text);
	bool fine = read_doing(vault, x, body, &doing);
	json_decref(body);
	if (!fine) {
		json_decref(doing.question);
		return PROGRESS_DONE;
	}
	struct trail_entry note = note_doing(x, &doing);
	uint64_t entry = note_add(vault, x, &note);
	json_object_set_new(doing.question, "entry", json_integer((json_int_t)entry));
	enum progress progress = ask(vault, x, doing.question);
	if (progress == PROGRESS_ORDERED)
		((struct order *)x->job)->entry = entry;
	return progress;
}

// It was announced on the trail, and nothing came of it.
static void note_failed(struct vault *vault, struct exchange *x, const struct order *order)
{
	struct trail_entry note = note_begin(x, TRAIL_REVIEW, TRAIL_INCIDENT_CHANGED, TRAIL_FAILED);
	note.refers_to = order->entry;
	note.detail = arena_printf(x->arena, "entry %llu: %s", (unsigned long long)order->entry,
		json_string_value(json_object_get(order->reply, "problem")));
	note_add(vault, x, &note);
}

static enum progress finish(struct vault *vault, struct exchange *x)
{
	struct order *order = x->job;
	struct room room;
	if (order_problem(x, order)) {
		note_failed(vault, x, order);
		return PROGRESS_DONE;
	}
	room_open(vault, x, order->reply, &room);
	note_looked(vault, x, arena_printf(x->arena, "incident %s", room.number));
	return api_answer(x, order->status, json_incref(order->reply));
}

enum progress api_incident_act(struct vault *vault, struct exchange *x)
{
	return x->job ? finish(vault, x) : begin(vault, x);
}

enum progress api_incident_open(struct vault *vault, struct exchange *x)
{
	if (x->job)
		return finish(vault, x);
	json_t *body = api_body(x);
	if (!body)
		return PROGRESS_DONE;
	json_int_t finding = json_integer_value(json_object_get(body, "finding"));
	json_decref(body);
	struct trail_entry note = note_begin(x, TRAIL_REVIEW, TRAIL_INCIDENT_OPENED, TRAIL_ALLOWED);
	note.detail = arena_printf(x->arena, "from finding %lld", (long long)finding);
	uint64_t entry = note_add(vault, x, &note);
	enum progress progress = ask(vault, x,
		json_pack("{s:s, s:I, s:I, s:s}", "ask", "incident-open", "finding", finding,
			"entry", (json_int_t)entry, "who",
			opaque_of(vault->parts.opaque, x->who.account).text));
	if (progress == PROGRESS_ORDERED)
		((struct order *)x->job)->entry = entry;
	return progress;
}

// ---- Letters.

enum progress api_incident_letter(struct vault *vault, struct exchange *x)
{
	struct order *order = x->job;
	struct room room;
	const char *kind = route_segment(x, "kind"), *patient = exchange_param(x, "patient");
	if (!order)
		return ask(vault, x, question_one(x));
	if (order_problem(x, order))
		return PROGRESS_DONE;
	room_open(vault, x, order->reply, &room);
	if (patient && *patient && !room_has_patient(&room, patient)) {
		answer_error(x, 422, "invalid",
			"Nothing in the evidence of this incident concerns that patient.");
		return PROGRESS_DONE;
	}
	const struct letter_wish wish = {&room, kind, patient && *patient ? patient : NULL};
	const char *text = letter_write(vault, x, &wish);
	if (!text)
		return PROGRESS_DONE;
	note_looked(vault, x, arena_printf(x->arena, "letter %s of %s", kind, room.number));
	return api_answer(x, 200,
		json_pack("{s:s, s:s, s:s}", "number", room.number, "kind", kind, "text", text));
}
