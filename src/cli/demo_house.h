// demo_house: a private house for a story that needs weeks: a second server in a folder of its own,
// whose clock may be turned (common/io/turned.h). It knows nothing of the house whose command this
// is but where the programs and the rules are: its own keys, no destinations, and without the power
// to change the machine's firewall. For demo_slow.c alone. Needs root, as `run` does.
#pragma once

#include "cli/demo_show.h"
#include "common/config/config.h"
#include "common/io/turned.h"

#include <sys/types.h>

struct demo_house {
	struct show *show; // who is told
	char folder[128], state[160], town[160], url[64], settings[160], clock[192], log[160];
	char self[4096], program[DEMO_PATH_BYTES]; // hospitaller, hospital-sim
	struct config config;                      // for asking it
	struct invocation invocation;
	struct turned turned;
	pid_t server;
};

// Makes the folder and the hospital of `staff` people and `days` days, turns the clock to the day
// before the first of them, starts the server, imports, makes the accounts of those who give care.
// False: said why on standard error.
bool demo_house_open(struct demo_house *house, const struct invocation *invocation,
	const char *const size[3]); // patients, staff, days
// A command of hospitaller's own to that house, shown with what it prints.
bool demo_house_command(const struct demo_house *house, const char *const *words);
// Stops the server; removes the folder.
void demo_house_close(struct demo_house *house);
