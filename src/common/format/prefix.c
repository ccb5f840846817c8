#include "common/format/prefix.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned bits_of(uint8_t family)
{
	return family == 4 ? 32 : 128;
}

static bool mapped(const struct prefix *p)
{
	static const uint8_t start[12] = {[10] = 0xff, [11] = 0xff};
	return p->family == 6 && p->length >= 96 && memcmp(p->at, start, sizeof start) == 0;
}

static bool bit(const struct prefix *p, unsigned i)
{
	return p->at[i / 8] >> (7 - i % 8) & 1;
}

enum err prefix_check(const struct prefix *p)
{
	if (p->family != 4 && p->family != 6)
		return ERR_SYNTAX;
	if (p->length > bits_of(p->family))
		return ERR_SYNTAX;
	for (unsigned i = p->length; i < 8 * PREFIX_BYTES; i++)
		if (bit(p, i))
			return ERR_INVALID;
	return mapped(p) ? ERR_INVALID : OK;
}

// A number without sign or leading zeros.
static bool read_length(const char *text, uint8_t family, uint8_t *ret)
{
	size_t digits = strspn(text, "0123456789");
	if (!digits || digits > 3 || text[digits] || (digits > 1 && *text == '0'))
		return false;
	long length = strtol(text, NULL, 10);
	if (length > (long)bits_of(family))
		return false;
	*ret = (uint8_t)length;
	return true;
}

enum err prefix_parse(const char *text, struct prefix *ret_prefix)
{
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t size = slash ? (size_t)(slash - text) : strlen(text);
	struct prefix p = {.family = strchr(text, ':') ? 6 : 4};
	if (size >= sizeof address)
		return ERR_SYNTAX;
	memcpy(address, text, size);
	address[size] = 0;
	p.length = (uint8_t)bits_of(p.family);
	if (inet_pton(p.family == 4 ? AF_INET : AF_INET6, address, p.at) != 1)
		return ERR_SYNTAX;
	if (slash && !read_length(slash + 1, p.family, &p.length))
		return ERR_SYNTAX;
	enum err err = prefix_check(&p);
	if (!err)
		*ret_prefix = p;
	return err;
}

void prefix_text(const struct prefix *p, char ret_text[PREFIX_TEXT_BYTES])
{
	char address[INET6_ADDRSTRLEN] = "?";
	inet_ntop(p->family == 4 ? AF_INET : AF_INET6, p->at, address, sizeof address);
	if (prefix_is_one(p))
		snprintf(ret_text, PREFIX_TEXT_BYTES, "%s", address);
	else
		snprintf(ret_text, PREFIX_TEXT_BYTES, "%s/%u", address, p->length);
}

struct prefix prefix_of_address(uint8_t family, const uint8_t *at)
{
	struct prefix p = {.family = family, .length = (uint8_t)bits_of(family)};
	memcpy(p.at, at, bits_of(family) / 8);
	return p;
}

bool prefix_is_one(const struct prefix *p)
{
	return p->length == bits_of(p->family);
}

bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return a->family == b->family && a->length == b->length &&
	       memcmp(a->at, b->at, PREFIX_BYTES) == 0;
}

bool prefix_covers(const struct prefix *outer, const struct prefix *inner)
{
	if (outer->family != inner->family || outer->length > inner->length)
		return false;
	unsigned whole = outer->length / 8, rest = outer->length % 8;
	if (memcmp(outer->at, inner->at, whole) != 0)
		return false;
	return !rest || (outer->at[whole] ^ inner->at[whole]) >> (8 - rest) == 0;
}

bool prefix_overlaps(const struct prefix *a, const struct prefix *b)
{
	return prefix_covers(a, b) || prefix_covers(b, a);
}

bool prefix_is_private(const struct prefix *prefix)
{
	static const char *const ranges[] = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
		"127.0.0.0/8", "169.254.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10", "::1"};
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
		struct prefix range;
		if (prefix_parse(ranges[i], &range) == OK && prefix_overlaps(&range, prefix))
			return true;
	}
	return false;
}
