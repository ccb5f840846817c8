// Signing in: password, second factor, enrolling one, changing what was given out.
#include "vault/serve/api.h"

#include "common/base/text.h"
#include "common/base/time.h"
#include "common/format/json.h"
#include "vault/identity/measures.h"
#include "vault/serve/honey.h"

#include <string.h>

// Of those who are nobody only so many are put on the trail, with how many there were in between.
static void note_stranger(
	struct vault *vault, struct exchange *x, struct trail_entry *note, const char *words)
{
	uint64_t left_out;
	if (!identity_note_stranger(vault->parts.identity, x->now_us, &left_out))
		return;
	note->detail =
		left_out ? arena_printf(x->arena, "%s; %llu more like this since the last entry",
				   words, (unsigned long long)left_out)
			 : words;
	note_add(vault, x, note);
}

static enum progress refuse(
	struct vault *vault, struct exchange *x, enum trail_action action, const char *account)
{
	struct trail_entry note = note_begin(x, TRAIL_SIGN_IN, action, TRAIL_DENIED);
	struct account known;
	note.status = 401;
	if (*account &&
		identity_account_find(vault->parts.identity, account, x->arena, &known) == OK) {
		note.actor = note.target = known.id;
		note.actor_name = known.name;
		note.role = known.role;
		note_add(vault, x, &note);
	} else {
		note_stranger(vault, x, &note, "nobody known");
	}
	vault->denials++;
	answer_error(x, 401, "unauthenticated",
		"This does not match. Check what you typed and try again.");
	return PROGRESS_DONE;
}

// Of a lure nothing is known to whoever checks passwords: it is nobody's.
static const char *whose(struct vault *vault, struct exchange *x, const char *account)
{
	json_t *body = *account ? NULL : api_body(x);
	const char *login = body ? json_get_text(body, "login") : NULL;
	const char *lure = login ? honey_account(vault, x, login) : NULL;
	json_decref(body);
	return lure ? lure : account;
}

static enum progress slow_down(
	struct vault *vault, struct exchange *x, enum trail_action action, uint32_t wait_s)
{
	struct trail_entry note = note_begin(x, TRAIL_SIGN_IN, action, TRAIL_DENIED);
	const char *lure = action == TRAIL_SIGNED_IN ? whose(vault, x, "") : "";
	note.status = 429;
	note.target = lure;
	note_stranger(vault, x, &note, "throttled");
	answer_error(x, 429, "too-many", "Too many attempts. Wait %u %s.", wait_s,
		text_plural(wait_s, "second", "seconds"));
	answer_retry(x, wait_s);
	return PROGRESS_DONE;
}

static void set_cookie(struct exchange *x, const char *token)
{
	answer_header(x, "Set-Cookie",
		arena_printf(x->arena,
			"__Host-hospitaller=%s; Path=/; Secure; HttpOnly; SameSite=Strict", token));
}

static void add_recovery(json_t *json, const struct sign_in_step *step)
{
	json_t *codes = json_array();
	for (int i = 0; i < RECOVERY_CODES; i++)
		json_array_append_new(codes, json_string(step->recovery_codes[i]));
	json_object_set_new(json, "recovery_codes", codes);
}

static void note_step(struct vault *vault, struct exchange *x, enum trail_action action,
	const struct account *account, const struct session *session)
{
	struct trail_entry note = note_begin(x, TRAIL_SIGN_IN, action, TRAIL_ALLOWED);
	note.actor = note.target = account->id;
	note.actor_name = account->name;
	note.role = account->role;
	note.session = session ? session->handle : "";
	note.status = 200;
	note_add(vault, x, &note);
}

// Tells the client what comes next, or that it is in.
static enum progress answer_step(struct vault *vault, struct exchange *x, enum trail_action action,
	const struct sign_in_step *step)
{
	static const char *const states[] = {[SIGN_IN_DONE] = "signed-in",
		[SIGN_IN_SECOND_FACTOR] = "second-factor",
		[SIGN_IN_ENROL] = "enrol",
		[SIGN_IN_CHANGE_PASSWORD] = "change-password"};
	struct account account;
	const struct session *session = NULL;
	json_t *json = json_pack("{s:s}", "state", states[step->state]);
	if (identity_account_find(vault->parts.identity, step->account, x->arena, &account)) {
		json_decref(json);
		answer_error(x, 401, "unauthenticated", "This account is gone.");
		return PROGRESS_DONE;
	}
	if (step->state != SIGN_IN_DONE) {
		json_object_set_new(json, "ticket", json_string(step->ticket));
	} else {
		enum session_kind kind =
			text_starts(step->token, "hc_") ? SESSION_COOKIE : SESSION_BEARER;
		if (session_find(vault->parts.identity, step->token, kind, x->now_us, &session) ==
			OK)
			json_object_set_new(json, "session", session_json(x, session));
		json_object_set_new(json, "account", account_json(&account));
		if (kind == SESSION_COOKIE)
			set_cookie(x, step->token);
		else
			json_object_set_new(json, "token", json_string(step->token));
	}
	if (step->has_recovery_codes)
		add_recovery(json, step);
	note_step(vault, x, action, &account, session);
	return api_answer(x, 200, json);
}

