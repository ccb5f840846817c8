#include "vault/identity/identity_in.h"

#include "common/base/text.h"
#include "vault/identity/measures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	CODE_FAILURES_MOST = 5,
	TICKETS_OF_ACCOUNT_MOST = 20
};
static const int64_t TICKET_US = (int64_t)TICKET_MINUTES * 60 * 1000000;

struct sign_in {
	struct held_account *account; // NULL: there is none, and nobody is to learn that
	char login[LOGIN_BYTES];
	char encoded[PASSWORD_HASH_TEXT_BYTES];
	char *password;
	struct ticket from;
	int64_t now_us;
	enum err result;
};

struct password_change {
	struct ticket *ticket; // NULL when signed in
	char ticket_text[TOKEN_TEXT_BYTES];
	char account[40], session[40]; // session: the one that goes on, or ""
	char *old, *password;
	char encoded[PASSWORD_HASH_TEXT_BYTES], fresh[PASSWORD_HASH_TEXT_BYTES];
	struct password_cost cost;
	int64_t now_us;
	enum err result;
};

static char *secret_copy(const char *text)
{
	char *made = strdup(text);
	if (!made)
		abort();
	return made;
}

static void secret_free(char *text)
{
	if (!text)
		return;
	crypto_wipe(text, strlen(text));
	free(text);
}

enum err sign_in_begin(struct identity *identity, const struct sign_in_wish *wish,
	struct sign_in **ret_sign_in, uint32_t *ret_wait_s)
{
	if (strlen(wish->login) >= LOGIN_BYTES || strlen(wish->password) > PASSWORD_MOST_BYTES)
		return ERR_LIMIT;
	struct held_account *a = account_held(identity, wish->login);
	const char *name = a ? a->id : wish->login;
	uint32_t wait = throttle_wait_s(identity->throttle, name, wish->address, wish->now_us);
	if (wait) {
		*ret_wait_s = wait;
		return ERR_BUSY;
	}
	struct sign_in *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	s->account = a && !wish->never && a->state == ACCOUNT_ACTIVE &&
				     strcmp(a->role, "application") != 0
			     ? a
			     : NULL;
	snprintf(s->login, sizeof s->login, "%s", name);
	memcpy(s->encoded, s->account ? a->password : identity->decoy, sizeof s->encoded);
	s->password = secret_copy(wish->password);
	s->now_us = wish->now_us;
	s->from = (struct ticket){.account = s->account, .kind = wish->kind};
	snprintf(s->from.address, sizeof s->from.address, "%s", wish->address);
	snprintf(s->from.agent, sizeof s->from.agent, "%s", wish->agent);
	*ret_sign_in = s;
	return OK;
}

void sign_in_run(void *context)
{
	struct sign_in *s = context;
	s->result = password_check(bytes_text(s->password), s->encoded);
}

void sign_in_free(void *context)
{
	struct sign_in *s = context;
	if (!s)
		return;
	secret_free(s->password);
	crypto_wipe(s, sizeof *s);
	free(s);
}

static void ticket_free(struct ticket *t)
{
	if (!t)
		return;
	crypto_wipe(t, sizeof *t);
	free(t);
}

// Those of `account`, or, when it is NULL, those that are too old at `now_us`. A ticket that claims
// to last longer than tickets do was made before the clock was turned back.
static void drop_tickets(
	struct identity *identity, const struct held_account *account, int64_t now_us)
{
	struct arena *arena = arena_new();
	size_t at = 0, count = 0;
	struct bytes key, *keys = arena_alloc(arena, map_count(identity->tickets) * sizeof *keys);
	void *value;
	while (map_next(identity->tickets, &at, &key, &value)) {
		const struct ticket *t = value;
		bool over = now_us >= t->until_us || t->until_us - now_us > TICKET_US;
		if (account ? t->account == account : over)
			keys[count++] = bytes_copy(arena, key);
	}
	for (size_t i = 0; i < count; i++)
		ticket_free(map_remove(identity->tickets, keys[i]));
	arena_free(arena);
}

