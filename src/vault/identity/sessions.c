#include "vault/identity/identity_in.h"

#include "common/base/text.h"
#include "vault/identity/measures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SESSION_FORMAT = 2, // 1 had no factor_us
	SESSIONS_MOST = 100000,
	FLUSH_S = 60
};

// Idle and absolute limits by role, in minutes (NIST SP 800-63B-4: AAL2 at most 1 hour idle and
// 24 hours in all).
static const struct limits {
	const char *role;
	int idle, all;
} session_limits[] = {
	{"clinician", 60, 12 * 60},
	{"nurse", 60, 12 * 60},
	{"front-desk", 60, 12 * 60},
	{"administrator", 15, 8 * 60},
	{"application", 365 * 24 * 60, 365 * 24 * 60},
	{NULL, 30, 8 * 60},
};

static const struct limits *limits_of(const char *role)
{
	const struct limits *l = session_limits;
	while (l->role && strcmp(l->role, role) != 0)
		l++;
	return l;
}

void token_make(const char *prefix, char ret_token[TOKEN_TEXT_BYTES])
{
	uint8_t random[TOKEN_RANDOM_BYTES];
	crypto_random(random, sizeof random);
	size_t length = strlen(prefix);
	memcpy(ret_token, prefix, length);
	text_base64url(bytes_of(random, sizeof random), ret_token + length);
	crypto_wipe(random, sizeof random);
}

static void show(struct held_session *s)
{
	s->shown.handle = s->handle;
	s->shown.account = s->account->id;
	s->shown.login = s->account->login;
	s->shown.name = s->account->name;
	s->shown.role = s->account->role;
	s->shown.person = s->account->person;
	s->shown.address = s->address;
	s->shown.agent = s->agent;
	s->shown.idle_ends_us = s->shown.used_us + s->idle_us;
}

enum err session_store(struct identity *identity, struct held_session *s)
{
	struct buf plain = {0}, sealed = {0};
	put_u8(&plain, SESSION_FORMAT);
	put_text(&plain, s->account->id);
	put_text(&plain, s->handle);
	put_text(&plain, s->address);
	put_text(&plain, s->agent);
	put_u8(&plain, (uint8_t)s->shown.kind);
	put_u8(&plain, s->shown.second_factor);
	put_u64(&plain, (uint64_t)s->shown.created_us);
	put_u64(&plain, (uint64_t)s->shown.used_us);
	put_u64(&plain, (uint64_t)s->shown.ends_us);
	put_u64(&plain, (uint64_t)s->idle_us);
	put_u64(&plain, (uint64_t)s->shown.factor_us);
	struct bytes token = bytes_of(s->token.bytes, HASH_BYTES);
	enum err err =
		sealer_seal(identity->sealer, &identity->key, token, buf_bytes(&plain), &sealed);
	if (!err) {
		query_blob(identity->put_session, 1, token);
		query_blob(identity->put_session, 2, buf_bytes(&sealed));
		err = query_run(identity->put_session);
	}
	if (!err)
		s->stored_used_us = s->shown.used_us;
	buf_done(&plain);
	buf_done(&sealed);
	return err;
}

static void hold(struct identity *identity, struct held_session *s)
{
	show(s);
	map_set(identity->sessions, bytes_of(s->token.bytes, HASH_BYTES), s);
	map_set(identity->handles, bytes_text(s->handle), s);
}

static enum err decode(struct identity *identity, struct bytes plain, struct held_session *s)
{
	struct cursor in = cursor_of(plain);
	char account[40];
	uint8_t format = get_u8(&in);
	if (format < 1 || format > SESSION_FORMAT)
		return ERR_UNSUPPORTED;
	get_text_into(&in, account, sizeof account);
	get_text_into(&in, s->handle, sizeof s->handle);
	get_text_into(&in, s->address, sizeof s->address);
	get_text_into(&in, s->agent, sizeof s->agent);
	s->shown.kind = (enum session_kind)get_u8(&in);
	s->shown.second_factor = get_u8(&in);
	s->shown.created_us = (int64_t)get_u64(&in);
	s->shown.used_us = s->stored_used_us = (int64_t)get_u64(&in);
	s->shown.ends_us = (int64_t)get_u64(&in);
	s->idle_us = (int64_t)get_u64(&in);
	s->shown.factor_us = format > 1               ? (int64_t)get_u64(&in)
			     : s->shown.second_factor ? s->shown.created_us
						      : 0;
	s->account = account_held(identity, account);
	enum err err = cursor_end(&in);
	return err ? err : s->account ? OK : ERR_NOT_FOUND;
}

