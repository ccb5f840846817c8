// identity_in: what identity's own files share. Nobody else includes this.
#pragma once

#include "common/base/map.h"
#include "common/store/store.h"
#include "vault/identity/identity.h"

#include <stdbool.h>

enum {
	TOTP_SECRET_BYTES = 20, // RFC 4226 recommends 160 bits
	TOTP_STEP_S = 30,
	TOKEN_RANDOM_BYTES = 32,
	TICKET_MINUTES = 5,
	TICKETS_MOST = 10000,
	THROTTLE_BUCKETS_MOST = 50000,
	LOGIN_BYTES = 128,
	PASSWORD_MOST_BYTES = 1024,
};

struct held_account {
	char id[40], login[LOGIN_BYTES], name[256], role[32], person[96];
	enum account_state state;
	bool must_change, single_factor, has_totp;
	char password[PASSWORD_HASH_TEXT_BYTES];
	uint8_t totp[TOTP_SECRET_BYTES];
	uint64_t totp_step; // the last one accepted
	struct hash recovery[RECOVERY_CODES];
	bool recovery_left[RECOVERY_CODES];
	int64_t created_us;
};

struct held_session {
	struct session shown; // texts point into the account and below
	struct held_account *account;
	char handle[20], address[64], agent[160];
	struct hash token;
	int64_t idle_us;
	int64_t stored_used_us;
	struct broken_glass_held *glass;
};

struct broken_glass_held {
	struct broken_glass_held *next;
	struct broken_glass shown;
	char patient[65], reason[1024];
};

enum ticket_stage {
	TICKET_PASSWORD,
	TICKET_ENROL,
	TICKET_CODE
};
struct ticket {
	struct held_account *account;
	enum ticket_stage stage;
	enum session_kind kind;
	int64_t until_us;
	char address[64], agent[160];
	uint8_t pending_totp[TOTP_SECRET_BYTES]; // while enrolling
	bool has_pending;
	unsigned failures;
};

struct throttle;
struct measures;

struct identity {
	struct store *store;
	struct store_query *put_account, *put_session, *end_session, *put_place, *end_places;
	struct sealer *sealer;
	struct key key; // for sealing what is stored here
	struct password_cost cost;
	char issuer[96];
	char decoy[PASSWORD_HASH_TEXT_BYTES]; // compared with for logins that do not exist
	struct map *accounts, *logins;        // held_account by id, by folded login
	struct map *sessions, *handles;       // held_session by token hash, by handle
	struct map *tickets;                  // by hash of the ticket
	struct map *blocked;                  // refused passwords
	struct throttle *throttle;
	struct measures *measures;
	int64_t flushed_us, stranger_us;
	uint64_t strangers; // since then, not on the trail
};

// accounts.c
enum err accounts_load(struct identity *identity);
enum err account_store(struct identity *identity, const struct held_account *account);
struct held_account *account_held(const struct identity *identity, const char *id_or_login);
void account_show(const struct held_account *held, struct arena *arena, struct account *ret);
void given_password(char ret_password[PASSWORD_GIVEN_BYTES]);

// signin.c
void tickets_end_of(struct identity *identity, const struct held_account *account);

// sessions.c
enum err sessions_load(struct identity *identity);
enum err session_store(struct identity *identity, struct held_session *session);
enum err session_make(struct identity *identity, const struct ticket *from, bool second_factor,
	int64_t now_us, char ret_token[TOKEN_TEXT_BYTES]);
// All of the account's but the one of that handle (NULL: none is spared), and its tickets.
void sessions_end_of(
	struct identity *identity, const struct held_account *account, const char *spared_handle);
void session_free(struct held_session *session);
void token_make(const char *prefix, char ret_token[TOKEN_TEXT_BYTES]);
void sessions_flush(struct identity *identity, int64_t now_us);

// totp.c
// The step of a right code that is newer than `after`, or 0.
uint64_t totp_step_of(
	const uint8_t secret[TOTP_SECRET_BYTES], const char *code, int64_t now_us, uint64_t after);
enum err totp_describe(const struct identity *identity, const char *login,
	const uint8_t secret[TOTP_SECRET_BYTES], struct arena *arena, struct enrolment *ret);

// throttle.c
struct throttle *throttle_new(void);
void throttle_free(struct throttle *throttle);
// Seconds to wait before this attempt is looked at; 0 for at once.
uint32_t throttle_wait_s(
	struct throttle *throttle, const char *account, const char *address, int64_t now_us);
void throttle_failed(
	struct throttle *throttle, const char *account, const char *address, int64_t now_us);
// True when the place was not known, or not used for a day: worth keeping.
bool throttle_succeeded(
	struct throttle *throttle, const char *account, const char *address, int64_t now_us);

// places.c
enum err places_load(struct identity *identity);
// To be called with every sign-in that was completed.
enum err signed_in_at(
	struct identity *identity, const char *account, const char *address, int64_t now_us);

// measures.c
enum err measures_load(struct identity *identity);
void measures_free(struct identity *identity); // NULL in it is fine

// password.c
enum err blocklist_load(struct identity *identity, const char *path);
