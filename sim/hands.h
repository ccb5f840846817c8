// hands: the staff while they work. Each has acts in hand and does one at a time; who is ready
// waits in a queue for a free line. Only perform.c uses this.
#pragma once

#include "line.h"
#include "perform.h"

#define NO_ACT UINT32_MAX

// A member of staff: what they do and have still to do.
struct hand {
	uint32_t first, last; // acts in hand; NO_ACT: none
	uint32_t next_hand;   // in the queue of those who are ready
	int64_t wake_us;      // waits for a code
	int is_busy, is_ready, again;
};

// Everything that is going on. Embedded by perform.c; hands.c moves it forward.
struct performing {
	const struct performance *how;
	const struct town *town;
	CURLM *multi;
	struct line *lines;
	struct hand *hands;
	uint32_t *next; // act after this one in its person's hands
	uint32_t ready_first, ready_last;
	size_t in_hand, flying, waiting, total;
	int has_places; // each unit its own in the network: where the server is on this machine
	struct results *results;
	int64_t began_us, shown_us;
	struct buf label;
};

void hands_give(struct performing *performing, uint32_t act); // to whom it belongs
void hands_begin_ready(struct performing *performing);        // as many as there are lines
void hands_end(struct performing *performing, struct line *line, long status); // 0: no answer
void hands_wake(struct performing *performing);              // whose wait for a code is over
struct line *hands_free_line(struct performing *performing); // NULL: all are busy
