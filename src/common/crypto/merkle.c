#include "common/crypto/merkle.h"

#include <openssl/sha.h>
#include <string.h>

// One-shot hashing of two parts, without a heap allocation. The low-level interface is marked
// deprecated in OpenSSL 3 but is the only one that needs neither a fetch nor a context object;
// verification hashes two short messages an entry and would spend most of its time there.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static struct hash hash_parts(uint8_t prefix, struct bytes a, struct bytes b)
{
	struct hash hash;
	SHA256_CTX context;
	SHA256_Init(&context);
	SHA256_Update(&context, &prefix, 1);
	SHA256_Update(&context, a.at, a.size);
	SHA256_Update(&context, b.at, b.size);
	SHA256_Final(hash.bytes, &context);
	return hash;
}

struct hash merkle_leaf(struct bytes entry)
{
	return hash_parts(0, entry, bytes_of("", 0));
}

struct hash merkle_node(const struct hash *left, const struct hash *right)
{
	return hash_parts(1, bytes_of(left->bytes, HASH_BYTES), bytes_of(right->bytes, HASH_BYTES));
}

struct hash merkle_empty(void)
{
	return crypto_sha256(bytes_of("", 0));
}

void merkle_append(struct merkle *tree, const struct hash *leaf, merkle_seen *seen, void *context)
{
	struct hash hash = *leaf;
	unsigned level = 0;
	if (seen)
		seen(context, 0, tree->size, &hash);
	for (; tree->size >> level & 1; level++) {
		hash = merkle_node(&tree->edge[level], &hash);
		if (seen)
			seen(context, level + 1, tree->size >> (level + 1), &hash);
	}
	tree->edge[level] = hash;
	tree->size++;
}

struct hash merkle_root(const struct merkle *tree)
{
	if (!tree->size)
		return merkle_empty();
	unsigned level = (unsigned)__builtin_ctzll(tree->size);
	struct hash root = tree->edge[level];
	while (++level < 64)
		if (tree->size >> level & 1)
			root = merkle_node(&tree->edge[level], &root);
	return root;
}

// The largest power of two below size (size >= 2).
static uint64_t split(uint64_t size)
{
	return (uint64_t)1 << (63 - __builtin_clzll(size - 1));
}

// The root of the `count` leaves from `first` on, where `first` is a multiple of a power of two
// that is at least count: MTH of RFC 6962.
static enum err subtree(
	const struct merkle_source *source, uint64_t first, uint64_t count, struct hash *ret_hash)
{
	if ((count & (count - 1)) == 0) {
		unsigned level = (unsigned)__builtin_ctzll(count);
		return source->node(source->context, level, first >> level, ret_hash);
	}
	struct hash left, right;
	uint64_t k = split(count);
	enum err err = subtree(source, first, k, &left);
	if (!err)
		err = subtree(source, first + k, count - k, &right);
	if (!err)
		*ret_hash = merkle_node(&left, &right);
	return err;
}

enum err merkle_root_at(const struct merkle_source *source, uint64_t size, struct hash *ret_root)
{
	if (!size) {
		*ret_root = merkle_empty();
		return OK;
	}
	return subtree(source, 0, size, ret_root);
}

static enum err push(struct merkle_proof *proof, const struct merkle_source *source, uint64_t first,
	uint64_t count)
{
	if (proof->count == MERKLE_PROOF_HASHES)
		return ERR_LIMIT;
	enum err err = subtree(source, first, count, &proof->hashes[proof->count]);
	if (!err)
		proof->count++;
	return err;
}

// PATH(m, D[n]) of RFC 6962, written from the leaf upwards.
static enum err path(const struct merkle_source *source, uint64_t first, uint64_t count,
	uint64_t index, struct merkle_proof *proof)
{
	if (count == 1)
		return OK;
	uint64_t k = split(count);
	enum err err;
	if (index < k) {
		err = path(source, first, k, index, proof);
		return err ? err : push(proof, source, first + k, count - k);
	}
	err = path(source, first + k, count - k, index - k, proof);
	return err ? err : push(proof, source, first, k);
}

