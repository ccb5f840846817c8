#include "guard/guard.h"

#include "common/base/log.h"
#include "common/base/time.h"
#include "common/io/loop.h"
#include "common/io/sandbox.h"
#include "guard/keeper.h"
#include "guard/trust.h"

#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	TICK_MS = 250,
	UNTOLD = 256
};

struct role {
	struct event_base *base;
	struct control control;
	struct event *tick;
	struct peer watch;
	bool has_watch;
	struct keeper keeper;
	struct ward_answer untold[UNTOLD]; // what ended while watch was away
	size_t untold_count;
	struct trust trust;
	uint32_t forged; // orders that the vault did not give, of which it was not told
	int64_t forged_us;
	char forged_words[WARD_WORDS_BYTES];
};

static void tell_counters(struct role *role, uint64_t ticket)
{
	static struct ward_counters counters; // large
	enum err err = keeper_refresh(&role->keeper);
	if (err && err != ERR_UNSUPPORTED)
		log_error("the firewall's table cannot be read: %s", err_text(err));
	size_t at = 0;
	do {
		at = keeper_counters(&role->keeper, at, &counters);
		counters.ticket = ticket;
		trust_counters(&role->trust, &counters, time_monotonic_us());
		ward_counters_put(channel_begin(role->watch.channel, WARD_COUNTERS), &counters);
		channel_end(role->watch.channel);
	} while (at);
}

// Not through watch, which it is about: the parent hands it to the vault.
static void tell_forged(struct role *role)
{
	int64_t now_us = time_monotonic_us();
	if (!role->forged || now_us - role->forged_us < 1000000)
		return;
	log_error("%u orders were refused that the vault did not give, the last: %s", role->forged,
		role->forged_words);
	control_forged(role->forged_words, role->forged);
	role->forged = 0;
	role->forged_us = now_us;
}

static void note_forged(struct role *role, const struct ward_order *order, const char *why)
{
	char address[PREFIX_TEXT_BYTES] = "";
	if (order->prefix.family)
		prefix_text(&order->prefix, address);
	snprintf(role->forged_words, sizeof role->forged_words, "%s%s%s: %s",
		ward_verb_text(order->verb), *address ? " " : "", address, why);
	role->forged += role->forged < UINT32_MAX;
	tell_forged(role);
}

static void carry_out(
	struct role *role, const struct ward_order *order, struct ward_answer *ret_answer)
{
	int64_t now_us = time_monotonic_us();
	enum trust_verdict verdict = trust_order(&role->trust, order, now_us);
	if (verdict == TRUST_FINE) {
		keeper_order(&role->keeper, order, ret_answer);
		log_info("%s: %s", ward_verb_text(order->verb), ret_answer->words);
		return;
	}
	*ret_answer = (struct ward_answer){
		.type = WARD_REFUSED, .ticket = order->ticket, .verb = order->verb};
	snprintf(ret_answer->words, sizeof ret_answer->words, "%s", trust_text(verdict));
	if (trust_alarms(&role->trust, verdict, now_us))
		note_forged(role, order, trust_text(verdict));
}

static void watch_frame(struct peer *peer, const struct frame *frame)
{
	struct role *role = peer->owner;
	struct ward_order order;
	struct ward_answer answer;
	if (ward_order_parse((enum ward_message)frame->type, frame->payload, &order)) {
		peer->gone(peer, "an order that cannot be read");
		return;
	}
	if (order.verb == WARD_PULL) {
		tell_counters(role, order.ticket);
	} else {
		carry_out(role, &order, &answer);
		trust_answer(&role->trust, &answer, time_monotonic_us());
		ward_answer_send(peer->channel, &answer);
	}
	peer_flush(peer);
}

static void watch_gone(struct peer *peer, const char *why)
{
	struct role *role = peer->owner;
	log_info("watch went away: %s", why);
	peer_done(peer);
	role->has_watch = false;
}

static void on_message(void *context, const struct wire *wire)
{
	struct role *role = context;
	if (wire->kind == WIRE_KEY)
		trust_key(&role->trust, wire->text, time_monotonic_us());
	if (wire->kind != WIRE_CHANNEL || wire->fd < 0 || strcmp(wire->text, "watch") != 0) {
		if (wire->fd >= 0)
			close(wire->fd);
		return;
	}
	if (role->has_watch)
		watch_gone(&role->watch, "replaced");
	role->watch = (struct peer){.frame = watch_frame, .gone = watch_gone, .owner = role};
	role->has_watch =
		peer_init(&role->watch, role->base, wire->fd, &ward_table, MESSAGE_FORTH) == OK;
}