// The password was right: they may know why they are not let in, and whom to call.
static enum progress locked_out(struct vault *vault, struct exchange *x, const char *account)
{
	char until[TIME_TEXT_BYTES] = "";
	const struct measure *lock =
		measure_on(vault->parts.identity, MEASURE_LOCK, account, x->now_us);
	struct trail_entry note = note_begin(x, TRAIL_SIGN_IN, TRAIL_SIGNED_IN, TRAIL_DENIED);
	struct account known;
	if (identity_account_find(vault->parts.identity, account, x->arena, &known) == OK) {
		note.actor = known.id;
		note.actor_name = known.name;
		note.role = known.role;
	}
	note.status = 403;
	note.detail = "locked to contain a case";
	note_add(vault, x, &note);
	vault->denials++;
	time_format(lock ? lock->until_us : x->now_us, until);
	answer_error(x, 403, "account-locked",
		"This account is locked until %s because of something that was noticed. Call the "
		"security officer: they, or an administrator, can unlock it at once.",
		until);
	return PROGRESS_DONE;
}

static enum progress finish_sign_in(struct vault *vault, struct exchange *x)
{
	struct sign_in_step step;
	enum err err = sign_in_end(vault->parts.identity, x->job, &step);
	if (err == ERR_UNAUTHENTICATED)
		return refuse(vault, x, TRAIL_SIGNED_IN, whose(vault, x, step.account));
	if (err == ERR_DENIED)
		return locked_out(vault, x, step.account);
	if (err) {
		answer_error(x, 503, "unavailable", "Signing in failed: %s.", err_text(err));
		return PROGRESS_DONE;
	}
	return answer_step(vault, x, TRAIL_SIGNED_IN, &step);
}

enum progress api_sign_in(struct vault *vault, struct exchange *x)
{
	if (x->job)
		return finish_sign_in(vault, x);
	json_t *body = api_body(x);
	const char *login = body ? api_text(x, body, "login") : NULL;
	const char *password = login ? api_text(x, body, "password") : NULL;
	const char *kind = body ? json_get_text(body, "kind") : NULL;
	uint32_t wait_s = 0;
	struct sign_in *attempt = NULL;
	if (!password) {
		json_decref(body);
		return PROGRESS_DONE;
	}
	struct sign_in_wish wish = {.login = login,
		.password = password,
		.address = x->ask.peer,
		.agent = x->ask.user_agent,
		.now_us = x->now_us,
		.never = honey_account(vault, x, login) != NULL,
		.kind = kind && strcmp(kind, "bearer") == 0 ? SESSION_BEARER : SESSION_COOKIE};
	enum err err = sign_in_begin(vault->parts.identity, &wish, &attempt, &wait_s);
	json_decref(body);
	if (err == ERR_BUSY)
		return slow_down(vault, x, TRAIL_SIGNED_IN, wait_s);
	if (err)
		return refuse(vault, x, TRAIL_SIGNED_IN, "");
	x->job = attempt;
	x->job_free = sign_in_free;
	return api_hash(vault, x, sign_in_run);
}

enum progress api_second_factor(struct vault *vault, struct exchange *x)
{
	json_t *body = api_body(x);
	const char *ticket = body ? api_text(x, body, "ticket") : NULL;
	const char *code = ticket ? api_text(x, body, "code") : NULL;
	struct sign_in_step step;
	enum progress progress = PROGRESS_DONE;
	if (code) {
		enum err err = sign_in_code(vault->parts.identity, ticket, code, x->now_us, &step);
		progress = !err              ? answer_step(vault, x, TRAIL_SECOND_FACTOR, &step)
			   : err == ERR_BUSY ? slow_down(vault, x, TRAIL_SECOND_FACTOR, step.wait_s)
					     : refuse(vault, x, TRAIL_SECOND_FACTOR, step.account);
	}
	json_decref(body);
	return progress;
}

enum progress api_enrol(struct vault *vault, struct exchange *x)
{
	json_t *body = api_body(x);
	const char *ticket = body ? api_text(x, body, "ticket") : NULL;
	struct enrolment enrolment;
	if (ticket && sign_in_enrol(vault->parts.identity, ticket, x->now_us, x->arena, &enrolment))
		answer_error(x, 401, "unauthenticated", "Sign in again: this took too long.");
	else if (ticket)
		api_answer(x, 200,
			json_pack("{s:s, s:s, s:s}", "secret", enrolment.secret, "uri",
				enrolment.uri, "svg", enrolment.svg));
	json_decref(body);
	return PROGRESS_DONE;
}

