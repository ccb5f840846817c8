#include "vault/ledger/ledger_in.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

[[gnu::format(printf, 2, 3)]] static enum err corrupt(
	struct ledger_problem *problem, const char *format, ...)
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
		if (tree.size >> level & 1 && tiles_node(ledger->tiles, level,
						      (tree.size >> level) - 1, &tree.edge[level]))
			return false;
	ledger->tree = tree;
	return true;
}

// A segment from an offset on. ERR_NOT_FOUND when there is no such segment.
static enum err read_rest(
	struct ledger *ledger, uint32_t segment, uint32_t offset, struct buf *rest)
{
	int fd;
	buf_clear(rest);
	enum err err = files_open_segment(ledger, segment, false, &fd);
	if (err)
		return err;
	buf_reserve(rest, SEGMENT_BYTES);
	while (!err && rest->size < SEGMENT_BYTES) {
		ssize_t got = pread(fd, rest->at + rest->size, SEGMENT_BYTES - rest->size,
			(off_t)offset + (off_t)rest->size);
		if (got <= 0) {
			err = got < 0 ? ERR_IO : OK;
			break;
		}
		rest->size += (size_t)got;
	}
	close(fd);
	return err;
}

// Is there a whole group of a later number? Groups are synced one after the other, so then what
// stands before it was damaged, not torn.
static bool later_group(struct bytes rest, uint64_t expected)
{
	struct group group;
	struct bytes payload;
	for (size_t at = 0; at + SEGMENT_HEADER_BYTES <= rest.size; at += SEGMENT_ALIGN)
		if (rest.at[at] == 'H' &&
			!group_parse(bytes_of(rest.at + at, rest.size - at), &group, &payload) &&
			group.number > expected)
			return true;
	return false;
}

static size_t used_bytes(struct bytes rest)
{
	static const uint8_t zeros[4096]; // most of a segment is
	while (rest.size >= sizeof zeros &&
		memcmp(rest.at + rest.size - sizeof zeros, zeros, sizeof zeros) == 0)
		rest.size -= sizeof zeros;
	while (rest.size && rest.at[rest.size - 1] == 0)
		rest.size--;
	return rest.size;
}

// Only once everything else was found in order: until then it may be evidence.
static enum err wipe(struct ledger *ledger, const struct place *at, size_t size)
{
	static const uint8_t zeros[64 * 1024];
	int fd;
	enum err err = files_open_segment(ledger, at->segment, true, &fd);
	if (err)
		return err;
	for (size_t done = 0; !err && done < size;) {
		size_t part = size - done < sizeof zeros ? size - done : sizeof zeros;
		ssize_t put = pwrite(fd, zeros, part, (off_t)at->offset + (off_t)done);
		err = put == (ssize_t)part ? OK : ERR_IO;
		done += part;
	}
	if (!err && fsync(fd) != 0)
		err = ERR_IO;
	close(fd);
	return err;
}

