// messenger: watch's side of the courier: submits errands, keeps what is told of them, and makes of
// it what the command line shows.
//
// Nothing is kept on a disk here: the courier has the queue. What it has not answered yet is
// submitted again when it comes back (the number makes it the same errand).
#pragma once

#include "common/io/loop.h"
#include "common/message/errand.h"

enum {
	MESSENGER_NEWS = 32, // the last ones that are shown
	MESSENGER_ANSWERED = 1024,
	MESSENGER_REFUSALS = 16,
	MESSENGER_PENDING = 256,
	MESSENGER_PENDING_BYTES = 16 * 1024 * 1024,
};

struct messenger_refusal {
	int64_t at_us;
	struct errand_refusal refusal;
};

struct messenger_pending {
	struct errand errand;
	struct bytes content;
	struct messenger_pending *next;
};

// Whoever wanted a feed: its parts, and then how it ended, once.
struct messenger_taker {
	void (*part)(void *context, struct bytes part);
	void (*end)(void *context, const struct errand_fetched *how);
	void *context;
};

struct messenger {
	struct event_base *base;
	struct peer courier;
	bool has_courier;
	struct errand_destinations all; // as the courier told last
	struct errand_news news[MESSENGER_NEWS];
	struct messenger_refusal refusals[MESSENGER_REFUSALS];
	size_t news_count, refusal_count;  // ever; the lists are rings
	struct messenger_pending *pending; // submitted, and no state came yet
	size_t pending_count, pending_bytes;
	uint64_t answered[MESSENGER_ANSWERED]; // numbers of those that the courier took; a ring
	size_t answered_count;
	struct messenger_taker taker; // of the feed that is being fetched
	uint64_t fetching, fetches;   // its number, or 0; how many there were
	bool changed;                 // since messenger_json()
	void (*refused)(void *context, const struct errand_refusal *refusal); // or NULL
	void (*told)(void *context, const struct errand_news *news);          // or NULL
	void *context;
};

void messenger_open(struct messenger *messenger, int fd); // owns it; replaces one before
// ERR_BUSY when too much waits for an answer already, ERR_LIMIT for what is too large. Whether it
// was taken is told by its states, as the last news.
enum err messenger_submit(
	struct messenger *messenger, const struct errand *errand, struct bytes content);
// What is known of an errand: OK, it is on the courier's disk; ERR_BUSY, it was submitted and not
// answered; ERR_DENIED, it was refused (ret_words, of ERRAND_WORDS_BYTES, says why); ERR_NOT_FOUND.
enum err messenger_knows(
	const struct messenger *messenger, const struct errand *errand, char *ret_words);
// One feed at a time, and only while the courier is there. Should it go away, the feed has failed.
bool messenger_can_fetch(const struct messenger *messenger);
void messenger_fetch(struct messenger *messenger, const struct errand_fetch *fetch,
	const struct messenger_taker *taker); // the number is the messenger's own
// {"problem", "queued", "queued_bytes", "destinations": [], "errands": [], "refused": []}.
void messenger_json(struct messenger *messenger, struct buf *out);
