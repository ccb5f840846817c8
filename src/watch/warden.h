// warden: watch's side of guard. Passes on what the vault has people order, once it is on the
// trail, and what guard says came of it. When guard is not there an order is refused; nothing waits
// for it.
#pragma once

#include "common/io/loop.h"
#include "common/message/feed.h"
#include "common/message/ward.h"

struct warden {
	struct event_base *base;
	struct peer guard;
	bool has_guard;
	struct channel *vault;                   // where answers go; NULL while the vault is away
	void (*answered)(struct warden *warden); // something was queued there
	void *owner;
	// What guard counts, as watch itself asked for it (warden_pull); and what ended by itself.
	void (*counted)(void *context, const struct ward_counters *counters);
	void (*expired)(void *context, const struct ward_answer *answer);
	void *context;
};

void warden_open(
	struct warden *warden, const struct wire *wire); // owns wire->fd; replaces one before
void warden_pull(struct warden *warden);                 // does nothing while guard is away
// An order as the feed carries it. ERR_SYNTAX, ERR_INVALID: it is none.
enum err warden_order(struct warden *warden, struct bytes payload);
