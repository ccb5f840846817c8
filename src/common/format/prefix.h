// prefix: an address or a range of addresses of the network, IPv4 or IPv6, and how two of them lie
// to each other. Pure. One spelling for each: host bits must be zero, and an IPv4 address in the
// clothes of IPv6 (::ffff:10.0.0.1) is refused, so that nothing passes a list by being written
// differently.
#pragma once

#include "common/base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	PREFIX_TEXT_BYTES = 52,
	PREFIX_BYTES = 16
};

struct prefix {
	uint8_t family; // 4 or 6
	uint8_t length; // bits that count: 32 or 128 for one address
	uint8_t at[PREFIX_BYTES];
};

// "10.0.0.9", "10.0.0.0/8", "2001:db8::/32". ERR_SYNTAX; ERR_INVALID for host bits that are set.
enum err prefix_parse(const char *text, struct prefix *ret_prefix);
// The same rules for one that came in fields.
enum err prefix_check(const struct prefix *prefix);
void prefix_text(const struct prefix *prefix, char ret_text[PREFIX_TEXT_BYTES]); // one: no length
struct prefix prefix_of_address(uint8_t family, const uint8_t *at);

bool prefix_is_one(const struct prefix *prefix); // a single address
bool prefix_equal(const struct prefix *a, const struct prefix *b);
bool prefix_covers(const struct prefix *outer, const struct prefix *inner); // or is the same
bool prefix_overlaps(const struct prefix *a, const struct prefix *b);       // one covers the other
// Has to do with addresses that are nobody's outside: RFC 1918 and 6598, loopback, link-local, ULA.
bool prefix_is_private(const struct prefix *prefix);
