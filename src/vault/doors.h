// doors: where requests come in: the gate's workers, and connections of the command line.
//
// Each door is a channel. A request whose body is complete is handed to serve; its answer goes back
// through the door it came by, or nowhere when that door has gone. A door that says what does not
// fit the table is closed, and everything that waited for it is forgotten. While the vault is
// closed (closed.h) every request is refused here.
#pragma once

#include "common/io/wire.h"
#include "vault/serve/exchange.h"

#include <event2/event.h>

struct door;

struct doors {
	struct event_base *base;
	struct vault *vault;  // serve's; outlives the doors
	struct event *settle; // made active whenever something was taken or answered
	struct door *first;
	const char *closed; // why everything is refused, for the command line; else NULL
};

void doors_open(
	struct doors *doors, const struct wire *wire, enum entrance entrance); // owns wire->fd
void doors_close(struct doors *doors);
// For vault_parts: queues the answer of `x` for whoever asked.
void doors_deliver(void *context, struct exchange *x);
// Sends what was queued: one write for each door, however many answers.
void doors_flush(struct doors *doors);
