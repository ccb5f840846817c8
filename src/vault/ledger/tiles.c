#include "vault/ledger/tiles.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct level {
	uint64_t count;   // hashes so far
	unsigned written; // width of the partial tile on disk, 0 when none
	unsigned stale;   // width of a partial tile that was replaced, 0 when none
	uint64_t stale_index;
	uint8_t edge[TILE_WIDTH * HASH_BYTES]; // the last, not yet full tile
};

struct tiles {
	char *dir;
	enum err err; // the first write that failed
	struct level levels[TILE_LEVELS];
};

struct tiles *tiles_new(const char *dir)
{
	struct tiles *tiles = calloc(1, sizeof *tiles);
	if (!tiles || !(tiles->dir = strdup(dir)))
		abort();
	return tiles;
}

void tiles_free(struct tiles *tiles)
{
	if (!tiles)
		return;
	free(tiles->dir);
	free(tiles);
}

void tiles_restart(struct tiles *tiles)
{
	memset(tiles->levels, 0, sizeof tiles->levels);
	tiles->err = OK;
}

void tile_path(unsigned level, uint64_t index, unsigned width, char ret_path[TILE_PATH_BYTES])
{
	unsigned parts[8], count = 0;
	do {
		parts[count++] = (unsigned)(index % 1000);
		index /= 1000;
	} while (index);
	int at = snprintf(ret_path, TILE_PATH_BYTES, "tile/%u", level);
	while (count--)
		at += snprintf(ret_path + at, TILE_PATH_BYTES - (size_t)at, "/%s%03u",
			count ? "x" : "", parts[count]);
	if (width < TILE_WIDTH)
		snprintf(ret_path + at, TILE_PATH_BYTES - (size_t)at, ".p/%u", width);
}

static void full_path(const struct tiles *tiles, unsigned level, uint64_t index, unsigned width,
	char ret_path[2 * TILE_PATH_BYTES])
{
	char path[TILE_PATH_BYTES];
	tile_path(level, index, width, path);
	snprintf(ret_path, 2 * TILE_PATH_BYTES, "%s/%s", tiles->dir, path);
}

static void make_parents(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		(void)mkdir(path, 0750); // exists already, or the open below fails
		*slash = '/';
	}
}

static enum err write_tile(struct tiles *tiles, unsigned level, uint64_t index, unsigned width)
{
	char path[2 * TILE_PATH_BYTES];
	full_path(tiles, level, index, width, path);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (fd < 0) {
		make_parents(path);
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	}
	if (fd < 0)
		return ERR_IO;
	size_t size = (size_t)width * HASH_BYTES;
	bool fine = write(fd, tiles->levels[level].edge, size) == (ssize_t)size;
	return close(fd) == 0 && fine ? OK : ERR_IO;
}

// The partial tile on disk is replaced, but the published checkpoint still leads to it.
static void make_stale(struct level *level, uint64_t index)
{
	if (level->written && !level->stale) {
		level->stale = level->written;
		level->stale_index = index;
	}
	level->written = 0;
}

static void remove_partial(struct tiles *tiles, unsigned level, uint64_t index, unsigned width)
{
	char path[2 * TILE_PATH_BYTES];
	full_path(tiles, level, index, width, path);
	(void)unlink(path);
	*strrchr(path, '/') = 0;
	(void)rmdir(path);
}

void tiles_seen(void *context, unsigned height, uint64_t index, const struct hash *hash)
{
	struct tiles *tiles = context;
	unsigned at = height / TILE_LEVELS;
	if (height % TILE_LEVELS || at >= TILE_LEVELS)
		return;
	struct level *level = &tiles->levels[at];
	unsigned place = (unsigned)(level->count % TILE_WIDTH);
	memcpy(level->edge + (size_t)place * HASH_BYTES, hash->bytes, HASH_BYTES);
	level->count++;
	if (place + 1 < TILE_WIDTH)
		return;
	uint64_t tile = index / TILE_WIDTH;
	enum err err = write_tile(tiles, at, tile, TILE_WIDTH);
	if (err && !tiles->err)
		tiles->err = err;
	make_stale(level, tile);
}

enum err tiles_write_edge(struct tiles *tiles)
{
	for (unsigned at = 0; at < TILE_LEVELS && !tiles->err; at++) {
		struct level *level = &tiles->levels[at];
		unsigned width = (unsigned)(level->count % TILE_WIDTH);
		if (!width || width == level->written)
			continue;
		make_stale(level, level->count / TILE_WIDTH);
		tiles->err = write_tile(tiles, at, level->count / TILE_WIDTH, width);
		level->written = width;
	}
	return tiles->err;
}

void tiles_prune(struct tiles *tiles)
{
	for (unsigned at = 0; at < TILE_LEVELS; at++) {
		struct level *level = &tiles->levels[at];
		if (level->stale)
			remove_partial(tiles, at, level->stale_index, level->stale);
		level->stale = 0;
	}
}

static enum err read_tile(const struct tiles *tiles, unsigned level, uint64_t index, unsigned width,
	uint8_t ret_hashes[TILE_WIDTH * HASH_BYTES])
{
	char path[2 * TILE_PATH_BYTES];
	full_path(tiles, level, index, width, path);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return ERR_NOT_FOUND;
	ssize_t got = read(fd, ret_hashes, (size_t)width * HASH_BYTES);
	close(fd);
	return got == (ssize_t)width * HASH_BYTES ? OK : ERR_CORRUPT;
}

enum err tiles_restore(struct tiles *tiles, uint64_t size)
{
	tiles_restart(tiles);
	for (unsigned at = 0; at < TILE_LEVELS; at++) {
		struct level *level = &tiles->levels[at];
		level->count = size >> (8 * at);
		level->written = (unsigned)(level->count % TILE_WIDTH);
		if (!level->written)
			continue;
		enum err err = read_tile(
			tiles, at, level->count / TILE_WIDTH, level->written, level->edge);
		if (err)
			return err;
	}
	return OK;
}

enum err tiles_node(void *context, unsigned height, uint64_t index, struct hash *ret_hash)
{
	struct tiles *tiles = context;
	uint8_t read[TILE_WIDTH * HASH_BYTES];
	struct hash hashes[TILE_WIDTH / 2 + TILE_WIDTH / 2];
	unsigned at = height / TILE_LEVELS, up = height % TILE_LEVELS;
	uint64_t first = index << up, tile = first / TILE_WIDTH;
	unsigned place = (unsigned)(first % TILE_WIDTH), count = 1u << up;
	if (at >= TILE_LEVELS || first + count > tiles->levels[at].count)
		return ERR_NOT_FOUND;
	const uint8_t *from = tiles->levels[at].edge;
	if (tile < tiles->levels[at].count / TILE_WIDTH) {
		enum err err = read_tile(tiles, at, tile, TILE_WIDTH, read);
		if (err)
			return err;
		from = read;
	}
	memcpy(hashes, from + (size_t)place * HASH_BYTES, (size_t)count * HASH_BYTES);
	for (; count > 1; count /= 2)
		for (unsigned i = 0; i < count / 2; i++)
			hashes[i] = merkle_node(&hashes[2 * i], &hashes[2 * i + 1]);
	*ret_hash = hashes[0];
	return OK;
}
