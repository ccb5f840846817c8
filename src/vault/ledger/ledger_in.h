// ledger_in: what the ledger's own files share. Nobody else includes this.
#pragma once

#include "vault/ledger/ledger.h"
#include "vault/ledger/search.h"
#include "vault/ledger/segment.h"
#include "vault/ledger/tiles.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
	MARK_BYTES = 64 * 1024,
	PENDING_BYTES = 4 * 1024 * 1024,
	RECENT = 16384
};

// Where a group starts; one about every MARK_BYTES, and the first of each segment.
struct mark {
	uint64_t first;
	uint32_t segment, offset;
};

// A place in the segments and the group expected there.
struct place {
	uint32_t segment, offset;
	uint64_t seq, group;
};

struct ledger {
	char *dir, *origin, *witness;
	struct key seal_key;
	struct sign_key sign_key;
	uint32_t checkpoint_ms;
	bool skip_sync;
	char vkey[NOTE_VKEY_BYTES];
	int event_fd;
	uint64_t torn_bytes;

	// Main thread.
	struct sealer *sealer, *opener;
	struct buf encoded, opened;
	uint64_t size;
	struct buf group_cache; // the payload of the group last read
	struct group cached;
	struct place cached_at;
	bool has_cached;
	struct buf *recent;   // the last RECENT entries, encoded, by seq % RECENT
	uint64_t recent_from; // the first that was appended since the opening
	struct search *search;

	// Between main and writer, under `lock`.
	pthread_mutex_t lock;
	pthread_cond_t work, progress;
	struct buf pending; // payload of the next group
	uint32_t pending_count;
	bool flush, stop;
	struct mark *marks;
	size_t mark_count, mark_room;
	struct buf
		unsigned_leaves; // HASH_BYTES each, of durable entries the keeper has not read back

	// Writer.
	pthread_t writer;
	bool writer_runs;
	struct buf writing, image, hashed;
	struct place end; // where the next group goes
	int segment_fd;
	_Atomic uint64_t durable;
	_Atomic uint64_t bytes;

	// Keeper; `tree_lock` guards what proofs read.
	pthread_t keeper;
	bool keeper_runs;
	pthread_cond_t rest; // with `lock`; ends the keeper's nap
	bool keeper_stop;    // under `lock`
	pthread_mutex_t tree_lock;
	struct place kept; // read back up to here
	struct buf leaves; // taken over from unsigned_leaves
	size_t leaves_at;
	int64_t listed_us; // when a checkpoint last went to the list
	struct merkle tree;
	struct tiles *tiles;
	struct checkpoint checkpoint;
	int64_t checkpoint_us;
	char note[NOTE_BYTES];
	_Atomic uint64_t verified, indexed;
};

// Says why on standard error and ends the process: what is on disk is no longer known.
[[gnu::noreturn]] void ledger_die(const char *what);

// files.c: segments on disk.
enum err files_open_segment(
	const struct ledger *ledger, uint32_t segment, bool create, int *ret_fd);
// Reads the group at a place into `room`. As group_parse, and ERR_NOT_FOUND at the segment's end.
enum err files_read_group(const struct ledger *ledger, const struct place *at, struct buf *room,
	struct group *ret_group);
// The same for who reads many: the segment stays open between them. {-1} is none.
struct segment_reader {
	int fd;
	uint32_t segment;
};
enum err files_read_on(const struct ledger *ledger, struct segment_reader *reader,
	const struct place *at, struct buf *room, struct group *ret_group);
void files_read_done(struct segment_reader *reader);
// The place behind a group. Callers move to the next segment when nothing is found here.
struct place files_after(const struct place *at, const struct group *group);
void files_mark(struct ledger *ledger, const struct place *at); // under `lock`, or before threads
// A place at or before the group that holds seq, to walk on from.
void files_locate(struct ledger *ledger, uint64_t seq, struct place *ret_place);
// The group that holds `seq`, payload in ledger->group_cache.
enum err files_find(struct ledger *ledger, uint64_t seq);

// recent.c: what was appended last, for who follows the trail.
void recent_keep(struct ledger *ledger, uint64_t seq, struct bytes encoded);
void recent_forget(struct ledger *ledger);

// recover.c: state from disk at opening.
enum err recover(struct ledger *ledger, struct ledger_problem *ret_problem);

// writer.c and keeper.c: the two threads.
void *writer_main(void *ledger);
void *keeper_main(void *ledger);
// Opens a sealed entry with its sequence number bound.
enum err entry_open(struct ledger *ledger, struct sealer *sealer, uint64_t seq, struct bytes sealed,
	struct buf *ret_plain);
// Reads the tree up to `upto` back from disk, compares, extends tree, tiles and index.
void keeper_catch_up(struct ledger *ledger, uint64_t upto);
// Signs the tree as it is. The list of older checkpoints gets one a minute, and when `list`.
void keeper_sign(struct ledger *ledger, bool list);
