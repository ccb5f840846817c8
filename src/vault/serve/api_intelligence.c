// What is known of attacks, and where it was seen here. Watch holds it, without names; who was seen
// is joined in for those who may search the trail, and the look is on it.
#include "vault/serve/api.h"
#include "vault/serve/order.h"

#include <stdlib.h>
#include <string.h>

static enum progress ask(struct vault *vault, struct exchange *x, json_t *question)
{
	return order_ask(vault, x, question) ? PROGRESS_ORDERED : PROGRESS_DONE;
}

static void note_look(struct vault *vault, struct exchange *x, const char *what)
{
	struct trail_entry note = note_begin(x, TRAIL_REVIEW, TRAIL_TRAIL_SEARCHED, TRAIL_ALLOWED);
	note.query = what;
	note_add(vault, x, &note);
}

static void join_all(struct vault *vault, struct exchange *x, const json_t *json)
{
	json_t *one;
	size_t i;
	json_array_foreach(json_object_get(json, "sightings"), i, one) finding_join(vault, x, one);
}

enum progress api_intelligence(struct vault *vault, struct exchange *x)
{
	struct order *order = x->job;
	if (!order)
		return ask(vault, x, json_pack("{s:s}", "ask", "intelligence"));
	if (order_problem(x, order))
		return PROGRESS_DONE;
	join_all(vault, x, order->reply);
	note_look(vault, x, "threat intelligence");
	return api_answer(x, 200, json_incref(order->reply));
}

static const char *param(struct exchange *x, const char *name, const char *otherwise)
{
	const char *text = exchange_param(x, name);
	return text && *text ? text : otherwise;
}

enum progress api_intelligence_look(struct vault *vault, struct exchange *x)
{
	struct order *order = x->job;
	const char *value = param(x, "value", "");
	if (!order)
		return ask(vault, x,
			json_pack("{s:s, s:s}", "ask", "intelligence-look", "value", value));
	if (order_problem(x, order))
		return PROGRESS_DONE;
	join_all(vault, x, order->reply);
	note_look(vault, x, arena_printf(x->arena, "threat intelligence: %.200s", value));
	return api_answer(x, 200, json_incref(order->reply));
}

enum progress api_intelligence_share(struct vault *vault, struct exchange *x)
{
	struct order *order = x->job;
	if (!order)
		return ask(vault, x,
			json_pack("{s:s, s:s, s:s, s:I}", "ask", "intelligence-share", "identity",
				param(x, "identity", ""), "tlp", param(x, "tlp", ""), "from",
				(json_int_t)strtoll(param(x, "from", "0"), NULL, 10)));
	if (order_problem(x, order))
		return PROGRESS_DONE;
	note_look(vault, x, "threat intelligence to share");
	return api_answer(x, 200, json_incref(order->reply));
}
