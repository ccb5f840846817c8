#include "common/crypto/crypto.h"

#include <openssl/evp.h>
#include <string.h>

static EVP_PKEY *private_key(const uint8_t seed[SIGN_SEED_BYTES])
{
	return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, SIGN_SEED_BYTES);
}

enum err sign_key_from_seed(const uint8_t seed[SIGN_SEED_BYTES], struct sign_key *ret_key)
{
	size_t size = SIGN_PUBLIC_BYTES;
	uint8_t public[SIGN_PUBLIC_BYTES];
	EVP_PKEY *key = private_key(seed);
	bool fine = key && EVP_PKEY_get_raw_public_key(key, public, &size) == 1;
	EVP_PKEY_free(key);
	if (!fine)
		return ERR_CRYPTO;
	memcpy(ret_key->seed, seed, SIGN_SEED_BYTES);
	memcpy(ret_key->public, public, SIGN_PUBLIC_BYTES);
	return OK;
}

enum err sign_message(
	const struct sign_key *key, struct bytes message, uint8_t ret_signature[SIGNATURE_BYTES])
{
	size_t size = SIGNATURE_BYTES;
	EVP_PKEY *pkey = private_key(key->seed);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool fine = pkey && context && EVP_DigestSignInit(context, NULL, NULL, NULL, pkey) == 1 &&
		    EVP_DigestSign(context, ret_signature, &size, message.at, message.size) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(pkey);
	return fine && size == SIGNATURE_BYTES ? OK : ERR_CRYPTO;
}

enum err sign_verify(const uint8_t public[SIGN_PUBLIC_BYTES], struct bytes message,
	const uint8_t signature[SIGNATURE_BYTES])
{
	EVP_PKEY *pkey =
		EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public, SIGN_PUBLIC_BYTES);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool ready = pkey && context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey) == 1;
	bool fine = ready && EVP_DigestVerify(context, signature, SIGNATURE_BYTES, message.at,
				     message.size) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(pkey);
	return !ready ? ERR_CRYPTO : fine ? OK : ERR_CORRUPT;
}
