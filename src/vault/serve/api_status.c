// Health: of the roles as the parent and the kernel tell it, of the records, of the trail.
#include "vault/serve/api.h"

#include "common/base/text.h"
#include "common/base/time.h"
#include "vault/ledger/ledger.h"
#include "vault/serve/check.h"

#include <stdlib.h>
#include <string.h>

enum progress api_health(struct vault *vault, struct exchange *x)
{
	(void)vault;
	return api_answer(x, 200, json_pack("{s:s}", "state", "ready"));
}

static json_t *records_json(struct vault *vault)
{
	struct records_stats s;
	if (records_stats(vault->parts.records, &s))
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "resources", (json_int_t)s.resources,
		"versions", (json_int_t)s.versions, "patients", (json_int_t)s.patients, "bytes",
		(json_int_t)s.bytes, "cached_keys", (json_int_t)s.cached_keys);
}

static json_t *trail_json(struct vault *vault)
{
	struct ledger_status s;
	ledger_status(vault->parts.ledger, &s);
	json_t *json = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "size", (json_int_t)s.size,
		"durable", (json_int_t)s.durable, "checkpoint", (json_int_t)s.checkpoint.size,
		"indexed", (json_int_t)s.indexed, "bytes", (json_int_t)s.bytes,
		"recovered_torn_bytes", (json_int_t)s.recovered_torn_bytes);
	set_time(json, "checkpoint_time", s.checkpoint_us);
	return json;
}

enum progress api_status(struct vault *vault, struct exchange *x)
{
	json_t *roles = vault->parts.roles(vault->parts.context);
	json_t *json = json_pack("{s:s, s:o, s:o, s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I}}",
		"version", vault->parts.version, "records", records_json(vault), "trail",
		trail_json(vault), "vault", "requests", (json_int_t)vault->requests, "denials",
		(json_int_t)vault->denials, "commits", (json_int_t)vault->commits, "writes",
		(json_int_t)vault->committed_writes, "waiting_trail", (json_int_t)vault->held.count,
		"waiting_commit", (json_int_t)(vault->staged.count + vault->writes.count),
		"hashing", (json_int_t)vault->hashed.count);
	set_time(json, "since", vault->parts.started_us);
	if (roles)
		json_object_set_new(json, "roles", roles);
	json_t *activity = vault->parts.activity(vault->parts.context);
	if (activity) {
		json_object_set_new(json, "watch",
			json_pack("{s:O?, s:O?}", "place", json_object_get(activity, "place"),
				"lag", json_object_get(activity, "lag")));
		json_decref(activity);
	}
	return api_answer(x, 200, json);
}

enum progress api_activity(struct vault *vault, struct exchange *x)
{
	json_t *activity = vault->parts.activity(vault->parts.context);
	if (!activity) {
		answer_error(x, 503, "unavailable", "Watch has not counted anything yet.");
		return PROGRESS_DONE;
	}
	return api_answer(x, 200, activity);
}

// Tells of nobody and is no look at anything: a page asks it every few seconds, to know when to ask
// for more.
enum progress api_news(struct vault *vault, struct exchange *x)
{
	json_t *activity = vault->parts.activity(vault->parts.context);
	json_t *news = json_incref(json_object_get(activity, "news"));
	json_decref(activity);
	if (!news) {
		answer_error(x, 503, "unavailable", "Watch has not told anything yet.");
		return PROGRESS_DONE;
	}
	return api_answer(x, 200, news);
}

// The records against the trail, some milliseconds at a time: the answer says where to go on.
enum progress api_records_check(struct vault *vault, struct exchange *x)
{
	const char *from = exchange_param(x, "from");
	uint64_t number = from ? strtoull(from, NULL, 10) : 0;
	struct check_state state = {0};
	if (!number) {
		check_begin(vault);
		number = check_number(vault);
	}
	enum err err = check_step(vault, number, &state);
	if (err == ERR_NOT_FOUND) {
		answer_error(x, 409, "conflict",
			"This check was ended by another one, or by a start: begin again.");
		return PROGRESS_DONE;
	}
	if (err) {
		answer_error(
			x, 500, "unavailable", "The records cannot be checked: %s.", err_text(err));
		return PROGRESS_DONE;
	}
	bool wrong = state.wrong[0];
	json_t *json = json_pack("{s:s, s:I, s:I, s:I, s:s}", "result", wrong ? "broken" : "whole",
		"versions", (json_int_t)state.versions, "entries", (json_int_t)state.entries, "all",
		(json_int_t)state.all, "detail", state.wrong);
	if (!wrong && !state.end)
		json_object_set_new(
			json, "next", json_sprintf("%llu", (unsigned long long)state.number));
	return api_answer(x, 200, json);
}
