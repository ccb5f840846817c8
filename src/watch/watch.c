#include "watch/watch.h"

#include "common/base/log.h"
#include "common/base/time.h"
#include "common/io/loop.h"
#include "common/io/sandbox.h"
#include "watch/activity.h"
#include "watch/warden.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	PULL_MS = 200,
	REPORT_MS = 2000,
	HISTORY = 100000
};

struct role {
	char place_path[512];
	struct event_base *base;
	struct control control;
	struct event *pull, *report;
	struct peer vault;
	bool has_vault, asked;
	struct activity *activity;
	struct warden warden;
	uint64_t place, size, saved;
};

// The place is a file with a number: written beside and renamed, so it is always one or the other.
static void place_save(struct role *role)
{
	char next[544], text[32];
	if (role->place == role->saved)
		return;
	snprintf(next, sizeof next, "%s.next", role->place_path);
	int size = snprintf(text, sizeof text, "%llu\n", (unsigned long long)role->place);
	int fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool fine = fd >= 0 && write(fd, text, (size_t)size) == size;
	if (fd >= 0)
		close(fd);
	if (fine && rename(next, role->place_path) == 0)
		role->saved = role->place;
	else
		log_error("the place in the trail cannot be kept");
}

// Starts some way before the place: counting again what the last hours hold gives the same counts.
static void place_load(struct role *role)
{
	char text[32] = "";
	int fd = open(role->place_path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		ssize_t got = read(fd, text, sizeof text - 1);
		close(fd);
		(void)got;
	}
	role->saved = strtoull(text, NULL, 10);
	role->place = role->saved > HISTORY ? role->saved - HISTORY : 0;
}

static void pull(struct role *role)
{
	if (!role->has_vault || role->asked)
		return;
	role->asked = true;
	feed_pull_send(role->vault.channel, role->place, FEED_BATCH);
	peer_flush(&role->vault);
}

static void vault_frame(struct peer *peer, const struct frame *frame)
{
	static struct feed_event events[FEED_BATCH];
	struct role *role = peer->owner;
	size_t count;
	uint64_t next, size;
	if (frame->type == FEED_ORDER) {
		if (warden_order(&role->warden, frame->payload))
			peer->gone(peer, "an order that cannot be read");
		return;
	}
	if (feed_events_parse(frame->payload, events, &count, &next, &size)) {
		peer->gone(peer, "events that cannot be read");
		return;
	}
	for (size_t i = 0; i < count; i++)
		activity_count(role->activity, &events[i]);
	role->place = next;
	role->size = size;
	role->asked = false;
	if (next < size)
		pull(role);
}

static void vault_gone(struct peer *peer, const char *why)
{
	struct role *role = peer->owner;
	log_info("the vault went away: %s", why);
	peer_done(peer);
	role->has_vault = false;
	role->warden.vault = NULL;
}

static void on_answered(struct warden *warden)
{
	struct role *role = warden->owner;
	peer_flush(&role->vault);
}

static void on_message(void *context, const struct wire *wire)
{
	struct role *role = context;
	if (wire->kind == WIRE_CHANNEL && wire->fd >= 0 && strcmp(wire->text, "guard") == 0) {
		warden_open(&role->warden, wire);
		return;
	}
	if (wire->kind != WIRE_CHANNEL || wire->fd < 0 || strcmp(wire->text, "vault") != 0) {
		if (wire->fd >= 0)
			close(wire->fd);
		return;
	}
	if (role->has_vault)
		vault_gone(&role->vault, "replaced");
	role->vault = (struct peer){.frame = vault_frame, .gone = vault_gone, .owner = role};
	role->has_vault =
		peer_init(&role->vault, role->base, wire->fd, &feed_table, MESSAGE_BACK) == OK;
	role->asked = false;
	role->warden.vault = role->has_vault ? role->vault.channel : NULL;
}

static void on_pull(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	pull(context);
}

static void on_report(evutil_socket_t fd, short what, void *context)
{
	struct role *role = context;
	(void)fd;
	(void)what;
	place_save(role);
	if (!role->has_vault)
		return;
	activity_json(role->activity, time_now_us(), role->place, role->size,
		channel_begin(role->vault.channel, FEED_ACTIVITY));
	channel_end(role->vault.channel);
	peer_flush(&role->vault);
}

static struct event *every(struct role *role, int ms, event_callback_fn handler)
{
	const struct timeval interval = {ms / 1000, ms % 1000 * 1000};
	struct event *event = event_new(role->base, -1, EV_PERSIST, handler, role);
	if (!event || event_add(event, &interval) != 0)
		abort();
	return event;
}

static enum err confine(const char *dir, int *ret_landlock_abi)
{
	static const char *const calls[] = {
		"openat", "unlink", "rename", "renameat", "renameat2", NULL};
	const struct sandbox_path paths[] = {{dir, SANDBOX_READ | SANDBOX_WRITE}};
	const struct sandbox sandbox = {.paths = paths, .path_count = 1, .calls = calls};
	struct sandbox_report report;
	enum err err = sandbox_enter(&sandbox, &report);
	if (err)
		log_error("this role cannot be confined: %s", err_text(err));
	else
		log_info("confined: seccomp, Landlock %d, no capabilities%s%s", report.landlock_abi,
			*report.missing ? "; lacking: " : "", report.missing);
	*ret_landlock_abi = err ? 0 : report.landlock_abi;
	return err;
}

int watch_main(const struct config *config)
{
	static struct role role;
	char dir[480];
	int landlock_abi;
	log_init("watch", LOG_LEVEL_INFO);
	snprintf(dir, sizeof dir, "%s/watch", config->state);
	snprintf(role.place_path, sizeof role.place_path, "%s/place", dir);
	if (confine(dir, &landlock_abi))
		return 1;
	role.base = event_base_new();
	if (!role.base)
		return 1;
	role.activity = activity_new();
	role.warden = (struct warden){.base = role.base, .answered = on_answered, .owner = &role};
	place_load(&role);
	role.control.message = on_message;
	role.control.context = &role;
	if (control_init(&role.control, role.base))
		return 1;
	role.pull = every(&role, PULL_MS, on_pull);
	role.report = every(&role, REPORT_MS, on_report);
	control_ready(landlock_abi);
	event_base_dispatch(role.base);
	place_save(&role);
	activity_free(role.activity);
	return 0;
}
