// What watch found. Watch knows numbers; here they become people again, each proved by the entry of
// the trail that the finding rests on. Looking at it is on the trail, as a search of it.
#include "vault/serve/api.h"
#include "vault/serve/names.h"
#include "vault/serve/opaque.h"
#include "vault/serve/order.h"

#include "common/format/sigma.h"
#include "vault/ledger/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	REASONS = 5, // that are told of one finding
	REASONS_LOOKED_AT = 16
};

static const char *replace(
	const char *text, const char *opaque, const char *with, struct arena *arena)
{
	struct buf out = {0};
	for (const char *at; (at = strstr(text, opaque)); text = at + strlen(opaque)) {
		buf_add(&out, text, (size_t)(at - text));
		buf_add_text(&out, with);
	}
	buf_add_text(&out, text);
	const char *made = arena_text_n(arena, (const char *)out.at, out.size);
	buf_done(&out);
	return made;
}

static void put_name(struct exchange *x, json_t *finding, const char *opaque, const char *name)
{
	const char *sentence = json_string_value(json_object_get(finding, "sentence"));
	if (sentence && opaque && *opaque)
		json_object_set_new(finding, "sentence",
			json_string(replace(sentence, opaque, name, x->arena)));
}

// Some sentences say "patient" before the number, and an id alone wants it.
static void put_patient(
	struct exchange *x, json_t *finding, const char *opaque, const char *text, bool is_id)
{
	const char *named = is_id ? arena_printf(x->arena, "patient %s", text) : text;
	if (is_id && opaque && *opaque)
		put_name(x, finding, arena_printf(x->arena, "patient %s", opaque), named);
	put_name(x, finding, opaque, named);
}

static void join_actor(
	struct vault *vault, struct exchange *x, json_t *finding, const struct trail_entry *entry)
{
	const char *opaque = json_string_value(json_object_get(finding, "actor"));
	if (!opaque_is(vault->parts.opaque, entry->actor, opaque))
		return;
	const char *name = *entry->actor_name ? entry->actor_name : entry->actor;
	put_name(x, finding, opaque, name);
	json_object_set_new(finding, "who",
		json_pack("{s:s, s:s, s:s}", "account", entry->actor, "name", entry->actor_name,
			"role", entry->role));
}

// The account that something was done to stands in sentences only.
static void join_target(
	struct vault *vault, struct exchange *x, json_t *finding, const struct trail_entry *entry)
{
	struct account account;
	if (!*entry->target ||
		identity_account_find(vault->parts.identity, entry->target, x->arena, &account))
		return;
	struct opaque opaque = opaque_of(vault->parts.opaque, entry->target);
	put_name(x, finding, opaque.text, *account.name ? account.name : account.login);
}

static void join_patient(
	struct vault *vault, struct exchange *x, json_t *finding, const struct trail_entry *entry)
{
	const char *opaque = json_string_value(json_object_get(finding, "patient"));
	for (uint32_t i = 0; i < entry->patients_here; i++) {
		const char *id = entry->patients[i];
		if (!opaque_is(vault->parts.opaque, id, opaque))
			continue;
		const char *name = names_patient(vault, x, id);
		put_patient(x, finding, opaque, name ? name : id, !name);
		json_t *about = json_pack("{s:s}", "id", id);
		if (name)
			json_object_set_new(about, "name", json_string(name));
		json_object_set_new(finding, "about", about);
		return;
	}
}

static bool has_text(const json_t *list, const char *text)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(json_string_value(json_array_get(list, i)), text) == 0)
			return true;
	return false;
}

// What was said when the glass was broken: it decides most of these findings, and would have to be
// looked up entry by entry.
static void join_reasons(struct vault *vault, struct exchange *x, json_t *finding)
{
	const json_t *evidence = json_object_get(finding, "evidence");
	json_t *list = json_array();
	for (size_t i = 0; i < json_array_size(evidence) && i < REASONS_LOOKED_AT &&
			   json_array_size(list) < REASONS;
		i++) {
		struct trail_entry entry;
		json_int_t seq = json_integer_value(json_array_get(evidence, i));
		if (seq >= 0 &&
			ledger_read(vault->parts.ledger, (uint64_t)seq, x->arena, &entry) == OK &&
			entry.action == TRAIL_BREAK_GLASS && *entry.reason &&
			!has_text(list, entry.reason))
			json_array_append_new(list, json_string(entry.reason));
	}
	if (json_array_size(list))
		json_object_set(finding, "reasons", list);
	json_decref(list);
}

