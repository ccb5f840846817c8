// parent: starts, wires, confines and restarts the roles; does nothing else. It parses nothing but
// the configuration: what roles send it are wire messages of fixed layout, and it looks only at
// their kind and descriptor.
#pragma once

#include "common/config/config.h"

// Runs until told to stop. `self` is this program's path. Returns the exit status.
int parent_main(const struct config *config, const char *self);
