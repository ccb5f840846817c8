#include "vault/vault.h"

#include "common/base/log.h"
#include "common/base/time.h"
#include "common/format/json.h"
#include "common/io/loop.h"
#include "common/io/sandbox.h"
#include "common/message/door.h"
#include "common/message/feed.h"
#include "vault/identity/identity.h"
#include "vault/keyring/keyring.h"
#include "vault/ledger/ledger.h"
#include "vault/policy/policy.h"
#include "vault/records/records.h"
#include "vault/serve/serve.h"

#include <jansson.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef HOSPITALLER_VERSION
#define HOSPITALLER_VERSION "0"
#endif

enum {
	MOST_OPEN = 4096,
	TICK_S = 5
};

// A door: a worker of the gate, or a connection of the command line.
struct door {
	struct peer peer;
	struct door *next;
	struct role *role;
	enum entrance entrance;
	uint32_t uid;
	struct exchange *open; // whose bodies are not complete
	size_t open_count;
	bool dirty; // answers wait to be flushed
};

struct role {
	const struct config *config;
	struct event_base *base;
	struct control control;
	struct event *settle, *trail, *hashed, *committed, *tick;
	struct keyring keys;
	struct identity *identity;
	struct ledger *ledger;
	struct policy *policy;
	struct records *records;
	struct vault vault;
	struct door *doors;
	struct peer watch;
	bool has_watch;
	json_t *activity;
	int landlock_abi;
	char roles[WIRE_TEXT_BYTES]; // as the parent told it last
	struct mac *opaque;          // turns people into numbers for watch
	char keys_dir[512];
	struct keyring_place place;
};

// ---- Doors.

static void settle_soon(struct role *role)
{
	event_active(role->settle, 0, 0);
}

static void deliver(void *context, struct exchange *x)
{
	struct door *door = x->client;
	const struct door_answer answer = {.id = x->ask.id,
		.status = x->status,
		.headers = x->headers,
		.header_count = x->header_count};
	(void)context;
	if (!channel_has_room(door->peer.channel, x->answer.size)) {
		static const char words[] =
			"{\"error\":\"busy\",\"message\":\"Too much is being answered "
			"at once; try again in a second.\"}";
		const struct door_answer busy = {.id = x->ask.id, .status = 503};
		(void)!door_answer_send(door->peer.channel, &busy, bytes_text(words));
	} else if (door_answer_send(door->peer.channel, &answer, buf_bytes(&x->answer))) {
		static const char words[] =
			"{\"error\":\"too-large\",\"message\":\"The answer is too large.\"}";
		const struct door_answer too_large = {.id = x->ask.id, .status = 500};
		(void)!door_answer_send(door->peer.channel, &too_large, bytes_text(words));
	}
	door->dirty = true;
	settle_soon(door->role);
}

static void take_whole(struct door *door, struct exchange *x)
{
	if (x->body.size < x->ask.body_size) {
		x->next = door->open;
		door->open = x;
		door->open_count++;
		return;
	}
	serve_take(&door->role->vault, x);
	settle_soon(door->role);
}

static void on_ask(struct door *door, struct bytes payload)
{
	struct exchange *x = exchange_new();
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
	serve_forget(&door->role->vault, door, &id);
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
	struct role *role = door->role;
	if (door->entrance == ENTRANCE_GATE)
		log_info("a worker of the gate went away: %s", why);
	serve_forget(&role->vault, door, NULL);
	while (door->open)
		exchange_free(open_remove(door, door->open->ask.id));
	for (struct door **at = &role->doors; *at; at = &(*at)->next)
		if (*at == door) {
			*at = door->next;
			break;
		}
	peer_done(peer);
	free(door);
}

static void door_open(struct role *role, const struct wire *wire, enum entrance entrance)
{
	struct door *door = calloc(1, sizeof *door);
	if (!door)
		abort();
	door->role = role;
	door->entrance = entrance;
	door->uid = wire->value;
	door->peer = (struct peer){.frame = door_frame, .gone = door_gone, .owner = door};
	if (peer_init(&door->peer, role->base, wire->fd, &door_table, MESSAGE_FORTH)) {
		free(door);
		return;
	}
	door->next = role->doors;
	role->doors = door;
}

