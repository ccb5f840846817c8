// disk: small files that are always whole: written beside, synced, renamed.
#pragma once

#include "common/base/bytes.h"

enum err disk_write(const char *path, struct bytes content);
// The folder's names are on disk.
enum err disk_sync(const char *dir);