enum err sessions_load(struct identity *identity)
{
	struct store_query *q;
	enum err err = store_prepare(identity->store, "SELECT token, sealed FROM session", &q);
	if (err)
		return err;
	enum store_step step;
	while ((step = query_step(q)) == STORE_ROW) {
		struct buf plain = {0};
		struct held_session *s = calloc(1, sizeof *s);
		if (!s)
			abort();
		struct bytes token = row_blob(q, 0);
		if (token.size == HASH_BYTES)
			memcpy(s->token.bytes, token.at, HASH_BYTES);
		bool fine = sealer_open(identity->sealer, &identity->key,
				    bytes_of(s->token.bytes, HASH_BYTES), row_blob(q, 1),
				    &plain) == OK &&
			    decode(identity, buf_bytes(&plain), s) == OK;
		buf_done(&plain);
		if (fine)
			hold(identity, s);
		else
			free(s); // a session that does not open is no session: sign in again
	}
	store_query_free(q);
	return step == STORE_FAILED ? ERR_IO : OK;
}

enum err session_make(struct identity *identity, const struct ticket *from, bool second_factor,
	int64_t now_us, char ret_token[TOKEN_TEXT_BYTES])
{
	uint8_t random[8];
	const struct limits *limits = limits_of(from->account->role);
	if (map_count(identity->sessions) >= SESSIONS_MOST)
		return ERR_LIMIT;
	struct held_session *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	token_make(from->kind == SESSION_COOKIE ? "hc_" : "hb_", ret_token);
	s->token = crypto_sha256(bytes_text(ret_token));
	crypto_random(random, sizeof random);
	text_hex(bytes_of(random, sizeof random), s->handle);
	s->account = from->account;
	snprintf(s->address, sizeof s->address, "%s", from->address);
	snprintf(s->agent, sizeof s->agent, "%s", from->agent);
	s->idle_us = (int64_t)limits->idle * 60 * 1000000;
	s->shown = (struct session){.kind = from->kind,
		.second_factor = second_factor,
		.factor_us = second_factor ? now_us : 0,
		.created_us = now_us,
		.used_us = now_us,
		.ends_us = now_us + (int64_t)limits->all * 60 * 1000000};
	enum err err = session_store(identity, s);
	if (err) {
		free(s);
		return err;
	}
	hold(identity, s);
	return OK;
}

void session_free(struct held_session *s)
{
	for (struct broken_glass_held *g = s->glass, *next; g; g = next) {
		next = g->next;
		crypto_wipe(g, sizeof *g);
		free(g);
	}
	crypto_wipe(s, sizeof *s);
	free(s);
}

static enum err drop(struct identity *identity, struct held_session *s)
{
	query_blob(identity->end_session, 1, bytes_of(s->token.bytes, HASH_BYTES));
	enum err err = query_run(identity->end_session);
	map_remove(identity->sessions, bytes_of(s->token.bytes, HASH_BYTES));
	map_remove(identity->handles, bytes_text(s->handle));
	session_free(s);
	return err;
}

// A clock that was ahead and is put right must not lengthen what was begun under it: the session
// and its grants are moved along, as if the last use were now. Requests that overtake each other
// differ by far less than a minute.
static void follow_clock(struct held_session *s, int64_t now_us)
{
	int64_t back_us = s->shown.used_us - now_us;
	if (back_us < (int64_t)60 * 1000000)
		return;
	s->shown.created_us -= back_us;
	s->shown.used_us -= back_us;
	s->shown.ends_us -= back_us;
	s->shown.factor_us -= s->shown.factor_us ? back_us : 0;
	for (struct broken_glass_held *g = s->glass; g; g = g->next)
		g->shown.until_us -= back_us;
}