// ---- Watch.

static uint64_t opaque(struct role *role, const char *id)
{
	return *id ? mac_token(role->opaque, bytes_text(id)) : 0;
}

static void watch_events(struct role *role, uint64_t from, uint32_t most)
{
	static struct feed_event events[FEED_BATCH];
	struct arena *arena = arena_new();
	uint64_t durable = ledger_durable(role->ledger), at = from;
	size_t count = 0;
	for (; at < durable && count < most; at++) {
		struct trail_brief b;
		arena_reset(arena);
		if (ledger_brief(role->ledger, at, arena, &b))
			break;
		events[count++] = (struct feed_event){.seq = at,
			.time_us = b.time_us,
			.kind = (uint8_t)b.kind,
			.action = (uint8_t)b.action,
			.outcome = (uint8_t)b.outcome,
			.broken_glass = b.broken_glass,
			.related = b.related,
			.patient_count = b.patient_count,
			.actor = opaque(role, b.actor),
			.patient = opaque(role, b.patient)};
	}
	arena_free(arena);
	feed_events_send(role->watch.channel, events, count, at, durable);
}

static void watch_frame(struct peer *peer, const struct frame *frame)
{
	struct role *role = peer->owner;
	uint64_t from;
	uint32_t most;
	if (frame->type == FEED_ACTIVITY) {
		json_t *json =
			json_loadb((const char *)frame->payload.at, frame->payload.size, 0, NULL);
		if (json) {
			json_decref(role->activity);
			role->activity = json;
		}
		return;
	}
	if (feed_pull_parse(frame->payload, &from, &most) == OK) {
		watch_events(role, from, most);
		peer_flush(peer);
	}
}

static void watch_gone(struct peer *peer, const char *why)
{
	struct role *role = peer->owner;
	log_info("watch went away: %s", why);
	peer_done(peer);
	role->has_watch = false;
}

static void watch_open(struct role *role, const struct wire *wire)
{
	if (role->has_watch)
		watch_gone(&role->watch, "replaced");
	role->watch = (struct peer){.frame = watch_frame, .gone = watch_gone, .owner = role};
	role->has_watch =
		peer_init(&role->watch, role->base, wire->fd, &feed_table, MESSAGE_FORTH) == OK;
}

// ---- The parent.

static void on_message(void *context, const struct wire *wire)
{
	struct role *role = context;
	if (wire->kind == WIRE_CHANNEL && wire->fd >= 0 && strcmp(wire->text, "gate") == 0)
		door_open(role, wire, ENTRANCE_GATE);
	else if (wire->kind == WIRE_CHANNEL && wire->fd >= 0 && strcmp(wire->text, "watch") == 0)
		watch_open(role, wire);
	else if (wire->kind == WIRE_LOCAL && wire->fd >= 0)
		door_open(role, wire, ENTRANCE_LOCAL);
	else if (wire->kind == WIRE_ROLES)
		memcpy(role->roles, wire->text, sizeof role->roles);
	else if (wire->fd >= 0)
		close(wire->fd);
}

// The parent's lines: name pid state since_us restarts user rss_kib seccomp no_new_privs caps.
static json_t *role_json(char *line)
{
	static const char *const keys[] = {"name", "pid", "state", "since", "restarts", "user",
		"memory_bytes", "seccomp", "no_new_privileges", "capabilities", "landlock"};
	char *save = NULL, *fields[11] = {0};
	for (size_t i = 0; i < 11; i++)
		fields[i] = strtok_r(i ? NULL : line, " ", &save);
	if (!fields[10])
		return NULL;
	char since[TIME_TEXT_BYTES];
	time_format(strtoll(fields[3], NULL, 10), since);
	return json_pack("{s:s, s:I, s:s, s:s, s:I, s:s, s:I, s:{s:b, s:b, s:s, s:s}}", keys[0],
		fields[0], keys[1], (json_int_t)strtoll(fields[1], NULL, 10), keys[2], fields[2],
		keys[3], since, keys[4], (json_int_t)strtoll(fields[4], NULL, 10), keys[5],
		fields[5], keys[6], (json_int_t)strtoll(fields[6], NULL, 10) * 1024, "confinement",
		keys[7], fields[7][0] == '2', keys[8], fields[8][0] == '1', keys[9], fields[9],
		keys[10], fields[10]);
}

