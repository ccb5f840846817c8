// loop: the event loop of a role, over libevent: descriptors, timers, signals, channels.
#pragma once

#include "common/io/channel.h"
#include "common/io/wire.h"

#include <event2/event.h>

// A channel with its events. The owner's functions are called from the loop; either may call
// peer_done() and free the memory that the peer is in. After queueing, call peer_flush().
struct peer {
	struct channel *channel;
	struct event *readable, *writable;
	void (*frame)(struct peer *peer, const struct frame *frame);
	void (*gone)(struct peer *peer, const char *why); // frees it
	void *owner;
	bool *ended; // of the reader that is handing out frames, while there is one
};

// Takes over fd. ERR_IO.
enum err peer_init(struct peer *peer, struct event_base *base, int fd,
	const struct message_table *table, uint8_t receives); // five: what a channel needs
void peer_done(struct peer *peer);
void peer_flush(struct peer *peer);

// Calls back for every wire message of the parent until the socket closes; then ends the loop. A
// key is wiped when the callback returns.
struct control {
	struct event *event;
	struct event_base *base;
	void (*message)(void *context, const struct wire *wire); // owns wire->fd
	void *context;
};
enum err control_init(struct control *control, struct event_base *base);
void control_done(struct control *control);
void control_forged(const char *words, uint32_t count); // guard alone: WIRE_FORGED
void control_ready(int landlock_abi); // tells the parent, and how far Landlock confines us
