// The one signed in: what they may do, whose care they take part in, sessions, broken glass.
#include "vault/serve/api.h"
#include "vault/serve/names.h"

#include "common/base/text.h"
#include "common/format/fhir_type.h"
#include "common/format/json.h"
#include "vault/policy/policy.h"
#include "vault/records/records.h"

#include <stdlib.h>
#include <string.h>

enum {
	WORKLIST = 100
};

static json_t *may_list(struct vault *vault, const struct exchange *x)
{
	const char *verbs[32];
	json_t *list = json_array();
	enum policy_role role = policy_role_find(x->who.role);
	size_t count = policy_verbs(vault->parts.policy, role, verbs);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_string(verbs[i]));
	for (int action = 0; action < POLICY_ACTIONS; action++) {
		struct policy_ask ask = {.role = role,
			.action = (enum policy_action)action,
			.type = fhir_type_patient(),
			.of_patient = true,
			.relationship = true,
			.own = true,
			.second_factor = true};
		struct policy_decision decision;
		policy_decide(vault->parts.policy, &ask, &decision);
		if (decision.allowed)
			json_array_append_new(
				list, json_sprintf("patient-%s",
					      policy_action_text((enum policy_action)action)));
	}
	return list;
}

enum progress api_me(struct vault *vault, struct exchange *x)
{
	struct account account;
	const struct session *session;
	json_t *json = json_pack("{s:o}", "may", may_list(vault, x));
	if (identity_account_find(vault->parts.identity, x->who.account, x->arena, &account) == OK)
		json_object_set_new(json, "account", account_json(&account));
	enum session_kind kind =
		x->ask.token_kind == DOOR_TOKEN_COOKIE ? SESSION_COOKIE : SESSION_BEARER;
	if (session_find(vault->parts.identity, x->ask.token, kind, x->now_us, &session) == OK)
		json_object_set_new(json, "session", session_json(x, session));
	return api_answer(x, 200, json);
}

// A fresh code in a session that goes on: what high risk demands (docs/incidents.md).
enum progress api_me_second_factor(struct vault *vault, struct exchange *x)
{
	uint32_t wait_s = 0;
	json_t *body = api_body(x);
	const char *code = body ? api_text(x, body, "code") : NULL;
	if (!code) {
		json_decref(body);
		return PROGRESS_DONE;
	}
	enum err err =
		session_step_up(vault->parts.identity, x->who.session, code, x->now_us, &wait_s);
	json_decref(body);
	struct trail_entry note = note_begin(
		x, TRAIL_SIGN_IN, TRAIL_SECOND_FACTOR, err ? TRAIL_FAILED : TRAIL_ALLOWED);
	note.detail = "again, in a session";
	note_add(vault, x, &note);
	if (!err)
		return api_answer(x, 200, json_pack("{s:s}", "state", "fresh"));
	if (err == ERR_BUSY) {
		answer_error(x, 429, "too-many", "Too many attempts; wait.");
		answer_retry(x, wait_s);
	} else if (err == ERR_UNAUTHENTICATED) {
		answer_error(x, 422, "invalid", "This code is not right, or was used already.");
	} else if (err == ERR_NOT_FOUND) {
		answer_error(x, 409, "conflict", "Enrol a second factor first.");
	} else {
		answer_error(x, 503, "unavailable", "It cannot be checked now: %s.", err_text(err));
	}
	return PROGRESS_DONE;
}

enum progress api_me_recovery_codes(struct vault *vault, struct exchange *x)
{
	char codes[RECOVERY_CODES][RECOVERY_CODE_BYTES];
	if (identity_new_recovery_codes(vault->parts.identity, x->who.account, codes)) {
		answer_error(x, 409, "conflict", "Enrol a second factor first.");
		return PROGRESS_DONE;
	}
	json_t *list = json_array();
	for (int i = 0; i < RECOVERY_CODES; i++)
		json_array_append_new(list, json_string(codes[i]));
	struct trail_entry note = note_begin(x, TRAIL_SIGN_IN, TRAIL_ENROLLED, TRAIL_ALLOWED);
	note.target = x->who.account;
	note.detail = "new recovery codes";
	note_add(vault, x, &note);
	return api_answer(x, 200, json_pack("{s:o}", "recovery_codes", list));
}

