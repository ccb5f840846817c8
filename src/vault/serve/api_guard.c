// Containment: what a person has guard do to the network. Each order is on the trail before guard
// hears of it.
#include "vault/serve/api.h"

#include "common/base/text.h"
#include "common/format/json.h"
#include "vault/serve/order.h"

#include <stdio.h>
#include <string.h>

static enum ward_message verb_of(const char *text)
{
	for (int verb = WARD_BLOCK; verb < WARD_PULL; verb++)
		if (strcmp(ward_verb_text((enum ward_message)verb), text) == 0)
			return (enum ward_message)verb;
	return 0;
}

static bool copy_text(const json_t *body, const char *key, char *ret, size_t most)
{
	const json_t *value = json_object_get(body, key);
	const char *text = json_string_value(value);
	if (!value)
		return true;
	if (!text || strlen(text) > most)
		return false;
	memcpy(ret, text, strlen(text) + 1);
	return true;
}

// False: answered.
static bool read_order(struct exchange *x, const json_t *body, struct ward_order *o)
{
	const char *address = json_string_value(json_object_get(body, "address"));
	json_int_t seconds = json_integer_value(json_object_get(body, "seconds"));
	enum err err = address ? prefix_parse(address, &o->prefix) : OK;
	const char *problem = NULL;
	o->seconds = seconds > 0 && seconds <= UINT32_MAX ? (uint32_t)seconds : 0;
	if (err)
		problem = "that is not an address or a prefix";
	else if (!copy_text(body, "case", o->case_id, WARD_CASE_BYTES) ||
		 !copy_text(body, "reason", o->reason, WARD_REASON_BYTES))
		problem = "a case is at most 40 bytes, a reason 200";
	else
		problem = ward_order_problem(o);
	if (!problem && (o->verb == WARD_BLOCK || o->verb == WARD_QUARANTINE) && !*o->reason)
		problem = "say why; it stays on the trail";
	if (problem)
		answer_error(x, 422, "invalid", "Nothing was done: %s.", problem);
	return !problem;
}

static enum trail_action action_of(enum ward_message verb)
{
	static const enum trail_action actions[WARD_VERBS] = {[WARD_BLOCK] = TRAIL_BLOCKED,
		[WARD_UNBLOCK] = TRAIL_UNBLOCKED,
		[WARD_QUARANTINE] = TRAIL_QUARANTINED,
		[WARD_RELEASE] = TRAIL_RELEASED,
		[WARD_ZONES] = TRAIL_ZONES,
		[WARD_CONFIRM] = TRAIL_ZONES,
		[WARD_ROLLBACK] = TRAIL_ZONES};
	return actions[verb];
}

static struct trail_entry note_order(
	const struct exchange *x, const struct ward_order *o, enum trail_outcome outcome)
{
	struct trail_entry note = note_begin(x, TRAIL_SYSTEM, action_of(o->verb), outcome);
	char address[PREFIX_TEXT_BYTES] = "";
	if (o->prefix.family)
		prefix_text(&o->prefix, address);
	const char *what = *address ? address : ward_verb_text(o->verb);
	note.detail = o->seconds ? arena_printf(x->arena, "%s, for %u %s", what, o->seconds,
					   text_plural(o->seconds, "second", "seconds"))
				 : arena_text(x->arena, what);
	note.reason = o->reason;
	note.query = *o->case_id ? arena_printf(x->arena, "case %s", o->case_id) : "";
	return note;
}

static enum progress begin(struct vault *vault, struct exchange *x)
{
	struct ward_order what = {.verb = verb_of(route_segment(x, "verb"))};
	if (!what.verb) {
		answer_error(x, 404, "not-found", "There is nothing at this address.");
		return PROGRESS_DONE;
	}
	json_t *body = api_body(x);
	bool fine = body && read_order(x, body, &what);
	json_decref(body);
	if (!fine)
		return PROGRESS_DONE;
	struct order *order = order_begin(vault, x, &what);
	struct trail_entry note = note_order(x, &order->what, TRAIL_ALLOWED);
	order->entry = note_add(vault, x, &note);
	return PROGRESS_ORDERED;
}

enum progress api_guard_order(struct vault *vault, struct exchange *x)
{
	struct order *order = x->job;
	if (!order)
		return begin(vault, x);
	if (order->answer.type == WARD_DONE)
		return api_answer(x, 200, json_pack("{s:s}", "message", order->answer.words));
	struct trail_entry note = note_order(x, &order->what, TRAIL_FAILED);
	note.refers_to = order->entry;
	note.detail = arena_text(x->arena, order->answer.words);
	note_add(vault, x, &note);
	answer_error(x, 409, "conflict", "%s", order->answer.words);
	return PROGRESS_DONE;
}

enum progress api_guard_list(struct vault *vault, struct exchange *x)
{
	static const struct ward_order pull = {.verb = WARD_PULL};
	struct order *order = x->job;
	if (!order) {
		order_begin(vault, x, &pull);
		return PROGRESS_ORDERED;
	}
	if (order->list)
		return api_answer(x, 200, json_incref(order->list));
	answer_error(x, 503, "unavailable", "%s", order->answer.words);
	return PROGRESS_DONE;
}

enum progress api_guard_series(struct vault *vault, struct exchange *x)
{
	struct order *order = x->job;
	if (!order)
		return order_ask(vault, x, json_pack("{s:s}", "ask", "guard-series"))
			       ? PROGRESS_ORDERED
			       : PROGRESS_DONE;
	return order_problem(x, order) ? PROGRESS_DONE
				       : api_answer(x, 200, json_incref(order->reply));
}
