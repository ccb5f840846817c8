// agents: which of many texts does a user agent contain? One pass of libhyperscan over it, however
// many they are. The only place that includes libhyperscan. Added to, then compiled once, then read
// by one thread at a time.
#pragma once

#include "common/base/bytes.h"

enum {
	AGENTS_MOST = 20000
};

struct agents;

struct agents *agents_new(void);
void agents_free(struct agents *agents); // NULL is fine
// In lower case; the number comes back. ERR_LIMIT past AGENTS_MOST.
enum err agents_add(struct agents *agents, const char *part, uint32_t number);
enum err agents_ready(struct agents *agents); // ERR_UNSUPPORTED: this processor cannot do it
// Numbers of those that the text contains, whatever its case; at most so many, in no order.
size_t agents_find(
	const struct agents *agents, struct bytes text, uint32_t *ret_numbers, size_t most);
size_t agents_bytes(const struct agents *agents);
