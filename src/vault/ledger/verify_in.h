// verify_in: what the verifier's own files share. Nobody else includes this.
#pragma once

#include "vault/ledger/segment.h"
#include "vault/ledger/tiles.h"
#include "vault/ledger/verify.h"

// A signed checkpoint that the entries must lead to.
struct expected {
	struct checkpoint checkpoint;
	char file[VERIFY_FILE_BYTES];
	uint64_t offset; // in that file
};

struct spot {
	uint32_t segment;
	uint64_t offset;
};

// The tile that fills up on one level.
struct verify_level {
	uint64_t count;
	uint8_t edge[TILE_WIDTH * HASH_BYTES];
};

struct verify {
	const struct verify_options *options;
	struct verify_report *report;
	struct expected *expected; // by size
	size_t expected_count, expected_room, next;
	uint64_t signed_size; // of DIR/checkpoint
	struct hash signed_root;
	struct merkle tree;
	struct verify_level levels[TILE_LEVELS];
	struct spot spots[TILE_WIDTH]; // of the last entries
	bool tile_differs; // the first that did; which side is wrong shows at the next checkpoint
	struct verify_break tile_break, entry_break; // if the tile is wrong; if the entry is
	uint64_t group, bytes_total;
	struct spot at;
	uint8_t *segment; // its bytes
	size_t segment_size;
};

// Notes the first break, and returns ERR_CORRUPT.
[[gnu::format(printf, 3, 4)]] enum err verify_broken(
	struct verify *verify, const struct verify_break *where, const char *format, ...);

// verify_notes.c: reads and checks the signatures of every checkpoint.
enum err verify_read_notes(struct verify *verify);
// Does DIR/checkpoint still hold what was read first? False beside a server that signs on.
bool verify_same_checkpoint(const struct verify *verify);
// After an entry: compares the root when a checkpoint is due.
enum err verify_roots(struct verify *verify);

// verify_tiles.c: a merkle_seen that compares each full tile with the file.
void verify_tile_seen(void *verify, unsigned height, uint64_t index, const struct hash *hash);
// The partial tiles of the newest checkpoint, when the tree has just its size.
void verify_edge_tiles(struct verify *verify);
