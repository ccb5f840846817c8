// phonetic: names that sound alike get the same code, for finding a person by ear.
//
// American Soundex as the US National Archives describe it ("The Soundex Indexing System"): the
// first letter and three digits; h and w do not separate equal codes, vowels do. Diacritics are
// folded first (text_fold), so Müller is Muller. Pure.
#pragma once

#include "common/base/bytes.h"

enum {
	PHONETIC_BYTES = 5
}; // "M460" and a NUL

// False (and an empty code) when the name holds no Latin letter.
bool phonetic_code(struct bytes name, char ret_code[PHONETIC_BYTES]);
