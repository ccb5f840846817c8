// merkle: the tree over the trail, after RFC 6962 section 2.1 and RFC 9162 section 2.1.
//
// A leaf hashes 0x00 and the entry's sealed bytes, a node hashes 0x01 and its two children. Sizes
// and indexes count leaves from 0. Pure functions; nothing here knows where hashes are kept.
#pragma once

#include "common/crypto/crypto.h"

struct hash merkle_leaf(struct bytes entry);
struct hash merkle_node(const struct hash *left, const struct hash *right);
struct hash merkle_empty(void); // the root of no leaves: SHA-256 of nothing

// The right edge of a growing tree: for each set bit of `size`, the root of that complete subtree.
struct merkle {
	uint64_t size;
	struct hash edge[64]; // edge[k] is meaningful where bit k of size is set
};

// Called for every node that becomes complete: at height `level`, the `index`th from the left.
typedef void merkle_seen(void *context, unsigned level, uint64_t index, const struct hash *hash);

void merkle_append(struct merkle *tree, const struct hash *leaf, merkle_seen *seen, void *context);
struct hash merkle_root(const struct merkle *tree);

// Where a proof gets the complete node of height `level`, the `index`th from the left. An error
// ends the proof.
struct merkle_source {
	enum err (*node)(void *context, unsigned level, uint64_t index, struct hash *ret_hash);
	void *context;
};

enum {
	MERKLE_PROOF_HASHES = 130
};
struct merkle_proof {
	size_t count;
	struct hash hashes[MERKLE_PROOF_HASHES];
};

enum err merkle_root_at(const struct merkle_source *source, uint64_t size, struct hash *ret_root);
// ERR_INVALID when index >= size or first > second.
enum err merkle_prove_inclusion(const struct merkle_source *source, uint64_t index, uint64_t size,
	struct merkle_proof *ret_proof);
enum err merkle_prove_consistency(const struct merkle_source *source, uint64_t first,
	uint64_t second, struct merkle_proof *ret_proof);

// RFC 9162 sections 2.1.3.2 and 2.1.4.2. ERR_CORRUPT when the proof does not hold.
struct merkle_claim {
	uint64_t index_or_first, size; // the leaf's index or the smaller size; the (larger) size
	struct hash hash;              // the leaf's hash or the smaller tree's root
	struct hash root;              // of the tree of `size` leaves
};
enum err merkle_check_inclusion(const struct merkle_claim *claim, const struct merkle_proof *proof);
enum err merkle_check_consistency(
	const struct merkle_claim *claim, const struct merkle_proof *proof);
