#include "parent/parent.h"

#include "common/base/log.h"
#include "common/base/time.h"
#include "common/io/channel.h"
#include "common/io/turned.h"
#include "common/io/wire.h"
#include "gate/certificate.h"
#include "gate/gate.h"
#include "parent/bond.h"
#include "parent/child.h"
#include "parent/prepare.h"
#include "parent/report.h"

#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	WORKERS_MOST = 64,
	STOP_S = 8,
	ROLES_MS = 1000,
};

enum child_name {
	VAULT,
	GATE,
	WATCH,
	COURIER,
	GUARD,
	CHILDREN
};

// Who speaks to whom; nobody else can. The gate's workers are wired to the vault one by one.
static const struct {
	enum child_name one, other;
} pairs[] = {{VAULT, WATCH}, {WATCH, COURIER}, {WATCH, GUARD}};

struct worker {
	int control; // -1: free
	unsigned landlock;
	uint32_t pid;
};

struct parent {
	struct house house;
	int local, signals;
	struct child children[CHILDREN];
	struct worker workers[WORKERS_MOST];
	bool stopping;
	int64_t stop_at_us, roles_at_us;
};

// ---- Wiring.

static enum err hand_over(int control, const char *peer, int fd)
{
	struct wire wire = {.kind = WIRE_CHANNEL, .fd = fd};
	snprintf(wire.text, sizeof wire.text, "%s", peer);
	return wire_send(control, &wire);
}

// A new channel between a role and whoever is at the other control socket.
static void wire_to(struct child *one, int other, const char *other_name)
{
	int ends[2];
	if (one->state != CHILD_READY || channel_pair(ends))
		return;
	enum err err = hand_over(one->control, other_name, ends[1]);
	if (!err)
		err = hand_over(other, one->name, ends[0]);
	if (err)
		log_warning("%s cannot be wired to %s: %s", other_name, one->name, err_text(err));
	close(ends[0]);
	close(ends[1]);
}

// Before any channel: no order comes to a guard that could not know it.
static void bond(struct parent *p, const struct child *ready)
{
	const struct child *vault = &p->children[VAULT], *guard = &p->children[GUARD];
	bool one = ready == vault || ready == guard;
	if (!one || vault->state != CHILD_READY || guard->state != CHILD_READY)
		return;
	enum err err = bond_renew(vault, guard);
	if (err)
		log_error("the vault and guard have no key in common, and guard carries out "
			  "nothing: %s",
			err_text(err));
}

// Everybody whom a role that became ready speaks to, and who is ready, too.
static void wire_ready(struct parent *p, struct child *ready)
{
	bond(p, ready);
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		struct child *one = &p->children[pairs[i].one],
			     *other = &p->children[pairs[i].other];
		if ((one == ready || other == ready) && other->state == CHILD_READY)
			wire_to(one, other->control, other->name);
	}
	for (size_t i = 0; i < WORKERS_MOST && ready == &p->children[VAULT]; i++)
		if (p->workers[i].control >= 0)
			wire_to(ready, p->workers[i].control, "gate");
}

static void worker_take(struct parent *p, const struct wire *hello)
{
	for (size_t i = 0; i < WORKERS_MOST; i++) {
		struct worker *w = &p->workers[i];
		if (w->control >= 0)
			continue;
		*w = (struct worker){hello->fd, hello->index, hello->value};
		p->children[GATE].landlock =
			hello->index; // the same kernel confined the master, too
		wire_to(&p->children[VAULT], w->control, "gate");
		return;
	}
	close(hello->fd);
}

// What guard has to say of watch does not go through watch.
static void pass_on(struct parent *p, struct child *child, const struct wire *wire)
{
	struct child *vault = &p->children[VAULT];
	if (child == &p->children[GUARD] && wire->fd < 0 && vault->state == CHILD_READY)
		(void)!wire_send(vault->control, wire); // it stands in guard's log as well
}

