#include "vault/ledger/verify.h"

#include "common/crypto/merkle.h"
#include "vault/ledger/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct run {
	const struct verify_options *options;
	struct verify_report report;
	struct merkle tree;
	struct buf notes;      // DIR/checkpoints
	size_t notes_at;
	struct checkpoint next; // the next one to compare with
	bool has_next;
	uint64_t group, before; // expected; size at the checkpoint passed last
	uint64_t all_bytes;
};

[[gnu::format(printf, 2, 3)]] static bool broken(struct run *run, const char *format, ...)
{
	va_list args;
	if (*run->report.problem)
		return false;
	va_start(args, format);
	vsnprintf(run->report.problem, sizeof run->report.problem, format, args);
	va_end(args);
	return false;
}

static enum err read_file(const char *path, size_t most, struct buf *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	ssize_t got = 1;
	while (got > 0 && ret->size < most) {
		buf_reserve(ret, 65536);
		got = read(fd, ret->at + ret->size, 65536);
		ret->size += got > 0 ? (size_t)got : 0;
	}
	close(fd);
	return got < 0 ? ERR_IO : OK;
}

// A note of the list ends where the next one begins: after the first line that starts with a dash.
static size_t note_size(struct bytes all)
{
	static const char dash[] = "\n\xe2\x80\x94 ";
	const uint8_t *at = memmem(all.at, all.size, dash, strlen(dash));
	const uint8_t *end = at ? memchr(at + 1, '\n', all.size - (size_t)(at + 1 - all.at)) : NULL;
	return end ? (size_t)(end - all.at) + 1 : all.size;
}

static bool next_checkpoint(struct run *run)
{
	run->has_next = false;
	if (run->notes_at >= run->notes.size)
		return true;
	struct bytes rest = bytes_of(run->notes.at + run->notes_at, run->notes.size - run->notes_at);
	size_t size = note_size(rest);
	enum err err = note_open(bytes_of(rest.at, size), run->options->vkey, &run->next);
	if (err) {
		// The last note may have been cut by a loss of power; it was then not answered with.
		if (run->notes_at + size >= run->notes.size && err != ERR_CORRUPT)
			return true;
		return broken(run, "checkpoint %llu of the list is not signed by this key",
			(unsigned long long)run->report.checkpoints);
	}
	if (run->report.checkpoints && run->next.size <= run->before)
		return broken(run, "the list of checkpoints goes backwards at %llu entries",
			(unsigned long long)run->next.size);
	run->notes_at += size;
	run->has_next = true;
	return true;
}

static bool compare(struct run *run, const struct checkpoint *checkpoint, const char *which)
{
	struct hash root = merkle_root(&run->tree);
	if (memcmp(&root, &checkpoint->root, sizeof root) == 0)
		return true;
	return broken(run, "%s does not match: an entry between %llu and %llu was changed", which,
		(unsigned long long)run->before, (unsigned long long)checkpoint->size - 1);
}

static bool add_leaf(struct run *run, struct bytes entry, const struct checkpoint *outside)
{
	struct hash leaf = merkle_leaf(entry);
	merkle_append(&run->tree, &leaf, NULL, NULL);
	if (outside && outside->size == run->tree.size &&
		!compare(run, outside, "the checkpoint held outside"))
		return false;
	while (run->has_next && run->next.size == run->tree.size) {
		if (!compare(run, &run->next, "a signed checkpoint"))
			return false;
		run->report.checkpoints++;
		run->before = run->next.size;
		run->report.last = run->next;
		if (!next_checkpoint(run))
			return false;
	}
	return true;
}

struct at {
	uint32_t segment;
	size_t offset;
};

static bool walk_group(struct run *run, struct at *at, struct bytes rest, const struct checkpoint *outside)
{
	struct group group;
	struct bytes payload, entry;
	unsigned long long seq = run->tree.size;
	enum err err = group_parse(rest, &group, &payload);
	if (err)
		return broken(run, "segment %u, offset %zu: the group at entry %llu is damaged", at->segment,
			at->offset, seq);
	if (group.number != run->group || group.first != run->tree.size)
		return broken(run, "segment %u, offset %zu: entry %llu is expected, %llu is there; "
				   "something was removed, repeated or moved", at->segment, at->offset, seq,
			(unsigned long long)group.first);
	struct cursor in = cursor_of(payload);
	while (group_next(&in, &entry))
		if (!add_leaf(run, entry, outside))
			return false;
	if (in.err || run->tree.size != group.first + group.count)
		return broken(run, "segment %u, offset %zu: the group at entry %llu does not hold %u entries",
			at->segment, at->offset, seq, group.count);
	at->offset += segment_group_bytes(group.payload_bytes);
	run->group++;
	return true;
}

