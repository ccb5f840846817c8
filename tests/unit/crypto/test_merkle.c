// The vectors of Certificate Transparency's reference implementation of RFC 6962, and every proof
// of every tree up to 70 leaves against a tree computed by its definition.
#include "../unit.h"

#include "common/base/text.h"
#include "common/crypto/merkle.h"

#include <string.h>

static const char *const inputs[8] = {"", "00", "10", "2021", "3031", "40414243",
	"5051525354555657", "606162636465666768696a6b6c6d6e6f"};
static const char *const roots[8] = {
	"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

static struct hash from_hex(const char *hex)
{
	struct hash hash;
	assert_ok(text_unhex(hex, hash.bytes, HASH_BYTES));
	return hash;
}

static void assert_hash(const struct hash *hash, const char *want)
{
	char hex[2 * HASH_BYTES + 1];
	text_hex(bytes_of(hash->bytes, HASH_BYTES), hex);
	assert_string_equal(hex, want);
}

static struct hash leaves[70];

// MTH by its definition.
static struct hash definition(const struct hash *from, uint64_t count)
{
	if (count == 1)
		return *from;
	uint64_t k = 1;
	while (k * 2 < count)
		k *= 2;
	struct hash left = definition(from, k), right = definition(from + k, count - k);
	return merkle_node(&left, &right);
}

static enum err node(void *context, unsigned level, uint64_t index, struct hash *ret_hash)
{
	uint64_t count = (uint64_t)1 << level;
	*ret_hash = definition(leaves + index * count, count);
	return OK;
}
static const struct merkle_source source = {node, NULL};

static void take_vectors(void)
{
	for (unsigned i = 0; i < 8; i++) {
		uint8_t bytes[16];
		size_t size = strlen(inputs[i]) / 2;
		assert_ok(text_unhex(inputs[i], bytes, size));
		leaves[i] = merkle_leaf(bytes_of(bytes, size));
	}
}

static void roots_are_those_published(void **state)
{
	struct merkle tree = {0};
	struct hash root = merkle_root(&tree);
	assert_hash(&root, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	take_vectors();
	for (unsigned i = 0; i < 8; i++) {
		merkle_append(&tree, &leaves[i], NULL, NULL);
		root = merkle_root(&tree);
		assert_hash(&root, roots[i]);
		assert_ok(merkle_root_at(&source, i + 1, &root));
		assert_hash(&root, roots[i]);
	}
}

static void proofs_are_those_published(void **state)
{
	static const char *const first_of_8[] = {
		"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
		"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
		"6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"};
	static const char *const sixth_of_8[] = {
		"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
		"ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"};
	static const char *const from_6_to_8[] = {
		"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
		"ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"};
	static const char *const from_2_to_5[] = {
		"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
		"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"};
	struct merkle_proof proof;
	take_vectors();
	assert_ok(merkle_prove_inclusion(&source, 0, 8, &proof));
	assert_int_equal(proof.count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_hash(&proof.hashes[i], first_of_8[i]);
	assert_ok(merkle_prove_inclusion(&source, 5, 8, &proof));
	assert_int_equal(proof.count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_hash(&proof.hashes[i], sixth_of_8[i]);
	assert_ok(merkle_prove_consistency(&source, 6, 8, &proof));
	assert_int_equal(proof.count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_hash(&proof.hashes[i], from_6_to_8[i]);
	assert_ok(merkle_prove_consistency(&source, 2, 5, &proof));
	assert_int_equal(proof.count, 2);
	for (size_t i = 0; i < 2; i++)
		assert_hash(&proof.hashes[i], from_2_to_5[i]);
	struct merkle_claim claim = {6, 8, from_hex(roots[5]), from_hex(roots[7])};
	assert_ok(merkle_prove_consistency(&source, 6, 8, &proof));
	assert_ok(merkle_check_consistency(&claim, &proof));
}

static void take_seventy(void)
{
	for (uint8_t i = 0; i < 70; i++)
		leaves[i] = merkle_leaf(bytes_of(&i, 1));
}

static void check_wrong(enum err (*check)(const struct merkle_claim *, const struct merkle_proof *),
	struct merkle_claim claim, struct merkle_proof proof)
{
	for (size_t i = 0; i < proof.count; i++) {
		proof.hashes[i].bytes[i % 32] ^= 1;
		assert_err(check(&claim, &proof), ERR_CORRUPT);
		proof.hashes[i].bytes[i % 32] ^= 1;
	}
	proof.hashes[proof.count++] = claim.root;
	assert_err(check(&claim, &proof), ERR_CORRUPT);
	proof.count--;
	if (proof.count) {
		proof.count--;
		assert_err(check(&claim, &proof), ERR_CORRUPT);
		proof.count++;
	}
	claim.root.bytes[3] ^= 1;
	assert_err(check(&claim, &proof), ERR_CORRUPT);
}

static void every_inclusion_holds_and_no_other(void **state)
{
	struct merkle_proof proof;
	take_seventy();
	for (uint64_t size = 1; size <= 70; size++) {
		for (uint64_t index = 0; index < size; index++) {
			struct merkle_claim claim = {
				index, size, leaves[index], definition(leaves, size)};
			assert_ok(merkle_prove_inclusion(&source, index, size, &proof));
			assert_ok(merkle_check_inclusion(&claim, &proof));
			check_wrong(merkle_check_inclusion, claim, proof);
		}
		assert_err(merkle_prove_inclusion(&source, size, size, &proof), ERR_INVALID);
	}
}

static void every_consistency_holds_and_no_other(void **state)
{
	struct merkle_proof proof;
	take_seventy();
	for (uint64_t size = 1; size <= 70; size++) {
		for (uint64_t first = 1; first <= size; first++) {
			struct merkle_claim claim = {
				first, size, definition(leaves, first), definition(leaves, size)};
			assert_ok(merkle_prove_consistency(&source, first, size, &proof));
			assert_ok(merkle_check_consistency(&claim, &proof));
			check_wrong(merkle_check_consistency, claim, proof);
			claim.hash.bytes[0] ^= 1;
			assert_err(merkle_check_consistency(&claim, &proof), ERR_CORRUPT);
		}
	}
	assert_err(merkle_prove_consistency(&source, 3, 2, &proof), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots_are_those_published),
		cmocka_unit_test(proofs_are_those_published),
		cmocka_unit_test(every_inclusion_holds_and_no_other),
		cmocka_unit_test(every_consistency_holds_and_no_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
