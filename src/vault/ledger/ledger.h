// ledger: the trail on disk. Append-only, one writer, group fdatasync, sealed entries, a Merkle
// tree over the sealed bytes, and signed checkpoints (docs/trail.md has the formats).
//
// What always holds: an entry below ledger_durable() survives power loss; sequence numbers start
// at 0 and have no gaps; nothing is ever changed or removed. An error of a write or sync ends the
// process at once: after a failed fsync nobody knows what is on disk, so nothing is retried.
//
// The vault's main thread appends, flushes, reads and searches. A writer thread syncs groups, a
// keeper thread reads back what became durable, extends the tree, signs a checkpoint about once a
// second when there is something new, and feeds the search index. Only the vault may use this.
#pragma once

#include "common/crypto/merkle.h"
#include "common/crypto/note.h"
#include "common/format/trail.h"

struct ledger;

struct ledger_options {
	const char *dir;          // exists, belongs to the vault
	const char *origin;       // the trail's name in checkpoints, e.g. "hospital.example/trail"
	struct key seal_key;      // for entries
	struct key search_key;    // for the index's tokens
	struct sign_key sign_key; // for checkpoints
	uint32_t checkpoint_ms;   // 0 means 1000
	const char *witness;      // file outside `dir` that holds the last checkpoint, or NULL
	bool skip_sync;           // only for the tests that show what is lost without it
};

// What went wrong at opening, for a person.
struct ledger_problem {
	char text[256];
};

// Recovers a torn tail, checks that the tree extends the last checkpoint here and the one at the
// witness. ERR_CORRUPT (with words) when it does not; ERR_IO.
enum err ledger_open(const struct ledger_options *options, struct ledger **ret_ledger,
	struct ledger_problem *ret_problem);
// Flushes, waits, signs a last checkpoint and frees. NULL is fine.
void ledger_close(struct ledger *ledger);

// Seals the entry and gives it the next sequence number. Not durable yet.
uint64_t ledger_append(struct ledger *ledger, const struct trail_entry *entry);
// Hands everything appended to the writer. Cheap when there is nothing.
void ledger_flush(struct ledger *ledger);
uint64_t ledger_size(const struct ledger *ledger);      // appended
uint64_t ledger_durable(const struct ledger *ledger);   // on disk: entries below this number
int ledger_event_fd(const struct ledger *ledger);       // readable when durable advanced
void ledger_wait(struct ledger *ledger, uint64_t size); // until durable >= size; any thread

// An entry that is durable. ERR_NOT_FOUND past the end, ERR_CORRUPT when it does not open.
enum err ledger_read(
	struct ledger *ledger, uint64_t seq, struct arena *arena, struct trail_entry *ret_entry);

// What watch counts of an entry. The newest thousands are kept in memory, or following the trail
// would open again every entry that was just sealed; older ones are read. As ledger_read().
struct trail_brief {
	int64_t time_us;
	enum trail_kind kind;
	enum trail_action action;
	enum trail_outcome outcome;
	bool broken_glass, related; // purpose BTG; a care relationship is known
	uint32_t patient_count;
	char actor[TRAIL_ID_BYTES + 1], patient[TRAIL_ID_BYTES + 1]; // the first patient; "": none
};
enum err ledger_brief(
	struct ledger *ledger, uint64_t seq, struct arena *arena, struct trail_brief *ret_brief);

enum {
	LEDGER_SEARCH_RESULTS = 1000
};
struct trail_query {
	const char *patient, *actor, *resource; // NULL: any
	enum trail_action action;               // 0: any
	enum trail_outcome outcome;             // 0: any
	int64_t since_us, until_us;             // 0: open; until is exclusive
	uint64_t before;                        // entries below this number; 0: from the newest
	uint32_t limit;                         // 1 to LEDGER_SEARCH_RESULTS
};
struct trail_hit {
	uint64_t seq;
	struct trail_entry entry;
};
struct trail_page {
	struct trail_hit *hits;
	size_t count;
	uint64_t next; // ask again with it as `before`; 0: there is nothing more
};
enum {
	LEDGER_SEARCH_WALK = 20000
};
// Newest first. The index only proposes; every hit is opened, matched again and
// proved against the last checkpoint, as far as that reaches. ERR_CORRUPT when one does not hold.
// Looks at LEDGER_SEARCH_WALK entries and no more: a page may have fewer hits than were asked for,
// or none, and still a `next`.
enum err ledger_search(struct ledger *ledger, const struct trail_query *query, struct arena *arena,
	struct trail_page *ret_page);

struct ledger_status {
	uint64_t size, durable, bytes;
	struct checkpoint checkpoint; // the last one signed; size 0 and the empty root at first
	int64_t checkpoint_us;
	uint64_t indexed;      // entries below this are in the search index
	char note[NOTE_BYTES]; // the signed checkpoint
	char vkey[NOTE_VKEY_BYTES];
	// The keeper's own check: everything up to `verified` was read back from disk and matched.
	uint64_t verified;
	uint64_t recovered_torn_bytes;
};
void ledger_status(struct ledger *ledger, struct ledger_status *ret_status);

// A proof that entry `seq` is in the last checkpoint (RFC 9162). ERR_NOT_FOUND until it is.
struct ledger_proof {
	struct hash leaf;
	struct checkpoint checkpoint;
	struct merkle_proof path;
};
enum err ledger_prove(struct ledger *ledger, uint64_t seq, struct ledger_proof *ret_proof);
