// What a person ordinarily does, against today. Watch knows a number; whose it is, is known here.
// The look is on the trail.
#include "vault/serve/api.h"
#include "vault/serve/opaque.h"
#include "vault/serve/order.h"

#include "vault/identity/identity.h"

static json_t *whose(const struct account *account)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "id", account->id, "login", account->login, "name",
		account->name, "role", account->role);
}

static enum progress begin(struct vault *vault, struct exchange *x, const struct account *account)
{
	json_t *question = json_pack("{s:s, s:s}", "ask", "behaviour", "actor",
		opaque_of(vault->parts.opaque, account->id).text);
	return order_ask(vault, x, question) ? PROGRESS_ORDERED : PROGRESS_DONE;
}

enum progress api_behaviour(struct vault *vault, struct exchange *x)
{
	struct order *order = x->job;
	struct account account;
	enum err err = identity_account_find(
		vault->parts.identity, route_segment(x, "account"), x->arena, &account);
	if (err) {
		answer_error(x, err == ERR_NOT_FOUND ? 404 : 503,
			err == ERR_NOT_FOUND ? "not-found" : "unavailable",
			err == ERR_NOT_FOUND ? "There is no such account." : "This failed: %s.",
			err_text(err));
		return PROGRESS_DONE;
	}
	if (!order)
		return begin(vault, x, &account);
	if (order_problem(x, order))
		return PROGRESS_DONE;
	static const char *const inner[] = {"known", "actor", "role", "seq"};
	json_t *json = json_copy(order->reply);
	for (size_t i = 0; i < sizeof inner / sizeof *inner; i++)
		json_object_del(json, inner[i]);
	json_object_set_new(json, "account", whose(&account));
	struct trail_entry note = note_begin(x, TRAIL_REVIEW, TRAIL_TRAIL_SEARCHED, TRAIL_ALLOWED);
	note.query = arena_printf(x->arena, "behaviour of %s", account.login);
	note_add(vault, x, &note);
	return api_answer(x, 200, json);
}

enum progress api_behaviour_health(struct vault *vault, struct exchange *x)
{
	struct order *order = x->job;
	if (!order)
		return order_ask(vault, x, json_pack("{s:s}", "ask", "behaviour-health"))
			       ? PROGRESS_ORDERED
			       : PROGRESS_DONE;
	if (order_problem(x, order))
		return PROGRESS_DONE;
	return api_answer(x, 200, json_incref(order->reply));
}
