// child: one role as a process: starting it as its own user, and starting it again when it ends.
#pragma once

#include "common/config/config.h"

#include <stdint.h>
#include <sys/types.h>

enum child_state {
	CHILD_DOWN,
	CHILD_STARTING,
	CHILD_READY
};

struct child {
	const char *name, *user;
	bool is_nginx;  // listens; its workers say hello themselves
	int capability; // CAP_… that goes with it; 0: none
	enum child_state state;
	pid_t pid;
	int control;                               // -1: none
	int64_t since_us, started_us, start_at_us; // wall; monotonic; monotonic
	unsigned restarts, backoff_ms;
	unsigned landlock; // as the role told; the kernel does not show it
};

// What every role is started with.
struct house {
	const struct config *config;
	const char *self; // this program's path
	int listen;       // for the gate
};

// Starts it; when that fails, start_at_us says when to try again.
void child_start(const struct house *house, struct child *child);
// The process is gone: when it was not expected, it is started again, later each time.
void child_ended(struct child *child, int status, bool expected);
