#include "guard/disk.h"

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

enum err disk_sync(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool fine = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return fine ? OK : ERR_IO;
}
