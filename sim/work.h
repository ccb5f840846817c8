// work: the staff at work: a schedule, written down or carried out.
#pragma once

#include <stdint.h>

struct work_wish {
	const char *dir; // of `make` and `accounts`
	const char *url; // https://localhost:8443
	uint64_t seed;
	int days;
	double speed; // simulated seconds in a real one; 0: as fast as it goes
	unsigned misuse;
	unsigned connections;
	int dry_run, json;
};

enum {
	WORK_CONNECTIONS = 512
};

int work_do(const struct work_wish *wish); // an exit status
