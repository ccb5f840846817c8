#include "common/crypto/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

// A call of the random generator costs as much as sealing an entry of the trail does: nonces, which
// are no secret, are drawn many at a time. The key schedule is kept for who seals under one key.
enum {
	NONCES_AT_ONCE = 64
};
enum keyed {
	KEYED_FOR_NOTHING,
	KEYED_TO_SEAL,
	KEYED_TO_OPEN
};

struct sealer {
	EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *context;
	struct key key; // whose schedule the context holds
	enum keyed keyed;
	uint8_t nonces[NONCES_AT_ONCE][NONCE_BYTES];
	size_t nonces_left;
};

void crypto_random(void *ret_at, size_t size)
{
	if (size > INT32_MAX || RAND_bytes(ret_at, (int)size) != 1)
		abort();
}

void crypto_wipe(void *at, size_t size)
{
	OPENSSL_cleanse(at, size);
}

struct sealer *sealer_new(void)
{
	struct sealer *sealer = calloc(1, sizeof *sealer);
	if (!sealer)
		abort();
	sealer->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	sealer->context = EVP_CIPHER_CTX_new();
	if (!sealer->cipher || !sealer->context)
		abort();
	return sealer;
}

void sealer_free(struct sealer *sealer)
{
	if (!sealer)
		return;
	EVP_CIPHER_CTX_free(sealer->context);
	EVP_CIPHER_free(sealer->cipher);
	crypto_wipe(sealer, sizeof *sealer);
	free(sealer);
}

static void next_nonce(struct sealer *sealer, uint8_t ret_nonce[NONCE_BYTES])
{
	if (!sealer->nonces_left) {
		crypto_random(sealer->nonces, sizeof sealer->nonces);
		sealer->nonces_left = NONCES_AT_ONCE;
	}
	memcpy(ret_nonce, sealer->nonces[--sealer->nonces_left], NONCE_BYTES);
}

// Readies the context for one message.
static bool begin(struct sealer *sealer, const struct key *key, const uint8_t *nonce, enum keyed to)
{
	bool same = sealer->keyed == to && memcmp(&sealer->key, key, sizeof *key) == 0;
	sealer->keyed = KEYED_FOR_NOTHING; // unless this succeeds
	const EVP_CIPHER *cipher = same ? NULL : sealer->cipher;
	const uint8_t *bytes = same ? NULL : key->bytes;
	if (EVP_CipherInit_ex2(sealer->context, cipher, bytes, nonce, to == KEYED_TO_SEAL, NULL) !=
		1)
		return false;
	sealer->key = *key;
	sealer->keyed = to;
	return true;
}

static bool encrypt(
	struct sealer *sealer, struct bytes associated, struct bytes plain, uint8_t *out)
{
	int size = 0;
	EVP_CIPHER_CTX *c = sealer->context;
	if (associated.size &&
		EVP_EncryptUpdate(c, NULL, &size, associated.at, (int)associated.size) != 1)
		return false;
	if (plain.size && EVP_EncryptUpdate(c, out, &size, plain.at, (int)plain.size) != 1)
		return false;
	return EVP_EncryptFinal_ex(c, out + plain.size, &size) == 1 &&
	       EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, out + plain.size) == 1;
}

enum err sealer_seal(struct sealer *sealer, const struct key *key, struct bytes associated,
	struct bytes plain, struct buf *ret_sealed)
{
	if (plain.size > INT32_MAX - 64 || associated.size > INT32_MAX - 64)
		return ERR_LIMIT;
	buf_reserve(ret_sealed, plain.size + SEAL_OVERHEAD_BYTES);
	uint8_t *nonce = ret_sealed->at + ret_sealed->size;
	next_nonce(sealer, nonce);
	if (!begin(sealer, key, nonce, KEYED_TO_SEAL) ||
		!encrypt(sealer, associated, plain, nonce + NONCE_BYTES))
		return ERR_CRYPTO;
	ret_sealed->size += plain.size + SEAL_OVERHEAD_BYTES;
	return OK;
}

static bool decrypt(struct sealer *sealer, struct bytes associated, struct bytes text, uint8_t *out)
{
	int size = 0;
	EVP_CIPHER_CTX *c = sealer->context;
	if (associated.size &&
		EVP_DecryptUpdate(c, NULL, &size, associated.at, (int)associated.size) != 1)
		return false;
	if (text.size && EVP_DecryptUpdate(c, out, &size, text.at, (int)text.size) != 1)
		return false;
	return EVP_DecryptFinal_ex(c, out + text.size, &size) == 1;
}

enum err sealer_open(struct sealer *sealer, const struct key *key, struct bytes associated,
	struct bytes sealed, struct buf *ret_plain)
{
	if (sealed.size < SEAL_OVERHEAD_BYTES)
		return ERR_CORRUPT;
	if (sealed.size > INT32_MAX - 64 || associated.size > INT32_MAX - 64)
		return ERR_LIMIT;
	struct bytes text = bytes_of(sealed.at + NONCE_BYTES, sealed.size - SEAL_OVERHEAD_BYTES);
	uint8_t tag[TAG_BYTES];
	for (size_t i = 0; i < TAG_BYTES; i++)
		tag[i] = text.at[text.size + i];
	buf_reserve(ret_plain, text.size + 1);
	uint8_t *out = ret_plain->at + ret_plain->size;
	if (!begin(sealer, key, sealed.at, KEYED_TO_OPEN) ||
		EVP_CIPHER_CTX_ctrl(sealer->context, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag) != 1)
		return ERR_CRYPTO;
	if (!decrypt(sealer, associated, text, out)) {
		crypto_wipe(out, text.size); // unauthenticated plaintext must not be left behind
		return ERR_CORRUPT;
	}
	ret_plain->size += text.size;
	return OK;
}

enum err sealer_peek(struct sealer *sealer, const struct key *key, struct bytes sealed_head,
	struct buf *ret_plain)
{
	int size = 0;
	if (sealed_head.size < NONCE_BYTES)
		return ERR_CORRUPT;
	if (sealed_head.size > INT32_MAX - 64)
		return ERR_LIMIT;
	struct bytes text = bytes_of(sealed_head.at + NONCE_BYTES, sealed_head.size - NONCE_BYTES);
	buf_reserve(ret_plain, text.size + 1);
	uint8_t *out = ret_plain->at + ret_plain->size;
	if (!begin(sealer, key, sealed_head.at, KEYED_TO_OPEN) ||
		(text.size && EVP_DecryptUpdate(
				      sealer->context, out, &size, text.at, (int)text.size) != 1))
		return ERR_CRYPTO;
	ret_plain->size += text.size;
	return OK;
}
