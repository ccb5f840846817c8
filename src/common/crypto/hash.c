// OpenSSL 3's one-shot SHA256() and its EVP contexts look algorithms up, allocate and lock at every
// use, which costs more than hashing an entry of the trail does. Its 1.1 interface does not, and is
// still there.
#define OPENSSL_API_COMPAT 10101

#include "common/crypto/crypto.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

struct hasher {
	SHA256_CTX context;
};

// HMAC with the two padded-key states kept, so that a short message costs two copies and two
// compressions instead of a key schedule.
struct mac {
	SHA256_CTX inner, outer;
	struct token *tokens; // TOKENS of them, or NULL before the first
};

enum {
	TOKENS = 512, // each has one place
	TOKEN_BYTES = 55
};
struct token {
	uint64_t value;
	uint8_t size; // of the text + 1; 0: none
	uint8_t text[TOKEN_BYTES];
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

struct hasher *hasher_new(void)
{
	struct hasher *hasher = calloc(1, sizeof *hasher);
	if (!hasher)
		abort();
	must(SHA256_Init(&hasher->context));
	return hasher;
}

void hasher_free(struct hasher *hasher)
{
	if (!hasher)
		return;
	crypto_wipe(hasher, sizeof *hasher);
	free(hasher);
}

void hasher_add(struct hasher *hasher, struct bytes data)
{
	must(SHA256_Update(&hasher->context, data.at, data.size));
}

struct hash hasher_end(struct hasher *hasher)
{
	struct hash hash;
	must(SHA256_Final(hash.bytes, &hasher->context));
	must(SHA256_Init(&hasher->context));
	return hash;
}

struct mac *mac_new(const struct key *key)
{
	uint8_t pad[64];
	struct mac *mac = calloc(1, sizeof *mac);
	if (!mac)
		abort();
	for (int side = 0; side < 2; side++) {
		SHA256_CTX *context = side ? &mac->outer : &mac->inner;
		memset(pad, side ? 0x5c : 0x36, sizeof pad);
		for (size_t i = 0; i < KEY_BYTES; i++)
			pad[i] ^= key->bytes[i];
		must(SHA256_Init(context));
		must(SHA256_Update(context, pad, sizeof pad));
	}
	crypto_wipe(pad, sizeof pad);
	return mac;
}

void mac_free(struct mac *mac)
{
	if (!mac)
		return;
	if (mac->tokens)
		crypto_wipe(mac->tokens, TOKENS * sizeof *mac->tokens);
	free(mac->tokens);
	crypto_wipe(mac, sizeof *mac);
	free(mac);
}

struct hash mac_of(struct mac *mac, struct bytes data)
{
	struct hash hash;
	SHA256_CTX work = mac->inner;
	must(SHA256_Update(&work, data.at, data.size));
	must(SHA256_Final(hash.bytes, &work));
	work = mac->outer;
	must(SHA256_Update(&work, hash.bytes, HASH_BYTES));
	must(SHA256_Final(hash.bytes, &work)); // and nothing of the key is left in it
	return hash;
}

uint64_t mac_token(struct mac *mac, struct bytes data)
{
	struct hash hash = mac_of(mac, data);
	struct cursor cursor = cursor_of(bytes_of(hash.bytes, HASH_BYTES));
	return get_u64(&cursor);
}

uint64_t mac_token_again(struct mac *mac, struct bytes data)
{
	uint64_t place = bytes_fnv(BYTES_FNV, data);
	if (data.size > TOKEN_BYTES)
		return mac_token(mac, data);
	if (!mac->tokens && !(mac->tokens = calloc(TOKENS, sizeof *mac->tokens)))
		abort();
	struct token *token = &mac->tokens[(place ^ place >> 32) % TOKENS];
	if (token->size == data.size + 1 && memcmp(token->text, data.at, data.size) == 0)
		return token->value;
	token->value = mac_token(mac, data);
	token->size = (uint8_t)(data.size + 1);
	memcpy(token->text, data.at, data.size);
	return token->value;
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
