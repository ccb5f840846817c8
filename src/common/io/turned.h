// turned: the wall clock of a whole house, turned for a test or a demonstration.
//
// A house that was started with the test option "turned-clock" follows a file, STATE/clock: eight
// bytes, by how many microseconds its wall clock is ahead of the machine's (a number of this
// machine, negative: behind). Every role maps it for reading before it confines itself, so one
// write turns all of them at once, while they run. Without the option nobody opens the file. Roles
// cannot write it: it must belong to root, and nobody else may. Lengths of time
// (time_monotonic_us(), timers) are never turned. Used by main.c, which follows, and by whoever
// turns: hospital-sim, `demo slow`.
#pragma once

#include "common/base/err.h"

#include <stdint.h>

#define TURNED_OPTION "turned-clock"
#define TURNED_FILE   "clock" // in the state folder
enum {
	TURNED_PROBLEM_BYTES = 240
};

// This process follows the file from now on. ERR_IO, ERR_INVALID: it is not there, not root's, or
// not of its size; a sentence in ret_problem.
enum err turned_follow(const char *path, char ret_problem[TURNED_PROBLEM_BYTES]);

// To turn it: follows it, too. The mapping stays until the process ends.
struct turned {
	_Atomic int64_t *offset_us;
};
// Makes the file if it is not there, with no turn.
enum err turned_open(
	const char *path, struct turned *ret_turned, char ret_problem[TURNED_PROBLEM_BYTES]);
// It is that time now; the clock goes on from there.
void turned_set(const struct turned *turned, int64_t now_us);
