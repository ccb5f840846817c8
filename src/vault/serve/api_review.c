// What a reviewer decides about a person in the queue. It stands on the trail first, with the
// reason; watch, which knows the person by a number, then takes them out of the queue, and makes an
// incident of it where that was decided.
#include "vault/serve/api.h"

#include "common/base/text.h"
#include "common/format/json.h"
#include "vault/serve/opaque.h"
#include "vault/serve/order.h"

#include <string.h>

enum {
	REASON_BYTES = 1000
};

struct review {
	const char *queue, *day, *verdict, *reason;
	struct account account;
};

static bool refuse(struct exchange *x, const char *words)
{
	answer_error(x, 422, "invalid", "Nothing was done: %s.", words);
	return false;
}

static bool read_review(
	struct vault *vault, struct exchange *x, const json_t *body, struct review *ret)
{
	const char *account = api_text(x, body, "account");
	const char *queue = account ? api_text(x, body, "queue") : NULL;
	const char *day = queue ? api_text(x, body, "day") : NULL;
	const char *verdict = day ? api_text(x, body, "verdict") : NULL;
	const char *reason = json_get_text(body, "reason");
	if (!verdict)
		return false;
	bool fine = strcmp(verdict, "fine") == 0;
	bool again = strcmp(verdict, "again") == 0;
	if (!fine && !again && strcmp(verdict, "incident") != 0)
		return refuse(x, "a verdict is fine, incident or again");
	if (fine && (!reason || !*reason))
		return refuse(x, "say why it is fine: reason");
	if (reason && (strlen(reason) > REASON_BYTES || !text_is_clean(bytes_text(reason))))
		return refuse(x, "a reason has at most 1000 bytes");
	if (strlen(queue) > 10 || strlen(day) > 10)
		return refuse(x, "queue is worst or slow, and a day is written 2026-11-25");
	*ret = (struct review){.queue = arena_text(x->arena, queue),
		.day = arena_text(x->arena, day),
		.verdict = fine    ? "fine"
			   : again ? "again"
				   : "incident",
		.reason = reason ? arena_text(x->arena, reason) : ""};
	if (identity_account_find(vault->parts.identity, account, x->arena, &ret->account))
		return refuse(x, "there is no account of this name");
	if (strcmp(ret->account.id, x->who.account) == 0)
		return refuse(x, "nobody reviews themselves");
	return true;
}

static enum progress begin(struct vault *vault, struct exchange *x)
{
	struct review r;
	json_t *body = api_body(x);
	if (!body)
		return PROGRESS_DONE;
	bool fine = read_review(vault, x, body, &r);
	json_decref(body);
	if (!fine)
		return PROGRESS_DONE;
	struct trail_entry note = note_begin(x, TRAIL_REVIEW, TRAIL_QUEUE_REVIEWED, TRAIL_ALLOWED);
	note.target = r.account.id;
	note.reason = r.reason;
	note.detail = arena_printf(x->arena, "%s, %s of %s: %s", r.account.name,
		strcmp(r.queue, "slow") == 0 ? "what added up until" : "the accesses", r.day,
		*r.verdict == 'f'   ? "fine"
		: *r.verdict == 'a' ? "to be decided again"
				    : "an incident");
	uint64_t entry = note_add(vault, x, &note);
	struct order *order = order_ask(vault, x,
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "ask", "review", "queue", r.queue,
			"actor", opaque_of(vault->parts.opaque, r.account.id).text, "day", r.day,
			"verdict", r.verdict, "entry", (json_int_t)entry, "who",
			opaque_of(vault->parts.opaque, x->who.account).text));
	if (!order)
		return PROGRESS_DONE;
	order->entry = entry;
	return PROGRESS_ORDERED;
}

enum progress api_queue_review(struct vault *vault, struct exchange *x)
{
	struct order *order = x->job;
	if (!order)
		return begin(vault, x);
	if (!order_problem(x, order))
		return api_answer(x, 200, json_incref(order->reply));
	struct trail_entry note = note_begin(x, TRAIL_REVIEW, TRAIL_QUEUE_REVIEWED, TRAIL_FAILED);
	const char *words = json_get_text(order->reply, "problem");
	note.refers_to = order->entry;
	note.detail = words ? words : "no answer";
	note_add(vault, x, &note);
	return PROGRESS_DONE;
}
