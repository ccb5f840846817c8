#include "vault/ledger/ledger_in.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

[[gnu::format(printf, 2, 3)]] static enum err corrupt(struct ledger_problem *problem,
	const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(problem->text, sizeof problem->text, format, args);
	va_end(args);
	return ERR_CORRUPT;
}

// A checkpoint from a file. ERR_NOT_FOUND when there is no such file.
static enum err read_note(const struct ledger *ledger, const char *path, struct checkpoint *ret)
{
	uint8_t note[NOTE_BYTES];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	ssize_t size = read(fd, note, sizeof note);
	close(fd);
	if (size < 0)
		return ERR_IO;
	return note_open(bytes_of(note, (size_t)size), ledger->vkey, ret);
}

static void mark_segments(struct ledger *ledger)
{
	struct buf room = {0};
	struct place at = {0};
	for (struct group group; files_read_group(ledger, &at, &room, &group) == OK; at.segment++) {
		at.seq = group.first;
		files_mark(ledger, &at);
	}
	if (!ledger->mark_count)
		files_mark(ledger, &(struct place){0});
	buf_done(&room);
}

// Sets the tree's right edge from the tiles when they prove the checkpoint's root.
static bool restore_tree(struct ledger *ledger, const struct checkpoint *checkpoint)
{
	struct merkle_source source = {tiles_node, ledger->tiles};
	struct hash root;
	if (tiles_restore(ledger->tiles, checkpoint->size) ||
		merkle_root_at(&source, checkpoint->size, &root) ||
		memcmp(&root, &checkpoint->root, sizeof root) != 0)
		return false;
	struct merkle tree = {.size = checkpoint->size};
	for (unsigned level = 0; level < 64; level++)
		if (tree.size >> level & 1 &&
			tiles_node(ledger->tiles, level, (tree.size >> level) - 1, &tree.edge[level]))
			return false;
	ledger->tree = tree;
	return true;
}

// Is there a group of a later number behind this place? Then something was damaged, not torn.
static bool later_group(struct ledger *ledger, struct place at)
{
	struct buf room = {0};
	struct group group;
	bool found = false;
	uint64_t expected = at.group;
	for (uint32_t segment = at.segment; !found && segment <= at.segment + 1; segment++) {
		struct place p = {.segment = segment};
		p.offset = segment == at.segment ? at.offset + SEGMENT_ALIGN : 0;
		enum err err = OK;
		for (; !found && p.offset < SEGMENT_BYTES; p.offset += SEGMENT_ALIGN) {
			err = files_read_group(ledger, &p, &room, &group);
			if (err == ERR_IO || (err == ERR_NOT_FOUND && errno == ENOENT))
				break;
			found = !err && group.number > expected;
		}
	}
	buf_done(&room);
	return found;
}

static enum err wipe_tail(struct ledger *ledger, const struct place *at)
{
	static const uint8_t zeros[64 * 1024];
	int fd;
	enum err err = files_open_segment(ledger, at->segment, true, &fd);
	if (err)
		return err;
	for (off_t offset = at->offset; !err && offset < SEGMENT_BYTES;) {
		size_t size = sizeof zeros;
		if (offset + (off_t)size > SEGMENT_BYTES)
			size = (size_t)(SEGMENT_BYTES - offset);
		err = pwrite(fd, zeros, size, offset) == (ssize_t)size ? OK : ERR_IO;
		offset += (off_t)size;
	}
	if (!err && fsync(fd) != 0)
		err = ERR_IO;
	close(fd);
	ledger->torn_bytes = SEGMENT_BYTES - at->offset;
	return err;
}

static void take_leaves(struct ledger *ledger, struct bytes payload)
{
	struct cursor in = cursor_of(payload);
	struct bytes entry;
	while (group_next(&in, &entry)) {
		struct hash leaf = merkle_leaf(entry);
		buf_add(&ledger->unsigned_leaves, leaf.bytes, HASH_BYTES);
	}
}

