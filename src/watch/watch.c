#include "watch/watch.h"

#include "common/base/log.h"
#include "common/base/time.h"
#include "common/io/loop.h"
#include "common/io/sandbox.h"
#include "watch/access/access.h"
#include "watch/activity.h"
#include "watch/casebook.h"
#include "watch/conductor.h"
#include "watch/detector.h"
#include "watch/messenger.h"
#include "watch/question.h"
#include "watch/warden.h"

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

struct role {
	struct event_base *base;
	struct control control;
	struct event *pull, *report;
	struct peer vault;
	bool has_vault, asked;
	struct activity *activity;
	struct access *access;
	struct detector *detector;
	struct casebook *casebook;
	uint64_t place, size;
	bool failed;
	struct messenger messenger;
	struct warden warden;
	struct watch_parts parts; // for questions
	struct conductor *conductor;
};

static void pull(struct role *role)
{
	if (!role->has_vault || role->asked || !detector_ready(role->detector))
		return;
	role->asked = true;
	feed_pull_send(role->vault.channel, role->place, FEED_BATCH);
	peer_flush(&role->vault);
}

// What is waiting to be explained; the events go on meanwhile.
static void ask_explanations(struct role *role)
{
	static struct feed_wish wishes[FEED_WISHES];
	if (!role->has_vault)
		return;
	size_t count = access_wishes(role->access, wishes);
	if (count) {
		feed_explain_send(role->vault.channel, wishes, count);
		peer_flush(&role->vault);
	}
}

static void take_explanations(struct role *role, struct bytes payload)
{
	static struct feed_explained list[FEED_WISHES];
	size_t count;
	if (feed_explained_parse(payload, list, &count) ||
		access_explained(role->access, list, count) == ERR_INVALID) {
		role->vault.gone(&role->vault, "explanations that nobody asked for");
		return;
	}
	ask_explanations(role);
}

// What was found: at once, so that nobody waits for the next report.
static void tell(struct role *role)
{
	if (!role->has_vault) // it went away while something else was sent
		return;
	detector_tell(role->detector, channel_begin(role->vault.channel, FEED_FINDINGS));
	channel_end(role->vault.channel);
	peer_flush(&role->vault);
}

static void tell_courier(struct role *role)
{
	if (!role->has_vault)
		return;
	messenger_json(&role->messenger, channel_begin(role->vault.channel, FEED_COURIER));
	channel_end(role->vault.channel);
	peer_flush(&role->vault);
}

// The parent starts the role again, and it finds again what could not be kept.
static void give_up(struct role *role)
{
	role->failed = true;
	event_base_loopbreak(role->base);
}

// Somebody at the server wants to see whether a destination works.
static void test_errand(struct role *role, struct bytes payload)
{
	static const char content[] = "This is a test errand of Hospitaller. When you can read "
				      "it, this destination works.\n";
	struct errand errand = {.kind = ERRAND_TEST,
		.severity = 6,
		.subject = "Test errand of Hospitaller",
		.type = "text/plain; charset=utf-8"};
	if (feed_test_parse(payload, &errand.id, errand.destination) ||
		!errand_is_name(errand.destination))
		return; // the command sees that nothing came of it
	enum err err = messenger_submit(&role->messenger, &errand, bytes_text(content));
	if (err)
		log_warning("a test errand cannot be submitted: %s", err_text(err));
}

// Whatever is no batch of events. False: it is one.
static bool other_frame(struct role *role, struct peer *peer, const struct frame *frame)
{
	struct feed_acted acted;
	switch (frame->type) {
	case FEED_EXPLAINED:
		take_explanations(role, frame->payload);
		return true;
	case FEED_TEST:
		test_errand(role, frame->payload);
		return true;
	case FEED_ORDER:
		if (warden_order(&role->warden, frame->payload))
			peer->gone(peer, "an order that cannot be read");
		return true;
	case FEED_ACTED:
		if (feed_acted_parse(frame->payload, &acted))
			peer->gone(peer, "an answer that cannot be read");
		else if (conductor_acted(role->conductor, &acted))
			give_up(role);
		return true;
	case FEED_NOTED:
		if (casebook_noted(role->casebook, frame->payload))
			peer->gone(peer, "a place that cannot be read");
		return true;
	case FEED_QUESTION:
		if (question_answer(&role->parts, frame->payload, peer->channel))
			peer->gone(peer, "a question that cannot be read");
		else
			peer_flush(peer);
		return true;
	default:
		return false;
	}
}