// False: it is refused altogether. Who may break the glass is never refused.
static bool look_at_measures(struct identity *identity, struct held_session *s, int64_t now_us)
{
	const struct measure *lock = measure_on(identity, MEASURE_LOCK, s->account->id, now_us);
	const struct measure *step = measure_on(identity, MEASURE_STEP_UP, s->account->id, now_us);
	s->shown.locked = lock != NULL;
	s->shown.step_up = step && s->shown.factor_us <= step->from_us;
	return (!lock || lock->narrow) && !measure_on(identity, MEASURE_TOKEN, s->handle, now_us);
}

enum err session_find(struct identity *identity, const char *token, enum session_kind kind,
	int64_t now_us, const struct session **ret_session)
{
	struct hash hash = crypto_sha256(bytes_text(token));
	struct held_session *s = map_find(identity->sessions, bytes_of(hash.bytes, HASH_BYTES));
	if (!s || s->shown.kind != kind || s->account->state != ACCOUNT_ACTIVE)
		return ERR_UNAUTHENTICATED;
	follow_clock(s, now_us);
	if (now_us >= s->shown.ends_us || now_us >= s->shown.used_us + s->idle_us ||
		!look_at_measures(identity, s, now_us))
		return ERR_UNAUTHENTICATED;
	if (now_us > s->shown.used_us)
		s->shown.used_us = now_us;
	show(s);
	*ret_session = &s->shown;
	return OK;
}

enum err session_list(struct identity *identity, const char *account, struct arena *arena,
	struct session **ret_sessions, size_t *ret_count)
{
	size_t at = 0, count = 0;
	struct bytes key;
	void *value;
	struct session *list = arena_alloc(arena, map_count(identity->sessions) * sizeof *list);
	while (map_next(identity->sessions, &at, &key, &value)) {
		struct held_session *s = value;
		if (account && strcmp(account, s->account->id) != 0)
			continue;
		show(s);
		list[count++] = s->shown;
	}
	*ret_sessions = list;
	*ret_count = count;
	return OK;
}

enum err session_end(struct identity *identity, const char *handle, const char *account)
{
	struct held_session *s = map_find(identity->handles, bytes_text(handle));
	if (!s || (account && strcmp(account, s->account->id) != 0))
		return ERR_NOT_FOUND;
	return drop(identity, s);
}

const char *session_owner(struct identity *identity, const char *handle, struct arena *arena)
{
	const struct held_session *s = map_find(identity->handles, bytes_text(handle));
	return s ? arena_text(arena, s->account->id) : "";
}

void session_token_text(char ret_token[TOKEN_TEXT_BYTES])
{
	token_make("hb_", ret_token);
}

// Sessions of the account, but the spared one; without an account, those that are over.
static void drop_where(struct identity *identity, const struct held_account *account,
	const char *spared, int64_t now_us)
{
	size_t at = 0, count = 0;
	struct bytes key;
	void *value;
	struct arena *arena = arena_new();
	struct held_session **gone =
		arena_alloc(arena, map_count(identity->sessions) * sizeof *gone);
	while (map_next(identity->sessions, &at, &key, &value)) {
		struct held_session *s = value;
		if (!account)
			follow_clock(s, now_us);
		bool over = now_us >= s->shown.ends_us || now_us >= s->shown.used_us + s->idle_us;
		bool keep = spared && strcmp(s->handle, spared) == 0;
		if (account ? s->account == account && !keep : over)
			gone[count++] = s;
	}
	for (size_t i = 0; i < count; i++)
		(void)!drop(
			identity, gone[i]); // gone from memory; a row left over is dead at its end
	arena_free(arena);
}

void sessions_end_of(
	struct identity *identity, const struct held_account *account, const char *spared_handle)
{
	drop_where(identity, account, spared_handle, 0);
	tickets_end_of(identity, account);
}

