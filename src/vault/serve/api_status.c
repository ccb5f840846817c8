// Health: of the roles as the parent and the kernel tell it, of the records, of the trail.
#include "vault/serve/api.h"

#include "common/base/text.h"
#include "common/base/time.h"
#include "vault/ledger/ledger.h"
#include "vault/records/walk.h"

#include <stdlib.h>
#include <string.h>

enum {
	CHECKED_AT_ONCE = 200
};

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

// Opens stored versions, some at a time: the answer says where to go on. Associated data proves
// that each is in its place.
enum progress api_records_check(struct vault *vault, struct exchange *x)
{
	const char *from = exchange_param(x, "from");
	struct walk_place place = {.next = from ? strtoll(from, NULL, 10) : 0};
	enum err err = records_walk_some(vault->parts.records, &place, CHECKED_AT_ONCE);
	json_t *json = json_pack("{s:s, s:I, s:s}", "result", err ? "broken" : "whole", "versions",
		(json_int_t)place.versions, "detail", err_text(err));
	if (!err && !place.end)
		json_object_set_new(json, "next", json_sprintf("%lld", (long long)place.next));
	return api_answer(x, 200, json);
}
