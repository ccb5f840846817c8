#include "vault/ledger/verify_in.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool read_tile(
	const struct verify *verify, const char *path, uint8_t *ret_hashes, size_t size)
{
	char full[2 * TILE_PATH_BYTES];
	uint8_t more;
	snprintf(full, sizeof full, "%s/%s", verify->options->dir, path);
	int fd = open(full, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool fine = read(fd, ret_hashes, size) == (ssize_t)size && read(fd, &more, 1) == 0;
	close(fd);
	return fine;
}

// Where the entry behind a hash of level 0 lies, while it is among the last ones.
static void entry_place(const struct verify *verify, uint64_t seq, struct verify_break *where)
{
	const struct spot *spot = &verify->spots[seq % TILE_WIDTH];
	snprintf(where->file, sizeof where->file, "segments/%08u.seg", spot->segment);
	where->offset = spot->offset;
	where->seq = seq;
}

static void compare(struct verify *verify, unsigned level, uint64_t tile, unsigned width)
{
	char path[TILE_PATH_BYTES];
	uint8_t hashes[TILE_WIDTH * HASH_BYTES];
	const uint8_t *want = verify->levels[level].edge;
	size_t size = (size_t)width * HASH_BYTES, at = 0;
	tile_path(level, tile, width, path);
	verify->report->tiles++;
	bool there = read_tile(verify, path, hashes, size);
	if ((there && memcmp(hashes, want, size) == 0) || verify->tile_differs)
		return;
	if (!there && width < TILE_WIDTH && !verify_same_checkpoint(verify))
		return; // the server has gone on meanwhile
	verify->tile_differs = true;
	while (there && memcmp(hashes + at, want + at, HASH_BYTES) == 0)
		at += HASH_BYTES;
	uint64_t seq = (tile * TILE_WIDTH + at / HASH_BYTES) << (8 * level);
	struct verify_break *where = &verify->tile_break;
	where->seq = seq;
	where->offset = at;
	snprintf(where->file, sizeof where->file, "%.*s", VERIFY_FILE_BYTES - 1, path);
	snprintf(where->what, sizeof where->what, "%s",
		there ? "the tile is not what the entries give; the entries are those that were signed"
		      : "the tile is missing or has the wrong size; the entries are those that were signed");
	if (there && level == 0)
		entry_place(verify, seq, &verify->entry_break);
}

void verify_tile_seen(void *context, unsigned height, uint64_t index, const struct hash *hash)
{
	struct verify *verify = context;
	unsigned at = height / 8;
	if (height % 8 || at >= TILE_LEVELS)
		return;
	struct verify_level *level = &verify->levels[at];
	unsigned place = (unsigned)(level->count % TILE_WIDTH);
	memcpy(level->edge + (size_t)place * HASH_BYTES, hash->bytes, HASH_BYTES);
	level->count++;
	// Tiles behind the checkpoint that was read first may be in the making.
	if (place + 1 == TILE_WIDTH && (index + 1) << (8 * at) <= verify->signed_size)
		compare(verify, at, index / TILE_WIDTH, TILE_WIDTH);
}

void verify_edge_tiles(struct verify *verify)
{
	for (unsigned at = 0; at < TILE_LEVELS; at++) {
		const struct verify_level *level = &verify->levels[at];
		unsigned width = (unsigned)(level->count % TILE_WIDTH);
		if (width)
			compare(verify, at, level->count / TILE_WIDTH, width);
	}
}
