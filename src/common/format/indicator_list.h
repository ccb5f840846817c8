// indicator_list: a plain list, one a line: addresses, ranges, domains, URLs, hashes, mixed as they
// come. What follows # or ; behind a space, or begins a line, is a comment. "0.0.0.0 name" as in a
// file of hosts is that name. Defanged spellings (hxxp://, example[.]org) are read as what they
// mean. `agent: text` and `agent part: text` are user agents. A line that is none of this is told
// with its number. Pure.
#pragma once

#include "common/format/indicator.h"

enum {
	INDICATOR_LIST_BYTES = 128 * 1024 * 1024,
	INDICATOR_LINE_BYTES = 2000
};

// ERR_LIMIT; ERR_SYNTAX when it is no text, or when most of its lines are nothing that could be
// known (a page of HTML instead of a list): then nothing was taken.
enum err indicator_list(struct bytes text, const struct indicator_taker *taker);
