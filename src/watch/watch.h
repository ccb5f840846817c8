// watch: the role that thinks about what happened. It follows the trail by sequence number, keeps
// its place, counts, and asks the rules. It has no key, no name and no network.
#pragma once

#include "common/config/config.h"

int watch_main(const struct config *config); // the exit status
