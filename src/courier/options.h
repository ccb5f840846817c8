// options: what may be said of a destination. One table; each line knows for which kinds it is,
// and how its value is read and checked. Used by destinations alone.
#pragma once

#include "common/format/yaml.h"
#include "courier/destinations.h"

// Reads one option into the destination. NULL, or what is wrong with it, for a person.
const char *option_read(struct destination *d, const struct yaml *one, struct arena *arena);
// Whether all of it together is a destination. NULL, or what is wrong.
const char *options_check(const struct destination *d);
// A whole file. ERR_NOT_FOUND, ERR_LIMIT, ERR_IO.
enum err option_file(
	const char *path, size_t most_bytes, struct arena *arena, struct bytes *ret_content);
