// identity: accounts, passwords, second factors, sessions and broken glass.
//
// What always holds: a password is never stored, only its Argon2id hash; a session's token is never
// stored, only its SHA-256; second-factor secrets are sealed under the hospital key; a code of a
// second factor is accepted once, and that is durable before the answer. No account has a default
// password. Throttling slows guessers, never locks a clinician out (docs/sign-in.md). After NIST
// SP 800-63B-4 and RFC 6238. Used by vault/serve only; the main thread's, but for sign_in_run().
#pragma once

#include "common/crypto/crypto.h"

struct identity;

struct identity_options {
	const char *path; // identity.db
	struct key hospital_key;
	struct password_cost cost;
	const char *blocklist; // file of refused passwords, or NULL
	const char *issuer;    // shown in authenticator apps: "Hospitaller (St Anna)"
};
enum err identity_open(const struct identity_options *options, struct identity **ret_identity,
	char ret_problem[256]);
void identity_close(struct identity *identity); // flushes what was used when

enum account_state {
	ACCOUNT_ACTIVE = 1,
	ACCOUNT_LOCKED
};
struct account {
	const char *id, *login, *name, *role,
		*person; // role as in the policy; person "Practitioner/1" or ""
	enum account_state state;
	bool must_change_password, has_second_factor, must_enrol;
	int64_t created_us;
};

struct account_new {
	const char *login, *name, *role, *person;
	bool single_factor; // no second factor is demanded: then passwords need 15 characters
	const struct given *given; // hashed beforehand; NULL: here, slowly
};
enum {
	PASSWORD_GIVEN_BYTES = 32
};
// A one-time password on its way: made in the loop, hashed by given_run() in any thread.
struct given;
struct given *given_new(const struct identity *identity);
void given_run(void *given);
void given_free(void *given); // wipes; NULL is fine
// Makes an account with a generated one-time password, which must be changed at the first sign-in.
// ERR_EXISTS (login), ERR_INVALID.
enum err identity_account_create(struct identity *identity, const struct account_new *wanted,
	int64_t now_us, struct arena *arena, struct account *ret_account,
	char ret_password[PASSWORD_GIVEN_BYTES]);
enum err identity_account_find(struct identity *identity, const char *id_or_login,
	struct arena *arena, struct account *ret_account);
enum err identity_account_list(struct identity *identity, const char *text, struct arena *arena,
	struct account **ret_accounts, size_t *ret_count);
struct account_change {
	const char *name, *role;  // NULL: as it is; another role ends the sessions
	bool single_factor;       // with a role: as in account_new
	enum account_state state; // 0: as it is; locking ends the sessions
};
enum err identity_account_change(
	struct identity *identity, const char *id, const struct account_change *change);
enum err identity_reset_password(struct identity *identity, const char *id,
	const struct given *given, char ret_password[PASSWORD_GIVEN_BYTES]); // given: as above
enum err identity_reset_second_factor(struct identity *identity, const char *id);

// ---- Passwords.

struct password_advice {
	bool acceptable;
	unsigned score;      // 0 to 4, of zxcvbn
	const char *warning; // why it is refused, or what is weak; "" when nothing
	const char *suggestions[4];
	size_t suggestion_count;
	uint32_t wait_s; // with ERR_BUSY of password_change_begin
};
// `second_factor`: one will be used with it, so 8 characters suffice.
void identity_password_advice(struct identity *identity, const char *password, bool second_factor,
	const char *const *personal,
	struct password_advice *ret_advice); // personal: NULL-ended words

// ---- Signing in, in steps, so that hashing never holds up the loop:
// begin (loop) → sign_in_run (any thread) → end (loop).

enum session_kind {
	SESSION_COOKIE = 1,
	SESSION_BEARER
};

struct sign_in_wish {
	const char *login, *password, *address, *agent;
	enum session_kind kind;
	int64_t now_us;
	bool never; // nobody gets in, whatever the password; takes as long as any
};
struct sign_in; // one attempt
// ERR_BUSY: throttled; *ret_wait_s says how long. An unknown login gets an attempt, too, which
// takes as long and fails at the end.
enum err sign_in_begin(struct identity *identity, const struct sign_in_wish *wish,
	struct sign_in **ret_sign_in, uint32_t *ret_wait_s);
void sign_in_run(void *sign_in);  // hashes and compares; touches nothing of identity
void sign_in_free(void *sign_in); // wipes; NULL is fine

enum sign_in_state {
	SIGN_IN_DONE = 1,        // ret_step has the token
	SIGN_IN_SECOND_FACTOR,   // a ticket; call sign_in_code
	SIGN_IN_ENROL,           // a ticket; call sign_in_enrol, then sign_in_enrol_confirm
	SIGN_IN_CHANGE_PASSWORD, // a ticket; call sign_in_change_*
};
enum {
	TOKEN_TEXT_BYTES = 64,
	RECOVERY_CODES = 10,
	RECOVERY_CODE_BYTES = 16
};
struct sign_in_step {
	enum sign_in_state state;
	char ticket[TOKEN_TEXT_BYTES]; // five minutes
	char token[TOKEN_TEXT_BYTES];
	char account[64]; // id; also known when the attempt failed for a known login
	char recovery_codes[RECOVERY_CODES][RECOVERY_CODE_BYTES]; // after enrolling
	bool has_recovery_codes;
	bool recovery_used;
	uint32_t wait_s; // with ERR_BUSY of sign_in_code
};
// ERR_UNAUTHENTICATED without saying which part was wrong (account is filled where it is known).
// ERR_DENIED: the password was right, but the account is locked by a measure.
enum err sign_in_end(
	struct identity *identity, struct sign_in *sign_in, struct sign_in_step *ret_step);
