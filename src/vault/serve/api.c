#include "vault/serve/api.h"

#include "common/base/time.h"
#include "common/format/json.h"

#include <string.h>

enum {
	API_BODY_BYTES = 16 * 1024
};

json_t *api_body(struct exchange *x)
{
	const struct json_limits limits = {.most_bytes = API_BODY_BYTES, .most_depth = 8};
	struct json_problem problem;
	json_t *json;
	enum err err = json_parse_strict(buf_bytes(&x->body), &limits, &json, &problem);
	if (err) {
		answer_error(x, err == ERR_LIMIT ? 413 : 400,
			err == ERR_LIMIT ? "too-large" : "malformed", "Line %u, column %u: %s.",
			problem.line, problem.column, problem.words);
		return NULL;
	}
	if (!json_is_object(json)) {
		answer_error(x, 400, "malformed", "An object is expected.");
		json_decref(json);
		return NULL;
	}
	return json;
}

const char *api_text(struct exchange *x, const json_t *body, const char *key)
{
	const char *text = json_get_text(body, key);
	if (!text)
		answer_error(x, 400, "invalid", "'%s' is missing, or is not a text.", key);
	return text;
}

void set_time(json_t *json, const char *key, int64_t at_us)
{
	char at[TIME_TEXT_BYTES];
	if (!at_us)
		return;
	time_format(at_us, at);
	json_object_set_new(json, key, json_string(at));
}

json_t *account_json(const struct account *a)
{
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b}", "id", a->id, "login",
		a->login, "name", a->name, "role", a->role, "person", a->person, "state",
		a->state == ACCOUNT_LOCKED ? "locked" : "active", "second_factor",
		a->has_second_factor, "must_change_password", a->must_change_password);
	set_time(json, "created", a->created_us);
	return json;
}

json_t *session_json(const struct exchange *x, const struct session *s)
{
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b}", "handle",
		s->handle, "account", s->account, "name", s->name, "role", s->role, "kind",
		s->kind == SESSION_COOKIE ? "cookie" : "bearer", "address", s->address, "agent",
		s->agent, "second_factor", s->second_factor, "current",
		strcmp(s->handle, x->who.session) == 0);
	set_time(json, "created", s->created_us);
	set_time(json, "last_used", s->used_us);
	set_time(json, "idle_ends", s->idle_ends_us);
	set_time(json, "ends", s->ends_us);
	return json;
}

enum progress api_answer(struct exchange *x, uint16_t status, json_t *json)
{
	answer_json(x, status, json);
	json_decref(json);
	return PROGRESS_DONE;
}

enum progress api_hash(struct vault *vault, struct exchange *x, worker_run *run)
{
	if (worker_add(vault->hashing, run, x->job, x) == OK)
		return PROGRESS_HASHING;
	answer_error(x, 503, "busy", "Too many are signing in at once; try again in a second.");
	return PROGRESS_DONE;
}
