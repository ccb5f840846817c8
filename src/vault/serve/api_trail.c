// The trail as people read it: who has seen a record, searching, and the proof of an entry.
#include "vault/serve/handlers.h"
#include "vault/serve/names.h"
#include "vault/serve/who.h"

#include "common/base/text.h"
#include "common/base/time.h"
#include "common/format/fhir_type.h"
#include "vault/ledger/ledger.h"
#include "vault/policy/policy.h"

#include <stdlib.h>
#include <string.h>

enum {
	DEFAULT_COUNT = 50,
	SHOWN_PATIENTS = 100,
	JOINED_NAMES = 12
};

static void set_text(json_t *json, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(json, key, json_string(text));
}

// How much of an entry is told. Who reviews the trail sees all of it, but not a name that they may
// not see; the one whom a record is about, or who treats them, sees what concerns that record.
struct telling {
	const char *about; // only this patient, or NULL
	bool reviewer;
};

static json_t *patients_json(struct vault *vault, struct exchange *x,
	const struct trail_entry *entry, const struct telling *telling)
{
	json_t *list = json_array();
	// An entry about the trail names those whose names it joined in: that need not go on and
	// on.
	uint32_t joined = entry->kind == TRAIL_REVIEW ? 0 : JOINED_NAMES;
	for (uint32_t i = 0; i < entry->patients_here && i < SHOWN_PATIENTS; i++) {
		json_t *one = json_object();
		set_text(one, "id", entry->patients[i]);
		if (i < joined)
			set_text(one, "name", names_patient(vault, x, entry->patients[i]));
		if (!telling->about || strcmp(telling->about, entry->patients[i]) == 0)
			json_array_append(list, one);
		json_decref(one);
	}
	return list;
}

// A search's words are about people, too: their values only for those who may see names.
static const char *query_shown(struct vault *vault, struct exchange *x, const char *query)
{
	struct buf out = {0};
	if (names_allowed(vault, x))
		return query;
	for (const char *at = query; *at;) {
		size_t name = strcspn(at, "=&"), all = strcspn(at, "&");
		buf_add(&out, at, name);
		buf_add_text(&out, all > name ? "=\xe2\x80\xa6" : "");
		buf_add_text(&out, at[all] ? "&" : "");
		at += all + (at[all] != 0);
	}
	const char *text = arena_text_n(x->arena, (const char *)out.at, out.size);
	buf_done(&out);
	return text;
}

static void set_flags(json_t *json, const char *flags)
{
	if (!*flags)
		return;
	json_t *list = json_array();
	for (const char *at = flags; *at;) {
		size_t size = strcspn(at, " ");
		json_array_append_new(list, json_stringn(at, size));
		at += size + (at[size] == ' ');
	}
	json_object_set_new(json, "flags", list);
}

static void tell_reviewer(
	struct vault *vault, struct exchange *x, const struct trail_entry *entry, json_t *json)
{
	bool access = entry->kind == TRAIL_ACCESS;
	set_text(json, "address", entry->address);
	set_text(json, "application", entry->application);
	set_text(json, "query", access ? query_shown(vault, x, entry->query) : entry->query);
	set_text(json, "detail", entry->detail);
	set_text(json, "content", entry->content);
	set_text(json, "target", entry->target);
	set_flags(json, entry->flags);
	bool refers = entry->action == TRAIL_CONTINUED || entry->action == TRAIL_EXPLAINED ||
		      entry->outcome == TRAIL_ABORTED ||
		      (entry->outcome == TRAIL_FAILED && entry->refers_to);
	if (refers)
		json_object_set_new(json, "refers_to", json_integer((json_int_t)entry->refers_to));
}