static json_t *roles_json(void *context)
{
	struct role *role = context;
	char text[WIRE_TEXT_BYTES], *save = NULL;
	memcpy(text, role->roles, sizeof text);
	json_t *list = json_array();
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		json_t *one = role_json(line);
		if (one)
			json_array_append_new(list, one);
	}
	return list;
}

static json_t *activity_json(void *context)
{
	struct role *role = context;
	return role->activity ? json_incref(role->activity) : NULL;
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
	for (struct door *door = role->doors, *next; door; door = next) {
		next = door->next;
		if (!door->dirty)
			continue;
		door->dirty = false;
		peer_flush(&door->peer);
	}
}

static void on_trail(evutil_socket_t fd, short what, void *context)
{
	struct role *role = context;
	uint64_t count;
	(void)what;
	(void)!read(fd, &count, sizeof count);
	serve_trail_advanced(&role->vault);
	settle_soon(role);
}

static void on_hashed(evutil_socket_t fd, short what, void *context)
{
	struct role *role = context;
	(void)fd;
	(void)what;
	serve_hashed(&role->vault);
	settle_soon(role);
}

static void on_committed(evutil_socket_t fd, short what, void *context)
{
	struct role *role = context;
	(void)fd;
	(void)what;
	serve_committed(&role->vault);
	settle_soon(role);
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
	struct role *role = context;
	(void)fd;
	(void)what;
	identity_tick(role->identity, time_now_us());
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
	if (err)
		log_error("this role cannot be confined: %s", err_text(err));
	else
		log_info("confined: seccomp, Landlock %d, no capabilities%s%s", report.landlock_abi,
			*report.missing ? "; lacking: " : "", report.missing);
	role->landlock_abi = err ? 0 : report.landlock_abi;
	return err;
}

static enum err open_ledger(struct role *role)
{
	char dir[512];
	struct ledger_problem problem;
	snprintf(dir, sizeof dir, "%s/trail", role->config->state);
	struct ledger_options options = {.dir = dir,
		.origin = "hospitaller/trail",
		.seal_key = role->keys.trail_seal,
		.search_key = role->keys.trail_search,
		.sign_key = role->keys.trail_sign,
		.witness = *role->config->witness ? role->config->witness : NULL,
		.skip_sync = config_test(role->config, "no-trail-sync")};
	enum err err = ledger_open(&options, &role->ledger, &problem);
	if (err)
		log_error("%s", problem.text);
	crypto_wipe(&options, sizeof options);
	return err;
}

static enum err open_records(struct role *role)
{
	char dir[512], problem[256];
	snprintf(dir, sizeof dir, "%s/records", role->config->state);
	struct records_options options = {.dir = dir,
		.kek = role->keys.kek,
		.old_kek = role->keys.rotating ? &role->keys.old_kek : NULL,
		.weak_sync = config_test(role->config, "weak-records-sync")};
	enum err err = records_open(&options, &role->records, problem);
	if (err)
		log_error("%s", problem);
	crypto_wipe(&options, sizeof options);
	return err;
}

static enum err open_identity(struct role *role)
{
	char path[512], blocklist[512], problem[256];
	snprintf(path, sizeof path, "%s/identity/identity.db", role->config->state);
	snprintf(blocklist, sizeof blocklist, "%s/passwords/blocklist.txt", role->config->rules);
	// 19 MiB and two passes: OWASP's least for Argon2id, about 30 ms of one core here.
	struct identity_options options = {.path = path,
		.hospital_key = role->keys.identity,
		.cost = {.memory_kib = 19456, .passes = 2, .lanes = 1},
		.blocklist = blocklist,
		.issuer = role->config->name};
	enum err err = identity_open(&options, &role->identity, problem);
	if (err)
		log_error("%s", problem);
	crypto_wipe(&options, sizeof options);
	return err;
}

