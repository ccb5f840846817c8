// request: text "METHOD target", header lines, an empty line, the rest, taken apart as nginx would.
#pragma once

#include "gate/http/ask.h"

#include <ctype.h>
#include <string.h>

enum {
	REQUEST_HEADERS = HTTP_HEADERS_MOST + 1
};

static inline struct bytes take_until(struct bytes *rest, char mark)
{
	const uint8_t *end = rest->size ? memchr(rest->at, mark, rest->size) : NULL;
	size_t size = end ? (size_t)(end - rest->at) : rest->size;
	struct bytes word = bytes_of(rest->at, size);
	*rest = bytes_of(rest->at + size + (end != NULL), rest->size - size - (end != NULL));
	return word;
}

// nginx gives names in lower case.
static inline struct bytes lower(struct bytes word, struct arena *arena)
{
	uint8_t *copy = arena_copy(arena, word.at, word.size);
	for (size_t i = 0; i < word.size; i++)
		copy[i] = (uint8_t)tolower(copy[i]);
	return bytes_of(copy, word.size);
}

static inline struct http_head request_head(
	struct bytes *rest, struct http_header headers[REQUEST_HEADERS], struct arena *arena)
{
	struct bytes line = take_until(rest, '\n');
	struct http_head head = {.headers = headers,
		.peer = bytes_text("::1"),
		.trace = bytes_text("0123456789abcdef0123456789abcdef")};
	head.method = take_until(&line, ' ');
	head.target = line;
	while ((line = take_until(rest, '\n')).size && head.header_count < REQUEST_HEADERS) {
		struct bytes name = take_until(&line, ':');
		headers[head.header_count++] = (struct http_header){lower(name, arena), line};
	}
	return head;
}