static const char *patient_of(struct vault *vault, struct exchange *x,
	const struct trail_entry *entry, const struct telling *telling)
{
	if (!entry->patients_here)
		return NULL;
	const char *id = telling->about ? telling->about : entry->patients[0];
	if (strcmp(id, ACCESS_SOMEBODY) == 0)
		return "a patient who is not known here";
	bool join = entry->kind != TRAIL_REVIEW || telling->about;
	const char *name = join ? names_patient(vault, x, id) : NULL;
	return name ? name : arena_printf(x->arena, "patient %s", id);
}

// As it may be told; a continuation tells what the entry did that it goes on from.
static struct trail_entry told(struct vault *vault, struct exchange *x,
	const struct trail_entry *entry, const struct telling *telling)
{
	struct trail_entry first;
	bool goes_on = entry->action == TRAIL_CONTINUED &&
		       ledger_read(vault->parts.ledger, entry->refers_to, x->arena, &first) == OK;
	return telling->about ? trail_about(entry, goes_on ? &first : NULL, telling->about)
			      : *entry;
}

static json_t *entry_json(struct vault *vault, struct exchange *x, const struct trail_hit *hit,
	const struct telling *telling)
{
	const struct trail_entry as_told = told(vault, x, &hit->entry, telling), *entry = &as_told;
	char at[TIME_TEXT_BYTES];
	time_format(entry->time_us, at);
	const char *patient = patient_of(vault, x, entry, telling);
	json_t *json = json_pack("{s:I, s:s, s:s, s:s, s:s, s:I, s:s}", "seq", (json_int_t)hit->seq,
		"time", at, "kind", trail_kind_text(entry->kind), "action",
		trail_action_text(entry->action), "outcome", trail_outcome_text(entry->outcome),
		"patient_count", (json_int_t)entry->patient_count, "sentence",
		trail_sentence(entry, patient, x->arena));
	json_t *who = json_object();
	set_text(who, "account", entry->actor);
	set_text(who, "name", entry->actor_name);
	set_text(who, "role", entry->role);
	json_object_set_new(json, "who", who);
	set_text(json, "session", entry->session);
	set_text(json, "resource", entry->resource);
	set_text(json, "purpose", entry->purpose);
	set_text(json, "reason", entry->reason);
	set_text(json, "rule", entry->rule);
	if (telling->reviewer)
		tell_reviewer(vault, x, entry, json);
	if (entry->version)
		json_object_set_new(json, "version", json_integer((json_int_t)entry->version));
	if (*entry->relationship)
		json_object_set_new(json, "relationship",
			json_pack("{s:s, s:s}", "kind", entry->relationship, "evidence",
				entry->evidence));
	json_object_set_new(json, "patients", patients_json(vault, x, entry, telling));
	return json;
}

// The look at the trail, with everybody whose name went along.
static void note_looked(struct vault *vault, struct exchange *x, struct trail_entry *note)
{
	const char *const *joined = NULL;
	size_t count = names_joined(x, &joined), known = note->patients_here;
	const char **all = arena_alloc(x->arena, (count + known) * sizeof *all);
	for (size_t i = 0; i < known; i++)
		all[i] = note->patients[i];
	size_t size = known;
	for (size_t i = 0; i < count; i++)
		if (!known || strcmp(joined[i], note->patients[0]) != 0)
			all[size++] = joined[i];
	note_add_patients(vault, x, note, all, size);
}

// A time of the query, or 0 when it is absent. False: answered.
static bool time_param(struct exchange *x, const char *name, int64_t *ret_us)
{
	const char *text = exchange_param(x, name);
	*ret_us = 0;
	if (!text || !*text)
		return true;
	const char *full = strchr(text, 'T') ? text : arena_printf(x->arena, "%sT00:00:00Z", text);
	if (time_parse(full, ret_us) == OK)
		return true;
	answer_error(x, 400, "invalid",
		"%s is not a date or a time: use 2026-02-03 or "
		"2026-02-03T04:05:06Z.",
		name);
	return false;
}