// What follows the last group of a segment must be zeros, but for the very end of the trail.
static bool only_zeros(struct bytes rest)
{
	for (size_t i = 0; i < rest.size; i++)
		if (rest.at[i])
			return false;
	return true;
}

static bool walk_segment(struct run *run, uint32_t segment, struct bytes all, const struct checkpoint *outside)
{
	struct at at = {segment, 0};
	while (at.offset + SEGMENT_HEADER_BYTES <= all.size) {
		struct bytes rest = bytes_of(all.at + at.offset, all.size - at.offset);
		if (only_zeros(bytes_of(rest.at, SEGMENT_HEADER_BYTES))) {
			if (!only_zeros(rest))
				return broken(run, "segment %u, offset %zu: entry %llu was wiped out, later "
						   "ones are there", segment, at.offset,
					(unsigned long long)run->tree.size);
			break;
		}
		if (!walk_group(run, &at, rest, outside))
			return false;
		if (run->options->progress)
			run->options->progress(
				run->options->context, run->report.bytes + at.offset, run->all_bytes);
	}
	run->report.bytes += all.size;
	return true;
}

static enum err map_segment(const struct run *run, uint32_t segment, struct bytes *ret)
{
	char path[SEGMENT_PATH_BYTES];
	struct stat stat;
	segment_path(run->options->dir, segment, path);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	void *at = fstat(fd, &stat) == 0 && stat.st_size
		? mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0)
		: MAP_FAILED;
	close(fd);
	if (at == MAP_FAILED)
		return ERR_IO;
	*ret = bytes_of(at, (size_t)stat.st_size);
	return OK;
}

static uint64_t count_bytes(const struct run *run)
{
	char path[SEGMENT_PATH_BYTES];
	struct stat stat;
	uint64_t sum = 0;
	for (uint32_t segment = 0;; segment++) {
		segment_path(run->options->dir, segment, path);
		if (lstat(path, &stat) != 0)
			return sum;
		sum += (uint64_t)stat.st_size;
	}
}

static enum err walk_all(struct run *run, const struct checkpoint *outside)
{
	enum err err = OK;
	run->all_bytes = count_bytes(run);
	for (uint32_t segment = 0; !err; segment++) {
		struct bytes all;
		err = map_segment(run, segment, &all);
		if (err)
			break;
		bool fine = walk_segment(run, segment, all, outside);
		munmap((void *)all.at, all.size);
		if (!fine)
			return OK;
	}
	return err == ERR_NOT_FOUND ? OK : err;
}

static enum err read_checkpoint(struct run *run, const char *path, struct checkpoint *ret)
{
	struct buf note = {0};
	enum err err = read_file(path, NOTE_BYTES + 1, &note);
	if (!err && note_open(buf_bytes(&note), run->options->vkey, ret)) {
		broken(run, "%s is not a checkpoint signed by this key", path);
		err = OK;
	}
	buf_done(&note);
	return err;
}

static void finish(struct run *run, const struct checkpoint *last, const struct checkpoint *outside)
{
	if (run->has_next || last->size > run->tree.size || outside->size > run->tree.size) {
		uint64_t promised = last->size > outside->size ? last->size : outside->size;
		if (run->has_next && run->next.size > promised)
			promised = run->next.size;
		broken(run, "the trail ends with entry %lld, but %llu entries were signed: it was cut",
			(long long)run->tree.size - 1, (unsigned long long)promised);
	}
	if (last->size && last->size != run->report.last.size)
		broken(run, "the last checkpoint (%llu entries) is missing from the list of checkpoints",
			(unsigned long long)last->size);
	run->report.entries = run->tree.size;
	run->report.unsigned_entries = run->tree.size - run->report.last.size;
	run->report.whole = !*run->report.problem;
}

enum err ledger_verify(const struct verify_options *options, struct verify_report *ret_report)
{
	char path[SEGMENT_PATH_BYTES];
	struct run run = {.options = options};
	struct checkpoint last = {0}, outside = {0};
	snprintf(path, sizeof path, "%s/checkpoints", options->dir);
	enum err err = read_file(path, SIZE_MAX / 2, &run.notes);
	if (err == ERR_NOT_FOUND)
		err = OK;
	snprintf(path, sizeof path, "%s/checkpoint", options->dir);
	if (!err)
		err = read_checkpoint(&run, path, &last);
	if (err == ERR_NOT_FOUND)
		err = OK;
	if (!err && options->outside)
		err = read_checkpoint(&run, options->outside, &outside);
	if (!err && next_checkpoint(&run))
		err = walk_all(&run, options->outside ? &outside : NULL);
	if (!err)
		finish(&run, &last, &outside);
	buf_done(&run.notes);
	if (!err)
		*ret_report = run.report;
	return err;
}
