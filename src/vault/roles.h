// roles: what the parent says of each role, as the API tells it (docs/api.md, GET /api/status).
#pragma once

#include <jansson.h>

// The parent's text has a line for each role; lines that are not whole are left out.
json_t *roles_parse(const char *lines);
