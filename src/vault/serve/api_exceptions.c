// Exceptions for detection rules: what is known to be fine, until a day. Each is on the trail
// before it counts. Watch knows people by their numbers; here an account's login and a patient's id
// become numbers, and the accounts of those that stand there get their names back.
#include "vault/serve/api.h"

#include "common/base/text.h"
#include "common/format/json.h"
#include "vault/ledger/ledger.h"
#include "vault/serve/names.h"
#include "vault/serve/opaque.h"
#include "vault/serve/order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	REASON_BYTES = 300
};

// What watch keeps for a reason: a person wrote it, perhaps with a name in it, and it stands on the
// trail, sealed.
#define ENTRY_WORDS "entry %llu of the trail"

static bool is_field(const char *when, const char *field)
{
	size_t size = strlen(field);
	return strncmp(when, field, size) == 0 && when[size] == '=';
}

// As watch may see it; `ret_target` is the account that it is about, or "".
static const char *without_names(
	struct vault *vault, struct exchange *x, const char *when, const char **ret_target)
{
	static const char *const people[] = {"actor.user.uid", "user.uid", "patient.uid"};
	struct account account;
	const char *is = strchr(when, '=');
	*ret_target = "";
	for (size_t i = 0; is && i < sizeof people / sizeof *people; i++) {
		const char *id = is + 1;
		if (!is_field(when, people[i]) || opaque_digits(id))
			continue;
		if (i < 2 &&
			identity_account_find(vault->parts.identity, id, x->arena, &account) == OK)
			*ret_target = id = account.id;
		return arena_printf(
			x->arena, "%s=%s", people[i], opaque_of(vault->parts.opaque, id).text);
	}
	return when;
}

// Nobody takes themselves out of what is looked at, their role, or where they sit.
static bool is_own(struct vault *vault, struct exchange *x, const char *when)
{
	if (x->entrance == ENTRANCE_LOCAL)
		return false;
	struct opaque account = opaque_of(vault->parts.opaque, x->who.account),
		      session = opaque_of(vault->parts.opaque, x->who.session);
	const struct {
		const char *field, *value;
	} own[] = {{"actor.user.uid", account.text}, {"user.uid", account.text},
		{"actor.session.uid", session.text}, {"actor.user.role", x->who.role},
		{"src_endpoint.ip", x->ask.peer}};
	bool found = false;
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		found |= is_field(when, own[i].field) && own[i].value &&
			 strcasecmp(strchr(when, '=') + 1, own[i].value) == 0;
	return found;
}

static struct trail_entry note_exception(
	const struct exchange *x, const char *what, enum trail_outcome outcome)
{
	struct trail_entry note = note_begin(x, TRAIL_SYSTEM, TRAIL_EXCEPTION, outcome);
	note.detail = what;
	return note;
}

// Watch answered: fine, or the entry before gets one that says that nothing came of it.
static enum progress end(struct vault *vault, struct exchange *x, uint16_t status)
{
	struct order *order = x->job;
	if (!order_problem(x, order))
		return status == 204 ? (x->status = status, PROGRESS_DONE)
				     : api_answer(x, status, json_incref(order->reply));
	const char *words = json_string_value(json_object_get(order->reply, "problem"));
	struct trail_entry note = note_exception(x, words ? words : "no answer", TRAIL_FAILED);
	note.refers_to = order->entry;
	note_add(vault, x, &note);
	return PROGRESS_DONE;
}

static enum progress ask(struct vault *vault, struct exchange *x, uint64_t entry, json_t *question)
{
	struct order *order = order_ask(vault, x, question);
	if (!order)
		return PROGRESS_DONE;
	order->entry = entry;
	return PROGRESS_ORDERED;
}

