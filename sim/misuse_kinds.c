#include "misuse.h"

#include <stdio.h>
#include <string.h>

const struct misuse_kind misuse_kinds[] = {
	{WHY_SNOOP, "out of curiosity: neighbours, colleagues, anybody"},
	{WHY_FAMILY, "somebody of one's own household"},
	{WHY_SELF, "one's own record"},
	{WHY_VIP, "somebody known to all, by several within days"},
	{WHY_MASS, "many records in one sitting"},
	{WHY_DRIP, "a few each day, for weeks"},
	{WHY_NIGHT, "at night, off duty"},
	{WHY_BORROWED, "with the account of a colleague who is not there"},
};
const size_t misuse_kind_count = sizeof misuse_kinds / sizeof *misuse_kinds;

static unsigned bit_of(const char *word, size_t length)
{
	for (size_t i = 0; i < misuse_kind_count; i++) {
		const char *name = why_texts[misuse_kinds[i].why];
		if (strlen(name) == length && memcmp(name, word, length) == 0)
			return 1u << misuse_kinds[i].why;
	}
	return 0;
}

int misuse_parse(const char *text, unsigned *ret_bits)
{
	unsigned bits = 0;
	if (strcmp(text, "none") == 0 || strcmp(text, "all") == 0) {
		for (size_t i = 0; i < misuse_kind_count && *text == 'a'; i++)
			bits |= 1u << misuse_kinds[i].why;
		*ret_bits = bits;
		return 1;
	}
	for (const char *at = text;; at++) {
		size_t length = strcspn(at, ",");
		unsigned bit = bit_of(at, length);
		if (!bit) {
			fprintf(stderr,
				"hospital-sim: there is no misuse called '%.*s'; see --help\n",
				(int)length, at);
			return 0;
		}
		bits |= bit;
		at += length;
		if (!*at)
			break;
	}
	*ret_bits = bits;
	return 1;
}
