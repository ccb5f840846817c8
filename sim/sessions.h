// sessions: the staff who have accounts, and how each of them is signed in just now.
//
// A code of a second factor is good once, so nobody can sign in again within half a minute; a
// session that is younger is kept instead, which matters only where simulated time runs fast.
#pragma once

#include "common/base/bytes.h"
#include "schedule.h"

enum {
	SESSION_TEXT_BYTES = 160,
	SESSION_KEPT_S = 90,
	SESSION_TRIES = 5
};

struct session {
	char login[64], password[128], totp[64];
	char token[SESSION_TEXT_BYTES], ticket[SESSION_TEXT_BYTES]; // "" without
	int64_t since_us;                                           // real: when it signed in
	unsigned long long step; // of the last code that was tried
	unsigned tries;
};

struct sessions {
	struct session **of; // by person; NULL without an account
	uint8_t *able;       // by person
	size_t count;
};

// From DIR/accounts-with-secrets.json. 1 after saying what is missing.
int sessions_open(const struct town *town, const char *dir, struct sessions *ret_sessions);
void sessions_close(const struct town *town, struct sessions *sessions); // wipes

// Bodies of the two steps. `sessions_code` gives 0 when a code can be sent, or how many
// microseconds to wait for one.
void sessions_password(const struct session *session, struct buf *out);
int64_t sessions_code(struct session *session, int64_t now_us, struct buf *out);

enum signing {
	SIGNING_DONE,
	SIGNING_CODE,  // the second step is next
	SIGNING_RETRY, // the code had been used: another one may do
	SIGNING_FAILED,
};
enum signing sessions_answer(
	struct session *session, long status, struct bytes body, int64_t now_us);
