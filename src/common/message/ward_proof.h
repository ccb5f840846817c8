// ward_proof: by what guard knows an order of the vault's, and the vault an answer of guard's,
// although watch carries both.
//
// Whenever both are ready, the parent makes a key and gives it to these two (WIRE_KEY); it keeps
// none. The proof is HMAC-SHA-256 under it, over the type of the message (orders and answers have
// different ones) and everything else that it holds, the count and the time of its mark among it.
// With a new key counts begin anew. Pure but for the key.
#pragma once

#include "common/crypto/crypto.h"
#include "common/message/ward.h"

enum {
	WARD_KEY_TEXT_BYTES = 2 * KEY_BYTES + 1 // in hex, with the NUL
};

// NULL: that is no key. The caller frees it (mac_free).
struct mac *ward_proof_key(const char *hex);

void ward_proof_order(struct ward_order *order, struct mac *key);
bool ward_proof_order_holds(const struct ward_order *order, struct mac *key);
void ward_proof_answer(struct ward_answer *answer, struct mac *key);
bool ward_proof_answer_holds(const struct ward_answer *answer, struct mac *key);
void ward_proof_counters(struct ward_counters *counters, struct mac *key);
bool ward_proof_counters_hold(const struct ward_counters *counters, struct mac *key);
