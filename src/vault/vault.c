#include "vault/vault.h"

#include "common/base/log.h"
#include "common/base/time.h"
#include "common/format/json.h"
#include "common/io/loop.h"
#include "common/io/sandbox.h"
#include "vault/acts.h"
#include "vault/closed.h"
#include "vault/doors.h"
#include "vault/explain/explain.h"
#include "vault/feeder.h"
#include "vault/identity/identity.h"
#include "vault/ledger/ledger.h"
#include "vault/orders.h"
#include "vault/parts.h"
#include "vault/records/records.h"
#include "vault/roles.h"
#include "vault/serve/serve.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef HOSPITALLER_VERSION
#define HOSPITALLER_VERSION "0"
#endif

enum {
	TICK_S = 5
};

struct role {
	const struct config *config;
	struct event_base *base;
	struct control control;
	struct event *settle, *trail, *hashed, *committed, *tick;
	struct parts parts;
	struct vault vault;
	struct doors doors;
	struct explain *explain;
	struct feeder feeder;
	struct acts *acts;
	struct orders orders;
	int landlock_abi;
	char roles[WIRE_TEXT_BYTES]; // as the parent told it last
};

// ---- The parent.

static void on_message(void *context, const struct wire *wire)
{
	struct role *role = context;
	if (wire->kind == WIRE_CHANNEL && wire->fd >= 0 && strcmp(wire->text, "gate") == 0)
		doors_open(&role->doors, wire, ENTRANCE_GATE);
	else if (wire->kind == WIRE_CHANNEL && wire->fd >= 0 && strcmp(wire->text, "watch") == 0)
		feeder_open(&role->feeder, wire);
	else if (wire->kind == WIRE_LOCAL && wire->fd >= 0)
		doors_open(&role->doors, wire, ENTRANCE_LOCAL);
	else if (wire->kind == WIRE_ROLES)
		memcpy(role->roles, wire->text, sizeof role->roles);
	else if (wire->kind == WIRE_KEY)
		orders_key(&role->orders, wire->text);
	else if (wire->kind == WIRE_FORGED)
		orders_forged(&role->orders, wire);
	else if (wire->fd >= 0)
		close(wire->fd);
}

static json_t *roles_json(void *context)
{
	struct role *role = context;
	return roles_parse(role->roles);
}

static json_t *activity_json(void *context)
{
	struct role *role = context;
	return role->feeder.activity ? json_incref(role->feeder.activity) : NULL;
}

static json_t *queue_json(void *context)
{
	struct role *role = context;
	return role->feeder.queue ? json_incref(role->feeder.queue) : NULL;
}

static json_t *findings_json(void *context)
{
	struct role *role = context;
	return role->feeder.findings ? json_incref(role->feeder.findings) : NULL;
}

static json_t *courier_json(void *context)
{
	struct role *role = context;
	return role->feeder.courier ? json_incref(role->feeder.courier) : NULL;
}

static enum err courier_test(void *context, uint64_t id, const char *destination)
{
	struct role *role = context;
	return feeder_test(&role->feeder, id, destination);
}

static int risk(void *context, const char *account)
{
	struct role *role = context;
	return feeder_risk(&role->feeder, account);
}

static bool order(void *context, const struct ward_order *what)
{
	struct role *role = context;
	const struct ward_order given = orders_give(&role->orders, what);
	return feeder_order(&role->feeder, &given);
}

static bool ask(void *context, uint64_t ticket, struct bytes question)
{
	struct role *role = context;
	return feeder_ask(&role->feeder, ticket, question);
}

static void replied(void *context, uint64_t ticket, uint16_t status, json_t *json)
{
	struct role *role = context;
	serve_replied(&role->vault, ticket, status, json);
	event_active(role->settle, 0, 0);
}

static void ordered(
	void *context, const struct ward_answer *answer, const struct ward_counters *counters)
{
	struct role *role = context;
	if (!orders_believe(&role->orders, answer, counters))
		return; // whoever waits is told that nothing was heard
	if (counters || !acts_ordered(role->acts, answer))
		serve_ordered(&role->vault, answer, counters);
	event_active(role->settle, 0, 0);
}

// ---- What playbooks have done.

static void on_act(void *context, uint64_t ticket, struct bytes json)
{
	struct role *role = context;
	acts_take(role->acts, ticket, json);
	event_active(role->settle, 0, 0);
}

static void on_watch_gone(void *context)
{
	struct role *role = context;
	acts_forget(role->acts);
}

static void on_acted(void *context, const struct feed_acted *acted)
{
	struct role *role = context;
	feeder_acted(&role->feeder, acted);
}

