// desk: takes watch's errands and fetches, keeps the queue moving, says what came of everything.
//
// An errand is told to be queued when it is on the disk, and not before. One attempt at a time goes
// to a destination, with several errands where its kind can, and CARRIED_MOST in all. At least
// once: what a crash interrupts is delivered again, under the same delivery id. Everything that is
// refused is said, and what names no destination is also reported.
#pragma once

#include "common/io/loop.h"
#include "courier/carrier.h"
#include "courier/queue.h"

enum {
	CARRIED_MOST = 16,
	FETCHED_MOST = 4,
	FETCH_AHEAD_BYTES = 8 * 1024 * 1024, // of a feed, that watch has not read yet
};

// What came of a destination's errands; in the order of destinations->list.
struct tally {
	bool busy;
	uint32_t waiting;
	uint64_t delivered, failed;
	enum errand_state last;
	int64_t last_us;
	char words[ERRAND_WORDS_BYTES];
};

struct desk {
	struct event_base *base;
	const struct destinations *destinations;
	const char *destinations_path;
	bool skip_address_check, skip_sync; // for tests
	char install_id[40];                // of this installation, in every delivery id
	struct queue queue;
	struct carrier carrier;
	struct tally tallies[DESTINATIONS_MOST];
	struct peer watch;
	bool has_watch, dirty;
	struct event *next, *tell; // the next attempt; the next account to watch
	struct errand coming;      // being submitted; its id is 0 when none is
	bool coming_refused;
	struct buf coming_content;
	size_t fetching;
};

// `desk` has its base, destinations and path already. ERR_IO.
enum err desk_open(struct desk *desk, const char *dir);
void desk_close(struct desk *desk);
void desk_watch(struct desk *desk, int fd); // owns it; replaces one before
