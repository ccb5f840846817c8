#include "common/crypto/crypto.h"

#include <argon2.h>
#include <string.h>

enum {
	SALT_BYTES = 16
};

enum err password_hash(struct bytes password, const struct password_cost *cost,
	char ret_encoded[PASSWORD_HASH_TEXT_BYTES])
{
	uint8_t salt[SALT_BYTES];
	char encoded[PASSWORD_HASH_TEXT_BYTES];
	crypto_random(salt, sizeof salt);
	int result = argon2id_hash_encoded(cost->passes, cost->memory_kib, cost->lanes, password.at,
		password.size, salt, sizeof salt, HASH_BYTES, encoded, sizeof encoded);
	if (result != ARGON2_OK)
		return ERR_CRYPTO;
	memcpy(ret_encoded, encoded, sizeof encoded);
	return OK;
}

enum err password_check(struct bytes password, const char *encoded)
{
	int result = argon2id_verify(encoded, password.at, password.size);
	if (result == ARGON2_OK)
		return OK;
	return result == ARGON2_VERIFY_MISMATCH ? ERR_UNAUTHENTICATED : ERR_CRYPTO;
}

enum err password_key(struct bytes passphrase, struct bytes salt, const struct password_cost *cost,
	struct key *ret_key)
{
	struct key key;
	int result = argon2id_hash_raw(cost->passes, cost->memory_kib, cost->lanes, passphrase.at,
		passphrase.size, salt.at, salt.size, key.bytes, sizeof key.bytes);
	if (result != ARGON2_OK)
		return ERR_CRYPTO;
	*ret_key = key;
	crypto_wipe(&key, sizeof key);
	return OK;
}
