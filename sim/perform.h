// perform: carries out a schedule against a real server, at a chosen speed, many at once; nobody
// does two things at the same time.
#pragma once

#include "request.h"
#include "sessions.h"

#include "common/io/turned.h"

#include <stdio.h>

struct performance {
	const struct schedule *schedule;
	struct sessions *sessions;
	const char *url;
	double speed; // simulated seconds in a real one; 0: without waiting
	// The server's clock, or NULL. With it `speed` is nothing: nobody waits, the clock is
	// turned to the simulated time of what comes next, and the trail has that time.
	const struct turned *clock;
	unsigned night_us; // how long, in real time, it stands at each midnight: for who looks on
	unsigned connections;
	FILE *labels; // truth/work.jsonl
	int quiet;    // no progress on a terminal
};

enum {
	STATUSES = 600
};

struct results {
	size_t sent, kept, unexpected, unanswered;
	size_t statuses[STATUSES];
	uint32_t *took_us;  // of each request sent, sorted
	int64_t elapsed_us; // without the first signing in where speed is 0
};

void perform(const struct performance *performance, struct results *ret_results);
void results_done(struct results *results);
