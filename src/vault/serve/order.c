#include "vault/serve/order.h"

#include "common/base/time.h"
#include "common/message/feed.h"
#include "vault/ledger/ledger.h"
#include "vault/serve/who.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void order_free(void *job)
{
	struct order *order = job;
	json_decref(order->list);
	json_decref(order->reply);
	free(order->question);
	free(order);
}

struct order *order_begin(struct vault *vault, struct exchange *x, const struct ward_order *what)
{
	struct order *order = calloc(1, sizeof *order);
	if (!order)
		abort();
	order->what = *what;
	order->what.ticket = ++vault->tickets;
	order->until_us = time_monotonic_us() + (int64_t)ORDER_WAIT_S * 1000000;
	x->job = order;
	x->job_free = order_free;
	return order;
}

struct order *order_ask(struct vault *vault, struct exchange *x, json_t *question)
{
	static const struct ward_order nothing = {0};
	char *text = json_dumps(question, JSON_COMPACT);
	json_decref(question);
	if (!text || strlen(text) > FEED_QUESTION_BYTES) {
		free(text);
		answer_error(x, 413, "too-long", "That is more than watch takes at once.");
		return NULL;
	}
	struct order *order = order_begin(vault, x, &nothing);
	order->question = text;
	return order;
}

bool order_problem(struct exchange *x, const struct order *order)
{
	const char *words = json_string_value(json_object_get(order->reply, "problem"));
	if (order->status < 400)
		return false;
	answer_error(x, order->status,
		order->status == 404   ? "not-found"
		: order->status == 403 ? "denied"
		: order->status == 409 ? "conflict"
		: order->status < 500  ? "invalid"
				       : "unavailable",
		"%s", words ? words : "Watch gave no reason.");
	return true;
}

void order_hold(struct vault *vault, struct exchange *x)
{
	x->next = vault->ordered;
	vault->ordered = x;
	vault->ordered_count++;
}

static void remove_held(struct vault *vault, struct exchange *x)
{
	for (struct exchange **at = &vault->ordered; *at; at = &(*at)->next)
		if (*at == x) {
			*at = x->next;
			vault->ordered_count--;
			return;
		}
}

static void answer_with(struct vault *vault, struct exchange *x, const struct ward_answer *answer)
{
	struct order *order = x->job;
	remove_held(vault, x);
	order->answered = true;
	order->answer = *answer;
	serve_again(vault, x);
}

static void give_up(struct vault *vault, struct exchange *x, const char *words)
{
	struct order *order = x->job;
	struct ward_answer answer = {.type = WARD_REFUSED, .verb = order->what.verb};
	order->status = 503;
	order->reply = json_pack("{s:s}", "problem", words);
	snprintf(answer.words, sizeof answer.words, "%s", words);
	answer_with(vault, x, &answer);
}

static bool send_out(struct vault *vault, const struct order *order)
{
	return order->question ? vault->parts.ask(vault->parts.context, order->what.ticket,
					 bytes_text(order->question))
			       : vault->parts.order(vault->parts.context, &order->what);
}

// One that is due is looked for anew after each: what answers one may change the list.
static bool settle_one(struct vault *vault)
{
	uint64_t durable = ledger_durable(vault->parts.ledger);
	for (struct exchange *x = vault->ordered; x; x = x->next) {
		struct order *order = x->job;
		if (!order->sent && x->trail_end <= durable) {
			order->sent = true;
			if (send_out(vault, order))
				continue;
			give_up(vault, x, "Watch is not there; try again in a second.");
			return true;
		}
		if (time_monotonic_us() > order->until_us) {
			give_up(vault, x,
				order->question ? "Watch did not answer in time."
						: "Guard did not answer: whether it was carried "
						  "out is not known.");
			return true;
		}
	}
	return false;
}

void order_settle(struct vault *vault)
{
	while (settle_one(vault))
		;
}

void order_forget(struct vault *vault, const void *client, const uint32_t *id)
{
	for (struct exchange *x = vault->ordered; x; x = x->next)
		if (x->client == client && (!id || x->ask.id == *id))
			x->client = NULL;
}

