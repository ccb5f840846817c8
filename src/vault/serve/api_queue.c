// What a reviewer should look at today, and the explanation of one access. Watch says which entries
// of the trail; names and words are joined here, for those who may search the trail.
#include "vault/serve/handlers.h"
#include "vault/serve/names.h"
#include "vault/serve/who.h"

#include "common/base/text.h"
#include "common/base/time.h"
#include "common/format/explained.h"
#include "common/format/json.h"
#include "vault/explain/explain.h"
#include "vault/identity/identity.h"
#include "vault/ledger/ledger.h"

#include <stdlib.h>
#include <string.h>

enum {
	ITEMS_MOST = 60,
	LOOKS_MOST = 8
};

static json_t *flags_json(uint32_t flags)
{
	json_t *list = json_array();
	for (unsigned bit = 0; bit < EXPLAINED_FLAGS; bit++)
		if (flags >> bit & 1)
			json_array_append_new(
				list, json_pack("{s:s, s:s}", "code", explained_flag_code(bit),
					      "text", explained_flag_text(bit)));
	return list;
}

static void set_name(json_t *json, const char *key, const char *name)
{
	if (name)
		json_object_set_new(json, key, json_string(name));
}

static json_t *patient_json(struct vault *vault, struct exchange *x, const char *patient)
{
	json_t *json = json_pack("{s:s}", "id", patient);
	set_name(json, "name", names_patient(vault, x, patient));
	return json;
}

static json_t *who_json(const struct trail_entry *entry)
{
	return json_pack("{s:s, s:s, s:s}", "account", entry->actor, "name", entry->actor_name,
		"role", entry->role);
}

// One access of an item, as watch told it: seq, index, kind, strength, flags, and as the trail has
// it: when, what, whose record. NULL: the entry is not there.
static json_t *look_json(
	struct vault *vault, struct exchange *x, const json_t *told, struct trail_entry *ret_entry)
{
	json_int_t seq = json_integer_value(json_object_get(told, "seq"));
	json_int_t index = json_integer_value(json_object_get(told, "index"));
	json_int_t kind = json_integer_value(json_object_get(told, "kind"));
	uint32_t flags = (uint32_t)json_integer_value(json_object_get(told, "flags"));
	char at[TIME_TEXT_BYTES];
	if (seq < 0 || ledger_read(vault->parts.ledger, (uint64_t)seq, x->arena, ret_entry) ||
		index < 0 || index >= (json_int_t)ret_entry->patients_here)
		return NULL;
	const char *patient = ret_entry->patients[index];
	const char *name = names_patient(vault, x, patient);
	time_format(ret_entry->time_us, at);
	json_t *json = json_pack("{s:I, s:s, s:s, s:s, s:s, s:o, s:O, s:O}", "seq", seq, "time", at,
		"sentence",
		trail_sentence(ret_entry,
			name ? name : arena_printf(x->arena, "patient %s", patient), x->arena),
		"explanation", explained_kind_code((enum explained_kind)kind), "text",
		explained_kind_text((enum explained_kind)kind), "flags", flags_json(flags),
		"strength", json_object_get(told, "strength"), "score",
		json_object_get(told, "score"));
	if (!json)
		return NULL;
	json_object_set_new(json, "patient", patient_json(vault, x, patient));
	json_object_set(json, "looked", json_object_get(told, "looked"));
	json_object_set_new(json, "who", who_json(ret_entry));
	return json;
}

