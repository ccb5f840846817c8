#include "watch/watch.h"

#include "watch/watch_in.h"

#include "common/base/log.h"
#include "common/base/time.h"
#include "common/io/sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	PULL_MS = 200,
	REPORT_MS = 2000,
	PER_THOUSAND = 5, // persons to review, for a thousand staff and a day
	LEAST_A_DAY = 1
};

void watch_give_up(struct role *role)
{
	role->failed = true;
	event_base_loopbreak(role->base);
}

static void on_answered(struct warden *warden)
{
	struct role *role = warden->owner;
	peer_flush(&role->vault);
}

static void on_message(void *context, const struct wire *wire)
{
	struct role *role = context;
	if (wire->kind == WIRE_CHANNEL && wire->fd >= 0 && strcmp(wire->text, "courier") == 0) {
		messenger_open(&role->messenger, wire->fd);
		return;
	}
	if (wire->kind == WIRE_CHANNEL && wire->fd >= 0 && strcmp(wire->text, "guard") == 0) {
		warden_open(&role->warden, wire);
		return;
	}
	if (wire->kind != WIRE_CHANNEL || wire->fd < 0 || strcmp(wire->text, "vault") != 0) {
		if (wire->fd >= 0)
			close(wire->fd);
		return;
	}
	watch_join(role, wire->fd);
}

static void on_pull(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct role *role = context;
	if (detector_often(role->detector, &role->messenger)) {
		watch_give_up(role);
		return;
	}
	watch_pull(role);
}

static void on_report(evutil_socket_t fd, short what, void *context)
{
	struct role *role = context;
	(void)fd;
	(void)what;
	if (conductor_tick(role->conductor) || detector_tick(role->detector) ||
		casebook_take(role->casebook, role->detector) ||
		casebook_notify(role->casebook, &role->messenger) ||
		conductor_take(role->conductor))
		watch_give_up(role);
	if (access_save(role->access))
		log_error("the queue cannot be stored");
	if (role->has_vault && !role->failed)
		watch_report(role);
}

static struct event *every(struct role *role, int ms, event_callback_fn handler)
{
	const struct timeval interval = {ms / 1000, ms % 1000 * 1000};
	struct event *event = event_new(role->base, -1, EV_PERSIST, handler, role);
	if (!event || event_add(event, &interval) != 0)
		abort();
	return event;
}

static enum err confine(const char *dir, const char *rules, int *ret_landlock_abi)
{
	static const char *const calls[] = {"openat", "open", "unlink", "unlinkat", "rename",
		"renameat", "renameat2", "mkdir", "fsync", "fdatasync", "ftruncate", "fallocate",
		"fchmod", "fchown", "access", "faccessat", "faccessat2", "readlink", "getdents64",
		"getcwd", "umask", "fadvise64", "flock", NULL};
	const struct sandbox_path paths[] = {{dir, SANDBOX_READ | SANDBOX_WRITE},
		{rules, SANDBOX_READ}, {"/dev/urandom", SANDBOX_READ}};
	const struct sandbox sandbox = {.paths = paths, .path_count = 3, .calls = calls};
	struct sandbox_report report;
	enum err err = sandbox_enter(&sandbox, &report);
	(err ? log_error : log_info)("%s", report.words);
	*ret_landlock_abi = err ? 0 : report.landlock_abi;
	return err;
}

static void on_access_found(void *context, const struct finding *finding)
{
	struct role *role = context;
	detector_add(role->detector, finding);
}

// What the database has not counted is read again, from the beginning if need be.
static enum err open_access(struct role *role, const char *dir)
{
	char path[512], problem[256];
	snprintf(path, sizeof path, "%s/access.db", dir);
	const struct access_options options = {.path = path,
		.per_thousand = PER_THOUSAND,
		.least = LEAST_A_DAY,
		.found = on_access_found,
		.context = role};
	enum err err = access_open(&options, &role->access, problem);
	if (err)
		log_error("%s: %s", path, problem);
	else if (access_place(role->access) < role->place)
		role->place = access_place(role->access);
	return err;
}

int watch_main(const struct config *config)
{
	static struct role role;
	char dir[480];
	int landlock_abi;
	log_init("watch", LOG_LEVEL_INFO);
	snprintf(dir, sizeof dir, "%s/watch", config->state);
	tzset(); // the hours of the day are the hospital's; afterwards the file is out of reach
	if (confine(dir, config->rules, &landlock_abi))
		return 1;
	const struct detector_places places = {dir, config->rules};
	if (detector_open(&places, &role.detector) || casebook_open(&places, &role.casebook) ||
		casebook_take(role.casebook, role.detector))
		return 1;
	role.base = event_base_new();
	if (!role.base)
		return 1;
	role.activity = activity_new();
	role.began_us = time_now_us();
	role.warden = (struct warden){.base = role.base, .answered = on_answered, .owner = &role};
	role.messenger.base = role.base;
	role.place = detector_from(role.detector);
	if (open_access(&role, dir))
		return 1;
	role.parts = (struct watch_parts){.access = role.access,
		.detector = role.detector,
		.messenger = &role.messenger,
		.warden = &role.warden,
		.casebook = role.casebook};
	if (conductor_open(&places, &role.parts, &role.conductor))
		return 1;
	role.parts.conductor = role.conductor;
	role.control.message = on_message;
	role.control.context = &role;
	if (control_init(&role.control, role.base))
		return 1;
	role.pull = every(&role, PULL_MS, on_pull);
	role.report = every(&role, REPORT_MS, on_report);
	control_ready(landlock_abi);
	event_base_dispatch(role.base);
	conductor_close(role.conductor);
	detector_close(role.detector);
	casebook_close(role.casebook);
	access_close(role.access);
	activity_free(role.activity);
	return role.failed;
}