enum progress api_enrol_confirm(struct vault *vault, struct exchange *x)
{
	json_t *body = api_body(x);
	const char *ticket = body ? api_text(x, body, "ticket") : NULL;
	const char *code = ticket ? api_text(x, body, "code") : NULL;
	struct sign_in_step step;
	enum progress progress = PROGRESS_DONE;
	if (code) {
		enum err err = sign_in_enrol_confirm(
			vault->parts.identity, ticket, code, x->now_us, &step);
		progress = err ? refuse(vault, x, TRAIL_ENROLLED, step.account)
			       : answer_step(vault, x, TRAIL_ENROLLED, &step);
	}
	json_decref(body);
	return progress;
}

static json_t *advice_json(const struct password_advice *advice)
{
	json_t *suggestions = json_array();
	for (size_t i = 0; i < advice->suggestion_count; i++)
		json_array_append_new(suggestions, json_string(advice->suggestions[i]));
	return json_pack("{s:b, s:i, s:s, s:o}", "acceptable", advice->acceptable, "score",
		(int)advice->score, "warning", advice->warning, "suggestions", suggestions);
}

static enum progress begin_change(
	struct vault *vault, struct exchange *x, const struct password_wish *wish)
{
	struct password_advice advice;
	struct password_change *change;
	enum err err = password_change_begin(vault->parts.identity, wish, &change, &advice);
	if (err == ERR_INVALID) {
		json_t *json = advice_json(&advice);
		json_object_set_new(json, "error", json_string("invalid"));
		json_object_set_new(json, "field", json_string("password"));
		json_object_set_new(json, "message", json_string(advice.warning));
		return api_answer(x, 422, json);
	}
	if (err == ERR_BUSY)
		return slow_down(vault, x, TRAIL_PASSWORD_CHANGED, advice.wait_s);
	if (err) {
		answer_error(x, 401, "unauthenticated", "Sign in again: this took too long.");
		return PROGRESS_DONE;
	}
	x->job = change;
	x->job_free = password_change_free;
	return api_hash(vault, x, password_change_run);
}

static enum progress end_change(struct vault *vault, struct exchange *x, bool signing_in)
{
	struct sign_in_step step;
	enum err err = password_change_end(vault->parts.identity, x->job, &step);
	if (err == ERR_EXISTS) {
		answer_error(
			x, 422, "invalid", "This is the password you have now. Choose another.");
		return PROGRESS_DONE;
	}
	if (err)
		return refuse(vault, x, TRAIL_PASSWORD_CHANGED, x->who.account);
	if (signing_in)
		return answer_step(vault, x, TRAIL_PASSWORD_CHANGED, &step);
	struct trail_entry note =
		note_begin(x, TRAIL_SIGN_IN, TRAIL_PASSWORD_CHANGED, TRAIL_ALLOWED);
	note.target = x->who.account;
	note_add(vault, x, &note);
	return api_answer(x, 200, json_pack("{s:s}", "state", "changed"));
}

enum progress api_sign_in_password(struct vault *vault, struct exchange *x)
{
	if (x->job)
		return end_change(vault, x, true);
	json_t *body = api_body(x);
	struct password_wish wish = {.now_us = x->now_us};
	enum progress progress = PROGRESS_DONE;
	wish.ticket = body ? api_text(x, body, "ticket") : NULL;
	wish.password = wish.ticket ? api_text(x, body, "password") : NULL;
	if (wish.password)
		progress = begin_change(vault, x, &wish);
	json_decref(body);
	return progress;
}

enum progress api_me_password(struct vault *vault, struct exchange *x)
{
	if (x->job)
		return end_change(vault, x, false);
	json_t *body = api_body(x);
	struct password_wish wish = {
		.now_us = x->now_us, .account = x->who.account, .session = x->who.session};
	enum progress progress = PROGRESS_DONE;
	wish.old = body ? api_text(x, body, "old") : NULL;
	wish.password = wish.old ? api_text(x, body, "new") : NULL;
	if (wish.password)
		progress = begin_change(vault, x, &wish);
	json_decref(body);
	return progress;
}

enum progress api_password_advice(struct vault *vault, struct exchange *x)
{
	json_t *body = api_body(x);
	struct password_advice advice;
	struct password_wish wish = {
		.now_us = x->now_us, .account = x->who.known ? x->who.account : NULL};
	wish.ticket = body ? json_get_text(body, "ticket") : NULL;
	wish.password = body ? api_text(x, body, "password") : NULL;
	if (wish.password && password_change_advice(vault->parts.identity, &wish, &advice) == OK)
		api_answer(x, 200, advice_json(&advice));
	else if (wish.password)
		answer_error(x, 401, "unauthenticated", "Sign in again: this took too long.");
	json_decref(body);
	return PROGRESS_DONE;
}

enum progress api_sign_out(struct vault *vault, struct exchange *x)
{
	if (session_end(vault->parts.identity, x->who.session, x->who.account) == OK) {
		struct trail_entry note =
			note_begin(x, TRAIL_SIGN_IN, TRAIL_SIGNED_OUT, TRAIL_ALLOWED);
		note.target = x->who.account;
		note_add(vault, x, &note);
	}
	answer_header(x, "Set-Cookie",
		"__Host-hospitaller=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
	return api_answer(x, 200, json_pack("{s:s}", "state", "signed-out"));
}