enum progress api_me_patients(struct vault *vault, struct exchange *x)
{
	struct care_patient *patients;
	size_t count, most = WORKLIST;
	const char *asked = exchange_param(x, "_count");
	if (asked && *asked >= '1' && *asked <= '9')
		most = strtoul(asked, NULL, 10);
	enum err err = records_care_patients(vault->parts.records, x->who.person,
		most > WORKLIST ? WORKLIST : most, x->arena, &patients, &count);
	if (err) {
		answer_error(x, 503, "unavailable", "The list cannot be made: %s.", err_text(err));
		return PROGRESS_DONE;
	}
	json_t *list = json_array();
	const char **named = arena_alloc(x->arena, count * sizeof *named);
	size_t shown = 0;
	for (size_t i = 0; i < count; i++) {
		struct record record;
		json_t *patient;
		struct record_key key = {.type = fhir_type_patient(), .id = patients[i].patient};
		struct access access = {
			.action = TRAIL_READ, .type = key.type, .id = key.id, .patient = key.id};
		struct verdict verdict;
		if (access_decide(vault, x, &access, &verdict) || !verdict.allowed ||
			records_read(vault->parts.records, &key, x->arena, &record) ||
			json_parse_strict(record.json, NULL, &patient, NULL))
			continue;
		json_array_append_new(
			list, json_pack("{s:o, s:s, s:s}", "patient", patient, "relationship",
				      care_kind_text(patients[i].care.kind), "evidence",
				      patients[i].care.evidence));
		named[shown++] = key.id;
	}
	struct trail_entry note = note_begin(x, TRAIL_ACCESS, TRAIL_SEARCH, TRAIL_ALLOWED);
	note.resource = "Patient";
	note.query = "my patients";
	note.purpose = "TREAT";
	note_add_patients(vault, x, &note, named, shown);
	return api_answer(x, 200, json_pack("{s:o}", "patients", list));
}

enum progress api_sessions(struct vault *vault, struct exchange *x)
{
	const char *account = exchange_param(x, "account");
	struct session *sessions;
	size_t count;
	if (!account)
		account = x->who.account;
	else if (!who_may(vault, x, "sessions-manage"))
		return PROGRESS_DONE;
	(void)!session_list(vault->parts.identity,
		*account ? names_account_id(vault, x, account) : NULL, x->arena, &sessions, &count);
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, session_json(x, &sessions[i]));
	return api_answer(x, 200, json_pack("{s:o}", "sessions", list));
}

enum progress api_session_end(struct vault *vault, struct exchange *x)
{
	const char *handle = route_segment(x, "handle");
	bool anybody =
		policy_may(vault->parts.policy, policy_role_find(x->who.role), "sessions-manage");
	const char *whose = session_owner(vault->parts.identity, handle, x->arena);
	if (session_end(vault->parts.identity, handle, anybody ? NULL : x->who.account)) {
		answer_error(x, 404, "not-found", "There is no such session.");
		return PROGRESS_DONE;
	}
	struct trail_entry note =
		note_begin(x, TRAIL_SIGN_IN, TRAIL_SESSION_REVOKED, TRAIL_ALLOWED);
	note.detail = handle;
	note.target = whose;
	note_add(vault, x, &note);
	x->status = 204;
	return PROGRESS_DONE;
}

enum progress api_break_glass(struct vault *vault, struct exchange *x)
{
	json_t *body = api_body(x);
	const char *patient = body ? api_text(x, body, "patient") : NULL;
	const char *reason = patient ? api_text(x, body, "reason") : NULL;
	int64_t until = 0;
	struct verdict verdict;
	if (!reason)
		goto out;
	if (!text_is_id(patient)) {
		answer_error(x, 400, "invalid", "This is not the id of a patient.");
		goto out;
	}
	struct access access = {.action = TRAIL_BREAK_GLASS,
		.type = fhir_type_patient(),
		.id = arena_text(x->arena, patient)};
	if (!access_check(vault, x, &access, &verdict))
		goto out;
	if (glass_break(
		    vault->parts.identity, x->who.session, patient, reason, x->now_us, &until)) {
		answer_error(x, 422, "invalid", "Give a reason of at least %d characters.",
			BREAK_GLASS_REASON_CHARACTERS);
		goto out;
	}
	access.patient = access.id;
	verdict.purpose = "BTG";
	verdict.reason = arena_text(x->arena, reason);
	struct trail_entry note = note_access(x, &access, &verdict, TRAIL_ALLOWED);
	note_add(vault, x, &note);
	json_t *json = json_pack("{s:s}", "patient", access.id);
	set_time(json, "until", until);
	api_answer(x, 200, json);
out:
	json_decref(body);
	return PROGRESS_DONE;
}

enum progress api_break_glass_list(struct vault *vault, struct exchange *x)
{
	struct broken_glass *grants;
	size_t count =
		glass_list(vault->parts.identity, x->who.session, x->now_us, x->arena, &grants);
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++) {
		json_t *one = json_pack(
			"{s:s, s:s}", "patient", grants[i].patient, "reason", grants[i].reason);
		set_time(one, "until", grants[i].until_us);
		json_array_append_new(list, one);
	}
	return api_answer(x, 200, json_pack("{s:o}", "grants", list));
}