static void would(
	void *context, const json_t *act, struct arena *arena, struct act_trial *ret_trial)
{
	struct role *role = context;
	acts_would(role->acts, act, arena, ret_trial);
}

static uint64_t next_ticket(void *context)
{
	struct role *role = context;
	return ++role->vault.tickets;
}

// ---- The loop.

// Runs once after everything that woke the loop: one flush of the trail, one commit, one write for
// each door, however many requests came.
static void on_settle(evutil_socket_t fd, short what, void *context)
{
	struct role *role = context;
	(void)fd;
	(void)what;
	serve_settle(&role->vault);
	acts_settle(role->acts);
	doors_flush(&role->doors);
}

static void on_trail(evutil_socket_t fd, short what, void *context)
{
	struct role *role = context;
	uint64_t count;
	(void)what;
	(void)!read(fd, &count, sizeof count);
	serve_trail_advanced(&role->vault);
	event_active(role->settle, 0, 0);
}

static void on_hashed(evutil_socket_t fd, short what, void *context)
{
	struct role *role = context;
	(void)fd;
	(void)what;
	serve_hashed(&role->vault);
	event_active(role->settle, 0, 0);
}

static void on_committed(evutil_socket_t fd, short what, void *context)
{
	struct role *role = context;
	(void)fd;
	(void)what;
	serve_committed(&role->vault);
	event_active(role->settle, 0, 0);
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
	struct role *role = context;
	(void)fd;
	(void)what;
	identity_tick(role->parts.identity, time_now_us());
	serve_orders(&role->vault);
	acts_tick(role->acts);
	event_active(role->settle, 0, 0);
}

// ---- Starting.

static enum err confine(struct role *role)
{
	static const char *const calls[] = {"openat", "open", "unlink", "unlinkat", "rename",
		"renameat", "renameat2", "mkdir", "mkdirat", "rmdir", "fsync", "fdatasync",
		"ftruncate", "fallocate", "fchmod", "fchown", "access", "faccessat", "faccessat2",
		"readlink", "getdents64", "getcwd", "umask", "flock", "fadvise64",
		"sync_file_range", "pwritev", "preadv", "setpriority", NULL};
	const char *state = role->config->state;
	char paths[5][512], witness[512] = "";
	static const char *const names[] = {"records", "trail", "identity", "keys", "run"};
	struct sandbox_path rules[9] = {{role->config->rules, SANDBOX_READ},
		{"/dev/urandom", SANDBOX_READ}, {"/etc/localtime", SANDBOX_READ}};
	size_t count = 3;
	for (size_t i = 0; i < 4; i++) {
		snprintf(paths[i], sizeof paths[i], "%s/%s", state, names[i]);
		rules[count++] = (struct sandbox_path){paths[i], SANDBOX_READ | SANDBOX_WRITE};
	}
	if (*role->config->witness) {
		snprintf(witness, sizeof witness, "%s", role->config->witness);
		char *slash = strrchr(witness, '/');
		if (slash)
			*slash = 0;
		rules[count++] = (struct sandbox_path){witness, SANDBOX_READ | SANDBOX_WRITE};
	}
	if (*role->config->passphrase)
		rules[count++] = (struct sandbox_path){role->config->passphrase, SANDBOX_READ};
	const struct sandbox sandbox = {.paths = rules, .path_count = count, .calls = calls};
	struct sandbox_report report;
	enum err err = sandbox_enter(&sandbox, &report);
	(err ? log_error : log_info)("%s", report.words);
	role->landlock_abi = err ? 0 : report.landlock_abi;
	return err;
}

// Writes whose entries are on the trail, but whose commit did not happen before the process ended.
static void note_start(struct role *role)
{
	uint64_t end = ledger_size(role->parts.ledger),
		 committed = records_trail_end(role->parts.records), lost = 0;
	struct arena *arena = arena_new();
	struct trail_entry note = {.time_us = time_now_us(),
		.kind = TRAIL_SYSTEM,
		.action = TRAIL_RECOVERED,
		.outcome = TRAIL_ABORTED,
		.actor = "vault",
		.actor_name = "Hospitaller"};
	for (uint64_t seq = committed; seq < end; seq++) {
		struct trail_entry e;
		arena_reset(arena);
		if (ledger_read(role->parts.ledger, seq, arena, &e) || e.outcome != TRAIL_INTENDED)
			continue;
		note.refers_to = seq;
		note.detail = "this change was interrupted before it was stored";
		ledger_append(role->parts.ledger, &note);
		lost++;
	}
	note = (struct trail_entry){.time_us = note.time_us,
		.kind = TRAIL_SYSTEM,
		.action = TRAIL_STARTED,
		.outcome = TRAIL_ALLOWED,
		.actor = "vault",
		.actor_name = "Hospitaller",
		.detail = HOSPITALLER_VERSION};
	ledger_append(role->parts.ledger, &note);
	ledger_flush(role->parts.ledger);
	arena_free(arena);
	if (lost)
		log_warning("%llu interrupted changes were marked on the trail",
			(unsigned long long)lost);
}

