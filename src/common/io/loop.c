#include "common/io/loop.h"

#include <stdio.h>
#include <string.h>

static void on_readable(evutil_socket_t fd, short what, void *context)
{
	struct peer *peer = context;
	struct channel *channel = peer->channel;
	struct frame frame;
	(void)fd;
	(void)what;
	bool ended = false;
	peer->ended = &ended;
	enum err err = channel_fill(channel);
	while (!ended && channel_next(channel, &frame))
		peer->frame(peer, &frame);
	if (ended)
		return; // a handler did; the peer's memory may be gone
	peer->ended = NULL;
	if (channel_broken(channel))
		peer->gone(peer, channel_broken(channel));
	else if (err)
		peer->gone(peer, err_text(err));
}

void peer_flush(struct peer *peer)
{
	enum err err = channel_flush(peer->channel);
	if (err) {
		peer->gone(peer, err_text(err));
		return;
	}
	if (channel_queued_bytes(peer->channel))
		event_add(peer->writable, NULL);
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	peer_flush(context);
}

enum err peer_init(struct peer *peer, struct event_base *base, int fd,
	const struct message_table *table, uint8_t receives)
{
	peer->channel = channel_new(fd, table, receives);
	peer->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, peer);
	peer->writable = event_new(base, fd, EV_WRITE, on_writable, peer);
	if (peer->readable && peer->writable && event_add(peer->readable, NULL) == 0)
		return OK;
	peer_done(peer);
	return ERR_IO;
}

void peer_done(struct peer *peer)
{
	if (peer->ended)
		*peer->ended = true;
	peer->ended = NULL;
	if (peer->readable)
		event_free(peer->readable);
	if (peer->writable)
		event_free(peer->writable);
	channel_free(peer->channel);
	peer->readable = peer->writable = NULL;
	peer->channel = NULL;
}

static void on_control(evutil_socket_t fd, short what, void *context)
{
	static struct wire wire; // 8 KiB, and never two at a time
	struct control *control = context;
	enum err err;
	(void)what;
	while (!(err = wire_receive(fd, &wire))) {
		if (wire.kind == WIRE_STOP)
			event_base_loopexit(control->base, NULL);
		else
			control->message(control->context, &wire);
		if (wire.kind == WIRE_KEY)
			explicit_bzero(wire.text, sizeof wire.text);
	}
	if (err != ERR_BUSY) // the parent is gone: so is everything else
		event_base_loopexit(control->base, NULL);
}

enum err control_init(struct control *control, struct event_base *base)
{
	control->base = base;
	control->event = event_new(base, CONTROL_FD, EV_READ | EV_PERSIST, on_control, control);
	return control->event && event_add(control->event, NULL) == 0 ? OK : ERR_IO;
}

void control_done(struct control *control)
{
	if (control->event)
		event_free(control->event);
	control->event = NULL;
}

void control_forged(const char *words, uint32_t count)
{
	struct wire wire = {.kind = WIRE_FORGED, .value = count, .fd = -1};
	snprintf(wire.text, sizeof wire.text, "%s", words);
	(void)!wire_send(CONTROL_FD, &wire); // it stands in the log as well
}

void control_ready(int landlock_abi)
{
	const struct wire ready = {.kind = WIRE_READY, .value = (uint32_t)landlock_abi, .fd = -1};
	(void)!wire_send(CONTROL_FD, &ready); // without a parent nobody needs to know
}
