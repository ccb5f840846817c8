// gate: prepares nginx as the door. The role itself is nginx with our module; the parent calls
// gate_prepare() as root, then starts nginx under the gate's user with gate_execute().
#pragma once

#include "common/config/config.h"

enum {
	GATE_LISTEN_FD = 4
};

// Writes STATE/gate/nginx.conf and, when no certificate is configured, makes or renews one. The
// files are then owned by `user`. `problem` says what went wrong.
enum err gate_prepare(const struct config *config, const char *user, char ret_problem[256]);
// Replaces this process by nginx; the listening socket is at GATE_LISTEN_FD. Returns on failure.
void gate_execute(const struct config *config);
