// folder: a folder of its own for a fuzzer, in memory where the system has such a place, and the
// few things that fuzzers do with files in it. Removed when the process ends in order.
#pragma once

#include "fuzz.h"

#include "common/base/bytes.h"

#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[32];
static pid_t folder_owner;

static inline int folder_unlink(
	const char *path, const struct stat *info, int kind, struct FTW *ftw)
{
	(void)info;
	(void)kind;
	return ftw->level ? remove(path) : 0;
}

static inline void folder_empty(void)
{
	(void)nftw(folder, folder_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void folder_remove(void)
{
	if (folder_owner != getpid())
		return;
	folder_empty();
	(void)rmdir(folder);
}

static inline void folder_make(void)
{
	strcpy(folder, "/dev/shm/fuzz-XXXXXX");
	if (!mkdtemp(folder)) {
		strcpy(folder, "/tmp/fuzz-XXXXXX");
		fuzz_rule(mkdtemp(folder) != NULL, "a folder");
	}
	folder_owner = getpid();
	atexit(folder_remove);
}

static inline void folder_read(const char *name, size_t most, struct buf *ret)
{
	char path[96];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	buf_clear(ret);
	if (fd < 0)
		return;
	buf_reserve(ret, most);
	for (ssize_t got;
		ret->size < most && (got = read(fd, ret->at + ret->size, most - ret->size)) > 0;)
		ret->size += (size_t)got;
	close(fd);
}

// `size` may be larger than the bytes: the rest are zeros.
static inline void folder_write(const char *name, struct bytes bytes, size_t size)
{
	char path[96];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	fuzz_rule(fd >= 0 &&
			  (!bytes.size || write(fd, bytes.at, bytes.size) == (ssize_t)bytes.size) &&
			  ftruncate(fd, (off_t)size) == 0,
		"a file");
	close(fd);
}
