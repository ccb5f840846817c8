// openapi: the description of /api for programs, OpenAPI 3.1, made once from the route table. It
// holds what the table holds, and nothing of this hospital.
#pragma once

#include "common/base/bytes.h"

#include <jansson.h>

// The whole document; the caller's (json_decref).
json_t *openapi_new(const char *version);
// The same as JSON text, appended.
void openapi_write(const char *version, struct buf *out);
