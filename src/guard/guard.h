// guard: the role that carries out what was decided: blocks, quarantine, zones. It has
// CAP_NET_ADMIN and netlink, and takes orders from watch alone.
#pragma once

#include "common/config/config.h"

int guard_main(const struct config *config); // the exit status
