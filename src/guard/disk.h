// disk: small files that are always whole: written beside, synced, renamed.
#pragma once

#include "common/base/bytes.h"

enum err disk_write(const char *path, struct bytes content);
// ERR_NOT_FOUND, ERR_IO, ERR_LIMIT past `most_bytes`.
enum err disk_read(const char *path, size_t most_bytes, struct buf *out);
// The folder's names are on disk.
enum err disk_sync(const char *dir);