void tickets_end_of(struct identity *identity, const struct held_account *account)
{
	drop_tickets(identity, account, 0);
}

// A right password gives a ticket each time, and is no failure: without a ceiling one account could
// fill the table and keep everybody else out. The oldest gives way.
static void make_room(struct identity *identity, const struct held_account *account)
{
	size_t at = 0, count = 0;
	struct bytes key, oldest = {0};
	void *value;
	int64_t until_us = INT64_MAX;
	while (map_next(identity->tickets, &at, &key, &value)) {
		const struct ticket *t = value;
		if (t->account != account)
			continue;
		count++;
		if (t->until_us >= until_us)
			continue;
		until_us = t->until_us;
		oldest = key;
	}
	if (count >= TICKETS_OF_ACCOUNT_MOST)
		ticket_free(map_remove(identity->tickets, oldest));
}

static enum err ticket_make(struct identity *identity, const struct ticket *from,
	enum ticket_stage stage, int64_t now_us, char ret_text[TOKEN_TEXT_BYTES])
{
	make_room(identity, from->account);
	if (map_count(identity->tickets) >= TICKETS_MOST)
		drop_tickets(identity, NULL, now_us);
	if (map_count(identity->tickets) >= TICKETS_MOST)
		return ERR_BUSY;
	struct ticket *t = malloc(sizeof *t);
	if (!t)
		abort();
	*t = *from;
	t->stage = stage;
	t->failures = 0;
	t->until_us = now_us + TICKET_US;
	token_make("ht_", ret_text);
	struct hash hash = crypto_sha256(bytes_text(ret_text));
	map_set(identity->tickets, bytes_of(hash.bytes, HASH_BYTES), t);
	return OK;
}

static struct ticket *ticket_find(
	struct identity *identity, const char *text, enum ticket_stage stage, int64_t now_us)
{
	struct hash hash = crypto_sha256(bytes_text(text));
	struct ticket *t = map_find(identity->tickets, bytes_of(hash.bytes, HASH_BYTES));
	bool fine = t && t->stage == stage && now_us < t->until_us &&
		    t->until_us - now_us <= TICKET_US && t->account->state == ACCOUNT_ACTIVE;
	return fine ? t : NULL;
}

static void ticket_drop(struct identity *identity, const char *text)
{
	struct hash hash = crypto_sha256(bytes_text(text));
	ticket_free(map_remove(identity->tickets, bytes_of(hash.bytes, HASH_BYTES)));
}

// After a right password: what is still missing, or the session.
static enum err go_on(struct identity *identity, const struct ticket *from, int64_t now_us,
	struct sign_in_step *step)
{
	const struct held_account *a = from->account;
	snprintf(step->account, sizeof step->account, "%s", a->id);
	if (a->must_change) {
		step->state = SIGN_IN_CHANGE_PASSWORD;
		return ticket_make(identity, from, TICKET_PASSWORD, now_us, step->ticket);
	}
	if (a->has_totp) {
		step->state = SIGN_IN_SECOND_FACTOR;
		return ticket_make(identity, from, TICKET_CODE, now_us, step->ticket);
	}
	if (!a->single_factor) {
		step->state = SIGN_IN_ENROL;
		return ticket_make(identity, from, TICKET_ENROL, now_us, step->ticket);
	}
	step->state = SIGN_IN_DONE;
	enum err err = signed_in_at(identity, a->id, from->address, now_us);
	return err ? err : session_make(identity, from, false, now_us, step->token);
}

enum err sign_in_end(struct identity *identity, struct sign_in *s, struct sign_in_step *ret_step)
{
	struct sign_in_step step = {0};
	if (s->account)
		snprintf(step.account, sizeof step.account, "%s", s->account->id);
	// Between, the account may have been locked, or its password reset.
	bool stale = s->account && (s->account->state != ACCOUNT_ACTIVE ||
					   strcmp(s->account->password, s->encoded) != 0);
	if (s->result || !s->account || stale) {
		throttle_failed(identity->throttle, s->login, s->from.address, s->now_us);
		*ret_step = step;
		return ERR_UNAUTHENTICATED;
	}
	const struct measure *lock = measure_on(identity, MEASURE_LOCK, s->account->id, s->now_us);
	if (lock && !lock->narrow) {
		*ret_step = step;
		return ERR_DENIED;
	}
	enum err err = go_on(identity, &s->from, s->now_us, &step);
	*ret_step = step;
	return err;
}

