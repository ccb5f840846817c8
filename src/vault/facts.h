// facts: an entry of the trail as an event for watch, and explanations as entries of the trail.
//
// When the records do not explain an access, or something is noticeable about it, the vault writes
// that down: an entry TRAIL_EXPLAINED that refers to the access and names nobody itself. Watch is
// told of it as of everything on the trail, in its place: so a replay gives the same, and nothing
// of it is lost whoever dies. Each look at an access is written once, also when the vault was
// started anew meanwhile: it finds on the trail what was written within FACTS_DAYS, the newest
// TOLD_REMEMBERED. Of accesses older than FACTS_DAYS none is written: watch cannot have the trail
// filled. Used by the feeder alone.
#pragma once

#include "common/crypto/crypto.h"
#include "common/format/trail.h"
#include "common/message/feed.h"
#include "vault/told.h"

struct ledger;

enum {
	FACTS_DAYS = 7,
	FACTS_PAGE = 100 // of what was written before, read at once
};

struct facts {
	struct ledger *ledger; // borrowed, as is the key
	struct mac *opaque;    // turns people into numbers
	struct told told;
	bool known;      // it holds what stands on the trail
	uint64_t before; // from here on down the trail is still to be looked at; 0: from its end
	size_t read;
	uint64_t end; // the trail below which everything written here stands
};

// `entry` as an event; an entry about an access becomes an event with that access's own people and
// places. The sequence number is the caller's.
void facts_event(struct facts *facts, const struct trail_entry *entry, struct arena *arena,
	struct feed_event *ret_event);
// Reads on in what was written before. ERR_BUSY: there is more, call again; nothing is to be
// written until then. What cannot be read is said, and counts as not written.
enum err facts_remember(struct facts *facts);
// Writes down what was found, where it is worth it. `at_us`: of the access.
void facts_explained(struct facts *facts, const struct feed_explained *done, int64_t at_us);

// The detail of such an entry, and back; apart for the tests. ERR_SYNTAX.
enum {
	FACTS_DETAIL_BYTES = 96
};
struct facts_look {
	unsigned strength, look, index; // look: 1 at once, 2 later
};
void facts_detail(const struct facts_look *look, char ret_text[FACTS_DETAIL_BYTES]);
enum err facts_detail_parse(const char *text, struct facts_look *ret_look);
