#include "guard/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum err disk_write(const char *path, struct bytes content)
{
	char next[560];
	if ((size_t)snprintf(next, sizeof next, "%s.next", path) >= sizeof next)
		return ERR_LIMIT;
	int fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool fine = fd >= 0 && write(fd, content.at, content.size) == (ssize_t)content.size &&
		    fsync(fd) == 0;
	if (fd >= 0)
		fine &= close(fd) == 0;
	return fine && rename(next, path) == 0 ? OK : ERR_IO;
}

enum err disk_read(const char *path, size_t most_bytes, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	buf_reserve(out, most_bytes + 1);
	size_t begin = out->size;
	ssize_t got = 1;
	while (got > 0 && out->size - begin <= most_bytes) {
		got = read(fd, out->at + out->size, most_bytes + 1 - (out->size - begin));
		out->size += got > 0 ? (size_t)got : 0;
	}
	close(fd);
	return got < 0 ? ERR_IO : out->size - begin > most_bytes ? ERR_LIMIT : OK;
}

enum err disk_sync(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool fine = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return fine ? OK : ERR_IO;
}
