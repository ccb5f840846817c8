#include "vault/ledger/export.h"

#include "vault/ledger/segment.h"
#include "vault/ledger/tiles.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct export
{
	const char *dir, *out;
	struct checkpoint checkpoint;
	uint8_t note[NOTE_BYTES];
	size_t note_size;
	struct merkle tree;
	struct tiles *tiles;
	struct buf bundle;
	unsigned width; // entries in the bundle
};

static enum err write_file(const char *path, struct bytes bytes)
{
	FILE *file = fopen(path, "we");
	if (!file)
		return ERR_IO;
	bool fine = fwrite(bytes.at, 1, bytes.size, file) == bytes.size;
	return fclose(file) == 0 && fine ? OK : ERR_IO;
}

static enum err write_bundle(struct export *export)
{
	char tile[TILE_PATH_BYTES], path[2 * TILE_PATH_BYTES];
	uint64_t index = (export->tree.size - 1) / TILE_WIDTH;
	tile_path(0, index, export->width, tile);
	snprintf(path, sizeof path, "%s/tile/entries%s", export->out, tile + strlen("tile/0"));
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		(void)mkdir(path, 0755); // exists already, or the open fails
		*slash = '/';
	}
	enum err err = write_file(path, buf_bytes(&export->bundle));
	buf_clear(&export->bundle);
	export->width = 0;
	return err;
}

static enum err take(struct export *export, struct bytes entry)
{
	struct hash leaf = merkle_leaf(entry);
	merkle_append(&export->tree, &leaf, tiles_seen, export->tiles);
	put_u8(&export->bundle, (uint8_t)(entry.size >> 8));
	put_u8(&export->bundle, (uint8_t)entry.size);
	buf_add_bytes(&export->bundle, entry);
	bool last = export->tree.size == export->checkpoint.size;
	return ++export->width == TILE_WIDTH || last ? write_bundle(export) : OK;
}

static enum err take_segment(struct export *export, struct bytes bytes)
{
	struct group group;
	struct bytes payload, entry;
	enum err err = OK;
	while (!err && export->tree.size < export->checkpoint.size &&
		!(err = group_parse(bytes, &group, &payload))) {
		size_t size = segment_group_bytes(group.payload_bytes);
		struct cursor in = cursor_of(payload);
		while (!err && export->tree.size < export->checkpoint.size &&
			group_next(&in, &entry))
			err = take(export, entry);
		bytes = size < bytes.size ? bytes_of(bytes.at + size, bytes.size - size)
					  : bytes_of("", 0);
	}
	return err == ERR_NOT_FOUND ? OK : err; // the rest of the segment is empty
}

static enum err take_segments(struct export *export)
{
	uint8_t *room = malloc(SEGMENT_BYTES);
	enum err err = OK;
	if (!room)
		abort();
	for (uint32_t n = 0; !err && export->tree.size < export->checkpoint.size; n++) {
		char path[SEGMENT_PATH_BYTES];
		segment_path(export->dir, n, path);
		FILE *file = fopen(path, "re");
		if (!file) {
			err = errno == ENOENT ? ERR_CORRUPT : ERR_IO;
			break;
		}
		size_t size = fread(room, 1, SEGMENT_BYTES, file);
		err = ferror(file) ? ERR_IO : take_segment(export, bytes_of(room, size));
		fclose(file);
	}
	free(room);
	return err;
}

static enum err read_checkpoint(struct export *export, const char *vkey)
{
	char path[SEGMENT_PATH_BYTES];
	snprintf(path, sizeof path, "%s/checkpoint", export->dir);
	FILE *file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	export->note_size = fread(export->note, 1, sizeof export->note, file);
	fclose(file);
	return note_open(bytes_of(export->note, export->note_size), vkey, &export->checkpoint);
}

enum err ledger_export(const char *dir, const char *vkey, const char *out)
{
	char path[SEGMENT_PATH_BYTES];
	struct export export = {.dir = dir, .out = out};
	enum err err = read_checkpoint(&export, vkey);
	if (err)
		return err;
	if (mkdir(out, 0755) != 0 && errno != EEXIST)
		return ERR_IO;
	export.tiles = tiles_new(out);
	err = take_segments(&export);
	struct hash root = merkle_root(&export.tree);
	if (!err && memcmp(&root, &export.checkpoint.root, sizeof root) != 0)
		err = ERR_CORRUPT;
	if (!err)
		err = tiles_write_edge(export.tiles);
	snprintf(path, sizeof path, "%s/checkpoint", out);
	if (!err) // last: what is served under it is there before it
		err = write_file(path, bytes_of(export.note, export.note_size));
	tiles_free(export.tiles);
	buf_done(&export.bundle);
	return err;
}
