// bond: the key by which guard knows the vault's orders (common/message/ward_proof.h).
//
// Made anew whenever one of the two became ready and the other is; given to these two and to nobody
// else; kept nowhere here. So whoever was started again has a key that the other has, too, and
// orders from before it count for nothing.
#pragma once

#include "common/base/err.h"
#include "parent/child.h"

// Both are ready. The error of whichever could not be told; then orders are refused until the next
// start of either.
enum err bond_renew(const struct child *vault, const struct child *guard);