static bool use_recovery(struct held_account *a, const char *code)
{
	char folded[64];
	text_fold(bytes_text(code), folded, sizeof folded);
	for (char *c = folded; *c; c++)
		*c = *c == ' ' ? '-' : *c; // people read the dash as a gap
	struct hash hash = crypto_sha256(bytes_text(folded));
	for (int i = 0; i < RECOVERY_CODES; i++) {
		if (!a->recovery_left[i] ||
			!bytes_equal_secret(bytes_of(a->recovery[i].bytes, HASH_BYTES),
				bytes_of(hash.bytes, HASH_BYTES)))
			continue;
		a->recovery_left[i] = false;
		return true;
	}
	return false;
}

// Accepts a code once: that it was used is on disk before anybody is let in.
static enum err accept_code(struct identity *identity, struct held_account *a, const char *code,
	int64_t now_us, bool *ret_recovery)
{
	struct held_account before = *a;
	uint64_t step = totp_step_of(a->totp, code, now_us, a->totp_step);
	bool recovery = !step && use_recovery(a, code);
	if (!step && !recovery)
		return ERR_UNAUTHENTICATED;
	if (step)
		a->totp_step = step;
	enum err err = account_store(identity, a);
	if (err)
		*a = before;
	*ret_recovery = recovery;
	return err;
}

static enum err code_failed(
	struct identity *identity, const char *text, struct ticket *t, int64_t now_us)
{
	throttle_failed(identity->throttle, t->account->id, t->address, now_us);
	if (++t->failures >= CODE_FAILURES_MOST)
		ticket_drop(identity, text);
	return ERR_UNAUTHENTICATED;
}

enum err sign_in_code(struct identity *identity, const char *text, const char *code, int64_t now_us,
	struct sign_in_step *ret_step)
{
	struct sign_in_step step = {.state = SIGN_IN_DONE};
	struct ticket *t = ticket_find(identity, text, TICKET_CODE, now_us);
	*ret_step = (struct sign_in_step){0};
	if (!t)
		return ERR_UNAUTHENTICATED;
	snprintf(step.account, sizeof step.account, "%s", t->account->id);
	memcpy(ret_step->account, step.account, sizeof step.account);
	ret_step->wait_s = throttle_wait_s(identity->throttle, t->account->id, t->address, now_us);
	if (ret_step->wait_s)
		return ERR_BUSY;
	enum err err = accept_code(identity, t->account, code, now_us, &step.recovery_used);
	if (err == ERR_UNAUTHENTICATED)
		return code_failed(identity, text, t, now_us);
	if (!err)
		err = signed_in_at(identity, t->account->id, t->address, now_us);
	if (!err)
		err = session_make(identity, t, true, now_us, step.token);
	if (err)
		return err;
	ticket_drop(identity, text);
	*ret_step = step;
	return OK;
}

enum err session_step_up(struct identity *identity, const char *handle, const char *code,
	int64_t now_us, uint32_t *ret_wait_s)
{
	bool recovery;
	struct held_session *s = map_find(identity->handles, bytes_text(handle));
	if (!s || !s->account->has_totp)
		return ERR_NOT_FOUND;
	*ret_wait_s = throttle_wait_s(identity->throttle, s->account->id, s->address, now_us);
	if (*ret_wait_s)
		return ERR_BUSY;
	enum err err = accept_code(identity, s->account, code, now_us, &recovery);
	if (err == ERR_UNAUTHENTICATED)
		throttle_failed(identity->throttle, s->account->id, s->address, now_us);
	if (err)
		return err;
	s->shown.factor_us = now_us;
	return session_store(identity, s);
}

