#include "common/message/ward_proof.h"

#include "common/base/text.h"

#include <assert.h>
#include <string.h>

static_assert((int)WARD_PROOF_BYTES == (int)HASH_BYTES, "a proof is a whole HMAC");

struct mac *ward_proof_key(const char *hex)
{
	struct key key;
	struct mac *mac = text_unhex(hex, key.bytes, KEY_BYTES) == OK ? mac_new(&key) : NULL;
	crypto_wipe(&key, sizeof key);
	return mac;
}

// The verb is no part of an order's encoding: it is the type of its message.
static struct hash proof_of(const struct ward_order *order, struct mac *key)
{
	struct buf text = {0};
	put_u8(&text, (uint8_t)order->verb);
	ward_order_put(&text, order);
	assert(text.size > WARD_PROOF_BYTES);
	struct hash hash = mac_of(key, bytes_of(text.at, text.size - WARD_PROOF_BYTES));
	buf_done(&text);
	return hash;
}

void ward_proof_add(struct ward_order *order, struct mac *key)
{
	struct hash hash = proof_of(order, key);
	memcpy(order->proof, hash.bytes, WARD_PROOF_BYTES);
}

bool ward_proof_holds(const struct ward_order *order, struct mac *key)
{
	struct hash hash = proof_of(order, key);
	return bytes_equal_secret(
		bytes_of(hash.bytes, HASH_BYTES), bytes_of(order->proof, WARD_PROOF_BYTES));
}
