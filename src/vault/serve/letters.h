// letters: a letter of an incident, from RULES/letters/KIND.md, filled with what is known.
#pragma once

#include "vault/serve/room.h"

struct letter_wish {
	const struct room *room;
	const char *kind;    // authority, hhs, patient, internal, or another file of the folder
	const char *patient; // whom a letter is for, or NULL
};

// In the exchange's arena. NULL: answered that there is no such letter, or what is wrong with it.
const char *letter_write(
	struct vault *vault, struct exchange *exchange, const struct letter_wish *wish);
