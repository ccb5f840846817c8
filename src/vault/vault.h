// vault: the role that decides, decrypts and writes the trail. Started by the parent with its
// control socket at CONTROL_FD, under its own user.
#pragma once

#include "common/config/config.h"

int vault_main(const struct config *config); // the exit status
