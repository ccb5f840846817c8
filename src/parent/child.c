#include "parent/child.h"

#include "common/base/log.h"
#include "common/base/time.h"
#include "common/io/sandbox.h"
#include "common/io/wire.h"
#include "gate/gate.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	BACKOFF_FIRST_MS = 100,
	BACKOFF_MOST_MS = 10000,
	STEADY_S = 10, // having run this long, a role starts again without delay
};

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

static void execute_role(const struct house *house, const struct child *child)
{
	char *environment[32];
	keep_environment(environment, sizeof environment / sizeof *environment);
	const char *argv[2 * 32 + 8];
	char settings[32][600];
	size_t count = 0;
	argv[count++] = "hospitaller";
	for (size_t i = 0; i < config_option_count && i < 32; i++) {
		const char *value = *(const char *const *)((const char *)house->config +
							   config_options[i].offset);
		snprintf(settings[i], sizeof settings[i], "%s=%s", config_options[i].key, value);
		argv[count++] = "--set";
		argv[count++] = settings[i];
	}
	argv[count++] = "role";
	argv[count++] = child->name;
	argv[count] = NULL;
	execve(house->self, (char *const *)argv, environment);
}

// In the child: descriptors at their numbers, its own user, then the program.
[[gnu::noreturn]] static void become(
	const struct house *house, const struct child *child, int control)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	int listening = child->is_nginx ? fcntl(house->listen, F_DUPFD, 16) : -1;
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
	enum err err = child->capability ? sandbox_become_with(child->user, child->capability)
					 : sandbox_become(child->user);
	if (!err && prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) // no role outlives the parent
		err = ERR_IO;
	if (err)
		log_error("%s: cannot become %s: %s", child->name, child->user, err_text(err));
	else if (child->is_nginx)
		gate_execute(house->config);
	else
		execute_role(house, child);
	log_error("%s: cannot be started: %s", child->name, strerror(errno));
	_exit(127);
}

void child_start(const struct house *house, struct child *child)
{
	int pair[2];
	if (wire_pair(pair)) {
		child->start_at_us = time_monotonic_us() + 1000000;
		return;
	}
	pid_t pid = fork();
	if (pid == 0)
		become(house, child, pair[1]);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		child->start_at_us = time_monotonic_us() + 1000000;
		return;
	}
	child->pid = pid;
	child->control = pair[0];
	child->state = child->is_nginx ? CHILD_READY : CHILD_STARTING;
	child->since_us = time_now_us();
	child->started_us = time_monotonic_us();
}

void child_ended(struct child *child, int status, bool expected)
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
	if (expected)
		return;
	child->restarts++;
	if (WIFSIGNALED(status))
		log_error("%s was ended by signal %d; starting it again in %u ms", child->name,
			WTERMSIG(status), child->backoff_ms);
	else if (WEXITSTATUS(status) == 0)
		log_info("%s ended in order; starting it again in %u ms", child->name,
			child->backoff_ms);
	else
		log_error("%s ended with status %d; starting it again in %u ms", child->name,
			WEXITSTATUS(status), child->backoff_ms);
}