static struct event *watch_fd(struct role *role, int fd, event_callback_fn handler)
{
	struct event *event = event_new(role->base, fd, EV_READ | EV_PERSIST, handler, role);
	if (!event || event_add(event, NULL) != 0)
		abort();
	return event;
}

static void start(struct role *role)
{
	role->orders.ledger = role->parts.ledger;
	role->explain = explain_new(role->parts.records, role->parts.ledger);
	const struct vault_parts parts = {.identity = role->parts.identity,
		.ledger = role->parts.ledger,
		.policy = role->parts.policy,
		.records = role->parts.records,
		.lures = role->parts.lures,
		.version = HOSPITALLER_VERSION,
		.rules = role->config->rules,
		.base = role->config->base,
		.started_us = time_now_us(),
		.deliver = doors_deliver,
		.roles = roles_json,
		.activity = activity_json,
		.queue = queue_json,
		.explain = role->explain,
		.findings = findings_json,
		.risk = risk,
		.opaque = role->parts.opaque,
		.courier = courier_json,
		.courier_test = courier_test,
		.order = order,
		.ask = ask,
		.would = would,
		.context = role,
		.keys = &role->parts.place,
		.skip_trail_wait = config_test(role->config, "no-trail-wait"),
		.skip_glass = config_test(role->config, "no-broken-glass")};
	const struct timeval tick = {.tv_sec = TICK_S};
	serve_init(&role->vault, &parts);
	role->settle = event_new(role->base, -1, 0, on_settle, role);
	role->doors =
		(struct doors){.base = role->base, .vault = &role->vault, .settle = role->settle};
	role->feeder = (struct feeder){.base = role->base,
		.ledger = role->parts.ledger,
		.identity = role->parts.identity,
		.explain = role->explain,
		.facts = {.ledger = role->parts.ledger, .opaque = role->parts.opaque},
		.outcome = ordered,
		.act = on_act,
		.gone = on_watch_gone,
		.replied = replied,
		.context = role};
	const struct acts_owner owner = {on_acted, order, next_ticket, role};
	role->acts = acts_new(&role->parts, &owner);
	role->trail = watch_fd(role, ledger_event_fd(role->parts.ledger), on_trail);
	role->hashed = watch_fd(role, worker_event_fd(role->vault.hashing), on_hashed);
	role->committed = watch_fd(role, worker_event_fd(role->vault.committer), on_committed);
	role->tick = event_new(role->base, -1, EV_PERSIST, on_tick, role);
	event_add(role->tick, &tick);
}

// The next start looks for interrupted changes from here on, and not from the last commit.
static void keep_place(struct role *role)
{
	uint64_t end = ledger_size(role->parts.ledger);
	if (records_begin(role->parts.records) || records_commit(role->parts.records, end))
		log_warning(
			"the place in the trail could not be kept: the next start takes longer");
}

static void stop(struct role *role)
{
	struct trail_entry note = {.time_us = time_now_us(),
		.kind = TRAIL_SYSTEM,
		.action = TRAIL_STOPPED,
		.outcome = TRAIL_ALLOWED,
		.actor = "vault",
		.actor_name = "Hospitaller"};
	ledger_append(role->parts.ledger, &note);
	doors_close(&role->doors);
	serve_done(&role->vault);
	keep_place(role);
	acts_free(role->acts);
	orders_done(&role->orders);
	told_done(&role->feeder.facts.told);
	explain_free(role->explain);
	parts_close(&role->parts);
}

int vault_main(const struct config *config)
{
	static struct role role;
	role.config = config;
	mallopt(M_ARENA_MAX, 2); // threads that hash or commit need no heaps of their own
	log_init("vault", LOG_LEVEL_INFO);
	json_init();
	if (confine(&role))
		return 1;
	if (parts_open(&role.parts, config))
		return closed_run(role.parts.why, role.landlock_abi);
	role.base = event_base_new();
	if (!role.base)
		return 1;
	role.control.message = on_message;
	role.control.context = &role;
	note_start(&role);
	start(&role);
	if (control_init(&role.control, role.base))
		return 1;
	control_ready(role.landlock_abi);
	log_info("serving; the trail has %llu entries",
		(unsigned long long)ledger_size(role.parts.ledger));
	event_base_dispatch(role.base);
	log_info("stopping");
	stop(&role);
	return 0;
}
