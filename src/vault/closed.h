// closed: a vault that could not open what it keeps. It answers every request with 503, on the
// command line with what is wrong and what to do, and at the door with whom to call; it reads and
// writes nothing else. After CLOSED_TRY_S it ends, so that the parent starts it again and it tries
// once more: nobody has to start it when the matter is mended, and it does not spin meanwhile.
#pragma once

enum {
	CLOSED_TRY_S = 60
};

// Confined already. Returns the exit status.
int closed_run(const char *why, int landlock_abi);
