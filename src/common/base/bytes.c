#include "common/base/bytes.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bytes bytes_of(const void *at, size_t size)
{
	return (struct bytes){at, size};
}

struct bytes bytes_text(const char *text)
{
	return (struct bytes){(const uint8_t *)text, text ? strlen(text) : 0};
}

uint64_t bytes_fnv(uint64_t hash, struct bytes bytes)
{
	for (size_t i = 0; i < bytes.size; i++)
		hash = (hash ^ bytes.at[i]) * UINT64_C(0x100000001b3);
	return hash;
}

bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

bool bytes_equal_secret(struct bytes a, struct bytes b)
{
	if (a.size != b.size)
		return false;
	uint8_t differ = 0;
	for (size_t i = 0; i < a.size; i++)
		differ |= a.at[i] ^ b.at[i];
	return differ == 0;
}

struct bytes bytes_copy(struct arena *arena, struct bytes from)
{
	return bytes_of(arena_copy(arena, from.at, from.size), from.size);
}

void buf_done(struct buf *buf)
{
	if (buf->at)
		explicit_bzero(buf->at, buf->size);
	free(buf->at);
	*buf = (struct buf){0};
}

void buf_clear(struct buf *buf)
{
	buf->size = 0;
}

void buf_reserve(struct buf *buf, size_t more)
{
	if (buf->room - buf->size >= more)
		return;
	size_t room = buf->room ? buf->room : 256;
	while (room - buf->size < more) {
		if (room > SIZE_MAX / 2)
			abort();
		room *= 2;
	}
	uint8_t *at = malloc(room); // not realloc: it would leave a copy unwiped
	if (!at)
		abort();
	if (buf->at) {
		memcpy(at, buf->at, buf->size);
		explicit_bzero(buf->at, buf->size);
		free(buf->at);
	}
	buf->at = at;
	buf->room = room;
}

void buf_add(struct buf *buf, const void *at, size_t size)
{
	buf_reserve(buf, size);
	if (size)
		memcpy(buf->at + buf->size, at, size);
	buf->size += size;
}

void buf_add_bytes(struct buf *buf, struct bytes bytes)
{
	buf_add(buf, bytes.at, bytes.size);
}

void buf_add_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0)
		abort();
	buf_reserve(buf, (size_t)length + 1);
	vsnprintf((char *)buf->at + buf->size, (size_t)length + 1, format, again);
	va_end(again);
	buf->size += (size_t)length;
}

void buf_drop_front(struct buf *buf, size_t size)
{
	assert(size <= buf->size);
	buf->size -= size;
	if (buf->size)
		memmove(buf->at, buf->at + size, buf->size);
}

struct bytes buf_bytes(const struct buf *buf)
{
	return bytes_of(buf->at, buf->size);
}

static void put_little(struct buf *buf, uint64_t value, unsigned bytes)
{
	uint8_t raw[8];
	for (unsigned i = 0; i < bytes; i++)
		raw[i] = (uint8_t)(value >> (8 * i));
	buf_add(buf, raw, bytes);
}

void put_u8(struct buf *buf, uint8_t value)
{
	put_little(buf, value, 1);
}

void put_u16(struct buf *buf, uint16_t value)
{
	put_little(buf, value, 2);
}

void put_u32(struct buf *buf, uint32_t value)
{
	put_little(buf, value, 4);
}

void put_u64(struct buf *buf, uint64_t value)
{
	put_little(buf, value, 8);
}

void put_span(struct buf *buf, struct bytes span)
{
	assert(span.size <= UINT32_MAX);
	put_u32(buf, (uint32_t)span.size);
	buf_add_bytes(buf, span);
}

void put_text(struct buf *buf, const char *text)
{
	put_span(buf, bytes_text(text));
}

void put_span_u8(struct buf *buf, struct bytes span)
{
	assert(span.size <= UINT8_MAX);
	put_u8(buf, (uint8_t)span.size);
	buf_add_bytes(buf, span);
}

struct cursor cursor_of(struct bytes bytes)
{
	return (struct cursor){bytes.at, bytes.at ? bytes.at + bytes.size : NULL, OK};
}

size_t cursor_left(const struct cursor *cursor)
{
	return cursor->err || !cursor->at ? 0 : (size_t)(cursor->end - cursor->at);
}

void cursor_fail(struct cursor *cursor, enum err err)
{
	if (!cursor->err)
		cursor->err = err;
}

struct bytes get_raw(struct cursor *cursor, size_t size)
{
	if (cursor->err || size > cursor_left(cursor)) {
		cursor_fail(cursor, ERR_SYNTAX);
		return (struct bytes){0};
	}
	struct bytes raw = bytes_of(cursor->at, size);
	if (size)
		cursor->at += size;
	return raw;
}

static uint64_t get_little(struct cursor *cursor, unsigned bytes)
{
	struct bytes raw = get_raw(cursor, bytes);
	uint64_t value = 0;
	for (unsigned i = 0; i < raw.size; i++)
		value |= (uint64_t)raw.at[i] << (8 * i);
	return value;
}

uint8_t get_u8(struct cursor *cursor)
{
	return (uint8_t)get_little(cursor, 1);
}

uint16_t get_u16(struct cursor *cursor)
{
	return (uint16_t)get_little(cursor, 2);
}

uint32_t get_u32(struct cursor *cursor)
{
	return (uint32_t)get_little(cursor, 4);
}

uint64_t get_u64(struct cursor *cursor)
{
	return get_little(cursor, 8);
}

struct bytes get_span(struct cursor *cursor, size_t most)
{
	size_t size = get_u32(cursor);
	if (size > most) {
		cursor_fail(cursor, ERR_LIMIT);
		return (struct bytes){0};
	}
	return get_raw(cursor, size);
}

struct bytes get_span_u8(struct cursor *cursor)
{
	return get_raw(cursor, get_u8(cursor));
}

static struct bytes get_text_span(struct cursor *cursor, size_t most)
{
	struct bytes span = get_span(cursor, most);
	if (span.size && memchr(span.at, 0, span.size)) {
		cursor_fail(cursor, ERR_SYNTAX);
		span.size = 0;
	}
	return span;
}

char *get_text(struct cursor *cursor, struct arena *arena, size_t most)
{
	struct bytes span = get_text_span(cursor, most);
	return arena_text_n(arena, (const char *)span.at, span.size);
}

void get_text_into(struct cursor *cursor, char *to, size_t room)
{
	struct bytes span = get_text_span(cursor, room - 1);
	if (span.size)
		memcpy(to, span.at, span.size);
	to[span.size] = 0;
}

enum err cursor_end(const struct cursor *cursor)
{
	if (cursor->err)
		return cursor->err;
	return cursor_left(cursor) ? ERR_SYNTAX : OK;
}
