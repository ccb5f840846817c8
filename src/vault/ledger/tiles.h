// tiles: the tree's hashes on disk in C2SP tlog-tiles layout, under DIR/tile/.
//
// A tile of level L holds up to 256 hashes of complete subtrees of 256^L leaves. Full tiles never
// change. Tiles are derived from the segments and need no sync: when they are missing or wrong the
// ledger makes them again.
#pragma once

#include "common/crypto/merkle.h"

enum {
	TILE_WIDTH = 256,
	TILE_LEVELS = 8,
	TILE_PATH_BYTES = 512
};

struct tiles;

struct tiles *tiles_new(const char *dir);
void tiles_free(struct tiles *tiles);
// merkle_seen for a tree that is extended: keeps the right edge, writes each tile that fills up.
void tiles_seen(void *tiles, unsigned level, uint64_t index, const struct hash *hash);
// Writes the partial tiles of the right edge. ERR_IO also for an earlier tile that could not be
// written.
enum err tiles_write_edge(struct tiles *tiles);
// Removes the partial tiles that were replaced. For when the newer checkpoint is published: who
// reads an older one meanwhile still finds its tiles.
void tiles_prune(struct tiles *tiles);
// Reads the edge of a tree of that size back; then tiles_seen may go on. ERR_NOT_FOUND,
// ERR_CORRUPT.
enum err tiles_restore(struct tiles *tiles, uint64_t size);
// Forgets everything held in memory, to build the tiles again from the first leaf.
void tiles_restart(struct tiles *tiles);
// A merkle_source's function over what is on disk and in memory.
enum err tiles_node(void *tiles, unsigned level, uint64_t index, struct hash *ret_hash);

// "tile/0/x001/234" or, with a width below 256, "tile/0/x001/234.p/17".
void tile_path(unsigned level, uint64_t index, unsigned width, char ret_path[TILE_PATH_BYTES]);
