#include "vault/doors.h"

#include "common/base/log.h"
#include "common/io/loop.h"
#include "common/message/door.h"
#include "vault/serve/serve.h"

#include <stdlib.h>
#include <string.h>

enum {
	MOST_OPEN = 4096
};

struct door {
	struct peer peer;
	struct door *next;
	struct doors *doors;
	enum entrance entrance;
	uint32_t uid;
	struct exchange *open; // whose bodies are not complete
	size_t open_count;
	bool dirty; // answers wait to be flushed
};

static void settle_soon(struct doors *doors)
{
	event_active(doors->settle, 0, 0);
}

void doors_deliver(void *context, struct exchange *x)
{
	struct door *door = x->client;
	const struct door_answer answer = {.id = x->ask.id,
		.status = x->status,
		.headers = x->headers,
		.header_count = x->header_count};
	(void)context;
	if (!channel_has_room(door->peer.channel, exchange_answer(x).size)) {
		static const char words[] =
			"{\"error\":\"busy\",\"message\":\"Too much is being answered "
			"at once; try again in a second.\"}";
		const struct door_answer busy = {.id = x->ask.id, .status = 503};
		(void)!door_answer_send(door->peer.channel, &busy, bytes_text(words));
	} else if (door_answer_send(door->peer.channel, &answer, exchange_answer(x))) {
		static const char words[] =
			"{\"error\":\"too-large\",\"message\":\"The answer is too large.\"}";
		const struct door_answer too_large = {.id = x->ask.id, .status = 500};
		(void)!door_answer_send(door->peer.channel, &too_large, bytes_text(words));
	}
	door->dirty = true;
	settle_soon(door->doors);
}

// Whoever comes through the gate may be anybody: what is wrong is for those at the server.
static void refuse(struct door *door, struct exchange *x)
{
	if (door->entrance == ENTRANCE_LOCAL)
		answer_error(x, 503, "unavailable", "The vault is closed: %s", door->doors->closed);
	else
		answer_error(x, 503, "unavailable",
			"The records are closed. Somebody at the server has to look: hospitaller "
			"status says what is wrong.");
	doors_deliver(NULL, x);
	exchange_free(x);
}

static void take_whole(struct door *door, struct exchange *x)
{
	if (x->body.size < x->ask.body_size) {
		x->next = door->open;
		door->open = x;
		door->open_count++;
		return;
	}
	if (door->doors->closed)
		refuse(door, x);
	else
		serve_take(door->doors->vault, x);
	settle_soon(door->doors);
}

static void on_ask(struct door *door, struct bytes payload)
{
	struct exchange *x = exchange_new(&door->doors->vault->arenas);
	enum err err = door->open_count < MOST_OPEN ? door_ask_parse(payload, x->arena, &x->ask)
						    : ERR_LIMIT;
	if (err) {
		exchange_free(x);
		door->peer.gone(&door->peer, "an ask that cannot be read");
		return;
	}
	x->client = door;
	x->entrance = door->entrance;
	x->local_uid = door->uid;
	buf_add_bytes(&x->body, x->ask.body_first);
	x->ask.body_first = bytes_of(NULL, 0); // the message it lies in goes
	take_whole(door, x);
}

static struct exchange *open_remove(struct door *door, uint32_t id)
{
	for (struct exchange **at = &door->open; *at; at = &(*at)->next) {
		struct exchange *x = *at;
		if (x->ask.id != id)
			continue;
		*at = x->next;
		door->open_count--;
		return x;
	}
	return NULL;
}

static void on_body(struct door *door, struct bytes payload)
{
	uint32_t id;
	struct bytes more;
	if (door_more_parse(payload, &id, &more))
		return;
	struct exchange *x = open_remove(door, id);
	if (!x)
		return; // it was taken back
	if (more.size > x->ask.body_size - x->body.size) {
		exchange_free(x);
		door->peer.gone(&door->peer, "a body longer than was said");
		return;
	}
	buf_reserve(&x->body, x->ask.body_size - x->body.size);
	buf_add_bytes(&x->body, more);
	take_whole(door, x);
}

static void on_cancel(struct door *door, struct bytes payload)
{
	uint32_t id;
	struct bytes none;
	if (door_more_parse(payload, &id, &none))
		return;
	exchange_free(open_remove(door, id));
	serve_forget(door->doors->vault, door, &id);
}

static void door_frame(struct peer *peer, const struct frame *frame)
{
	struct door *door = peer->owner;
	if (frame->type == DOOR_ASK)
		on_ask(door, frame->payload);
	else if (frame->type == DOOR_ASK_BODY)
		on_body(door, frame->payload);
	else
		on_cancel(door, frame->payload);
}

static void door_gone(struct peer *peer, const char *why)
{
	struct door *door = peer->owner;
	struct doors *doors = door->doors;
	if (door->entrance == ENTRANCE_GATE)
		log_info("a worker of the gate went away: %s", why);
	serve_forget(doors->vault, door, NULL);
	while (door->open)
		exchange_free(open_remove(door, door->open->ask.id));
	for (struct door **at = &doors->first; *at; at = &(*at)->next)
		if (*at == door) {
			*at = door->next;
			break;
		}
	peer_done(peer);
	free(door);
}

void doors_open(struct doors *doors, const struct wire *wire, enum entrance entrance)
{
	struct door *door = calloc(1, sizeof *door);
	if (!door)
		abort();
	door->doors = doors;
	door->entrance = entrance;
	door->uid = wire->value;
	door->peer = (struct peer){.frame = door_frame, .gone = door_gone, .owner = door};
	if (peer_init(&door->peer, doors->base, wire->fd, &door_table, MESSAGE_FORTH)) {
		free(door);
		return;
	}
	door->next = doors->first;
	doors->first = door;
}

void doors_flush(struct doors *doors)
{
	for (struct door *door = doors->first, *next; door; door = next) {
		next = door->next;
		if (!door->dirty)
			continue;
		door->dirty = false;
		peer_flush(&door->peer);
	}
}

void doors_close(struct doors *doors)
{
	while (doors->first)
		door_gone(&doors->first->peer, "stopping");
}
