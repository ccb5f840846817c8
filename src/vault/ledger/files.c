#include "vault/ledger/ledger_in.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void ledger_die(const char *what)
{
	dprintf(STDERR_FILENO, "ledger: %s: %s; stopping, for nothing may be answered now\n", what,
		strerror(errno));
	_exit(74); // EX_IOERR
}

static enum err fill_with_zeros(int fd, off_t from)
{
	static const uint8_t zeros[256 * 1024];
	for (off_t at = from; at < SEGMENT_BYTES;) {
		size_t part = SEGMENT_BYTES - at < (off_t)sizeof zeros
				      ? (size_t)(SEGMENT_BYTES - at)
				      : sizeof zeros;
		if (pwrite(fd, zeros, part, at) != (ssize_t)part)
			return ERR_IO;
		at += (off_t)part;
	}
	return fsync(fd) == 0 ? OK : ERR_IO;
}

static enum err sync_dir(const char *dir)
{
	char path[SEGMENT_PATH_BYTES];
	snprintf(path, sizeof path, "%s/segments", dir);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return ERR_IO;
	bool fine = fsync(fd) == 0;
	close(fd);
	return fine ? OK : ERR_IO;
}

enum err files_open_segment(const struct ledger *ledger, uint32_t segment, bool create, int *ret_fd)
{
	char path[SEGMENT_PATH_BYTES];
	struct stat stat;
	segment_path(ledger->dir, segment, path);
	int fd = open(path, (create ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC, 0640);
	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	enum err err = fstat(fd, &stat) == 0 ? OK : ERR_IO;
	// Shorter than a segment: its making was interrupted, or somebody cut off zeros. What is
	// there may be entries, and stays.
	if (!err && create && stat.st_size < SEGMENT_BYTES) {
		err = fill_with_zeros(fd, stat.st_size);
		if (!err)
			err = sync_dir(ledger->dir);
	}
	if (err)
		close(fd);
	else
		*ret_fd = fd;
	return err;
}

static enum err read_at(int fd, struct buf *room, size_t size, uint32_t offset)
{
	buf_reserve(room, size);
	while (size) {
		ssize_t got = pread(fd, room->at + room->size, size, (off_t)offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return ERR_IO;
		if (got == 0)
			return ERR_CORRUPT;
		room->size += (size_t)got;
		size -= (size_t)got;
		offset += (uint32_t)got;
	}
	return OK;
}

static enum err read_group(
	int fd, const struct place *at, struct buf *room, struct group *ret_group)
{
	struct bytes payload;
	struct cursor in;
	buf_clear(room);
	if (at->offset + SEGMENT_HEADER_BYTES > SEGMENT_BYTES)
		return ERR_NOT_FOUND;
	enum err err = read_at(fd, room, SEGMENT_HEADER_BYTES, at->offset);
	if (err)
		return err;
	in = cursor_of(bytes_of(room->at + 24, 4)); // the payload's size
	uint32_t size = get_u32(&in);
	if (size > SEGMENT_BYTES - SEGMENT_HEADER_BYTES - at->offset)
		return ERR_SYNTAX;
	err = read_at(fd, room, size, at->offset + SEGMENT_HEADER_BYTES);
	if (!err)
		err = group_parse(buf_bytes(room), ret_group, &payload);
	if (!err)
		buf_drop_front(room, SEGMENT_HEADER_BYTES);
	return err;
}

enum err files_read_group(const struct ledger *ledger, const struct place *at, struct buf *room,
	struct group *ret_group)
{
	int fd;
	enum err err = files_open_segment(ledger, at->segment, false, &fd);
	if (err)
		return err;
	err = read_group(fd, at, room, ret_group);
	close(fd);
	return err;
}

enum err files_read_on(const struct ledger *ledger, struct segment_reader *reader,
	const struct place *at, struct buf *room, struct group *ret_group)
{
	if (reader->fd >= 0 && reader->segment != at->segment)
		files_read_done(reader);
	if (reader->fd < 0) {
		enum err err = files_open_segment(ledger, at->segment, false, &reader->fd);
		if (err)
			return err;
		reader->segment = at->segment;
	}
	return read_group(reader->fd, at, room, ret_group);
}

void files_read_done(struct segment_reader *reader)
{
	if (reader->fd >= 0)
		close(reader->fd);
	reader->fd = -1;
}

struct place files_after(const struct place *at, const struct group *group)
{
	return (struct place){
		.segment = at->segment,
		.offset = at->offset + (uint32_t)segment_group_bytes(group->payload_bytes),
		.seq = group->first + group->count,
		.group = group->number + 1,
	};
}

void files_mark(struct ledger *ledger, const struct place *at)
{
	const struct mark *last =
		ledger->mark_count ? &ledger->marks[ledger->mark_count - 1] : NULL;
	if (last && last->segment == at->segment && at->offset - last->offset < MARK_BYTES)
		return;
	if (ledger->mark_count == ledger->mark_room) {
		ledger->mark_room = ledger->mark_room ? 2 * ledger->mark_room : 64;
		ledger->marks = realloc(ledger->marks, ledger->mark_room * sizeof *ledger->marks);
		if (!ledger->marks)
			abort();
	}
	ledger->marks[ledger->mark_count++] = (struct mark){at->seq, at->segment, at->offset};
}

// The last mark at or before seq.
static struct mark mark_before(struct ledger *ledger, uint64_t seq)
{
	pthread_mutex_lock(&ledger->lock);
	size_t low = 0, high = ledger->mark_count;
	while (high - low > 1) {
		size_t middle = (low + high) / 2;
		if (ledger->marks[middle].first <= seq)
			low = middle;
		else
			high = middle;
	}
	struct mark mark = ledger->marks[low];
	pthread_mutex_unlock(&ledger->lock);
	return mark;
}

void files_locate(struct ledger *ledger, uint64_t seq, struct place *ret_place)
{
	struct mark mark = mark_before(ledger, seq);
	*ret_place = (struct place){mark.segment, mark.offset, mark.first, 0};
}

// Whoever reads on goes on behind the group read last, and not from the mark before it: between two
// marks there may be a hundred groups.
static bool follows(const struct ledger *ledger, uint64_t seq, const struct place *mark)
{
	const struct group *cached = &ledger->cached;
	return seq >= cached->first + cached->count && mark->seq <= cached->first &&
	       mark->segment == ledger->cached_at.segment;
}

enum err files_find(struct ledger *ledger, uint64_t seq)
{
	struct group *cached = &ledger->cached;
	if (ledger->has_cached && seq >= cached->first && seq < cached->first + cached->count)
		return OK;
	struct place at;
	int fd;
	files_locate(ledger, seq, &at);
	if (ledger->has_cached && follows(ledger, seq, &at))
		at = files_after(&ledger->cached_at, cached);
	ledger->has_cached = false;
	enum err err = files_open_segment(ledger, at.segment, false, &fd);
	if (err)
		return err;
	while (!(err = read_group(fd, &at, &ledger->group_cache, cached))) {
		ledger->cached_at = at;
		if (seq < cached->first + (uint64_t)cached->count)
			break;
		at = files_after(&at, cached);
	}
	close(fd);
	ledger->has_cached = !err && seq >= cached->first;
	return err ? err : ledger->has_cached ? OK : ERR_CORRUPT;
}
