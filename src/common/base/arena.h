// arena: memory that belongs to one request or message and is given back whole.
//
// Allocation never fails: a machine without memory ends the process, and the parent starts it
// again. What a peer may make us allocate is bounded before, by the ceilings of messages and
// formats. Memory is zeroed when handed out and wiped when given back, so nothing of one patient
// is left for the next. Not for sharing between threads.
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena);  // NULL is fine; wipes
void arena_reset(struct arena *arena); // wipes; keeps one block for the next request

// Zeroed memory, aligned for any type. Lives until the arena is reset or freed.
void *arena_alloc(struct arena *arena, size_t size_bytes);

// Copies. The text functions always end with a NUL that is not counted.
void *arena_copy(struct arena *arena, const void *at, size_t size_bytes);
char *arena_text(struct arena *arena, const char *text);
char *arena_text_n(struct arena *arena, const char *at, size_t length_bytes);
[[gnu::format(printf, 2, 3)]] char *arena_printf(struct arena *arena, const char *format, ...);

// Arenas that wait, wiped, for the next request, so that the allocator is not asked for each. A
// zeroed pool is empty. The sanitizers' builds keep none: there a late use should be seen.
#ifndef ARENA_SPARES
#define ARENA_SPARES 64
#endif
struct arena_pool {
	struct arena *spare[ARENA_SPARES + 1];
	size_t count;
};
struct arena *arena_take(struct arena_pool *pool);
void arena_give(struct arena_pool *pool, struct arena *arena); // NULL is fine; wipes
void arena_pool_done(struct arena_pool *pool);

size_t arena_used_bytes(const struct arena *arena);
