// verify: is this trail whole? Offline, by somebody who trusts nothing but a public key.
//
// Streams the segments in order, checks every group, computes the tree again and compares it with
// every checkpoint that was ever signed (DIR/checkpoints), with the last one (DIR/checkpoint), and
// with one held outside, where there is one. Needs no sealing key: leaves hash the sealed bytes.
#pragma once

#include "common/crypto/note.h"

struct verify_options {
	const char *dir;
	const char *vkey;       // NOTE's form; the key of the checkpoints
	const char *outside;    // a file with a checkpoint from elsewhere, or NULL
	void (*progress)(void *context, uint64_t done_bytes, uint64_t all_bytes); // or NULL
	void *context;
};

struct verify_report {
	bool whole;
	uint64_t entries, bytes, checkpoints; // seen
	uint64_t unsigned_entries;            // behind the last checkpoint: not yet signed for
	struct checkpoint last;
	char problem[400];                    // where it breaks: segment, offset, entry; "" when whole
};

// ERR_IO when the files cannot be read; otherwise OK, and the report says.
enum err ledger_verify(const struct verify_options *options, struct verify_report *ret_report);
