// A proof that parses, and is written again, is the same bytes; and it proves nothing by itself.
#include "fuzz.h"

#include "common/crypto/proof.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	static const struct hash leaf;
	struct proof_text proof;
	struct buf again = {0};
	bool inclusion = proof_inclusion_parse(bytes_of(at, size), &proof) == OK;
	if (inclusion || proof_consistency_parse(bytes_of(at, size), &proof) == OK) {
		if (inclusion)
			proof_inclusion_encode(&proof, &again);
		else
			proof_consistency_encode(&proof, &again);
		fuzz_rule(again.size == size && memcmp(again.at, at, size) == 0, "one spelling");
		struct merkle_claim claim = {proof.number, proof.number * 3, leaf, leaf};
		fuzz_rule(merkle_check_inclusion(&claim, &proof.path) != OK, "no such leaf");
		(void)merkle_check_consistency(&claim, &proof.path);
	}
	buf_done(&again);
	return 0;
}