static bool number_param(struct exchange *x, const char *name, uint64_t *ret_number)
{
	const char *text = exchange_param(x, name);
	char *end;
	if (!text || !*text)
		return true;
	unsigned long long number = strtoull(text, &end, 10);
	if (*end || text[0] < '0' || text[0] > '9') {
		answer_error(x, 400, "invalid", "%s is not a number.", name);
		return false;
	}
	*ret_number = number;
	return true;
}

static const char *nonempty(const char *text)
{
	return text && *text ? text : NULL;
}

static bool read_query(struct vault *vault, struct exchange *x, struct trail_query *ret)
{
	uint64_t count = DEFAULT_COUNT, before = 0;
	const char *action = nonempty(exchange_param(x, "action"));
	const char *outcome = nonempty(exchange_param(x, "outcome"));
	const char *who = nonempty(exchange_param(x, "who"));
	struct trail_query query = {.patient = nonempty(exchange_param(x, "patient")),
		.resource = nonempty(exchange_param(x, "resource")),
		.action = action ? trail_action_find(action) : 0,
		.outcome = outcome ? trail_outcome_find(outcome) : 0};
	if (who)
		query.actor = names_account_id(vault, x, who);
	if ((action && !query.action) || (outcome && !query.outcome)) {
		answer_error(x, 400, "invalid", "There is no such action or outcome.");
		return false;
	}
	if (!time_param(x, "since", &query.since_us) || !time_param(x, "until", &query.until_us) ||
		!number_param(x, "before", &before) || !number_param(x, "_count", &count))
		return false;
	query.before = before;
	query.limit = (uint32_t)(count < 1                       ? 1
				 : count > LEDGER_SEARCH_RESULTS ? LEDGER_SEARCH_RESULTS
								 : count);
	*ret = query;
	return true;
}

// `about` a record when the entry on the trail is, too: an access, not a search of the trail.
static enum progress answer_hits(struct vault *vault, struct exchange *x,
	const struct trail_query *query, struct trail_entry *note)
{
	const struct telling telling = {
		.about = note->action == TRAIL_WHO_SAW ? query->patient : NULL,
		.reviewer = policy_may(
			vault->parts.policy, policy_role_find(x->who.role), "trail-search")};
	struct trail_page page;
	enum err err = ledger_search(vault->parts.ledger, query, x->arena, &page);
	if (err) {
		answer_error(
			x, 500, "unavailable", "The trail cannot be searched: %s.", err_text(err));
		note->outcome = TRAIL_FAILED;
		note_add(vault, x, note);
		return PROGRESS_DONE;
	}
	json_t *list = json_array();
	for (size_t i = 0; i < page.count; i++)
		json_array_append_new(list, entry_json(vault, x, &page.hits[i], &telling));
	json_t *json = json_pack("{s:o}", "entries", list);
	if (page.next)
		json_object_set_new(json, "next", json_integer((json_int_t)page.next));
	note_looked(vault, x, note);
	answer_json(x, 200, json);
	json_decref(json);
	return PROGRESS_DONE;
}

enum progress api_trail(struct vault *vault, struct exchange *x)
{
	struct trail_query query;
	if (!read_query(vault, x, &query))
		return PROGRESS_DONE;
	struct trail_entry note = note_begin(x, TRAIL_REVIEW, TRAIL_TRAIL_SEARCHED, TRAIL_ALLOWED);
	note.query = exchange_query(x);
	note.patients = query.patient ? &query.patient : NULL;
	note.patients_here = note.patient_count = query.patient ? 1 : 0;
	return answer_hits(vault, x, &query, &note);
}

