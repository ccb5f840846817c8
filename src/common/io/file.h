// file: a whole file into memory, with a ceiling.
#pragma once

#include "common/base/bytes.h"

// Appends the content. ERR_NOT_FOUND, ERR_IO, ERR_LIMIT past `most_bytes`; `out` may have grown by
// then. Never waits: what is not an ordinary file (a pipe, a device, a folder) is ERR_IO.
enum err file_read(const char *path, size_t most_bytes, struct buf *out);
