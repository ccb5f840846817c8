// crypto: the few primitives the house uses, over OpenSSL 3 libcrypto and libargon2. This folder
// is the only one that includes either.
//
// AES-256-GCM with random 96-bit nonces (NIST SP 800-38D), SHA-256 (FIPS 180-4), HMAC (RFC 2104),
// HKDF (RFC 5869), Ed25519 (RFC 8032), Argon2id (RFC 9106). Every function that can fail says so;
// an authentication failure is ERR_CORRUPT and writes nothing. Keys are wiped by their owners with
// crypto_wipe(). Handles are not for sharing between threads.
#pragma once

#include "common/base/bytes.h"

enum {
	KEY_BYTES = 32,
	HASH_BYTES = 32,
	NONCE_BYTES = 12,
	TAG_BYTES = 16,
	SEAL_OVERHEAD_BYTES = NONCE_BYTES + TAG_BYTES,
	SIGN_SEED_BYTES = 32,
	SIGN_PUBLIC_BYTES = 32,
	SIGNATURE_BYTES = 64,
};

struct key {
	uint8_t bytes[KEY_BYTES];
};

struct hash {
	uint8_t bytes[HASH_BYTES];
};

void crypto_random(void *ret_at, size_t size_bytes); // never fails: a machine without it aborts
void crypto_wipe(void *at, size_t size_bytes);

// SHA-256.
struct hash crypto_sha256(struct bytes data);
struct hasher; // a reusable streaming SHA-256
struct hasher *hasher_new(void);
void hasher_free(struct hasher *hasher);
void hasher_add(struct hasher *hasher, struct bytes data);
struct hash hasher_end(struct hasher *hasher); // and starts again

// Keyed hashing. The handle holds the key schedule, so many short messages are cheap.
struct mac;
struct mac *mac_new(const struct key *key);
void mac_free(struct mac *mac); // wipes
struct hash mac_of(struct mac *mac, struct bytes data);
uint64_t mac_token(struct mac *mac, struct bytes data); // the first 64 bits, as search tokens
// The same, for what comes again and again: the last few hundred are remembered, and wiped with it.
uint64_t mac_token_again(struct mac *mac, struct bytes data);

// HKDF-SHA-256 with an empty salt: a key for the purpose named by `label`.
struct key crypto_derive(const struct key *from, const char *label, struct bytes context);

// AES-256-GCM. Sealed form: nonce (12), ciphertext (as long as the plaintext), tag (16).
struct sealer; // a reusable context; remembers the schedule of the key that it used last
struct sealer *sealer_new(void);
void sealer_free(struct sealer *sealer);
// Appends the sealed form to ret_sealed.
enum err sealer_seal(struct sealer *sealer, const struct key *key, struct bytes associated,
	struct bytes plain, struct buf *ret_sealed); // five: the two spans are what AEAD is about
// Appends the plaintext to ret_plain; ERR_CORRUPT leaves it as it was.
enum err sealer_open(struct sealer *sealer, const struct key *key, struct bytes associated,
	struct bytes sealed, struct buf *ret_plain);
// The beginning of the plaintext from the beginning of a sealed form; nothing is authenticated:
// only for what is proven in another way. Appends; ERR_CORRUPT for less than a nonce.
enum err sealer_peek(struct sealer *sealer, const struct key *key, struct bytes sealed_head,
	struct buf *ret_plain);

// Ed25519 with a 32-byte seed as the private key.
struct sign_key {
	uint8_t seed[SIGN_SEED_BYTES];
	uint8_t public[SIGN_PUBLIC_BYTES];
};
enum err sign_key_from_seed(const uint8_t seed[SIGN_SEED_BYTES], struct sign_key *ret_key);
enum err sign_message(
	const struct sign_key *key, struct bytes message, uint8_t ret_signature[SIGNATURE_BYTES]);
// ERR_CORRUPT when the signature is not by that key over that message.
enum err sign_verify(const uint8_t public[SIGN_PUBLIC_BYTES], struct bytes message,
	const uint8_t signature[SIGNATURE_BYTES]);

// Argon2id. Slow on purpose: call it from a thread of its own, never from an event loop.
struct password_cost {
	uint32_t memory_kib, passes, lanes;
};
enum {
	PASSWORD_HASH_TEXT_BYTES = 128
};
enum err password_hash(struct bytes password, const struct password_cost *cost,
	char ret_encoded[PASSWORD_HASH_TEXT_BYTES]); // PHC string, fresh 16-byte salt
enum err password_check(struct bytes password, const char *encoded); // ERR_UNAUTHENTICATED
// Raw output for key providers (a passphrase file), with the caller's salt.
enum err password_key(struct bytes passphrase, struct bytes salt, const struct password_cost *cost,
	struct key *ret_key);