bool identity_note_stranger(struct identity *identity, int64_t now_us, uint64_t *ret_left_out)
{
	int64_t passed_us = now_us - identity->stranger_us;
	if (passed_us >= 0 && passed_us < 1000000) {
		identity->strangers++;
		return false;
	}
	*ret_left_out = identity->strangers;
	identity->stranger_us = now_us;
	identity->strangers = 0;
	return true;
}

enum err sign_in_enrol(struct identity *identity, const char *text, int64_t now_us,
	struct arena *arena, struct enrolment *ret_enrolment)
{
	struct ticket *t = ticket_find(identity, text, TICKET_ENROL, now_us);
	if (!t || t->account->has_totp)
		return ERR_UNAUTHENTICATED;
	if (!t->has_pending)
		crypto_random(t->pending_totp, sizeof t->pending_totp);
	t->has_pending = true;
	return totp_describe(identity, t->account->login, t->pending_totp, arena, ret_enrolment);
}

static void make_recovery(
	struct held_account *a, char ret_codes[RECOVERY_CODES][RECOVERY_CODE_BYTES])
{
	char password[PASSWORD_GIVEN_BYTES];
	for (int i = 0; i < RECOVERY_CODES; i++) {
		given_password(password); // its first two groups: 49 bits, tried at most five times
					  // a ticket
		snprintf(ret_codes[i], RECOVERY_CODE_BYTES, "%.11s", password);
		a->recovery[i] = crypto_sha256(bytes_text(ret_codes[i]));
		a->recovery_left[i] = true;
	}
	crypto_wipe(password, sizeof password);
}

enum err sign_in_enrol_confirm(struct identity *identity, const char *text, const char *code,
	int64_t now_us, struct sign_in_step *ret_step)
{
	struct sign_in_step step = {.state = SIGN_IN_DONE, .has_recovery_codes = true};
	struct ticket *t = ticket_find(identity, text, TICKET_ENROL, now_us);
	*ret_step = (struct sign_in_step){0};
	if (!t || !t->has_pending || t->account->has_totp)
		return ERR_UNAUTHENTICATED;
	snprintf(step.account, sizeof step.account, "%s", t->account->id);
	memcpy(ret_step->account, step.account, sizeof step.account);
	uint64_t used = totp_step_of(t->pending_totp, code, now_us, 0);
	if (!used)
		return code_failed(identity, text, t, now_us);
	struct held_account *a = t->account, before = *a;
	memcpy(a->totp, t->pending_totp, sizeof a->totp);
	a->has_totp = true;
	a->totp_step = used;
	make_recovery(a, step.recovery_codes);
	enum err err = account_store(identity, a);
	if (err)
		*a = before;
	else
		err = signed_in_at(identity, a->id, t->address, now_us);
	if (!err)
		err = session_make(identity, t, true, now_us, step.token);
	if (err)
		return err;
	tickets_end_of(identity, a); // another ticket must not enrol again
	*ret_step = step;
	return OK;
}

static struct held_account *changer(
	struct identity *identity, const struct password_wish *wish, struct ticket **ret_ticket)
{
	*ret_ticket = wish->ticket
			      ? ticket_find(identity, wish->ticket, TICKET_PASSWORD, wish->now_us)
			      : NULL;
	return *ret_ticket     ? (*ret_ticket)->account
	       : wish->account ? account_held(identity, wish->account)
			       : NULL;
}

// What is advised while one types and what is decided in the end are this.
static void judge(struct identity *identity, const struct held_account *a, const char *password,
	struct password_advice *ret_advice)
{
	const char *personal[] = {a->login, a->name, "hospitaller", NULL};
	identity_password_advice(identity, password, !a->single_factor, personal, ret_advice);
}

enum err password_change_advice(struct identity *identity, const struct password_wish *wish,
	struct password_advice *ret_advice)
{
	struct ticket *t;
	const struct held_account *a = changer(identity, wish, &t);
	if (!a)
		return ERR_UNAUTHENTICATED;
	judge(identity, a, wish->password, ret_advice);
	return OK;
}