static void vault_frame(struct peer *peer, const struct frame *frame)
{
	static struct feed_event events[FEED_BATCH];
	struct role *role = peer->owner;
	size_t count;
	uint64_t next, size;
	if (other_frame(role, peer, frame))
		return;
	if (feed_events_parse(frame->payload, events, &count, &next, &size)) {
		peer->gone(peer, "events that cannot be read");
		return;
	}
	for (size_t i = 0; i < count; i++) {
		activity_count(role->activity, &events[i]);
		access_event(role->access, &events[i]);
	}
	if (next >= size)
		access_time(role->access, time_now_us());
	if (detector_events(role->detector, events, count, next, size) ||
		casebook_take(role->casebook, role->detector) || conductor_take(role->conductor)) {
		give_up(role);
		return;
	}
	if (casebook_list(role->casebook, role->access))
		log_error("the list cannot be kept; it is tried again");
	ask_explanations(role);
	role->place = next;
	role->size = size;
	role->asked = false;
	if (detector_news(role->detector))
		tell(role);
	if (next < size)
		pull(role);
}

static void vault_gone(struct peer *peer, const char *why)
{
	struct role *role = peer->owner;
	log_info("the vault went away: %s", why);
	peer_done(peer);
	role->has_vault = false;
	access_unanswered(role->access);
	role->warden.vault = NULL;
	casebook_vault_gone(role->casebook);
	conductor_vault(role->conductor, NULL);
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
	if (role->has_vault)
		vault_gone(&role->vault, "replaced");
	role->vault = (struct peer){.frame = vault_frame, .gone = vault_gone, .owner = role};
	role->has_vault =
		peer_init(&role->vault, role->base, wire->fd, &feed_table, MESSAGE_BACK) == OK;
	role->asked = false;
	role->warden.vault = role->has_vault ? role->vault.channel : NULL;
	conductor_vault(role->conductor, role->has_vault ? &role->vault : NULL);
}

static void on_pull(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct role *role = context;
	if (detector_often(role->detector, &role->messenger)) {
		give_up(role);
		return;
	}
	pull(role);
	if (role->has_vault) {
		casebook_tell(role->casebook, role->vault.channel);
		peer_flush(&role->vault);
	}
	if (role->messenger.changed)
		tell_courier(role);
}

static void queue_send(struct role *role)
{
	struct buf json = {0};
	access_json(role->access, &json);
	if (json.size <= FEED_QUEUE_BYTES) {
		buf_add_bytes(channel_begin(role->vault.channel, FEED_QUEUE), buf_bytes(&json));
		channel_end(role->vault.channel);
	} else {
		log_error("the queue is larger than a message");
	}
	buf_done(&json);
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
		give_up(role);
	if (access_save(role->access))
		log_error("the queue cannot be stored");
	if (!role->has_vault || role->failed)
		return;
	ask_explanations(role);
	if (!role->has_vault)
		return;
	queue_send(role);
	struct buf *out = channel_begin(role->vault.channel, FEED_ACTIVITY);
	activity_json(role->activity, time_now_us(), role->place, role->size, out);
	out->size--; // the brace: more follows
	buf_add_text(out, ",");
	detector_brief(role->detector, out);
	buf_add_text(out, "}");
	channel_end(role->vault.channel);
	tell(role);
	tell_courier(role);
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

// What the database has not counted is read again, from the beginning if need be.
static enum err open_access(struct role *role, const char *dir)
{
	char path[512], problem[256];
	snprintf(path, sizeof path, "%s/access.db", dir);
	const struct access_options options = {
		.path = path, .per_thousand = PER_THOUSAND, .least = LEAST_A_DAY};
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
	if (config_test(config, "watch-three-days-later"))
		time_set_offset_us(3 * 86400 * 1000000ll);
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
