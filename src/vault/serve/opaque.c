#include "vault/serve/opaque.h"

#include "common/crypto/crypto.h"

#include <stdio.h>
#include <string.h>

struct opaque opaque_of(struct mac *key, const char *id)
{
	struct opaque opaque;
	snprintf(opaque.text, sizeof opaque.text, "%016llx",
		(unsigned long long)mac_token(key, bytes_text(id)));
	return opaque;
}

bool opaque_is(struct mac *key, const char *id, const char *digits)
{
	return id && *id && digits && strcmp(opaque_of(key, id).text, digits) == 0;
}

bool opaque_digits(const char *text)
{
	return strlen(text) == OPAQUE_DIGITS && strspn(text, "0123456789abcdef") == OPAQUE_DIGITS;
}
