// courier: the role that is the only way out: mail, webhooks, feeds, syslog over TLS, to
// destinations that the configuration names and to nobody else. It has no listener, no key, no
// record; what it carries comes from watch, which knows no names.
#pragma once

#include "common/config/config.h"

int courier_main(const struct config *config); // the exit status