// Behind the last whole group there may be one torn group, which was never acknowledged, and
// nothing else.
static enum err check_tail(struct ledger *ledger, struct ledger_problem *problem)
{
	struct buf rest = {0};
	bool later = false;
	uint32_t segment = ledger->end.segment;
	enum err err = read_rest(ledger, segment, ledger->end.offset, &rest);
	size_t used = err ? 0 : used_bytes(buf_bytes(&rest));
	if (!err)
		later = later_group(buf_bytes(&rest), ledger->end.group);
	// The next segment may be one that was just made; any group in it comes after the torn one.
	while (!later && (!err || err == ERR_NOT_FOUND) && segment++ < ledger->end.segment + 1) {
		err = read_rest(ledger, segment, 0, &rest);
		later = !err && later_group(buf_bytes(&rest), ledger->end.group);
	}
	if (later)
		err = corrupt(problem,
			"the trail is damaged at entry %llu: later entries are there",
			(unsigned long long)ledger->end.seq);
	else if (err == ERR_NOT_FOUND)
		err = OK;
	buf_done(&rest);
	if (!err)
		ledger->torn_bytes = used;
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
	if (err != ERR_IO)
		err = check_tail(ledger, problem);
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
	if (!ledger->mark_count)
		return ERR_NOT_FOUND;
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

static enum err check_extends(
	struct ledger *ledger, const struct checkpoint *older, struct ledger_problem *problem)
{
	struct merkle_source source = {tiles_node, ledger->tiles};
	struct hash root;
	if (strcmp(older->origin, ledger->origin) != 0)
		return corrupt(problem, "the witness holds a checkpoint of another trail: %s",
			older->origin);
	if (older->size > ledger->tree.size)
		return corrupt(problem,
			"the trail ends at entry %llu, but %llu were signed: it was cut",
			(unsigned long long)ledger->tree.size, (unsigned long long)older->size);
	if (merkle_root_at(&source, older->size, &root) ||
		memcmp(&root, &older->root, sizeof root) != 0)
		return corrupt(problem, "the first %llu entries are not those that were signed",
			(unsigned long long)older->size);
	return OK;
}

static bool is_signature(const uint8_t *line, ssize_t size)
{
	return size >= 4 && memcmp(line, "\xe2\x80\x94 ", 4) == 0;
}

// A power cut may have torn the last note of the list.
static enum err mend_list(struct ledger *ledger)
{
	char path[SEGMENT_PATH_BYTES];
	uint8_t tail[2 * NOTE_BYTES];
	struct stat stat;
	snprintf(path, sizeof path, "%s/checkpoints", ledger->dir);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? OK : ERR_IO;
	enum err err = fstat(fd, &stat) == 0 ? OK : ERR_IO;
	off_t from =
		!err && stat.st_size > (off_t)sizeof tail ? stat.st_size - (off_t)sizeof tail : 0;
	ssize_t got = err ? -1 : pread(fd, tail, sizeof tail, from);
	// A note ends with its signature's line; the next begins with the origin.
	ssize_t end = got;
	while (end > 0 && tail[end - 1] != '\n')
		end--;
	ssize_t at = end - 1; // the start of the last whole line
	while (at > 0 && tail[at - 1] != '\n')
		at--;
	while (end > 0 && !is_signature(tail + at, end - at)) {
		end = at;
		for (at = end - 1; at > 0 && tail[at - 1] != '\n';)
			at--;
	}
	if (got < 0)
		err = ERR_IO;
	else if (end > 0 || !from)
		err = end < got && (ftruncate(fd, from + (end > 0 ? end : 0)) != 0 ||
					   fsync(fd) != 0)
			      ? ERR_IO
			      : OK;
	close(fd);
	return err;
}

// The tree as far as it was signed: from the tiles when `quick` and they lead to the signed root,
// otherwise from the first entry on.
static void start_tree(struct ledger *ledger, const struct checkpoint *last, bool quick)
{
	buf_clear(&ledger->unsigned_leaves);
	buf_clear(&ledger->leaves);
	ledger->leaves_at = 0;
	ledger->mark_count = 0;
	mark_segments(ledger);
	if (!quick || !last->size || !restore_tree(ledger, last) ||
		find_start(ledger, last->size)) {
		tiles_restart(ledger->tiles);
		ledger->tree = (struct merkle){0};
		ledger->end = ledger->kept = (struct place){0};
	}
	// The walk marks what comes now.
	const struct place *from = &ledger->end;
	for (const struct mark *mark; ledger->mark_count; ledger->mark_count--) {
		mark = &ledger->marks[ledger->mark_count - 1];
		if (mark->segment < from->segment ||
			(mark->segment == from->segment && mark->offset < from->offset))
			break;
	}
}

static enum err check_witness(struct ledger *ledger, struct ledger_problem *problem)
{
	struct checkpoint witness;
	if (!ledger->witness)
		return OK;
	enum err err = read_note(ledger, ledger->witness, &witness);
	if (err == ERR_NOT_FOUND)
		return OK;
	if (err)
		return corrupt(
			problem, "the witness's checkpoint is not signed by this trail's key");
	return check_extends(ledger, &witness, problem);
}

static enum err attempt(struct ledger *ledger, bool quick, struct ledger_problem *problem)
{
	char path[SEGMENT_PATH_BYTES];
	struct checkpoint last = {0};
	snprintf(path, sizeof path, "%s/checkpoint", ledger->dir);
	enum err err = read_note(ledger, path, &last);
	if (err && err != ERR_NOT_FOUND)
		return corrupt(problem, "the last checkpoint is not signed by this trail's key");
	start_tree(ledger, &last, quick);
	err = walk(ledger, problem);
	if (err)
		return err;
	if (!ledger->mark_count)
		files_mark(ledger, &(struct place){0});
	keeper_catch_up(ledger, ledger->end.seq);
	err = last.size ? check_extends(ledger, &last, problem) : OK;
	if (err)
		return err;
	ledger->checkpoint = last;
	return check_witness(ledger, problem);
}

enum err recover(struct ledger *ledger, struct ledger_problem *problem)
{
	enum err err = mend_list(ledger);
	if (!err)
		err = attempt(ledger, true, problem);
	if (err == ERR_CORRUPT) // perhaps only the tiles are damaged: from the first entry on, then
		err = attempt(ledger, false, problem);
	return err || !ledger->torn_bytes ? err : wipe(ledger, &ledger->end, ledger->torn_bytes);
}
