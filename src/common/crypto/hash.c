// OpenSSL 3's one-shot SHA256() looks the algorithm up by name at every call, which costs more than
// hashing an entry of the trail does. Its 1.1 interface does not, and is still there.
#define OPENSSL_API_COMPAT 10101

#include "common/crypto/crypto.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

struct hasher {
	EVP_MD *digest;
	EVP_MD_CTX *context;
};

// HMAC with the two padded-key states kept, so that a short message costs two copies and two
// compressions instead of a key schedule.
struct mac {
	EVP_MD *digest;
	EVP_MD_CTX *inner, *outer, *work;
};

static void must(int result)
{
	if (result != 1)
		abort(); // SHA-256 over memory has no way to fail but a broken library
}

struct hash crypto_sha256(struct bytes data)
{
	struct hash hash;
	SHA256_CTX context;
	must(SHA256_Init(&context));
	must(SHA256_Update(&context, data.at, data.size));
	must(SHA256_Final(hash.bytes, &context));
	return hash;
}

static EVP_MD_CTX *context_new(void)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	if (!context)
		abort();
	return context;
}

static EVP_MD *digest_new(void)
{
	EVP_MD *digest = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!digest)
		abort();
	return digest;
}

struct hasher *hasher_new(void)
{
	struct hasher *hasher = calloc(1, sizeof *hasher);
	if (!hasher)
		abort();
	hasher->digest = digest_new();
	hasher->context = context_new();
	must(EVP_DigestInit_ex2(hasher->context, hasher->digest, NULL));
	return hasher;
}

void hasher_free(struct hasher *hasher)
{
	if (!hasher)
		return;
	EVP_MD_CTX_free(hasher->context);
	EVP_MD_free(hasher->digest);
	free(hasher);
}

void hasher_add(struct hasher *hasher, struct bytes data)
{
	must(EVP_DigestUpdate(hasher->context, data.at, data.size));
}

struct hash hasher_end(struct hasher *hasher)
{
	struct hash hash;
	must(EVP_DigestFinal_ex(hasher->context, hash.bytes, NULL));
	must(EVP_DigestInit_ex2(hasher->context, hasher->digest, NULL));
	return hash;
}

struct mac *mac_new(const struct key *key)
{
	uint8_t pad[64];
	struct mac *mac = calloc(1, sizeof *mac);
	if (!mac)
		abort();
	mac->digest = digest_new();
	mac->inner = context_new();
	mac->outer = context_new();
	mac->work = context_new();
	for (int side = 0; side < 2; side++) {
		EVP_MD_CTX *context = side ? mac->outer : mac->inner;
		memset(pad, side ? 0x5c : 0x36, sizeof pad);
		for (size_t i = 0; i < KEY_BYTES; i++)
			pad[i] ^= key->bytes[i];
		must(EVP_DigestInit_ex2(context, mac->digest, NULL));
		must(EVP_DigestUpdate(context, pad, sizeof pad));
	}
	crypto_wipe(pad, sizeof pad);
	return mac;
}

void mac_free(struct mac *mac)
{
	if (!mac)
		return;
	EVP_MD_CTX_free(mac->inner);
	EVP_MD_CTX_free(mac->outer);
	EVP_MD_CTX_free(mac->work);
	EVP_MD_free(mac->digest);
	free(mac);
}

struct hash mac_of(struct mac *mac, struct bytes data)
{
	struct hash hash;
	must(EVP_MD_CTX_copy_ex(mac->work, mac->inner));
	must(EVP_DigestUpdate(mac->work, data.at, data.size));
	must(EVP_DigestFinal_ex(mac->work, hash.bytes, NULL));
	must(EVP_MD_CTX_copy_ex(mac->work, mac->outer));
	must(EVP_DigestUpdate(mac->work, hash.bytes, HASH_BYTES));
	must(EVP_DigestFinal_ex(mac->work, hash.bytes, NULL));
	return hash;
}

uint64_t mac_token(struct mac *mac, struct bytes data)
{
	struct hash hash = mac_of(mac, data);
	struct cursor cursor = cursor_of(bytes_of(hash.bytes, HASH_BYTES));
	return get_u64(&cursor);
}

// RFC 5869 with an empty salt and one block of output: extract, then expand with the info
// "label" 0x00 context 0x01.
struct key crypto_derive(const struct key *from, const char *label, struct bytes context)
{
	struct key zero = {0}, derived;
	struct mac *extract = mac_new(&zero);
	struct hash pseudo = mac_of(extract, bytes_of(from->bytes, KEY_BYTES));
	mac_free(extract);

	struct key expand_key;
	memcpy(expand_key.bytes, pseudo.bytes, KEY_BYTES);
	struct mac *expand = mac_new(&expand_key);
	struct buf info = {0};
	buf_add(&info, label, strlen(label) + 1);
	buf_add_bytes(&info, context);
	put_u8(&info, 1);
	struct hash block = mac_of(expand, buf_bytes(&info));
	memcpy(derived.bytes, block.bytes, KEY_BYTES);

	buf_done(&info);
	mac_free(expand);
	crypto_wipe(&expand_key, sizeof expand_key);
	crypto_wipe(&pseudo, sizeof pseudo);
	crypto_wipe(&block, sizeof block);
	return derived;
}