static const char *first_reason(struct exchange *x, const json_t *told)
{
	json_int_t records = json_integer_value(json_object_get(told, "records"));
	json_int_t days = json_integer_value(json_object_get(told, "days"));
	json_int_t opened = json_integer_value(json_object_get(told, "opened"));
	const char *queue = json_string_value(json_object_get(told, "queue"));
	if (queue && strcmp(queue, "record") == 0)
		return arena_printf(x->arena,
			"%lld persons opened this record within a week, or tried to, and nothing "
			"explains it well enough.",
			(long long)json_integer_value(json_object_get(told, "persons")));
	const char *when =
		days > 1 ? arena_printf(x->arena, "on %lld days", (long long)days) : "on one day";
	const char *noun = text_plural((uint64_t)records, "record", "records");
	// To be refused, or to find somebody in a list, is not to have opened a record.
	return opened == records
		       ? arena_printf(x->arena, "Opened %lld %s without an explanation %s.",
				 (long long)records, noun, when)
		       : arena_printf(x->arena,
				 "Looked for %lld %s without an explanation %s, and opened %s: "
				 "%s refused, or only found in a list.",
				 (long long)records, noun, when,
				 opened ? arena_printf(x->arena, "%lld", (long long)opened)
					: "none",
				 !opened                 ? records == 1 ? "it was" : "they were"
				 : opened + 1 == records ? "the other was"
							 : "the others were");
}

// Why it is unusual, in a sentence for each thing.
static json_t *why_json(struct exchange *x, const json_t *told)
{
	json_int_t records = json_integer_value(json_object_get(told, "records"));
	json_t *list = json_array(), *counts = json_object_get(told, "flag_counts");
	json_array_append_new(list, json_string(first_reason(x, told)));
	for (unsigned bit = 0; bit < EXPLAINED_FLAGS; bit++) {
		json_int_t count = json_integer_value(json_array_get(counts, bit));
		if (1u << bit == EXPLAINED_CUT) // says nothing about the person
			continue;
		if (count == 1 && records == 1)
			json_array_append_new(list, json_string(explained_flag_text(bit)));
		else if (count > 0)
			json_array_append_new(
				list, json_string(arena_printf(x->arena, "%s (%lld of %lld)",
					      explained_flag_text(bit), (long long)count,
					      (long long)records)));
	}
	return list;
}

static json_t *item_json(struct vault *vault, struct exchange *x, const json_t *told)
{
	json_t *looks = json_array(), *who = NULL;
	const json_t *list = json_object_get(told, "looks");
	for (size_t i = 0; i < json_array_size(list) && i < LOOKS_MOST; i++) {
		struct trail_entry entry;
		json_t *look = look_json(vault, x, json_array_get(list, i), &entry);
		if (look && !who)
			who = who_json(&entry);
		if (look)
			json_array_append_new(looks, look);
	}
	if (!who) {
		json_decref(looks);
		return NULL;
	}
	return json_pack("{s:O, s:O, s:O, s:O, s:O, s:O, s:o, s:o, s:o}", "queue",
		json_object_get(told, "queue"), "day", json_object_get(told, "day"), "closed",
		json_object_get(told, "closed"), "score", json_object_get(told, "score"), "records",
		json_object_get(told, "records"), "persons", json_object_get(told, "persons"),
		"who", who, "why", why_json(x, told), "looks", looks);
}

static void note_joined(struct vault *vault, struct exchange *x, struct trail_entry *note)
{
	const char *const *joined = NULL;
	size_t count = names_joined(x, &joined);
	note_add_patients(vault, x, note, joined, count);
}

enum progress api_queue(struct vault *vault, struct exchange *x)
{
	struct trail_entry note = note_begin(x, TRAIL_REVIEW, TRAIL_TRAIL_SEARCHED, TRAIL_ALLOWED);
	json_t *told = vault->parts.queue(vault->parts.context);
	json_t *items = json_array();
	const json_t *list = json_object_get(told, "items");
	for (size_t i = 0; i < json_array_size(list) && i < ITEMS_MOST; i++) {
		json_t *item = item_json(vault, x, json_array_get(list, i));
		if (item)
			json_array_append_new(items, item);
	}
	json_t *json = json_pack("{s:b, s:o}", "ready", told != NULL, "items", items);
	static const char *const numbers[] = {"staff", "per_thousand", "least", "half_life_days",
		"waiting", "incidents", "until"};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (json_object_get(told, numbers[i]))
			json_object_set(json, numbers[i], json_object_get(told, numbers[i]));
	json_decref(told);
	note.query = "the queue";
	note_joined(vault, x, &note);
	answer_json(x, 200, json);
	json_decref(json);
	return PROGRESS_DONE;
}

