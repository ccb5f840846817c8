#include "courier/queue.h"

#include "common/crypto/crypto.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PATH_BYTES = 560,
	FILE_BYTES = ERRAND_CONTENT_BYTES + 4096
};

static const char magic[] = "HOSPITALLER ERRAND 1\n";

static void path_of(const struct queue *queue, const struct queued *one, char ret[PATH_BYTES])
{
	snprintf(ret, PATH_BYTES, "%s/%016llx-%u.errand", queue->dir,
		(unsigned long long)one->number, one->attempts);
}

static enum err sync_dir(const struct queue *queue)
{
	if (queue->limits.skip_sync)
		return OK;
	int fd = open(queue->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool fine = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return fine ? OK : ERR_IO;
}

// ---- The file of an errand.

static void encode(const struct queued *one, struct bytes content, struct buf *out)
{
	const struct errand *e = &one->errand;
	buf_add_text(out, magic);
	put_u64(out, e->id);
	put_u64(out, (uint64_t)one->created_us);
	put_text(out, e->destination);
	put_u8(out, (uint8_t)e->kind);
	put_u8(out, e->severity);
	put_text(out, e->subject);
	put_text(out, e->type);
	put_span(out, content);
	struct hash hash = crypto_sha256(buf_bytes(out));
	buf_add(out, hash.bytes, HASH_BYTES);
}

static void get_words(struct cursor *in, char *ret, size_t room)
{
	struct bytes span = get_span(in, room - 1);
	memset(ret, 0, room);
	if (span.size && memchr(span.at, 0, span.size))
		cursor_fail(in, ERR_CORRUPT);
	else if (span.size)
		memcpy(ret, span.at, span.size);
}

static enum err decode(struct bytes file, struct queued *ret, struct bytes *ret_content)
{
	struct queued one = {0};
	struct errand *e = &one.errand;
	if (file.size < sizeof magic - 1 + HASH_BYTES)
		return ERR_CORRUPT;
	struct bytes all = bytes_of(file.at, file.size - HASH_BYTES);
	struct hash hash = crypto_sha256(all);
	if (memcmp(hash.bytes, file.at + all.size, HASH_BYTES) != 0)
		return ERR_CORRUPT;
	struct cursor in = cursor_of(all);
	if (memcmp(get_raw(&in, sizeof magic - 1).at, magic, sizeof magic - 1) != 0)
		return ERR_CORRUPT;
	e->id = get_u64(&in);
	one.created_us = (int64_t)get_u64(&in);
	get_words(&in, e->destination, sizeof e->destination);
	e->kind = (enum errand_kind)get_u8(&in);
	e->severity = get_u8(&in);
	get_words(&in, e->subject, sizeof e->subject);
	get_words(&in, e->type, sizeof e->type);
	struct bytes content = get_span(&in, ERRAND_CONTENT_BYTES);
	e->size = (uint32_t)content.size;
	if (cursor_end(&in) || !e->id || !errand_is_name(e->destination) ||
		e->kind >= ERRAND_KINDS || !e->kind || e->severity > 7 ||
		!errand_is_line(e->subject) || !errand_is_type(e->type))
		return ERR_CORRUPT;
	one.bytes = file.size;
	*ret = one;
	*ret_content = content;
	return OK;
}

static enum err read_whole(const char *path, struct buf *file)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = -1;
	if (fd >= 0) {
		buf_reserve(file, FILE_BYTES);
		got = read(fd, file->at, FILE_BYTES);
		close(fd);
	}
	file->size = got > 0 ? (size_t)got : 0;
	return got < 0 ? ERR_IO : OK;
}

static bool write_all(int fd, struct bytes bytes)
{
	while (bytes.size) {
		ssize_t wrote = write(fd, bytes.at, bytes.size);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return false;
		bytes = bytes_of(bytes.at + wrote, bytes.size - (size_t)wrote);
	}
	return true;
}

static enum err write_file(const struct queue *queue, const char *path, struct bytes bytes)
{
	char next[PATH_BYTES];
	snprintf(next, sizeof next, "%s/next", queue->dir);
	int fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool fine = fd >= 0 && write_all(fd, bytes) && (queue->limits.skip_sync || fsync(fd) == 0);
	if (fd >= 0)
		close(fd);
	if (!fine || rename(next, path) != 0) {
		(void)unlink(next);
		return ERR_IO;
	}
	return sync_dir(queue);
}

// ---- The list.