static void on_role(struct parent *p, struct child *child)
{
	static struct wire wire;
	enum err err;
	while (!(err = wire_receive(child->control, &wire))) {
		if (wire.kind == WIRE_HELLO && wire.fd >= 0 && child == &p->children[GATE]) {
			worker_take(p, &wire);
			continue;
		}
		if (wire.kind == WIRE_READY && child->state == CHILD_STARTING) {
			child->state = CHILD_READY;
			child->landlock = wire.value;
			wire_ready(p, child);
			p->roles_at_us = 0; // whoever asks next sees it
		}
		if (wire.kind == WIRE_FORGED)
			pass_on(p, child, &wire);
		if (wire.fd >= 0)
			close(wire.fd);
	}
	if (err != ERR_BUSY) { // its end is closed; that it died is told by the signal
		close(child->control);
		child->control = -1;
	}
}

static void on_worker(struct parent *p, struct worker *w)
{
	static struct wire wire;
	enum err err;
	while (!(err = wire_receive(w->control, &wire))) {
		if (wire.fd >= 0)
			close(wire.fd);
		if (wire.kind == WIRE_LOST) // where the vault died, too: nothing until it is ready
			wire_to(&p->children[VAULT], w->control, "gate");
	}
	if (err == ERR_BUSY)
		return;
	close(w->control);
	w->control = -1;
}

