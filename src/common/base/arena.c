#include "common/base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BLOCK_BYTES = 16 * 1024,
	ALIGN = 16
};

struct block {
	struct block *next;
	size_t size, used;
	_Alignas(16) uint8_t data[];
};

struct arena {
	struct block *blocks; // newest first
};

static struct block *block_new(size_t size, struct block *next)
{
	struct block *block = calloc(1, sizeof *block + size);
	if (!block)
		abort();
	block->size = size;
	block->next = next;
	return block;
}

static void block_free(struct block *block)
{
	explicit_bzero(block->data, block->used);
	free(block);
}

struct arena *arena_new(void)
{
	struct arena *arena = calloc(1, sizeof *arena);
	if (!arena)
		abort();
	return arena;
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	for (struct block *b = arena->blocks, *next; b; b = next) {
		next = b->next;
		block_free(b);
	}
	free(arena);
}

void arena_reset(struct arena *arena)
{
	struct block *keep = NULL;
	for (struct block *b = arena->blocks, *next; b; b = next) {
		next = b->next;
		if (!keep && b->size == BLOCK_BYTES) {
			keep = b;
			explicit_bzero(keep->data, keep->used);
			keep->used = 0;
		} else {
			block_free(b);
		}
	}
	if (keep)
		keep->next = NULL;
	arena->blocks = keep;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	size_t need = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (need < size)
		abort();
	struct block *block = arena->blocks;
	if (!block || block->size - block->used < need) {
		if (need > BLOCK_BYTES / 2 && block) { // a block of its own, behind the current one
			block->next = block_new(need, block->next);
			block->next->used = need;
			return block->next->data;
		}
		block = block_new(need > BLOCK_BYTES ? need : BLOCK_BYTES, block);
		arena->blocks = block;
	}
	void *at = block->data + block->used;
	block->used += need;
	return at;
}

void *arena_copy(struct arena *arena, const void *at, size_t size)
{
	void *copy = arena_alloc(arena, size);
	if (size)
		memcpy(copy, at, size);
	return copy;
}

char *arena_text_n(struct arena *arena, const char *at, size_t length)
{
	char *copy = arena_alloc(arena, length + 1);
	if (length)
		memcpy(copy, at, length);
	return copy;
}

char *arena_text(struct arena *arena, const char *text)
{
	return arena_text_n(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0)
		abort();
	char *text = arena_alloc(arena, (size_t)length + 1);
	vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	return text;
}

size_t arena_used_bytes(const struct arena *arena)
{
	size_t sum = 0;
	for (const struct block *b = arena->blocks; b; b = b->next)
		sum += b->used;
	return sum;
}

struct arena *arena_take(struct arena_pool *pool)
{
	return pool->count ? pool->spare[--pool->count] : arena_new();
}

void arena_give(struct arena_pool *pool, struct arena *arena)
{
	if (!arena)
		return;
	if (pool->count == ARENA_SPARES) {
		arena_free(arena);
		return;
	}
	arena_reset(arena);
	pool->spare[pool->count++] = arena;
}

void arena_pool_done(struct arena_pool *pool)
{
	while (pool->count)
		arena_free(pool->spare[--pool->count]);
}