static json_t *path_json(struct vault *vault, struct exchange *x, const struct explanation *e)
{
	json_t *list = json_array();
	for (size_t i = 0; i < e->told.steps; i++) {
		const struct explain_step *step = &e->steps[i];
		json_t *one = json_pack("{s:s}", "words", step->words);
		if (*step->resource)
			json_object_set_new(one, "resource", json_string(step->resource));
		else
			json_object_set_new(one, "seq", json_integer((json_int_t)step->seq));
		if (text_starts(step->resource, "Patient/"))
			set_name(one, "name", names_patient(vault, x, step->resource + 8));
		json_array_append_new(list, one);
	}
	return list;
}

// The entry, and which of its patients is meant. False: answered.
static bool find_access(struct vault *vault, struct exchange *x, struct trail_entry *ret,
	struct explain_ask *ret_ask)
{
	struct account account;
	const char *text = route_segment(x, "seq"), *wanted = exchange_param(x, "patient");
	char *end;
	uint64_t seq = strtoull(text, &end, 10);
	const char *patient = NULL;
	bool there = !*end && *text >= '0' && *text <= '9' &&
		     ledger_read(vault->parts.ledger, seq, x->arena, ret) == OK;
	for (uint32_t i = 0; there && i < ret->patients_here && !patient; i++)
		if (!wanted || strcmp(wanted, ret->patients[i]) == 0)
			patient = ret->patients[i];
	if (!patient || ret->kind != TRAIL_ACCESS) {
		answer_error(x, 404, "not-found", "There is no such access to a record.");
		return false;
	}
	bool known =
		identity_account_find(vault->parts.identity, ret->actor, x->arena, &account) == OK;
	*ret_ask = (struct explain_ask){.actor = ret->actor,
		.staff = known ? account.person : "",
		.role = ret->role,
		.patient = patient,
		.resource = ret->resource,
		.at_us = ret->time_us,
		.known_us = INT64_MAX,
		.seq = seq};
	return true;
}

enum progress api_trail_explanation(struct vault *vault, struct exchange *x)
{
	struct trail_entry note = note_begin(x, TRAIL_REVIEW, TRAIL_TRAIL_SEARCHED, TRAIL_ALLOWED);
	struct trail_entry entry;
	struct explain_ask ask;
	struct explanation e;
	char at[TIME_TEXT_BYTES];
	if (!find_access(vault, x, &entry, &ask))
		return PROGRESS_DONE;
	enum err err = explain_access(vault->parts.explain, &ask, x->arena, &e);
	if (err) {
		answer_error(
			x, 503, "unavailable", "It cannot be worked out now: %s.", err_text(err));
		return PROGRESS_DONE;
	}
	json_t *json = json_pack("{s:I, s:s, s:s, s:i, s:b, s:o, s:o, s:o}", "seq",
		(json_int_t)ask.seq, "explanation", explained_kind_code(e.told.kind), "text",
		explained_kind_text(e.told.kind), "strength", (int)e.told.strength, "explained",
		e.told.strength >= EXPLAINED_ENOUGH, "path", path_json(vault, x, &e), "flags",
		flags_json(e.told.flags), "patient", patient_json(vault, x, ask.patient));
	if (e.recorded_us) {
		time_format(e.recorded_us, at);
		json_object_set_new(json, "recorded", json_string(at));
	}
	note.query =
		arena_printf(x->arena, "explanation of entry %llu", (unsigned long long)ask.seq);
	const char *const *joined = NULL;
	if (names_joined(x, &joined)) {
		note_joined(vault, x, &note);
	} else {
		note.patients = &ask.patient;
		note.patients_here = note.patient_count = 1;
		note_add(vault, x, &note);
	}
	answer_json(x, 200, json);
	json_decref(json);
	return PROGRESS_DONE;
}