enum err session_token_create(struct identity *identity, const char *account, const char *label,
	int64_t now_us, char ret_token[TOKEN_TEXT_BYTES])
{
	struct ticket from = {.account = account_held(identity, account), .kind = SESSION_BEARER};
	if (!from.account)
		return ERR_NOT_FOUND;
	if (strcmp(from.account->role, "application") != 0 || !*label)
		return ERR_INVALID;
	snprintf(from.agent, sizeof from.agent, "%s", label);
	return session_make(identity, &from, true, now_us, ret_token);
}

void sessions_flush(struct identity *identity, int64_t now_us)
{
	size_t at = 0;
	struct bytes key;
	void *value;
	if (now_us - identity->flushed_us < (int64_t)FLUSH_S * 1000000 &&
		now_us > identity->flushed_us)
		return;
	identity->flushed_us = now_us;
	drop_where(identity, NULL, NULL, now_us);
	while (map_next(identity->sessions, &at, &key, &value)) {
		struct held_session *s = value;
		if (s->shown.used_us != s->stored_used_us && session_store(identity, s))
			return; // the next round tries again; only the time of last use is late
	}
}

// Blanks count once and only between words: ten of them are no reason.
static bool reason_is_enough(const char *reason)
{
	size_t characters = 0;
	bool gap = false;
	for (const char *c = reason; *c; c++) {
		if (strchr(" \t\r\n", *c)) {
			gap = characters > 0;
		} else if (((unsigned char)*c & 0xc0) != 0x80) {
			characters += gap ? 2 : 1;
			gap = false;
		}
	}
	return characters >= BREAK_GLASS_REASON_CHARACTERS;
}

// Forgets what is over and what `patient` had; where there are too many the oldest makes room, for
// breaking the glass is never refused.
static void tidy_glass(struct held_session *s, const char *patient, int64_t now_us)
{
	size_t count = 0;
	for (struct broken_glass_held **at = &s->glass, *g; (g = *at);) {
		bool holds = now_us < g->shown.until_us && strcmp(g->patient, patient) != 0;
		if (holds && ++count < BREAK_GLASS_MOST) {
			at = &g->next;
			continue;
		}
		*at = g->next;
		crypto_wipe(g, sizeof *g);
		free(g);
	}
}

enum err glass_break(struct identity *identity, const char *handle, const char *patient,
	const char *reason, int64_t now_us, int64_t *ret_until_us)
{
	struct held_session *s = map_find(identity->handles, bytes_text(handle));
	if (!s || !reason_is_enough(reason) || !text_is_id(patient))
		return ERR_INVALID;
	tidy_glass(s, patient, now_us);
	struct broken_glass_held *g = calloc(1, sizeof *g);
	if (!g)
		abort();
	snprintf(g->patient, sizeof g->patient, "%s", patient);
	snprintf(g->reason, sizeof g->reason, "%s", reason);
	g->shown = (struct broken_glass){
		g->patient, g->reason, now_us + (int64_t)BREAK_GLASS_MINUTES * 60 * 1000000};
	g->next = s->glass;
	s->glass = g;
	*ret_until_us = g->shown.until_us;
	return OK;
}

const struct broken_glass *glass_find(
	struct identity *identity, const char *handle, const char *patient, int64_t now_us)
{
	struct held_session *s = map_find(identity->handles, bytes_text(handle));
	for (struct broken_glass_held *g = s ? s->glass : NULL; g; g = g->next)
		if (strcmp(g->patient, patient) == 0 && now_us < g->shown.until_us)
			return &g->shown;
	return NULL;
}

size_t glass_list(struct identity *identity, const char *handle, int64_t now_us,
	struct arena *arena, struct broken_glass **ret_list)
{
	struct held_session *s = map_find(identity->handles, bytes_text(handle));
	struct broken_glass *list = arena_alloc(arena, BREAK_GLASS_MOST * sizeof *list);
	size_t count = 0;
	for (struct broken_glass_held *g = s ? s->glass : NULL; g; g = g->next)
		if (now_us < g->shown.until_us)
			list[count++] = g->shown;
	*ret_list = list;
	return count;
}
