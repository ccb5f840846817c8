// Accounts, for those who manage them.
#include "vault/serve/api.h"

#include "common/format/json.h"
#include "vault/policy/policy.h"

#include <string.h>

enum progress api_accounts(struct vault *vault, struct exchange *x)
{
	struct account *accounts;
	size_t count;
	(void)!identity_account_list(
		vault->parts.identity, exchange_param(x, "text"), x->arena, &accounts, &count);
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, account_json(&accounts[i]));
	return api_answer(x, 200, json_pack("{s:o}", "accounts", list));
}

// Who is nobody's account any more is named as they were asked for.
static const char *target_of(struct vault *vault, struct exchange *x, const char *id)
{
	struct account account;
	return identity_account_find(vault->parts.identity, id, x->arena, &account) ? id
										    : account.id;
}

static void note_account(struct vault *vault, struct exchange *x, enum trail_action action,
	const char *target, const char *detail) // five: what an entry says
{
	struct trail_entry note = note_begin(x, TRAIL_ACCOUNT, action, TRAIL_ALLOWED);
	note.target = target_of(vault, x, target);
	note.detail = detail;
	note_add(vault, x, &note);
}

static void note_refused(struct vault *vault, struct exchange *x, const char *detail)
{
	struct trail_entry note = note_begin(x, TRAIL_ACCOUNT, TRAIL_ACCOUNT_CHANGED, TRAIL_DENIED);
	note.target = x->who.account; // one's own, see below
	note.detail = detail;
	note.status = 403;
	note_add(vault, x, &note);
	vault->denials++;
}

static enum progress refuse(struct exchange *x, enum err err)
{
	if (err == ERR_NOT_FOUND)
		answer_error(x, 404, "not-found", "There is no such account.");
	else if (err == ERR_EXISTS)
		answer_error(x, 409, "conflict", "This login is taken.");
	else if (err == ERR_INVALID)
		answer_error(x, 422, "invalid",
			"A login has 2 to 64 letters, digits or . _ - @; a name must not be empty.");
	else
		answer_error(x, 503, "unavailable", "This failed: %s.", err_text(err));
	return PROGRESS_DONE;
}

static bool role_is_fine(struct exchange *x, const char *role)
{
	enum policy_role found = policy_role_find(role);
	if (found != ROLE_NONE && found != ROLE_LOCAL)
		return true;
	answer_error(x, 422, "invalid", "'%s' is not a role.", role);
	return false;
}

// The password that is given out is hashed elsewhere: however many accounts an administrator makes,
// nobody who treats a patient waits for it.
static enum progress begin_giving(struct vault *vault, struct exchange *x)
{
	x->job = given_new(vault->parts.identity);
	x->job_free = given_free;
	return api_hash(vault, x, given_run);
}

enum progress api_account_create(struct vault *vault, struct exchange *x)
{
	char password[PASSWORD_GIVEN_BYTES];
	json_t *body = api_body(x);
	struct account_new wanted = {0};
	struct account account;
	wanted.login = body ? api_text(x, body, "login") : NULL;
	wanted.name = wanted.login ? api_text(x, body, "name") : NULL;
	wanted.role = wanted.name ? api_text(x, body, "role") : NULL;
	wanted.person = body ? json_get_text(body, "person") : NULL;
	if (!wanted.role || !role_is_fine(x, wanted.role))
		goto out;
	if (!x->job) {
		json_decref(body);
		return begin_giving(vault, x);
	}
	wanted.given = x->job;
	wanted.single_factor = strcmp(wanted.role, "patient") == 0;
	enum err err = identity_account_create(
		vault->parts.identity, &wanted, x->now_us, x->arena, &account, password);
	if (err) {
		refuse(x, err);
		goto out;
	}
	note_account(vault, x, TRAIL_ACCOUNT_CREATED, account.id,
		arena_printf(x->arena, "%s (%s), %s", account.login, account.id, account.role));
	json_t *json = account_json(&account);
	if (strcmp(account.role, "application") != 0)
		json_object_set_new(json, "password", json_string(password));
	api_answer(x, 201, json);
	crypto_wipe(password, sizeof password);
out:
	json_decref(body);
	return PROGRESS_DONE;
}