// Six digits or a recovery code. ERR_UNAUTHENTICATED; ERR_BUSY: throttled, as sign_in_begin, so
// that many tickets are not many guesses.
enum err sign_in_code(struct identity *identity, const char *ticket, const char *code,
	int64_t now_us, struct sign_in_step *ret_step);
// Attempts of nobody we know cost them nothing: were each on the trail, they could fill the disk,
// and the door closes when the trail cannot be written. True once a second, with how many were left
// out since the last time.
bool identity_note_stranger(struct identity *identity, int64_t now_us, uint64_t *ret_left_out);
struct enrolment {
	char secret[64]; // base32
	char uri[512];   // otpauth://
	char *svg;       // QR code, in the arena
};
enum err sign_in_enrol(struct identity *identity, const char *ticket, int64_t now_us,
	struct arena *arena, struct enrolment *ret_enrolment);
enum err sign_in_enrol_confirm(struct identity *identity, const char *ticket, const char *code,
	int64_t now_us, struct sign_in_step *ret_step);
// Changing the password: checks the policy at once (ERR_INVALID with advice; ERR_BUSY after many
// wrong old ones), hashes in password_change_run, stores in _end. `old` is NULL with a ticket, and
// the session's own with it.
struct password_change;
struct password_wish {
	const char *ticket;        // or NULL
	const char *account, *old; // or NULL
	const char *password;
	int64_t now_us;
	const char *session; // with an account: the one that goes on, or NULL
};
// What `begin` would say of the password, without changing anything; `old` is not looked at.
// ERR_UNAUTHENTICATED: it is nobody's ticket or account.
enum err password_change_advice(struct identity *identity, const struct password_wish *wish,
	struct password_advice *ret_advice);
enum err password_change_begin(struct identity *identity, const struct password_wish *wish,
	struct password_change **ret_change, struct password_advice *ret_advice);
void password_change_run(void *change);
void password_change_free(void *change);
// With a ticket the step says how signing in goes on; without, step.state is SIGN_IN_DONE. Every
// other session and ticket of the account ends.
enum err password_change_end(
	struct identity *identity, struct password_change *change, struct sign_in_step *ret_step);
enum err identity_new_recovery_codes(struct identity *identity, const char *account,
	char ret_codes[RECOVERY_CODES][RECOVERY_CODE_BYTES]);

// ---- Sessions.

struct session {
	const char *handle, *account, *login, *name, *role, *person;
	enum session_kind kind;
	bool second_factor;
	// Contained by a measure (measures.h): nothing but broken glass opens a record. Locked, or
	// until the second factor is given anew.
	bool locked, step_up;
	int64_t created_us, used_us, idle_ends_us, ends_us;
	int64_t factor_us; // when the second factor was last given; 0: never
	const char *address, *agent;
};
// By token, in memory, about a microsecond; notes the use. ERR_UNAUTHENTICATED: unknown, ended,
// locked, or made for another kind. Borrowed until the next call that changes sessions.
enum err session_find(struct identity *identity, const char *token, enum session_kind kind,
	int64_t now_us, const struct session **ret_session);
enum err session_list(struct identity *identity, const char *account, struct arena *arena,
	struct session **ret_sessions, size_t *ret_count); // account NULL: all
enum err session_end(struct identity *identity, const char *handle,
	const char *account); // account NULL: anybody's
// The account of a session, copied; "" when there is none.
const char *session_owner(struct identity *identity, const char *handle, struct arena *arena);
// A lasting bearer token for an account of role application.
enum err session_token_create(struct identity *identity, const char *account, const char *label,
	int64_t now_us, char ret_token[TOKEN_TEXT_BYTES]);
// A text as those tokens are, which opens nothing.
void session_token_text(char ret_token[TOKEN_TEXT_BYTES]);
// The second factor again, in a session that goes on: six digits or a recovery code. ERR_NOT_FOUND:
// no such session, or no second factor; ERR_UNAUTHENTICATED: a wrong code; ERR_BUSY: throttled.
enum err session_step_up(struct identity *identity, const char *handle, const char *code,
	int64_t now_us, uint32_t *ret_wait_s); // five: as sign_in_code
void identity_tick(struct identity *identity, int64_t now_us); // every few seconds: ends, flushes

// ---- Broken glass: a grant of one session for one patient.

enum {
	BREAK_GLASS_MINUTES = 60,
	BREAK_GLASS_REASON_CHARACTERS = 10,
	BREAK_GLASS_MOST = 1000
};
struct broken_glass {
	const char *patient, *reason;
	int64_t until_us;
};
// ERR_INVALID: reason too short, or no session. Never refused for anything else: past
// BREAK_GLASS_MOST of a session the oldest grant makes room.
enum err glass_break(struct identity *identity, const char *session, const char *patient,
	const char *reason, int64_t now_us, int64_t *ret_until_us);
// NULL when there is none that still holds; borrowed.
const struct broken_glass *glass_find(
	struct identity *identity, const char *session, const char *patient, int64_t now_us);
size_t glass_list(struct identity *identity, const char *session, int64_t now_us,
	struct arena *arena, struct broken_glass **ret_list);