enum progress api_exception_create(struct vault *vault, struct exchange *x)
{
	if (x->job)
		return end(vault, x, 201);
	const char *target;
	json_t *body = api_body(x);
	const char *rule = body ? api_text(x, body, "rule") : NULL;
	const char *given = rule ? api_text(x, body, "when") : NULL;
	const char *reason = given ? api_text(x, body, "reason") : NULL;
	const char *until = reason ? api_text(x, body, "until") : NULL;
	enum progress progress = PROGRESS_DONE;
	if (until &&
		(!*reason || strlen(reason) >= REASON_BYTES || strlen(given) >= REASON_BYTES)) {
		answer_error(x, 422, "invalid",
			"A reason and a value have at most %d bytes, and at least one.",
			REASON_BYTES - 1);
	} else if (until) {
		const char *when = without_names(vault, x, given, &target);
		bool own = is_own(vault, x, when);
		struct trail_entry note = note_exception(x,
			arena_printf(x->arena, "for %s where %s, until %s", rule, when, until),
			own ? TRAIL_DENIED : TRAIL_ALLOWED);
		note.target = target;
		note.reason = reason;
		uint64_t entry = note_add(vault, x, &note);
		if (own)
			answer_error(x, 403, "denied", "This is about you: somebody else decides.");
		else
			progress = ask(vault, x, entry,
				json_pack("{s:s, s:s, s:s, s:s, s:s}", "ask", "except", "rule",
					rule, "when", when, "until", until, "reason",
					arena_printf(
						x->arena, ENTRY_WORDS, (unsigned long long)entry)));
	}
	json_decref(body);
	return progress;
}

enum progress api_exception_remove(struct vault *vault, struct exchange *x)
{
	const char *id = route_segment(x, "id");
	if (x->job)
		return end(vault, x, 204);
	struct trail_entry note =
		note_exception(x, arena_printf(x->arena, "%.32s is removed", id), TRAIL_ALLOWED);
	uint64_t entry = note_add(vault, x, &note);
	return ask(vault, x, entry, json_pack("{s:s, s:s}", "ask", "unexcept", "id", id));
}

static void join_reason(struct vault *vault, struct exchange *x, json_t *one)
{
	unsigned long long seq;
	struct trail_entry entry;
	const char *reason = json_get_text(one, "reason");
	if (reason && json_is_true(json_object_get(one, "added")) &&
		sscanf(reason, ENTRY_WORDS, &seq) == 1 &&
		ledger_read(vault->parts.ledger, seq, x->arena, &entry) == OK &&
		entry.action == TRAIL_EXCEPTION)
		json_object_set_new(one, "reason", json_string(entry.reason));
}

// Whose number is it? Accounts are few; a patient's number stays one.
static void join_account(struct vault *vault, struct exchange *x, json_t *one,
	const struct account *accounts,
	size_t count) // five: all there are, asked for once
{
	const char *field = json_get_text(one, "field"), *value = json_get_text(one, "value");
	bool person = field && value &&
		      (strcmp(field, "actor.user.uid") == 0 || strcmp(field, "user.uid") == 0);
	for (size_t i = 0; person && i < count; i++)
		if (opaque_is(vault->parts.opaque, accounts[i].id, value))
			json_object_set_new(one, "who",
				json_pack("{s:s, s:s}", "account", accounts[i].id, "name",
					accounts[i].name));
}

enum progress api_exceptions(struct vault *vault, struct exchange *x)
{
	struct order *order = x->job;
	struct account *accounts;
	size_t count, i;
	json_t *one;
	const char *from = exchange_param(x, "from");
	if (!order)
		return order_ask(vault, x,
			       json_pack("{s:s, s:I}", "ask", "exceptions", "from",
				       (json_int_t)(from ? strtol(from, NULL, 10) : 0)))
			       ? PROGRESS_ORDERED
			       : PROGRESS_DONE;
	if (order_problem(x, order))
		return PROGRESS_DONE;
	(void)!identity_account_list(vault->parts.identity, NULL, x->arena, &accounts, &count);
	json_array_foreach(json_object_get(order->reply, "exceptions"), i, one)
	{
		join_account(vault, x, one, accounts, count);
		join_reason(vault, x, one);
	}
	struct trail_entry note = note_begin(x, TRAIL_REVIEW, TRAIL_TRAIL_SEARCHED, TRAIL_ALLOWED);
	note.query = "exceptions";
	note_add(vault, x, &note);
	return api_answer(x, 200, json_incref(order->reply));
}
