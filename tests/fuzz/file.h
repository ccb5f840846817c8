// file: the bytes of a fuzzer as a file that can be opened by name, without touching a disk.
#pragma once

#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

enum {
	FILE_PATH_BYTES = 32
};

// The descriptor keeps the file; the path is good until it is closed.
static inline int file_of(const uint8_t *at, size_t size, char ret_path[FILE_PATH_BYTES])
{
	int fd = memfd_create("input", MFD_CLOEXEC);
	fuzz_rule(fd >= 0 && write(fd, at, size) == (ssize_t)size, "a file");
	snprintf(ret_path, FILE_PATH_BYTES, "/proc/self/fd/%d", fd);
	return fd;
}
