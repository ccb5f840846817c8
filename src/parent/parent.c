#include "parent/parent.h"

#include "common/base/log.h"
#include "common/base/time.h"
#include "common/io/channel.h"
#include "common/io/sandbox.h"
#include "common/io/wire.h"
#include "gate/gate.h"
#include "parent/prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	WORKERS_MOST = 64,
	BACKOFF_FIRST_MS = 100,
	BACKOFF_MOST_MS = 10000,
	STEADY_S = 10, // having run this long, a role starts again without delay
	STOP_S = 8,
	ROLES_MS = 1000,
};

enum child_state {
	CHILD_DOWN,
	CHILD_STARTING,
	CHILD_READY
};
enum child_name {
	VAULT,
	GATE,
	WATCH,
	CHILDREN
};

struct child {
	const char *name, *user;
	enum child_state state;
	pid_t pid;
	int control;
	int64_t since_us, started_us, start_at_us; // wall; monotonic; monotonic
	unsigned restarts, backoff_ms;
	unsigned landlock; // as the role told; the kernel does not show it
};

struct worker {
	int control; // -1: free
	unsigned landlock;
	uint32_t pid;
};

struct parent {
	const struct config *config;
	const char *self;
	int listen, local, signals;
	struct child children[CHILDREN];
	struct worker workers[WORKERS_MOST];
	bool stopping;
	int64_t stop_at_us, roles_at_us;
};

// ---- Starting a role.

// What whoever started us has in the environment is not for the roles: only what concerns the time,
// the language and the tests.
static void keep_environment(char **ret, size_t room)
{
	static const char *const kept[] = {"PATH=", "TZ=", "LANG=", "LC_ALL=", "ASAN_OPTIONS=",
		"UBSAN_OPTIONS=", "LD_PRELOAD=", "FAULT_"};
	size_t count = 0;
	for (char **at = environ; *at; at++)
		for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
			if (count + 1 < room && strncmp(*at, kept[i], strlen(kept[i])) == 0)
				ret[count++] = *at;
	ret[count] = NULL;
}

static void execute_role(const struct parent *p, const struct child *child)
{
	char *environment[32];
	keep_environment(environment, sizeof environment / sizeof *environment);
	const char *argv[2 * 32 + 8];
	char settings[32][600];
	size_t count = 0;
	argv[count++] = "hospitaller";
	for (size_t i = 0; i < config_option_count && i < 32; i++) {
		const char *value =
			*(const char *const *)((const char *)p->config + config_options[i].offset);
		snprintf(settings[i], sizeof settings[i], "%s=%s", config_options[i].key, value);
		argv[count++] = "--set";
		argv[count++] = settings[i];
	}
	argv[count++] = "role";
	argv[count++] = child->name;
	argv[count] = NULL;
	execve(p->self, (char *const *)argv, environment);
}

// In the child: descriptors at their numbers, its own user, then the program.
[[gnu::noreturn]] static void become(const struct parent *p, const struct child *child, int control)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	int listening = child == &p->children[GATE] ? fcntl(p->listen, F_DUPFD, 16) : -1;
	int talking = fcntl(control, F_DUPFD, 16);
	dup2(talking, CONTROL_FD);
	if (listening >= 0)
		dup2(listening, GATE_LISTEN_FD);
	close_range(listening >= 0 ? GATE_LISTEN_FD + 1 : CONTROL_FD + 1, ~0u, 0);
	int null = open("/dev/null", O_RDWR);
	if (null >= 0)
		dup2(null, STDIN_FILENO);
	// Ctrl-C reaches the parent alone, which stops the roles in order; and a role that was
	// taken over has no terminal into which it could type for whoever started us (TIOCSTI).
	setsid();
	enum err err = sandbox_become(child->user);
	if (!err && prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) // no role outlives the parent
		err = ERR_IO;
	if (err)
		log_error("%s: cannot become %s: %s", child->name, child->user, err_text(err));
	else if (child == &p->children[GATE])
		gate_execute(p->config);
	else
		execute_role(p, child);
	log_error("%s: cannot be started: %s", child->name, strerror(errno));
	_exit(127);
}

static void child_start(struct parent *p, struct child *child)
{
	int pair[2];
	if (wire_pair(pair)) {
		child->start_at_us = time_monotonic_us() + 1000000;
		return;
	}
	pid_t pid = fork();
	if (pid == 0)
		become(p, child, pair[1]);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		child->start_at_us = time_monotonic_us() + 1000000;
		return;
	}
	child->pid = pid;
	child->control = pair[0];
	child->state = child == &p->children[GATE] ? CHILD_READY : CHILD_STARTING;
	child->since_us = time_now_us();
	child->started_us = time_monotonic_us();
}

// ---- Wiring.

static void wire_channels(struct parent *p, int to, const char *peer)
{
	struct wire out = {.kind = WIRE_CHANNEL};
	struct child *vault = &p->children[VAULT];
	int pair[2];
	if (vault->state != CHILD_READY || channel_pair(pair))
		return;
	snprintf(out.text, sizeof out.text, "%s", peer);
	out.fd = pair[1];
	enum err err = wire_send(vault->control, &out);
	snprintf(out.text, sizeof out.text, "vault");
	out.fd = pair[0];
	if (!err)
		err = wire_send(to, &out);
	if (err)
		log_warning("%s cannot be wired to the vault: %s", peer, err_text(err));
	close(pair[0]);
	close(pair[1]);
}

