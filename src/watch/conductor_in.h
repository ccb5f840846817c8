// conductor_in: what the files of the conductor share. Nobody else includes this.
#pragma once

#include "watch/conductor.h"
#include "watch/playbooks/playbooks.h"

struct count_point {
	int64_t at_us;
	uint64_t blocks, denied, allowed; // blocks now; packets since guard started
};

struct conductor {
	const struct watch_parts *parts;
	struct playbooks *playbooks;
	struct peer *vault; // or NULL
	char folder[512];
	int64_t pulled_us;
	uint64_t left_out; // runs, as far as told
	struct count_point points[CONDUCTOR_POINTS];
	uint64_t changes;       // of runs, since the start
	size_t point_count;     // ever; the list is a ring
	struct count_point now; // while its lines come in
	bool broken;            // runs cannot be kept
	int64_t knock_hour;     // since 1970
	unsigned knocks_told;   // in it
};

// conductor_told.c: listens to guard and the courier; and tells that runs could not begin, when
// more were left out since the last time.
void conductor_listen(struct conductor *conductor);
void conductor_tell_left_out(struct conductor *conductor);
