// ward_proof: by what guard knows an order of the vault's, although watch carries it.
//
// Whenever both the vault and guard are ready, the parent makes a key and gives it to these two
// (WIRE_KEY); it keeps none. The proof is HMAC-SHA-256 under it, over the verb and everything else
// that the order holds: prefix, seconds, case, reason, ticket, count and time. With a new key the
// count begins anew. Pure but for the key.
#pragma once

#include "common/crypto/crypto.h"
#include "common/message/ward.h"

enum {
	WARD_KEY_TEXT_BYTES = 2 * KEY_BYTES + 1 // in hex, with the NUL
};

// NULL: that is no key. The caller frees it (mac_free).
struct mac *ward_proof_key(const char *hex);
void ward_proof_add(struct ward_order *order, struct mac *key);
bool ward_proof_holds(const struct ward_order *order, struct mac *key);
