#include "common/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	AT_ONCE = 64 * 1024
};

enum err file_read(const char *path, size_t most_bytes, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	struct stat info;
	if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
		close(fd);
		return ERR_IO;
	}
	size_t begin = out->size;
	ssize_t got;
	do {
		buf_reserve(out, AT_ONCE);
		got = read(fd, out->at + out->size, AT_ONCE);
		out->size += got > 0 ? (size_t)got : 0;
	} while (got > 0 && out->size - begin <= most_bytes);
	close(fd);
	return got < 0 ? ERR_IO : out->size - begin > most_bytes ? ERR_LIMIT : OK;
}