static void append(struct queue *queue, struct queued *one)
{
	if (queue->last)
		queue->last->next = one;
	else
		queue->first = one;
	queue->last = one;
	queue->count++;
	queue->bytes += one->bytes;
}

static struct queued *queued_new(const struct queued *from)
{
	struct queued *one = calloc(1, sizeof *one);
	if (!one)
		abort();
	*one = *from;
	return one;
}

static void load(struct queue *queue, const char *name)
{
	char path[PATH_BYTES], aside[PATH_BYTES + 16];
	struct buf file = {0};
	struct queued one = {0};
	struct bytes content;
	unsigned long long number = 0;
	unsigned attempts = 0;
	snprintf(path, sizeof path, "%s/%.60s", queue->dir, name);
	bool named = sscanf(name, "%16llx-%u.errand", &number, &attempts) == 2;
	if (named && read_whole(path, &file) == OK &&
		decode(buf_bytes(&file), &one, &content) == OK) {
		one.number = number;
		one.attempts = attempts;
		append(queue, queued_new(&one));
	} else {
		snprintf(aside, sizeof aside, "%s.damaged", path);
		(void)rename(path, aside); // kept for a person; not counted, not delivered
		queue->damaged++;
	}
	if (number >= queue->next_number)
		queue->next_number = number + 1;
	buf_done(&file);
}

static int is_errand(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');
	return dot && strcmp(dot, ".errand") == 0;
}

enum err queue_open(struct queue *queue, const char *dir, const struct queue_limits *limits)
{
	struct dirent **names;
	*queue = (struct queue){.limits = *limits, .next_number = 1};
	snprintf(queue->dir, sizeof queue->dir, "%s", dir);
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return ERR_IO;
	int count = scandir(dir, &names, is_errand, alphasort); // by number: as they came
	if (count < 0)
		return ERR_IO;
	for (int i = 0; i < count; i++) {
		load(queue, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return OK;
}

void queue_close(struct queue *queue)
{
	for (struct queued *one = queue->first, *next; one; one = next) {
		next = one->next;
		free(one);
	}
	*queue = (struct queue){0};
}

enum err queue_add(struct queue *queue, const struct errand *errand, struct bytes content,
	int64_t now_us, struct queued **ret)
{
	char path[PATH_BYTES];
	struct buf file = {0};
	struct queued one = {.errand = *errand, .created_us = now_us, .number = queue->next_number};
	encode(&one, content, &file);
	one.bytes = file.size;
	enum err err = OK;
	if (queue->count >= queue->limits.count || queue->bytes + one.bytes > queue->limits.bytes)
		err = ERR_LIMIT;
	path_of(queue, &one, path);
	if (!err)
		err = write_file(queue, path, buf_bytes(&file));
	buf_done(&file);
	if (err)
		return err;
	queue->next_number++;
	*ret = queued_new(&one);
	append(queue, *ret);
	return OK;
}

struct queued *queue_find(const struct queue *queue, const struct errand *errand)
{
	for (struct queued *one = queue->first; one; one = one->next)
		if (one->errand.id == errand->id &&
			strcmp(one->errand.destination, errand->destination) == 0)
			return one;
	return NULL;
}

enum err queue_content(const struct queue *queue, const struct queued *one, struct buf *content)
{
	char path[PATH_BYTES];
	struct buf file = {0};
	struct queued again;
	struct bytes span;
	path_of(queue, one, path);
	enum err err = read_whole(path, &file);
	if (!err)
		err = decode(buf_bytes(&file), &again, &span);
	if (!err)
		buf_add_bytes(content, span);
	buf_done(&file);
	return err;
}

void queue_attempted(struct queue *queue, struct queued *one)
{
	char path[PATH_BYTES], next[PATH_BYTES];
	path_of(queue, one, path);
	one->attempts++;
	path_of(queue, one, next);
	if (rename(path, next) != 0)
		one->attempts--; // the file is what counts
}

enum err queue_remove(struct queue *queue, struct queued *one)
{
	char path[PATH_BYTES];
	struct queued **at = &queue->first, *before = NULL;
	while (*at != one) {
		before = *at;
		at = &before->next;
	}
	*at = one->next;
	if (queue->last == one)
		queue->last = before;
	queue->count--;
	queue->bytes -= one->bytes;
	path_of(queue, one, path);
	bool gone = unlink(path) == 0;
	free(one);
	return gone ? sync_dir(queue) : ERR_IO;
}
