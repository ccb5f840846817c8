// prepare: the state folder, its owners, and the two sockets; everything that needs root at start.
#pragma once

#include "common/config/config.h"

enum {
	PREPARE_PROBLEM_BYTES = 320
};

enum err prepare_state(const struct config *config, char ret_problem[PREPARE_PROBLEM_BYTES]);
enum err prepare_listen(const char *address, int *ret_fd, char ret_problem[PREPARE_PROBLEM_BYTES]);
enum err prepare_local(
	const struct config *config, int *ret_fd, char ret_problem[PREPARE_PROBLEM_BYTES]);
// Keeps only what restarting roles needs: SETUID, SETGID, KILL; NET_ADMIN not in effect, only to be
// handed over to guard.
enum err prepare_drop(void);