void order_done(struct vault *vault)
{
	while (vault->ordered) {
		struct exchange *x = vault->ordered;
		remove_held(vault, x);
		exchange_free(x);
	}
}

// ---- What guard says.

static json_t *line_json(const struct ward_line *line)
{
	static const char *const kinds[WARD_LINE_KINDS] = {[WARD_LINE_BLOCK] = "block",
		[WARD_LINE_QUARANTINE] = "quarantine",
		[WARD_LINE_FLOW] = "flow",
		[WARD_LINE_DENIED] = "denied",
		[WARD_LINE_KNOCK] = "knock"};
	char address[PREFIX_TEXT_BYTES] = "";
	json_t *json = json_pack("{s:s, s:I, s:I}", "kind", kinds[line->kind], "packets",
		(json_int_t)line->packets, "bytes", (json_int_t)line->bytes);
	if (!line->prefix.family) {
		json_object_set_new(json, "name", json_string(line->words));
		return json;
	}
	prefix_text(&line->prefix, address);
	json_object_set_new(json, "address", json_string(address));
	if (line->kind == WARD_LINE_KNOCK) {
		json_object_set_new(json, "places", json_integer(line->places));
		json_object_set_new(json, "name", json_string(line->words));
		return json;
	}
	json_object_set_new(json, "seconds", json_integer(line->seconds));
	json_object_set_new(json, "case", json_string(line->case_id));
	json_object_set_new(json, "reason", json_string(line->words));
	return json;
}

static void add_lines(struct order *order, const struct ward_counters *counters)
{
	if (!order->list)
		order->list = json_pack("{s:s, s:I, s:[]}", "zones", counters->zones,
			"confirm_seconds", (json_int_t)counters->confirm_s, "lines");
	json_t *lines = json_object_get(order->list, "lines");
	for (size_t i = 0; i < counters->count && json_array_size(lines) < ORDER_LINES; i++)
		json_array_append_new(lines, line_json(&counters->lines[i]));
}

// What ended by itself belongs on the trail as much as what somebody ended.
static void note_expired(struct vault *vault, const struct ward_answer *answer)
{
	const struct trail_entry note = {.time_us = time_now_us(),
		.kind = TRAIL_SYSTEM,
		.action = answer->verb == WARD_UNBLOCK   ? TRAIL_UNBLOCKED
			  : answer->verb == WARD_RELEASE ? TRAIL_RELEASED
							 : TRAIL_ZONES,
		.outcome = TRAIL_ALLOWED,
		.actor = "guard",
		.actor_name = "Hospitaller",
		.detail = answer->words};
	if (allowance_take(
		    &vault->expired, ORDER_LINES, ORDER_EXPIRED_A_SECOND, time_monotonic_us()))
		(void)ledger_append(vault->parts.ledger, &note); // nobody waits for its number
}

void serve_ordered(
	struct vault *vault, const struct ward_answer *answer, const struct ward_counters *counters)
{
	if (answer->type == WARD_EXPIRED) {
		note_expired(vault, answer);
		return;
	}
	for (struct exchange *x = vault->ordered; x; x = x->next) {
		struct order *order = x->job;
		if (order->what.ticket != answer->ticket || !order->sent || order->question)
			continue; // a question's answer is a reply, and nothing else
		if (counters)
			add_lines(order, counters);
		if (!counters || counters->last)
			answer_with(vault, x, answer);
		return;
	}
}

void serve_replied(struct vault *vault, uint64_t ticket, uint16_t status, json_t *json)
{
	static const struct ward_answer answered = {.type = WARD_DONE};
	for (struct exchange *x = vault->ordered; x; x = x->next) {
		struct order *order = x->job;
		if (order->what.ticket != ticket || !order->sent || !order->question)
			continue;
		order->status = status;
		order->reply = json;
		answer_with(vault, x, &answered);
		return;
	}
	json_decref(json);
}
