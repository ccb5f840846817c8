// parts: unlocks the keys and opens policy, ledger, records and identity, in this order.
//
// What cannot be opened is told in a sentence, with what to do, and everything is closed again:
// nothing is served from less than the whole.
#pragma once

#include "common/config/config.h"
#include "vault/keyring/keyring.h"

struct identity;
struct ledger;
struct lures;
struct policy;
struct records;

enum {
	PARTS_WHY_BYTES = 900
};

struct parts {
	const struct config *config; // borrowed
	struct identity *identity;
	struct ledger *ledger;
	struct policy *policy;
	struct records *records;
	struct lures *lures;
	struct mac *opaque; // turns people into numbers for watch
	char keys_dir[512];
	struct keyring_place place; // where the ring is, for rotating
	struct keyring keys;        // wiped before parts_open() returns
	char why[PARTS_WHY_BYTES];  // what could not be opened, and what to do about it
};

enum err parts_open(struct parts *parts, const struct config *config);
void parts_close(struct parts *parts);