static void tell_untold(struct role *role)
{
	for (size_t i = 0; role->has_watch && i < role->untold_count; i++) {
		trust_answer(&role->trust, &role->untold[i], time_monotonic_us());
		ward_answer_send(role->watch.channel, &role->untold[i]);
	}
	if (!role->has_watch || !role->untold_count)
		return;
	role->untold_count = 0;
	peer_flush(&role->watch);
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
	struct role *role = context;
	struct ward_answer answer;
	(void)fd;
	(void)what;
	while (keeper_expired(&role->keeper, &answer)) {
		log_info("%s", answer.words);
		if (role->untold_count < UNTOLD)
			role->untold[role->untold_count++] = answer;
		else
			log_warning("that is told to nobody: watch has been away for too long");
	}
	tell_untold(role);
	tell_forged(role);
}

// The folder of the zones file, and not the file: editors put a new one in its place.
static void folder_of(const char *path, char ret_folder[480])
{
	snprintf(ret_folder, 480, "%s", path);
	char *slash = strrchr(ret_folder, '/');
	if (slash)
		slash[slash == ret_folder] = 0;
	else
		snprintf(ret_folder, 480, "%s", *path ? "." : "");
}

static enum err confine(const char *dir, const char *zones, int *ret_landlock_abi)
{
	static const char *const calls[] = {"openat", "unlink", "rename", "renameat", "renameat2",
		"fsync", "bind", "getsockname", "setsockopt", "select", "pselect6", "access",
		"faccessat", "faccessat2", "getdents64", NULL};
	static const int families[] = {AF_NETLINK, 0};
	char folder[480];
	folder_of(zones, folder);
	const struct sandbox_path paths[] = {{dir, SANDBOX_READ | SANDBOX_WRITE},
		{"/etc/resolv.conf", SANDBOX_READ}, {"/etc/localtime", SANDBOX_READ},
		{folder, SANDBOX_READ}};
	const struct sandbox sandbox = {.paths = paths,
		.path_count = *folder ? 4 : 3,
		.calls = calls,
		.families = families,
		.keeps = sandbox_has_capability(CAP_NET_ADMIN)
				 ? "capability NET_ADMIN alone"
				 : "no capabilities; lacking: NET_ADMIN"};
	struct sandbox_report report;
	enum err err = sandbox_enter(&sandbox, &report);
	(err ? log_error : log_info)("%s", report.words);
	*ret_landlock_abi = err ? 0 : report.landlock_abi;
	return err;
}

static enum err open_keeper(struct role *role, const char *dir, const char *zones)
{
	struct buf notes = {0};
	char *save = NULL;
	enum err err = keeper_open(&role->keeper, dir, zones, &notes);
	if (err)
		log_error("%s cannot be read: %s", dir, err_text(err));
	buf_add(&notes, "", 1);
	for (char *line = strtok_r((char *)notes.at, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save))
		log_warning("%s", line);
	buf_done(&notes);
	if (*role->keeper.unable)
		log_warning("nothing can be contained: %s", role->keeper.unable);
	return err;
}

int guard_main(const struct config *config)
{
	static struct role role;
	static const struct timeval tick = {.tv_usec = TICK_MS * 1000};
	char dir[480];
	int landlock_abi;
	log_init("guard", LOG_LEVEL_INFO);
	snprintf(dir, sizeof dir, "%s/guard", config->state);
	role.keeper.keep_nothing = config_test(config, "no-never-block");
	if (confine(dir, config->zones, &landlock_abi) || open_keeper(&role, dir, config->zones))
		return 1;
	role.base = event_base_new();
	if (!role.base)
		return 1;
	role.control.message = on_message;
	role.control.context = &role;
	role.tick = event_new(role.base, -1, EV_PERSIST, on_tick, &role);
	if (!role.tick || event_add(role.tick, &tick) != 0 ||
		control_init(&role.control, role.base))
		return 1;
	control_ready(landlock_abi);
	event_base_dispatch(role.base);
	keeper_close(&role.keeper);
	return 0;
}