enum err password_change_begin(struct identity *identity, const struct password_wish *wish,
	struct password_change **ret_change, struct password_advice *ret_advice)
{
	struct ticket *t;
	struct held_account *a = changer(identity, wish, &t);
	*ret_advice = (struct password_advice){.acceptable = true, .warning = ""};
	if (!a || (!t && !wish->old))
		return ERR_UNAUTHENTICATED;
	// Whoever holds a session must not learn the password by trying: its own place in the
	// throttle.
	ret_advice->wait_s =
		t ? 0 : throttle_wait_s(identity->throttle, a->id, a->id, wish->now_us);
	if (ret_advice->wait_s)
		return ERR_BUSY;
	judge(identity, a, wish->password, ret_advice);
	if (!ret_advice->acceptable)
		return ERR_INVALID;
	struct password_change *c = calloc(1, sizeof *c);
	if (!c)
		abort();
	if (t)
		snprintf(c->ticket_text, sizeof c->ticket_text, "%s", wish->ticket);
	snprintf(c->account, sizeof c->account, "%s", a->id);
	c->old = t ? NULL : secret_copy(wish->old);
	if (!t && wish->session)
		snprintf(c->session, sizeof c->session, "%s", wish->session);
	c->password = secret_copy(wish->password);
	memcpy(c->encoded, a->password, sizeof c->encoded);
	c->cost = identity->cost;
	c->now_us = wish->now_us;
	*ret_change = c;
	return OK;
}

void password_change_run(void *context)
{
	struct password_change *c = context;
	c->result = c->old ? password_check(bytes_text(c->old), c->encoded) : OK;
	if (!c->result && password_check(bytes_text(c->password), c->encoded) == OK)
		c->result = ERR_EXISTS; // the same again
	if (!c->result)
		c->result = password_hash(bytes_text(c->password), &c->cost, c->fresh);
}

void password_change_free(void *context)
{
	struct password_change *c = context;
	if (!c)
		return;
	secret_free(c->old);
	secret_free(c->password);
	crypto_wipe(c, sizeof *c);
	free(c);
}

enum err password_change_end(
	struct identity *identity, struct password_change *c, struct sign_in_step *ret_step)
{
	struct sign_in_step step = {.state = SIGN_IN_DONE};
	struct held_account *a = account_held(identity, c->account);
	struct ticket *t =
		*c->ticket_text ? ticket_find(identity, c->ticket_text, TICKET_PASSWORD, c->now_us)
				: NULL;
	if (a && !t && c->result == ERR_UNAUTHENTICATED)
		throttle_failed(identity->throttle, a->id, a->id, c->now_us);
	if (c->result)
		return c->result;
	if (!a || (*c->ticket_text && !t) || strcmp(a->password, c->encoded) != 0)
		return ERR_UNAUTHENTICATED; // also when it was reset or changed in between
	struct held_account before = *a;
	memcpy(a->password, c->fresh, sizeof a->password);
	a->must_change = false;
	enum err err = account_store(identity, a);
	if (err) {
		*a = before;
		return err;
	}
	snprintf(step.account, sizeof step.account, "%s", a->id);
	struct ticket from = t ? *t : (struct ticket){0};
	sessions_end_of(identity, a, *c->session ? c->session : NULL); // whoever knew the old one
	if (from.account)
		err = go_on(identity, &from, c->now_us, &step);
	if (!err)
		*ret_step = step;
	return err;
}

enum err identity_new_recovery_codes(struct identity *identity, const char *account,
	char ret_codes[RECOVERY_CODES][RECOVERY_CODE_BYTES])
{
	struct held_account *a = account_held(identity, account);
	if (!a || !a->has_totp)
		return ERR_NOT_FOUND;
	struct held_account before = *a;
	make_recovery(a, ret_codes);
	enum err err = account_store(identity, a);
	if (err)
		*a = before;
	return err;
}
