// verify: is the trail in a folder whole? Streams over the files; needs no secret and no server.
//
// Every segment is read from the first byte to the last, every entry hashed, the tree computed
// again and compared with every signed checkpoint (DIR/checkpoint, DIR/checkpoints, and one that
// somebody kept elsewhere) and with the tiles. Bytes that belong to no entry must be zero. What
// this shows and what it cannot is on docs/trail.md. Works beside a running server too: what was
// written after the checkpoint that was read first is counted, not promised.
//
// For `hospitaller trail verify` and `trail-verify`; links common/base and common/crypto alone.
#pragma once

#include "common/crypto/merkle.h"
#include "common/crypto/note.h"

enum {
	VERIFY_WHAT_BYTES = 512,
	VERIFY_FILE_BYTES = 96
};

struct verify_progress {
	uint64_t entries, signed_entries; // read so far; in the checkpoint
	uint64_t bytes, bytes_total;
};

struct verify_options {
	const char *dir;
	const char *vkey;       // the trail's public key in C2SP form
	const char *checkpoint; // file with a checkpoint kept elsewhere, or NULL
	bool at_rest;           // nobody writes there: what is half there counts at once
	void (*progress)(void *context, const struct verify_progress *progress); // or NULL
	void *context;
};

// Where it breaks first.
struct verify_break {
	char what[VERIFY_WHAT_BYTES]; // one sentence for a person
	char file[VERIFY_FILE_BYTES]; // below the folder: "segments/00000003.seg"
	uint64_t offset;              // in that file
	uint64_t seq;                 // the first entry that is in doubt
};

struct verify_report {
	bool whole;
	uint64_t entries, groups, segments, bytes, tiles;
	uint64_t checkpoints;            // compared
	struct checkpoint checkpoint;    // the newest that held
	uint64_t unsigned_entries;       // behind it: whole, but nothing signed covers them yet
	struct verify_break first_break; // when not whole
};

// OK also when the trail is broken: the report says so. ERR_IO, ERR_NOT_FOUND when the folder, or
// a checkpoint that was named, cannot be read; ERR_SYNTAX when the key is none. `what` says which.
enum err ledger_verify(const struct verify_options *options, struct verify_report *ret_report);