enum progress api_seen(struct vault *vault, struct exchange *x)
{
	const char *patient = route_segment(x, "id");
	uint64_t count = DEFAULT_COUNT, before = 0;
	struct verdict verdict;
	struct access access = {.action = TRAIL_WHO_SAW,
		.type = fhir_type_patient(),
		.id = patient,
		.patient = patient};
	if (!text_is_id(patient)) {
		answer_error(x, 404, "not-found", "There is no such record.");
		return PROGRESS_DONE;
	}
	if (!access_check(vault, x, &access, &verdict))
		return PROGRESS_DONE;
	if (!number_param(x, "before", &before) || !number_param(x, "_count", &count))
		return PROGRESS_DONE;
	struct trail_query query = {.patient = patient, .before = before};
	query.limit = (uint32_t)(count < 1                       ? 1
				 : count > LEDGER_SEARCH_RESULTS ? LEDGER_SEARCH_RESULTS
								 : count);
	struct trail_entry note = note_access(x, &access, &verdict, TRAIL_ALLOWED);
	note.kind = TRAIL_REVIEW;
	return answer_hits(vault, x, &query, &note);
}

enum progress api_trail_entry(struct vault *vault, struct exchange *x)
{
	struct trail_entry note = note_begin(x, TRAIL_REVIEW, TRAIL_TRAIL_SEARCHED, TRAIL_ALLOWED);
	const struct telling telling = {.reviewer = true};
	struct trail_hit hit;
	struct ledger_proof proof;
	char *end, leaf[2 * HASH_BYTES + 1];
	const char *text = route_segment(x, "seq");
	uint64_t seq = strtoull(text, &end, 10);
	if (*end || text[0] < '0' || text[0] > '9' ||
		ledger_read(vault->parts.ledger, seq, x->arena, &hit.entry)) {
		answer_error(x, 404, "not-found", "There is no such entry.");
		return PROGRESS_DONE;
	}
	hit.seq = seq;
	json_t *json = entry_json(vault, x, &hit, &telling);
	if (ledger_prove(vault->parts.ledger, seq, &proof) == OK) {
		struct ledger_status status;
		ledger_status(vault->parts.ledger, &status);
		json_t *path = json_array();
		for (size_t i = 0; i < proof.path.count; i++) {
			char hex[2 * HASH_BYTES + 1];
			text_hex(bytes_of(proof.path.hashes[i].bytes, HASH_BYTES), hex);
			json_array_append_new(path, json_string(hex));
		}
		text_hex(bytes_of(proof.leaf.bytes, HASH_BYTES), leaf);
		json_object_set_new(json, "proof",
			json_pack("{s:s, s:I, s:I, s:o, s:s}", "leaf", leaf, "index",
				(json_int_t)seq, "size", (json_int_t)proof.checkpoint.size, "path",
				path, "checkpoint", status.note));
	}
	note.query = arena_printf(x->arena, "entry %llu", (unsigned long long)seq);
	note_looked(vault, x, &note);
	answer_json(x, 200, json);
	json_decref(json);
	return PROGRESS_DONE;
}

enum progress api_trail_state(struct vault *vault, struct exchange *x)
{
	struct ledger_status status;
	char root[2 * HASH_BYTES + 1], at[TIME_TEXT_BYTES];
	ledger_status(vault->parts.ledger, &status);
	text_hex(bytes_of(status.checkpoint.root.bytes, HASH_BYTES), root);
	time_format(status.checkpoint_us, at);
	// The keeper reads every batch back and ends the process when one differs; so what it has
	// verified is whole, or nobody would be answering.
	json_t *json = json_pack("{s:I, s:I, s:s, s:{s:I, s:s, s:s}, s:{s:I, s:s, s:s, s:s}, s:s}",
		"size", (json_int_t)status.size, "durable", (json_int_t)status.durable, "root",
		root, "checkpoint", "size", (json_int_t)status.checkpoint.size, "time",
		status.checkpoint_us ? at : "", "text", status.note, "verified", "size",
		(json_int_t)status.verified, "time", status.checkpoint_us ? at : "", "result",
		status.verified ? "whole" : "never", "detail",
		"Read back from disk and compared before each checkpoint is signed.", "key",
		status.vkey);
	answer_json(x, 200, json);
	json_decref(json);
	return PROGRESS_DONE;
}