static void on_local(struct parent *p)
{
	struct wire wire = {.kind = WIRE_LOCAL};
	struct ucred who;
	socklen_t size = sizeof who;
	int fd = accept4(p->local, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	struct child *vault = &p->children[VAULT];
	if (vault->state == CHILD_READY &&
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0) {
		wire.fd = fd;
		wire.value = who.uid;
		(void)!wire_send(vault->control, &wire); // the command sees a closed connection
	}
	close(fd);
}

// ---- Ends and new beginnings.

static void reap(struct parent *p)
{
	int status;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
		for (int i = 0; i < CHILDREN; i++)
			if (p->children[i].pid == pid)
				child_ended(&p->children[i], status, p->stopping);
}

static void stop_begin(struct parent *p)
{
	static const struct wire stop = {.kind = WIRE_STOP, .fd = -1};
	if (p->stopping)
		return;
	log_info("stopping");
	p->stopping = true;
	p->stop_at_us = time_monotonic_us() + (int64_t)STOP_S * 1000000;
	if (p->children[GATE].pid)
		kill(p->children[GATE].pid, SIGTERM);
	for (int i = 0; i < CHILDREN; i++)
		if (i != GATE && p->children[i].control >= 0)
			(void)!wire_send(p->children[i].control, &stop);
}

static void take_certificate(struct parent *p)
{
	char problem[256] = "";
	if (certificate_take(p->house.config, problem) == OK)
		kill(p->children[GATE].pid, SIGHUP);
	else
		log_error("the certificate stays as it was: %s", problem);
}

static void on_signal(struct parent *p)
{
	struct signalfd_siginfo info;
	while (read(p->signals, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo == SIGCHLD)
			reap(p);
		else if (info.ssi_signo == SIGHUP && p->children[GATE].pid)
			take_certificate(p);
		else if (info.ssi_signo != SIGHUP)
			stop_begin(p);
	}
}

// ---- What the kernel says of each role, once a second, for the vault to show.

static void tell_roles(struct parent *p)
{
	struct wire wire = {.kind = WIRE_ROLES, .fd = -1};
	struct buf text = {0};
	struct child self = {.name = "parent",
		.user = "root",
		.state = CHILD_READY,
		.since_us = p->children[VAULT].since_us};
	p->roles_at_us = time_monotonic_us() + (int64_t)ROLES_MS * 1000;
	if (p->children[VAULT].state != CHILD_READY)
		return;
	report_child(&self, getpid(), &text);
	for (int i = 0; i < CHILDREN; i++)
		report_child(&p->children[i], p->children[i].pid, &text);
	for (size_t i = 0; i < WORKERS_MOST; i++) {
		struct child worker = p->children[GATE];
		worker.name = "gate-worker";
		worker.landlock = p->workers[i].landlock;
		if (p->workers[i].control >= 0)
			report_child(&worker, (pid_t)p->workers[i].pid, &text);
	}
	if (text.size < sizeof wire.text) {
		memcpy(wire.text, text.at, text.size);
		(void)!wire_send(
			p->children[VAULT].control, &wire); // the next second tells it again
	}
	buf_done(&text);
}

// ---- The loop.

static bool anybody_left(const struct parent *p)
{
	for (int i = 0; i < CHILDREN; i++)
		if (p->children[i].pid)
			return true;
	return false;
}

static void start_due(struct parent *p)
{
	int64_t now = time_monotonic_us();
	for (int i = 0; i < CHILDREN && !p->stopping; i++)
		if (!p->children[i].pid && now >= p->children[i].start_at_us)
			child_start(&p->house, &p->children[i]);
	if (p->stopping && now > p->stop_at_us) {
		for (int i = 0; i < CHILDREN; i++)
			if (p->children[i].pid)
				kill(p->children[i].pid, SIGKILL);
		p->stop_at_us = now + (int64_t)STOP_S * 1000000;
	}
	if (now >= p->roles_at_us)
		tell_roles(p);
}

static void turn(struct parent *p)
{
	struct pollfd fds[2 + CHILDREN + WORKERS_MOST];
	nfds_t count = 0;
	fds[count++] = (struct pollfd){p->signals, POLLIN, 0};
	fds[count++] = (struct pollfd){p->local, POLLIN, 0};
	for (int i = 0; i < CHILDREN; i++)
		fds[count++] = (struct pollfd){p->children[i].control, POLLIN, 0};
	for (size_t i = 0; i < WORKERS_MOST; i++)
		fds[count++] = (struct pollfd){p->workers[i].control, POLLIN, 0};
	if (poll(fds, count, 100) <= 0)
		return;
	if (fds[0].revents)
		on_signal(p);
	if (fds[1].revents)
		on_local(p);
	for (int i = 0; i < CHILDREN; i++)
		if (fds[2 + i].revents && p->children[i].control == fds[2 + i].fd)
			on_role(p, &p->children[i]);
	for (size_t i = 0; i < WORKERS_MOST; i++)
		if (fds[2 + CHILDREN + i].revents &&
			p->workers[i].control == fds[2 + CHILDREN + i].fd)
			on_worker(p, &p->workers[i]);
}

static enum err prepare(struct parent *p)
{
	char problem[PREPARE_PROBLEM_BYTES] = "";
	enum err err = prepare_state(p->house.config, problem);
	if (!err)
		err = gate_prepare(p->house.config, p->children[GATE].user, problem);
	if (!err)
		err = prepare_listen(p->house.config->listen, &p->house.listen, problem);
	if (!err)
		err = prepare_local(p->house.config, &p->local, problem);
	if (err) {
		log_error("%s", problem);
		return err;
	}
	err = prepare_drop();
	if (err)
		log_error("capabilities cannot be dropped");
	return err;
}

static void take_signals(struct parent *p)
{
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	p->signals = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

int parent_main(const struct config *config, const char *self)
{
	static struct parent p = {
		.children = {
			[VAULT] = {.name = "vault", .user = "hospitaller-vault", .control = -1},
			[GATE] = {.name = "gate",
				.user = "hospitaller-gate",
				.is_nginx = true,
				.control = -1},
			[WATCH] = {.name = "watch", .user = "hospitaller-watch", .control = -1},
			[COURIER] = {.name = "courier",
				.user = "hospitaller-courier",
				.control = -1},
			[GUARD] = {.name = "guard",
				.user = "hospitaller-guard",
				.capability = CAP_NET_ADMIN,
				.control = -1},
		}};
	p.house = (struct house){.config = config, .self = self, .listen = -1};
	for (size_t i = 0; i < WORKERS_MOST; i++)
		p.workers[i].control = -1;
	log_init("parent", LOG_LEVEL_INFO);
	if (config_test(config, TURNED_OPTION))
		log_warning("the clock of this house is turned: only for tests and demonstrations");
	take_signals(&p);
	if (prepare(&p))
		return 1;
	log_info(
		"confined: capabilities SETUID, SETGID, KILL, and NET_ADMIN to hand over; no new privileges");
	while (!p.stopping || anybody_left(&p)) {
		start_due(&p);
		turn(&p);
	}
	log_info("stopped");
	return 0;
}
