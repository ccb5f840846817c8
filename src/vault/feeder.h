// feeder: tells watch what stands on the trail, without names, and keeps what watch counted.
//
// Watch asks from a sequence number on and is told what is durable. Whom an event is about is a
// number under a key that only the vault has.
#pragma once

#include "common/crypto/crypto.h"
#include "common/io/loop.h"

#include <jansson.h>

struct ledger;

struct feeder {
	struct event_base *base;
	struct ledger *ledger;
	struct mac *opaque; // turns people into numbers
	struct peer watch;
	bool has_watch;
	json_t *activity; // what watch counted last; NULL before
	json_t *courier;  // what the courier told last; NULL before
};

// ERR_CLOSED when watch is not there.
enum err feeder_test(struct feeder *feeder, uint64_t id, const char *destination);
void feeder_open(
	struct feeder *feeder, const struct wire *wire); // owns wire->fd; replaces one before