enum err merkle_prove_inclusion(const struct merkle_source *source, uint64_t index, uint64_t size,
	struct merkle_proof *ret_proof)
{
	if (index >= size)
		return ERR_INVALID;
	ret_proof->count = 0;
	return path(source, 0, size, index, ret_proof);
}

// SUBPROOF(m, D[n], b) of RFC 6962; `whole` is b.
struct sub {
	uint64_t first, count, m;
	bool whole;
};

static enum err subproof(
	const struct merkle_source *source, struct sub s, struct merkle_proof *proof)
{
	if (s.m == s.count)
		return s.whole ? OK : push(proof, source, s.first, s.count);
	uint64_t k = split(s.count);
	enum err err;
	if (s.m <= k) {
		err = subproof(source, (struct sub){s.first, k, s.m, s.whole}, proof);
		return err ? err : push(proof, source, s.first + k, s.count - k);
	}
	err = subproof(source, (struct sub){s.first + k, s.count - k, s.m - k, false}, proof);
	return err ? err : push(proof, source, s.first, k);
}

enum err merkle_prove_consistency(const struct merkle_source *source, uint64_t first,
	uint64_t second, struct merkle_proof *ret_proof)
{
	if (first > second)
		return ERR_INVALID;
	ret_proof->count = 0;
	if (first == 0 || first == second)
		return OK;
	return subproof(source, (struct sub){0, second, first, true}, ret_proof);
}

enum err merkle_check_inclusion(const struct merkle_claim *claim, const struct merkle_proof *proof)
{
	if (claim->index_or_first >= claim->size)
		return ERR_CORRUPT;
	uint64_t fn = claim->index_or_first, sn = claim->size - 1;
	struct hash r = claim->hash;
	for (size_t i = 0; i < proof->count; i++) {
		if (sn == 0)
			return ERR_CORRUPT;
		if (fn & 1 || fn == sn) {
			r = merkle_node(&proof->hashes[i], &r);
			while (!(fn & 1) && fn) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			r = merkle_node(&r, &proof->hashes[i]);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && memcmp(&r, &claim->root, sizeof r) == 0 ? OK : ERR_CORRUPT;
}

static enum err check_roots(
	const struct merkle_claim *claim, const struct hash *fr, const struct hash *sr)
{
	bool holds = memcmp(fr, &claim->hash, sizeof *fr) == 0 &&
		     memcmp(sr, &claim->root, sizeof *sr) == 0;
	return holds ? OK : ERR_CORRUPT;
}

enum err merkle_check_consistency(
	const struct merkle_claim *claim, const struct merkle_proof *proof)
{
	uint64_t first = claim->index_or_first, fn = first - 1, sn = claim->size - 1;
	if (first > claim->size)
		return ERR_CORRUPT;
	if (first == claim->size)
		return proof->count ? ERR_CORRUPT : check_roots(claim, &claim->root, &claim->hash);
	if (first == 0)
		return proof->count ? ERR_CORRUPT : OK;
	bool power = (first & (first - 1)) == 0;
	size_t at = power ? 0 : 1;
	if (!power && !proof->count)
		return ERR_CORRUPT;
	struct hash fr = power ? claim->hash : proof->hashes[0], sr = fr;
	while (fn & 1) {
		fn >>= 1;
		sn >>= 1;
	}
	for (; at < proof->count; at++) {
		if (sn == 0)
			return ERR_CORRUPT;
		if (fn & 1 || fn == sn) {
			fr = merkle_node(&proof->hashes[at], &fr);
			sr = merkle_node(&proof->hashes[at], &sr);
			while (!(fn & 1) && fn) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			sr = merkle_node(&sr, &proof->hashes[at]);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 ? check_roots(claim, &fr, &sr) : ERR_CORRUPT;
}
