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

// `text`: the type, which is no part of a message's encoding, and the message, which ends with the
// place of the proof. It is freed.
static struct hash proof_of(struct buf *text, struct mac *key)
{
	assert(text->size > WARD_PROOF_BYTES);
	struct hash hash = mac_of(key, bytes_of(text->at, text->size - WARD_PROOF_BYTES));
	buf_done(text);
	return hash;
}

static void set(struct ward_mark *mark, struct hash hash)
{
	memcpy(mark->proof, hash.bytes, WARD_PROOF_BYTES);
}

static bool is(const struct ward_mark *mark, struct hash hash)
{
	return bytes_equal_secret(
		bytes_of(hash.bytes, HASH_BYTES), bytes_of(mark->proof, WARD_PROOF_BYTES));
}

static struct hash of_order(const struct ward_order *order, struct mac *key)
{
	struct buf text = {0};
	put_u8(&text, (uint8_t)order->verb);
	ward_order_put(&text, order);
	return proof_of(&text, key);
}

static struct hash of_answer(const struct ward_answer *answer, struct mac *key)
{
	struct buf text = {0};
	put_u8(&text, (uint8_t)answer->type);
	ward_answer_put(&text, answer);
	return proof_of(&text, key);
}

static struct hash of_counters(const struct ward_counters *counters, struct mac *key)
{
	struct buf text = {0};
	put_u8(&text, WARD_COUNTERS);
	ward_counters_put(&text, counters);
	return proof_of(&text, key);
}

void ward_proof_order(struct ward_order *order, struct mac *key)
{
	set(&order->mark, of_order(order, key));
}

bool ward_proof_order_holds(const struct ward_order *order, struct mac *key)
{
	return is(&order->mark, of_order(order, key));
}

void ward_proof_answer(struct ward_answer *answer, struct mac *key)
{
	set(&answer->mark, of_answer(answer, key));
}

bool ward_proof_answer_holds(const struct ward_answer *answer, struct mac *key)
{
	return is(&answer->mark, of_answer(answer, key));
}

void ward_proof_counters(struct ward_counters *counters, struct mac *key)
{
	set(&counters->mark, of_counters(counters, key));
}

bool ward_proof_counters_hold(const struct ward_counters *counters, struct mac *key)
{
	return is(&counters->mark, of_counters(counters, key));
}
