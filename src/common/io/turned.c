#include "common/io/turned.h"

#include "common/base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err refuse(const char *path, const char *why, char ret_problem[TURNED_PROBLEM_BYTES])
{
	snprintf(ret_problem, TURNED_PROBLEM_BYTES, "%.160s: %s", path, why);
	return ERR_INVALID;
}

static enum err check(int fd, const char *path, char ret_problem[TURNED_PROBLEM_BYTES])
{
	struct stat file;
	if (fstat(fd, &file) != 0)
		return refuse(path, strerror(errno), ret_problem);
	if (!S_ISREG(file.st_mode) || file.st_size != (off_t)sizeof(int64_t))
		return refuse(path, "eight bytes are expected", ret_problem);
	if (file.st_uid != 0 || file.st_mode & (S_IWGRP | S_IWOTH))
		return refuse(path, "it must be root's, and nobody else may write it", ret_problem);
	return OK;
}

static enum err map(const char *path, bool writes, _Atomic int64_t **ret_offset,
	char ret_problem[TURNED_PROBLEM_BYTES])
{
	int fd = open(path, (writes ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0) {
		(void)refuse(path, strerror(errno), ret_problem);
		return ERR_IO;
	}
	enum err err = check(fd, path, ret_problem);
	void *at = err ? MAP_FAILED
		       : mmap(NULL, sizeof **ret_offset, PROT_READ | (writes ? PROT_WRITE : 0),
				 MAP_SHARED, fd, 0);
	close(fd);
	if (!err && at == MAP_FAILED) {
		(void)refuse(path, "it cannot be mapped", ret_problem);
		err = ERR_IO;
	}
	if (!err) {
		*ret_offset = at;
		time_follow(*ret_offset);
	}
	return err;
}

enum err turned_follow(const char *path, char ret_problem[TURNED_PROBLEM_BYTES])
{
	_Atomic int64_t *offset;
	return map(path, false, &offset, ret_problem);
}

enum err turned_open(
	const char *path, struct turned *ret_turned, char ret_problem[TURNED_PROBLEM_BYTES])
{
	static const int64_t none;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd >= 0) {
		bool fine = write(fd, &none, sizeof none) == (ssize_t)sizeof none &&
			    fchmod(fd, 0644) == 0; // whatever the umask: the roles read it
		close(fd);
		if (!fine) {
			(void)refuse(path, "it cannot be written", ret_problem);
			return ERR_IO;
		}
	}
	return map(path, true, &ret_turned->offset_us, ret_problem);
}

void turned_set(const struct turned *turned, int64_t now_us)
{
	int64_t real_us = time_now_us() - atomic_load(turned->offset_us);
	atomic_store(turned->offset_us, now_us - real_us);
}
