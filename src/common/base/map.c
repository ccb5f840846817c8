#include "common/base/map.h"

#include "common/base/time.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	uint64_t hash;
	uint8_t *key; // NULL: free slot
	size_t key_size;
	void *value;
};

struct map {
	struct entry *entries; // open addressing, linear probing, room is a power of two
	size_t room, count;
	uint64_t seed;
};

static uint64_t mix(uint64_t x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93u;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93u;
	return x ^ x >> 32;
}

static uint64_t hash_of(const struct map *map, struct bytes key)
{
	uint64_t hash = map->seed ^ key.size;
	size_t i = 0;
	for (; i + 8 <= key.size; i += 8) {
		uint64_t word;
		memcpy(&word, key.at + i, 8);
		hash = mix(hash ^ word) + map->seed;
	}
	uint64_t rest = 0;
	if (i < key.size)
		memcpy(&rest, key.at + i, key.size - i);
	return mix(hash ^ rest);
}

static struct entry *slot(const struct map *map, uint64_t hash, struct bytes key)
{
	for (size_t i = hash & (map->room - 1);; i = (i + 1) & (map->room - 1)) {
		struct entry *e = &map->entries[i];
		if (!e->key || (e->hash == hash && bytes_equal(bytes_of(e->key, e->key_size), key)))
			return e;
	}
}

static struct entry *entries_new(size_t room)
{
	struct entry *entries = calloc(room, sizeof *entries);
	if (!entries)
		abort();
	return entries;
}

struct map *map_new(void)
{
	struct map *map = calloc(1, sizeof *map);
	if (!map)
		abort();
	map->room = 16;
	map->entries = entries_new(map->room);
	map->seed = mix((uint64_t)(uintptr_t)map ^ (uint64_t)time_monotonic_us());
	return map;
}

void map_free(struct map *map)
{
	if (!map)
		return;
	for (size_t i = 0; i < map->room; i++)
		free(map->entries[i].key);
	free(map->entries);
	free(map);
}

void *map_find(const struct map *map, struct bytes key)
{
	return slot(map, hash_of(map, key), key)->value;
}

static void grow(struct map *map)
{
	struct entry *old = map->entries;
	size_t old_room = map->room;
	map->room *= 2;
	map->entries = entries_new(map->room);
	for (size_t i = 0; i < old_room; i++)
		if (old[i].key)
			*slot(map, old[i].hash, bytes_of(old[i].key, old[i].key_size)) = old[i];
	free(old);
}

void map_set(struct map *map, struct bytes key, void *value)
{
	assert(value);
	if ((map->count + 1) * 3 > map->room * 2)
		grow(map);
	uint64_t hash = hash_of(map, key);
	struct entry *e = slot(map, hash, key);
	if (!e->key) {
		uint8_t *copy = malloc(key.size ? key.size : 1);
		if (!copy)
			abort();
		if (key.size)
			memcpy(copy, key.at, key.size);
		*e = (struct entry){hash, copy, key.size, NULL};
		map->count++;
	}
	e->value = value;
}

// Closes the gap so that probing never needs tombstones.
static void close_gap(struct map *map, size_t hole)
{
	for (size_t i = (hole + 1) & (map->room - 1); map->entries[i].key;
		i = (i + 1) & (map->room - 1)) {
		size_t home = map->entries[i].hash & (map->room - 1);
		bool stays = hole < i ? home > hole && home <= i : home > hole || home <= i;
		if (stays)
			continue;
		map->entries[hole] = map->entries[i];
		hole = i;
	}
	map->entries[hole] = (struct entry){0};
}

void *map_remove(struct map *map, struct bytes key)
{
	struct entry *e = slot(map, hash_of(map, key), key);
	if (!e->key)
		return NULL;
	void *value = e->value;
	free(e->key);
	map->count--;
	close_gap(map, (size_t)(e - map->entries));
	return value;
}

size_t map_count(const struct map *map)
{
	return map->count;
}

bool map_next(const struct map *map, size_t *at, struct bytes *ret_key, void **ret_value)
{
	for (; *at < map->room; (*at)++) {
		struct entry *e = &map->entries[*at];
		if (!e->key)
			continue;
		*ret_key = bytes_of(e->key, e->key_size);
		*ret_value = e->value;
		(*at)++;
		return true;
	}
	return false;
}
