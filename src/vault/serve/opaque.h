// opaque: the numbers by which watch knows people. Made with a key that watch has not, so it cannot
// tell whose they are, nor make one.
#pragma once

#include <stdbool.h>

struct mac;

enum {
	OPAQUE_DIGITS = 16
};

struct opaque {
	char text[OPAQUE_DIGITS + 1]; // lower case hex
};

// Of an account or a patient, by id. `key` is the vault's (parts.h).
struct opaque opaque_of(struct mac *key, const char *id);
// Is this the one behind the number? Nobody ("", NULL) is behind none.
bool opaque_is(struct mac *key, const char *id, const char *digits);
// Could it be such a number?
bool opaque_digits(const char *text);