void finding_join(struct vault *vault, struct exchange *x, json_t *finding)
{
	struct trail_entry entry;
	json_int_t seq = json_integer_value(json_object_get(finding, "seq"));
	json_object_del(finding, "who"); // names come from the trail, or not at all
	json_object_del(finding, "about");
	json_object_del(finding, "reasons");
	if (seq < 0 || ledger_read(vault->parts.ledger, (uint64_t)seq, x->arena, &entry))
		return;
	if (entry.action == TRAIL_EXPLAINED && // names nobody; the access that it is about does
		ledger_read(vault->parts.ledger, entry.refers_to, x->arena, &entry))
		return;
	join_actor(vault, x, finding, &entry);
	join_target(vault, x, finding, &entry);
	join_patient(vault, x, finding, &entry);
	join_reasons(vault, x, finding);
}

static void note_joined(struct vault *vault, struct exchange *x, const char *what)
{
	struct trail_entry note = note_begin(x, TRAIL_REVIEW, TRAIL_TRAIL_SEARCHED, TRAIL_ALLOWED);
	const char *const *joined = NULL;
	size_t count = names_joined(x, &joined);
	note.query = what;
	note_add_patients(vault, x, &note, joined, count);
}

static int level_of(const char *text)
{
	for (int level = 0; text && level < SIGMA_LEVELS; level++)
		if (strcmp(sigma_level_text((enum sigma_level)level), text) == 0)
			return level;
	return text && *text ? -1 : 0;
}

// Older ones, or only some: watch is asked, which keeps more than it tells by itself.
static enum progress findings_page(struct vault *vault, struct exchange *x)
{
	struct order *order = x->job;
	const char *before = exchange_param(x, "before"), *rule = exchange_param(x, "rule");
	int level = level_of(exchange_param(x, "level"));
	json_t *one;
	size_t i;
	if (!order && level < 0) {
		answer_error(x, 422, "invalid",
			"A level is informational, low, medium, high or critical.");
		return PROGRESS_DONE;
	}
	if (!order)
		return order_ask(vault, x,
			       json_pack("{s:s, s:I, s:i, s:s}", "ask", "findings", "before",
				       (json_int_t)(before ? strtoll(before, NULL, 10) : 0), "level",
				       level, "rule", rule ? rule : ""))
			       ? PROGRESS_ORDERED
			       : PROGRESS_DONE;
	if (order_problem(x, order))
		return PROGRESS_DONE;
	json_array_foreach(json_object_get(order->reply, "findings"), i, one)
		finding_join(vault, x, one);
	note_joined(vault, x, "findings");
	return api_answer(x, 200, json_incref(order->reply));
}

// What watch tells by itself is the newest of each rule; everything is told page by page.
static void set_next(json_t *json)
{
	const json_t *list = json_object_get(json, "findings");
	json_int_t newest = json_integer_value(json_object_get(json_array_get(list, 0), "id"));
	if ((json_int_t)json_array_size(list) <
		json_integer_value(json_object_get(json, "total")))
		json_object_set_new(json, "next", json_integer(newest + 1));
}

enum progress api_findings(struct vault *vault, struct exchange *x)
{
	if (exchange_param(x, "before") || exchange_param(x, "rule") || exchange_param(x, "level"))
		return findings_page(vault, x);
	json_t *told = vault->parts.findings(vault->parts.context), *one;
	size_t i;
	if (!told) {
		answer_error(x, 503, "unavailable", "Watch has not looked at anything yet.");
		return PROGRESS_DONE;
	}
	json_t *json = json_deep_copy(told); // names are joined for this caller only
	json_decref(told);
	json_array_foreach(json_object_get(json, "findings"), i, one) finding_join(vault, x, one);
	set_next(json);
	note_joined(vault, x, "findings");
	return api_answer(x, 200, json);
}

// One, by its number: also one that is no longer among the newest.
enum progress api_finding(struct vault *vault, struct exchange *x)
{
	struct order *order = x->job;
	if (!order) {
		char *end;
		const char *text = route_segment(x, "id");
		long long id = strtoll(text, &end, 10);
		bool fine = *text >= '0' && *text <= '9' && !*end;
		json_t *question = json_pack(
			"{s:s, s:I}", "ask", "finding", "id", (json_int_t)(fine ? id : 0));
		return order_ask(vault, x, question) ? PROGRESS_ORDERED : PROGRESS_DONE;
	}
	if (order_problem(x, order))
		return PROGRESS_DONE;
	finding_join(vault, x, order->reply);
	note_joined(vault, x, "finding");
	return api_answer(x, 200, json_incref(order->reply));
}
