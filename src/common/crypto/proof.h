// proof: proofs about the trail as text that can be mailed, printed and checked elsewhere.
//
// Inclusion, after C2SP tlog-proof: "c2sp.org/tlog-proof@v1", "index N", one base64 hash a line,
// an empty line, the signed checkpoint. Consistency, after C2SP tlog-witness: "old SIZE", one
// base64 hash a line, an empty line, the newer signed checkpoint. Pure functions.
#pragma once

#include "common/crypto/merkle.h"
#include "common/crypto/note.h"

enum {
	PROOF_TEXT_BYTES = 16 * 1024
};

struct proof_text {
	uint64_t number; // the entry's index, or the older tree's size
	struct merkle_proof path;
	char note[NOTE_BYTES];
};

void proof_inclusion_encode(const struct proof_text *proof, struct buf *out);
void proof_consistency_encode(const struct proof_text *proof, struct buf *out);
// ERR_SYNTAX; ERR_LIMIT past PROOF_TEXT_BYTES or MERKLE_PROOF_HASHES. Checks no hash, no signature.
enum err proof_inclusion_parse(struct bytes text, struct proof_text *ret_proof);
enum err proof_consistency_parse(struct bytes text, struct proof_text *ret_proof);

// Does the proof show that the leaf is in the trail of that key? ERR_CORRUPT when not.
enum err proof_inclusion_check(const struct proof_text *proof, const struct hash *leaf,
	const char *vkey, struct checkpoint *ret_checkpoint);
// Does the proof show that the newer checkpoint only added to the older one? ERR_CORRUPT.
enum err proof_consistency_check(const struct proof_text *proof, const struct checkpoint *older,
	const char *vkey, struct checkpoint *ret_newer);
