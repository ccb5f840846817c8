// map: a hash table from a span of bytes to a pointer. Keys are copied; values are the caller's.
// Hashing is keyed per table (from the address of the table and the clock), so a peer who chooses
// keys cannot choose collisions cheaply. Not for sharing between threads.
#pragma once

#include "common/base/bytes.h"

struct map;

struct map *map_new(void);
void map_free(struct map *map);                               // NULL is fine; values are not freed
void *map_find(const struct map *map, struct bytes key);      // NULL when absent
void map_set(struct map *map, struct bytes key, void *value); // replaces; value must not be NULL
void *map_remove(struct map *map, struct bytes key);          // what was there, or NULL
size_t map_count(const struct map *map);

// Walks all entries in no order; start with *at = 0. The map must not change meanwhile.
bool map_next(const struct map *map, size_t *at, struct bytes *ret_key, void **ret_value);