// Walks from ledger->end to the last whole group; leaves of entries from `kept.seq` on are taken.
static enum err walk(struct ledger *ledger, struct ledger_problem *problem)
{
	struct buf room = {0};
	struct place *end = &ledger->end;
	enum err err;
	for (;;) {
		struct group group;
		err = files_read_group(ledger, end, &room, &group);
		if (err == ERR_NOT_FOUND) {
			struct place next = {end->segment + 1, 0, end->seq, end->group};
			enum err there = files_read_group(ledger, &next, &room, &group);
			if (there == OK && group.number == end->group) {
				*end = next;
				err = OK;
			}
		}
		if (err)
			break;
		if (group.number != end->group || group.first != end->seq) {
			err = corrupt(problem, "the trail has a gap or a repetition at entry %llu",
				(unsigned long long)end->seq);
			goto out;
		}
		files_mark(ledger, end);
		if (group.first >= ledger->kept.seq)
			take_leaves(ledger, buf_bytes(&room));
		*end = files_after(end, &group);
	}
	if (err == ERR_IO)
		goto out;
	if (later_group(ledger, *end)) {
		err = corrupt(problem, "the trail is damaged at entry %llu: later entries are there",
			(unsigned long long)end->seq);
		goto out;
	}
	err = err == ERR_NOT_FOUND ? OK : wipe_tail(ledger, end);
out:
	buf_done(&room);
	return err;
}

// Where the group that starts with `seq` is: the walk for leaves begins there.
static enum err find_start(struct ledger *ledger, uint64_t seq)
{
	struct buf room = {0};
	struct group group = {0};
	struct place at;
	files_locate(ledger, seq, &at);
	enum err err = OK;
	bool first = true;
	while (first || (!err && at.seq < seq)) {
		err = files_read_group(ledger, &at, &room, &group);
		if (err == ERR_NOT_FOUND && !first) { // the checkpoint ends with a segment
			at = (struct place){at.segment + 1, 0, at.seq, at.group};
			err = files_read_group(ledger, &at, &room, &group);
		}
		if (err)
			break;
		first = false;
		at.seq = group.first;
		at.group = group.number;
		if (at.seq < seq)
			at = files_after(&at, &group);
	}
	if (err == ERR_NOT_FOUND && at.seq == 0 && seq == 0)
		err = OK; // an empty trail
	ledger->end = ledger->kept = at;
	buf_done(&room);
	return at.seq == seq && !err ? OK : ERR_CORRUPT;
}

static enum err check_extends(struct ledger *ledger, const struct checkpoint *older,
	struct ledger_problem *problem)
{
	struct merkle_source source = {tiles_node, ledger->tiles};
	struct hash root;
	if (strcmp(older->origin, ledger->origin) != 0)
		return corrupt(problem, "the witness holds a checkpoint of another trail: %s",
			older->origin);
	if (older->size > ledger->tree.size)
		return corrupt(problem, "the trail ends at entry %llu, but %llu were signed: it was cut",
			(unsigned long long)ledger->tree.size, (unsigned long long)older->size);
	if (merkle_root_at(&source, older->size, &root) ||
		memcmp(&root, &older->root, sizeof root) != 0)
		return corrupt(problem, "the first %llu entries are not those that were signed",
			(unsigned long long)older->size);
	return OK;
}

enum err recover(struct ledger *ledger, struct ledger_problem *problem)
{
	char path[SEGMENT_PATH_BYTES];
	struct checkpoint last = {0}, witness;
	snprintf(path, sizeof path, "%s/checkpoint", ledger->dir);
	enum err err = read_note(ledger, path, &last);
	if (err && err != ERR_NOT_FOUND)
		return corrupt(problem, "the last checkpoint is not signed by this trail's key");
	mark_segments(ledger);
	bool quick = last.size && restore_tree(ledger, &last);
	if (!quick) {
		tiles_restart(ledger->tiles);
		ledger->tree = (struct merkle){0};
	}
	if (quick) {
		err = find_start(ledger, last.size);
		// Nothing behind the checkpoint: the start is the end, found by walking from before.
		if (err && ledger->end.seq == last.size)
			err = OK;
		if (err)
			return corrupt(problem, "entries before %llu are missing",
				(unsigned long long)last.size);
	}
	err = walk(ledger, problem);
	if (err)
		return err;
	keeper_catch_up(ledger, ledger->end.seq);
	err = last.size ? check_extends(ledger, &last, problem) : OK;
	if (err)
		return err;
	ledger->checkpoint = last;
	if (!ledger->witness)
		return OK;
	err = read_note(ledger, ledger->witness, &witness);
	if (err == ERR_NOT_FOUND)
		return OK;
	if (err)
		return corrupt(problem, "the witness's checkpoint is not signed by this trail's key");
	return check_extends(ledger, &witness, problem);
}