// What is ignored would seem to have been done.
static bool only_changeable(struct exchange *x, json_t *body)
{
	static const char *const known[] = {"name", "role", "state"};
	const char *key;
	json_t *value;
	json_object_foreach(body, key, value)
	{
		size_t i = 0;
		while (i < sizeof known / sizeof *known && strcmp(known[i], key) != 0)
			i++;
		if (i < sizeof known / sizeof *known && json_is_string(value))
			continue;
		answer_error(x, 422, "invalid",
			"An account's name, role and state can be changed, each a text; nothing else.");
		return false;
	}
	return true;
}

enum progress api_account_change(struct vault *vault, struct exchange *x)
{
	const char *id = route_segment(x, "id");
	json_t *body = api_body(x);
	struct account account;
	if (!body)
		return PROGRESS_DONE;
	if (!only_changeable(x, body)) {
		json_decref(body);
		return PROGRESS_DONE;
	}
	const char *state = json_get_text(body, "state");
	struct account_change change = {
		.name = json_get_text(body, "name"), .role = json_get_text(body, "role")};
	change.single_factor = change.role && strcmp(change.role, "patient") == 0;
	if (state)
		change.state = strcmp(state, "locked") == 0   ? ACCOUNT_LOCKED
			       : strcmp(state, "active") == 0 ? ACCOUNT_ACTIVE
							      : 0;
	bool own = identity_account_find(vault->parts.identity, id, x->arena, &account) == OK &&
		   strcmp(account.id, x->who.account) == 0;
	if (state && !change.state) {
		answer_error(x, 422, "invalid", "A state is active or locked.");
	} else if (own && (change.role || change.state)) {
		// Who manages accounts does not read records: not by becoming a clinician for a
		// minute either.
		note_refused(
			vault, x, arena_printf(x->arena, "%s: own role or state", account.login));
		answer_error(x, 403, "denied", "Somebody else must change your own role or state.");
	} else if (!change.role || role_is_fine(x, change.role)) {
		enum err err = identity_account_change(vault->parts.identity, id, &change);
		if (!err)
			err = identity_account_find(vault->parts.identity, id, x->arena, &account);
		if (err) {
			refuse(x, err);
		} else {
			note_account(vault, x, TRAIL_ACCOUNT_CHANGED, account.id,
				arena_printf(x->arena, "%s:%s%s%s%s", account.login,
					change.name ? " name" : "", change.role ? " role " : "",
					change.role ? change.role : "",
					!state                           ? ""
					: change.state == ACCOUNT_LOCKED ? " locked"
									 : " unlocked"));
			api_answer(x, 200, account_json(&account));
		}
	}
	json_decref(body);
	return PROGRESS_DONE;
}

enum progress api_account_reset_password(struct vault *vault, struct exchange *x)
{
	char password[PASSWORD_GIVEN_BYTES];
	const char *id = route_segment(x, "id");
	if (!x->job)
		return begin_giving(vault, x);
	enum err err = identity_reset_password(vault->parts.identity, id, x->job, password);
	if (err)
		return refuse(x, err);
	note_account(vault, x, TRAIL_ACCOUNT_CHANGED, id,
		arena_printf(x->arena, "%s: new password given out", id));
	json_t *json = json_pack("{s:s}", "password", password);
	crypto_wipe(password, sizeof password);
	return api_answer(x, 200, json);
}

enum progress api_account_reset_second_factor(struct vault *vault, struct exchange *x)
{
	const char *id = route_segment(x, "id");
	enum err err = identity_reset_second_factor(vault->parts.identity, id);
	if (err)
		return refuse(x, err);
	note_account(vault, x, TRAIL_ACCOUNT_CHANGED, id,
		arena_printf(x->arena, "%s: second factor removed", id));
	return api_answer(x, 200, json_pack("{s:s}", "state", "must-enrol"));
}

enum progress api_account_token(struct vault *vault, struct exchange *x)
{
	char token[TOKEN_TEXT_BYTES];
	const char *id = route_segment(x, "id");
	json_t *body = api_body(x);
	const char *label = body ? api_text(x, body, "label") : NULL;
	if (label) {
		enum err err =
			session_token_create(vault->parts.identity, id, label, x->now_us, token);
		if (err == ERR_INVALID) {
			answer_error(
				x, 422, "invalid", "Tokens are for accounts of role application.");
		} else if (err) {
			refuse(x, err);
		} else {
			note_account(vault, x, TRAIL_TOKEN_CREATED, id,
				arena_printf(x->arena, "%s: %s", id, label));
			api_answer(x, 201, json_pack("{s:s}", "token", token));
		}
	}
	json_decref(body);
	return PROGRESS_DONE;
}
