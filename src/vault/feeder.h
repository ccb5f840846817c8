// feeder: tells watch what stands on the trail, without names, and keeps what watch counted.
//
// Watch asks from a sequence number on and is told what is durable. Whom an event is about is a
// number under a key that only the vault has.
#pragma once

#include "common/crypto/crypto.h"
#include "common/io/loop.h"
#include "common/message/ward.h"

#include <jansson.h>

struct ledger;

struct feeder {
	struct event_base *base;
	struct ledger *ledger;
	struct mac *opaque; // turns people into numbers
	struct peer watch;
	bool has_watch;
	json_t *activity; // what watch counted last; NULL before
	// What guard answered: counters where the answer's type says so, else NULL.
	void (*outcome)(void *context, const struct ward_answer *answer,
		const struct ward_counters *counters);
	void *context;
};

void feeder_open(
	struct feeder *feeder, const struct wire *wire); // owns wire->fd; replaces one before
bool feeder_order(struct feeder *feeder, const struct ward_order *order); // false: watch is away
