#include "vault/explain/explain_in.h"

#include "common/base/map.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	char key[96];
	void *value;
	int64_t at_us;
};

struct cache {
	struct map *map; // key to entry
	struct entry *entries;
	size_t most, count, next; // the next one to make room
	void (*done)(void *value);
	void **dropped; // in use perhaps, until the question is answered
	size_t dropped_count, dropped_room;
};

struct cache *cache_new(size_t most, void (*done)(void *value))
{
	struct cache *cache = calloc(1, sizeof *cache);
	if (!cache || !(cache->entries = calloc(most, sizeof *cache->entries)))
		abort();
	cache->map = map_new();
	cache->most = most;
	cache->done = done;
	return cache;
}

static void drop(struct cache *cache, struct entry *entry)
{
	if (!entry->value)
		return;
	if (cache->dropped_count == cache->dropped_room) {
		cache->dropped_room = cache->dropped_room ? 2 * cache->dropped_room : 16;
		cache->dropped =
			realloc(cache->dropped, cache->dropped_room * sizeof *cache->dropped);
		if (!cache->dropped)
			abort();
	}
	map_remove(cache->map, bytes_text(entry->key));
	cache->dropped[cache->dropped_count++] = entry->value;
	entry->value = NULL;
}

void cache_sweep(struct cache *cache)
{
	for (size_t i = 0; i < cache->dropped_count; i++)
		cache->done(cache->dropped[i]);
	cache->dropped_count = 0;
}

void cache_free(struct cache *cache)
{
	if (!cache)
		return;
	for (size_t i = 0; i < cache->most; i++)
		drop(cache, &cache->entries[i]);
	cache_sweep(cache);
	free(cache->dropped);
	map_free(cache->map);
	free(cache->entries);
	free(cache);
}

void *cache_find(struct cache *cache, const char *key, int64_t now_us)
{
	struct entry *entry = map_find(cache->map, bytes_text(key));
	if (entry && now_us - entry->at_us > EXPLAIN_REMEMBERED_S * 1000000ll) {
		drop(cache, entry);
		entry = NULL;
	}
	return entry ? entry->value : NULL;
}

void cache_add(struct cache *cache, const char *key, void *value, int64_t now_us)
{
	struct entry *entry = &cache->entries[cache->next];
	cache->next = (cache->next + 1) % cache->most;
	cache_remove(cache, key);
	drop(cache, entry);
	strncpy(entry->key, key, sizeof entry->key - 1);
	entry->value = value;
	entry->at_us = now_us;
	map_set(cache->map, bytes_text(entry->key), entry);
}

void cache_remove(struct cache *cache, const char *key)
{
	struct entry *entry = map_find(cache->map, bytes_text(key));
	if (entry)
		drop(cache, entry);
}
