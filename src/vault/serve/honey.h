// honey: what touches an invented patient, account or token is marked on its entry of the trail.
//
// No answer depends on it, nor when it is given: the mark is in the entry alone. The command line
// makes, counts and forgets lures, and marks nothing; nor does looking at the trail
// (docs/lures.md).
#pragma once

#include "vault/serve/exchange.h"

// "honey", "honey-listed" (one of several in an answer, or found by looking for a name), or "".
const char *honey_flags(
	struct vault *vault, const struct exchange *x, const struct trail_entry *entry);
// A token that opened nothing was presented: noted when it is a lure. Nobody waits for the entry,
// else the time of the answer would tell.
void honey_token(struct vault *vault, struct exchange *x);
// The id of the account that `login` or an id names, when it is a lure; else NULL.
const char *honey_account(struct vault *vault, struct exchange *x, const char *login);