static enum err open_policy(struct role *role)
{
	char path[512];
	struct policy_problem problem;
	snprintf(path, sizeof path, "%s/policy/hospital.yaml", role->config->rules);
	enum err err = policy_load(path, &role->policy, &problem);
	if (err)
		log_error("%s:%u: %s", path, problem.line, problem.text);
	return err;
}

static enum err open_parts(struct role *role)
{
	char problem[256];
	snprintf(role->keys_dir, sizeof role->keys_dir, "%s/keys", role->config->state);
	role->place = (struct keyring_place){role->keys_dir, role->config->passphrase};
	enum err err = keyring_open(&role->place, &role->keys, problem);
	if (err) {
		log_error("%s", problem);
		return err;
	}
	role->opaque = mac_new(&role->keys.watch);
	err = open_policy(role);
	if (!err)
		err = open_ledger(role);
	if (!err)
		err = open_records(role);
	if (!err)
		err = open_identity(role);
	keyring_wipe(&role->keys);
	return err;
}

// Writes whose entries are on the trail, but whose commit did not happen before the process ended.
static void note_start(struct role *role)
{
	uint64_t end = ledger_size(role->ledger), committed = records_trail_end(role->records),
		 lost = 0;
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
		if (ledger_read(role->ledger, seq, arena, &e) || e.outcome != TRAIL_INTENDED)
			continue;
		note.refers_to = seq;
		note.detail = "this change was interrupted before it was stored";
		ledger_append(role->ledger, &note);
		lost++;
	}
	note = (struct trail_entry){.time_us = note.time_us,
		.kind = TRAIL_SYSTEM,
		.action = TRAIL_STARTED,
		.outcome = TRAIL_ALLOWED,
		.actor = "vault",
		.actor_name = "Hospitaller",
		.detail = HOSPITALLER_VERSION};
	ledger_append(role->ledger, &note);
	ledger_flush(role->ledger);
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
	const struct vault_parts parts = {.identity = role->identity,
		.ledger = role->ledger,
		.policy = role->policy,
		.records = role->records,
		.version = HOSPITALLER_VERSION,
		.started_us = time_now_us(),
		.deliver = deliver,
		.roles = roles_json,
		.activity = activity_json,
		.context = role,
		.keys = &role->place,
		.skip_trail_wait = config_test(role->config, "no-trail-wait")};
	const struct timeval tick = {.tv_sec = TICK_S};
	serve_init(&role->vault, &parts);
	role->settle = event_new(role->base, -1, 0, on_settle, role);
	role->trail = watch_fd(role, ledger_event_fd(role->ledger), on_trail);
	role->hashed = watch_fd(role, worker_event_fd(role->vault.hashing), on_hashed);
	role->committed = watch_fd(role, worker_event_fd(role->vault.committer), on_committed);
	role->tick = event_new(role->base, -1, EV_PERSIST, on_tick, role);
	event_add(role->tick, &tick);
}

// The next start looks for interrupted changes from here on, and not from the last commit.
static void keep_place(struct role *role)
{
	uint64_t end = ledger_size(role->ledger);
	if (records_begin(role->records) || records_commit(role->records, end))
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
	ledger_append(role->ledger, &note);
	while (role->doors)
		door_gone(&role->doors->peer, "stopping");
	serve_done(&role->vault);
	keep_place(role);
	identity_close(role->identity);
	records_close(role->records);
	ledger_close(role->ledger);
	policy_free(role->policy);
	mac_free(role->opaque);
}

int vault_main(const struct config *config)
{
	static struct role role;
	role.config = config;
	mallopt(M_ARENA_MAX, 2); // threads that hash or commit need no heaps of their own
	log_init("vault", LOG_LEVEL_INFO);
	json_init();
	if (confine(&role) || open_parts(&role))
		return 1;
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
		(unsigned long long)ledger_size(role.ledger));
	event_base_dispatch(role.base);
	log_info("stopping");
	stop(&role);
	return 0;
}
