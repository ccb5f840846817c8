// bytes: spans, a growing buffer, and the one cursor that every binary parser reads through.
//
// Integers on disk and between roles are little-endian and written field by field; structures are
// never copied as memory. A cursor keeps its first error and gives zeros afterwards, so a parser
// reads straight down and asks once at the end.
#pragma once

#include "common/base/arena.h"
#include "common/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A borrowed span. `at` may be NULL when size is 0.
struct bytes {
	const uint8_t *at;
	size_t size;
};

struct bytes bytes_of(const void *at, size_t size_bytes);
struct bytes bytes_text(const char *text); // without the NUL; NULL gives an empty span

// FNV-1a: from BYTES_FNV, or from a hash before to go on. Whoever chooses the bytes can make hashes
// collide: only for where that costs time, or for what nobody chooses. A map has a better one.
#define BYTES_FNV UINT64_C(0xcbf29ce484222325)
uint64_t bytes_fnv(uint64_t hash, struct bytes bytes);
bool bytes_equal(struct bytes a, struct bytes b);
bool bytes_equal_secret(struct bytes a, struct bytes b); // time depends on the sizes only
struct bytes bytes_copy(struct arena *arena, struct bytes from);

// A buffer that grows; embedded, starts as {0}. Growth never fails (see arena).
struct buf {
	uint8_t *at;
	size_t size, room;
};

void buf_done(struct buf *buf);  // wipes and frees; the buffer is {0} again
void buf_clear(struct buf *buf); // size becomes 0, the room stays
void buf_reserve(struct buf *buf, size_t more_bytes);
void buf_add(struct buf *buf, const void *at, size_t size_bytes);
void buf_add_bytes(struct buf *buf, struct bytes bytes);
void buf_add_text(struct buf *buf, const char *text);
[[gnu::format(printf, 2, 3)]] void buf_printf(struct buf *buf, const char *format, ...);
void buf_drop_front(struct buf *buf, size_t size_bytes);
struct bytes buf_bytes(const struct buf *buf); // borrowed until the buffer changes

// Writing fields: little-endian, and spans behind a 32-bit (or 8-bit) size.
void put_u8(struct buf *buf, uint8_t value);
void put_u16(struct buf *buf, uint16_t value);
void put_u32(struct buf *buf, uint32_t value);
void put_u64(struct buf *buf, uint64_t value);
void put_span(struct buf *buf, struct bytes span);    // u32 size, bytes
void put_text(struct buf *buf, const char *text);     // as a span; NULL as an empty one
void put_span_u8(struct buf *buf, struct bytes span); // u8 size, bytes; asserts size < 256

// Reading fields. Every getter returns 0 or an empty span once `err` is set.
struct cursor {
	const uint8_t *at, *end;
	enum err err;
};

struct cursor cursor_of(struct bytes bytes);
size_t cursor_left(const struct cursor *cursor);
uint8_t get_u8(struct cursor *cursor);
uint16_t get_u16(struct cursor *cursor);
uint32_t get_u32(struct cursor *cursor);
uint64_t get_u64(struct cursor *cursor);
struct bytes get_raw(struct cursor *cursor, size_t size_bytes);  // borrowed
struct bytes get_span(struct cursor *cursor, size_t most_bytes); // borrowed; ERR_LIMIT above
struct bytes get_span_u8(struct cursor *cursor);                 // borrowed
// A span as NUL-terminated text in the arena; a NUL inside is ERR_SYNTAX. Never NULL.
char *get_text(struct cursor *cursor, struct arena *arena, size_t most_bytes);
// The same into `room` bytes of the caller's; ERR_LIMIT, and empty, when it does not fit.
void get_text_into(struct cursor *cursor, char *to, size_t room);
// OK only when nothing failed and nothing is left.
enum err cursor_end(const struct cursor *cursor);
void cursor_fail(struct cursor *cursor, enum err err); // keeps the first
