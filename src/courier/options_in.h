// options_in: how the values of options are read. Each function gives NULL, or what is wrong with
// the value, for a person; what it reads lives in the arena or in the file's tree. For options.c.
#pragma once

#include "courier/options.h"

// A file that is named by its path, and is not empty.
const char *value_file(const struct yaml *one, struct arena *arena, struct bytes *ret);
// The same, of what only the courier and root may know.
const char *value_secret(const struct yaml *one, struct arena *arena, struct bytes *ret);
const char *value_credentials(const struct yaml *one, struct arena *arena, struct credentials *ret);
// The form of Standard Webhooks: a file with whsec_ and base64.
const char *value_webhook_secret(const struct yaml *one, struct arena *arena, struct bytes *ret);

// A number above 0 with one of these units, which end with NULL, times that unit's factor.
const char *value_number(
	const struct yaml *one, const char *const *units, const int64_t *factors, int64_t *ret);
const char *value_span(const struct yaml *one, int64_t most_ms, int64_t *ret_ms);
const char *value_line(const struct yaml *one, const char **ret);
const char *value_address(const char *text, const char **ret);
const char *value_url(const char *text, struct arena *arena, struct endpoint *ret);
const char *value_network(const char *text, struct network *ret);
