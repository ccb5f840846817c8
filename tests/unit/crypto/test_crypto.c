#include "../unit.h"

#include "common/base/text.h"
#include "common/crypto/crypto.h"

#include <string.h>

static void check_hex(struct bytes got, const char *want)
{
	char hex[256];
	text_hex(got, hex);
	assert_string_equal(hex, want);
}

// FIPS 180-4's example message.
static void sha256_gives_the_published_digest(void **state)
{
	struct hash hash = crypto_sha256(bytes_text("abc"));
	const char *want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	check_hex(bytes_of(hash.bytes, HASH_BYTES), want);
	struct hasher *hasher = hasher_new();
	for (int i = 0; i < 2; i++) {
		hasher_add(hasher, bytes_text("a"));
		hasher_add(hasher, bytes_text("bc"));
		hash = hasher_end(hasher);
		check_hex(bytes_of(hash.bytes, HASH_BYTES), want);
	}
	hasher_free(hasher);
}

// RFC 4231, test case 1, with the key filled up with zeros as HMAC itself does.
static void hmac_gives_the_published_digest(void **state)
{
	struct key key = {0};
	memset(key.bytes, 0x0b, 20);
	struct mac *mac = mac_new(&key);
	for (int i = 0; i < 2; i++) {
		struct hash hash = mac_of(mac, bytes_text("Hi There"));
		check_hex(bytes_of(hash.bytes, HASH_BYTES),
			"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	}
	mac_free(mac);
}

// More texts than are remembered, some too long for it, some ending where others go on.
static void a_token_is_the_same_when_it_is_remembered(void **state)
{
	const struct key key = {{1, 2, 3}};
	struct mac *mac = mac_new(&key), *plain = mac_new(&key);
	char text[80];
	for (int turn = 0; turn < 3; turn++)
		for (unsigned i = 0; i < 2000; i++) {
			memset(text, 'x', sizeof text);
			memcpy(text, &i, sizeof i);
			struct bytes data = bytes_of(text, i % 70);
			assert_int_equal(mac_token_again(mac, data), mac_token(plain, data));
		}
	mac_free(mac);
	mac_free(plain);
}

static void sealed_bytes_open_only_as_they_were_sealed(void **state)
{
	struct key key, other;
	crypto_random(&key, sizeof key);
	crypto_random(&other, sizeof other);
	struct sealer *sealer = sealer_new();
	struct buf sealed = {0}, plain = {0};
	struct bytes context = bytes_text("Patient/1/2");
	assert_ok(sealer_seal(sealer, &key, context, bytes_text("secret"), &sealed));
	assert_int_equal(sealed.size, 6 + SEAL_OVERHEAD_BYTES);
	assert_ok(sealer_open(sealer, &key, context, buf_bytes(&sealed), &plain));
	assert_true(bytes_equal(buf_bytes(&plain), bytes_text("secret")));
	buf_clear(&plain);
	assert_err(sealer_open(sealer, &other, context, buf_bytes(&sealed), &plain), ERR_CORRUPT);
	assert_err(sealer_open(sealer, &key, bytes_text("Patient/1/3"), buf_bytes(&sealed), &plain),
		ERR_CORRUPT);
	for (size_t i = 0; i < sealed.size; i++) {
		sealed.at[i] ^= 1;
		assert_err(sealer_open(sealer, &key, context, buf_bytes(&sealed), &plain),
			ERR_CORRUPT);
		sealed.at[i] ^= 1;
	}
	assert_err(sealer_open(sealer, &key, context, bytes_of(sealed.at, 5), &plain), ERR_CORRUPT);
	assert_int_equal(plain.size, 0);
	buf_done(&sealed);
	buf_done(&plain);
	sealer_free(sealer);
}

// Nonces are drawn many at a time and key schedules kept: neither may show.
static void every_seal_has_its_own_nonce_and_its_own_key(void **state)
{
	enum {
		SEALS = 300
	};
	struct key keys[2];
	struct buf sealed[SEALS] = {0}, plain = {0};
	struct sealer *sealer = sealer_new();
	crypto_random(keys, sizeof keys);
	const struct bytes context = bytes_text("x"), same = bytes_text("same");
	for (size_t i = 0; i < SEALS; i++)
		assert_ok(sealer_seal(sealer, &keys[i / 3 % 2], context, same, &sealed[i]));
	for (size_t i = 0; i < SEALS; i++) {
		const struct key *key = &keys[i / 3 % 2], *other = &keys[1 - i / 3 % 2];
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(sealed[i].at, sealed[j].at, NONCE_BYTES);
		buf_clear(&plain);
		assert_ok(sealer_open(sealer, key, context, buf_bytes(&sealed[i]), &plain));
		assert_true(bytes_equal(buf_bytes(&plain), same));
		assert_err(sealer_open(sealer, other, context, buf_bytes(&sealed[i]), &plain),
			ERR_CORRUPT);
	}
	for (size_t i = 0; i < SEALS; i++)
		buf_done(&sealed[i]);
	buf_done(&plain);
	sealer_free(sealer);
}

// RFC 8032, section 7.1, test 1.
static void ed25519_gives_the_published_signature(void **state)
{
	uint8_t seed[32], signature[64];
	struct sign_key key;
	assert_ok(text_unhex(
		"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", seed, 32));
	assert_ok(sign_key_from_seed(seed, &key));
	check_hex(bytes_of(key.public, 32),
		"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
	assert_ok(sign_message(&key, bytes_text(""), signature));
	check_hex(bytes_of(signature, 64),
		"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
		"5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
	assert_ok(sign_verify(key.public, bytes_text(""), signature));
	signature[0] ^= 1;
	assert_err(sign_verify(key.public, bytes_text(""), signature), ERR_CORRUPT);
}

static void derived_keys_differ_by_label_and_context(void **state)
{
	struct key from = {{1}};
	struct key a = crypto_derive(&from, "search", bytes_text("x"));
	struct key b = crypto_derive(&from, "search", bytes_text("y"));
	struct key c = crypto_derive(&from, "seal", bytes_text("x"));
	struct key again = crypto_derive(&from, "search", bytes_text("x"));
	assert_memory_equal(&a, &again, sizeof a);
	assert_memory_not_equal(&a, &b, sizeof a);
	assert_memory_not_equal(&a, &c, sizeof a);
}

static void passwords_are_recognised(void **state)
{
	const struct password_cost cost = {.memory_kib = 64, .passes = 1, .lanes = 1};
	char encoded[PASSWORD_HASH_TEXT_BYTES];
	assert_ok(password_hash(bytes_text("correct horse"), &cost, encoded));
	assert_ok(password_check(bytes_text("correct horse"), encoded));
	assert_err(password_check(bytes_text("correct house"), encoded), ERR_UNAUTHENTICATED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_gives_the_published_digest),
		cmocka_unit_test(hmac_gives_the_published_digest),
		cmocka_unit_test(a_token_is_the_same_when_it_is_remembered),
		cmocka_unit_test(sealed_bytes_open_only_as_they_were_sealed),
		cmocka_unit_test(every_seal_has_its_own_nonce_and_its_own_key),
		cmocka_unit_test(ed25519_gives_the_published_signature),
		cmocka_unit_test(derived_keys_differ_by_label_and_context),
		cmocka_unit_test(passwords_are_recognised),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
