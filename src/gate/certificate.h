// certificate: the door's TLS certificate and key, where nginx reads them.
//
// Those that the administrator names usually belong to root, and the gate is not root: they are
// copied to STATE/tls, which root owns and the gate's group may read, at start and at every SIGHUP.
// A key that does not fit its certificate is never taken. When none is named, the gate makes its
// own in STATE/gate.
#pragma once

#include "common/config/config.h"

#include <pwd.h>

void certificate_paths(const struct config *config, char ret_certificate[512], char ret_key[512]);
// As root, at start.
enum err certificate_prepare(
	const struct config *config, const struct passwd *gate, char ret_problem[256]);
// Copies what is named again; what was copied before stays when anything is wrong.
enum err certificate_take(const struct config *config, char ret_problem[256]);
