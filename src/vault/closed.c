#include "vault/closed.h"

#include "common/base/log.h"
#include "common/io/loop.h"
#include "vault/doors.h"
#include "vault/serve/serve.h"

#include <string.h>
#include <unistd.h>

struct closed {
	struct event_base *base;
	struct control control;
	struct event *settle, *retry;
	struct vault vault; // that nothing is asked of
	struct doors doors;
};

static void on_message(void *context, const struct wire *wire)
{
	struct closed *c = context;
	if (wire->kind == WIRE_CHANNEL && wire->fd >= 0 && strcmp(wire->text, "gate") == 0)
		doors_open(&c->doors, wire, ENTRANCE_GATE);
	else if (wire->kind == WIRE_LOCAL && wire->fd >= 0)
		doors_open(&c->doors, wire, ENTRANCE_LOCAL);
	else if (wire->fd >= 0)
		close(wire->fd);
}

static void on_settle(evutil_socket_t fd, short what, void *context)
{
	struct closed *c = context;
	(void)fd;
	(void)what;
	doors_flush(&c->doors);
}

static void on_retry(evutil_socket_t fd, short what, void *context)
{
	struct closed *c = context;
	(void)fd;
	(void)what;
	event_base_loopexit(c->base, NULL);
}

int closed_run(const char *why, int landlock_abi)
{
	static struct closed c;
	static const struct timeval later = {.tv_sec = CLOSED_TRY_S};
	log_error("%s Until then the vault answers nothing; it tries again every %d seconds.", why,
		CLOSED_TRY_S);
	c.base = event_base_new();
	if (!c.base)
		return 1;
	c.settle = event_new(c.base, -1, 0, on_settle, &c);
	c.retry = event_new(c.base, -1, 0, on_retry, &c);
	c.doors = (struct doors){
		.base = c.base, .vault = &c.vault, .settle = c.settle, .closed = why};
	c.control = (struct control){.message = on_message, .context = &c};
	if (!c.settle || !c.retry || event_add(c.retry, &later) != 0 ||
		control_init(&c.control, c.base))
		return 1;
	control_ready(landlock_abi); // so that whoever asks is answered
	event_base_dispatch(c.base);
	doors_close(&c.doors);
	return 1;
}