static void wire_all(struct parent *p)
{
	if (p->children[WATCH].state == CHILD_READY)
		wire_channels(p, p->children[WATCH].control, "watch");
	for (size_t i = 0; i < WORKERS_MOST; i++)
		if (p->workers[i].control >= 0)
			wire_channels(p, p->workers[i].control, "gate");
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
		wire_channels(p, w->control, "gate");
		return;
	}
	close(hello->fd);
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
			if (child == &p->children[VAULT])
				wire_all(p);
			else
				wire_channels(p, child->control, child->name);
		}
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
			wire_channels(p, w->control, "gate");
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

static void child_ended(struct parent *p, struct child *child, int status)
{
	int64_t now = time_monotonic_us();
	bool steady = now - child->started_us > (int64_t)STEADY_S * 1000000;
	if (child->control >= 0)
		close(child->control);
	child->control = -1;
	child->state = CHILD_DOWN;
	child->pid = 0;
	child->backoff_ms = steady || !child->backoff_ms ? BACKOFF_FIRST_MS : 2 * child->backoff_ms;
	if (child->backoff_ms > BACKOFF_MOST_MS)
		child->backoff_ms = BACKOFF_MOST_MS;
	child->start_at_us = now + (int64_t)child->backoff_ms * 1000;
	if (p->stopping)
		return;
	child->restarts++;
	if (WIFSIGNALED(status))
		log_error("%s was ended by signal %d; starting it again in %u ms", child->name,
			WTERMSIG(status), child->backoff_ms);
	else
		log_error("%s ended with status %d; starting it again in %u ms", child->name,
			WEXITSTATUS(status), child->backoff_ms);
}

static void reap(struct parent *p)
{
	int status;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
		for (int i = 0; i < CHILDREN; i++)
			if (p->children[i].pid == pid)
				child_ended(p, &p->children[i], status);
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

static void on_signal(struct parent *p)
{
	struct signalfd_siginfo info;
	while (read(p->signals, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo == SIGCHLD)
			reap(p);
		else if (info.ssi_signo == SIGHUP && p->children[GATE].pid)
			kill(p->children[GATE].pid, SIGHUP);
		else if (info.ssi_signo != SIGHUP)
			stop_begin(p);
	}
}

// ---- What the kernel says of each role, once a second, for the vault to show.

static void status_field(const char *text, const char *key, char *ret, size_t room)
{
	const char *at = strstr(text, key);
	ret[0] = 0;
	if (!at)
		return;
	at += strlen(key);
	at += strspn(at, ": \t");
	size_t length = strcspn(at, " \n\t");
	snprintf(ret, room, "%.*s", (int)(length < room ? length : room - 1), at);
}

static void describe(const struct child *child, pid_t pid, struct buf *out)
{
	static const char *const states[] = {"down", "starting", "ready"};
	char path[64], text[4096] = "", rss[24], seccomp[8], nnp[8], caps[24];
	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	int fd = pid ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd >= 0) {
		ssize_t got = read(fd, text, sizeof text - 1);
		close(fd);
		text[got > 0 ? got : 0] = 0;
	}
	status_field(text, "VmRSS", rss, sizeof rss);
	status_field(text, "Seccomp", seccomp, sizeof seccomp);
	status_field(text, "NoNewPrivs", nnp, sizeof nnp);
	status_field(text, "CapEff", caps, sizeof caps);
	buf_printf(out, "%s %d %s %lld %u %s %s %s %s %s %u\n", child->name, (int)pid,
		states[child->state], (long long)child->since_us, child->restarts, child->user,
		*rss ? rss : "0", *seccomp ? seccomp : "0", *nnp ? nnp : "0", *caps ? caps : "-",
		child->landlock);
}

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
	describe(&self, getpid(), &text);
	for (int i = 0; i < CHILDREN; i++)
		describe(&p->children[i], p->children[i].pid, &text);
	for (size_t i = 0; i < WORKERS_MOST; i++) {
		struct child worker = p->children[GATE];
		worker.name = "gate-worker";
		worker.landlock = p->workers[i].landlock;
		if (p->workers[i].control >= 0)
			describe(&worker, (pid_t)p->workers[i].pid, &text);
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
			child_start(p, &p->children[i]);
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
	enum err err = prepare_state(p->config, problem);
	if (!err)
		err = gate_prepare(p->config, p->children[GATE].user, problem);
	if (!err)
		err = prepare_listen(p->config->listen, &p->listen, problem);
	if (!err)
		err = prepare_local(p->config, &p->local, problem);
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
			[GATE] = {.name = "gate", .user = "hospitaller-gate", .control = -1},
			[WATCH] = {.name = "watch", .user = "hospitaller-watch", .control = -1},
		}};
	p.config = config;
	p.self = self;
	for (size_t i = 0; i < WORKERS_MOST; i++)
		p.workers[i].control = -1;
	log_init("parent", LOG_LEVEL_INFO);
	take_signals(&p);
	if (prepare(&p))
		return 1;
	log_info("confined: capabilities SETUID, SETGID, KILL; no new privileges");
	while (!p.stopping || anybody_left(&p)) {
		start_due(&p);
		turn(&p);
	}
	log_info("stopped");
	return 0;
}
