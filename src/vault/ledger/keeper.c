#include "vault/ledger/ledger_in.h"

#include "common/base/time.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	INDEX_BATCH = 4096,
	NAP_MS = 50,
	LIST_EVERY_US = 60 * 1000 * 1000
};

enum err entry_open(struct ledger *ledger, struct sealer *sealer, uint64_t seq, struct bytes sealed,
	struct buf *ret_plain)
{
	struct buf bound = {0};
	buf_add_text(&bound, ledger->origin);
	put_u64(&bound, seq);
	enum err err = sealer_open(sealer, &ledger->seal_key, buf_bytes(&bound), sealed, ret_plain);
	buf_done(&bound);
	return err;
}

// The next leaf that the writer hashed in memory. Taken over from it a whole buffer at a time, so
// that nothing is hashed or moved while the others wait for the lock.
static const uint8_t *next_leaf(struct ledger *ledger)
{
	if (ledger->leaves_at == ledger->leaves.size) {
		buf_clear(&ledger->leaves);
		ledger->leaves_at = 0;
		pthread_mutex_lock(&ledger->lock);
		struct buf swap = ledger->leaves;
		ledger->leaves = ledger->unsigned_leaves;
		ledger->unsigned_leaves = swap;
		pthread_mutex_unlock(&ledger->lock);
	}
	if (ledger->leaves_at == ledger->leaves.size)
		return NULL;
	const uint8_t *leaf = ledger->leaves.at + ledger->leaves_at;
	ledger->leaves_at += HASH_BYTES;
	return leaf;
}

// What was hashed in memory must be what the disk gives back; only that goes into the tree.
static void extend(struct ledger *ledger, const struct group *group, struct bytes payload)
{
	struct cursor in = cursor_of(payload);
	struct bytes entry;
	pthread_mutex_lock(&ledger->tree_lock);
	while (group_next(&in, &entry)) {
		struct hash leaf = merkle_leaf(entry);
		const uint8_t *want = next_leaf(ledger);
		if (!want || memcmp(want, leaf.bytes, HASH_BYTES) != 0)
			ledger_die("the disk does not give back what was written");
		merkle_append(&ledger->tree, &leaf, tiles_seen, ledger->tiles);
	}
	pthread_mutex_unlock(&ledger->tree_lock);
	ledger->kept = files_after(&ledger->kept, group);
}

// On success *at is where the group begins: here, or at the beginning of the next segment.
static enum err read_next(const struct ledger *ledger, struct segment_reader *reader,
	struct place *at, struct buf *room, struct group *ret_group)
{
	enum err err = files_read_on(ledger, reader, at, room, ret_group);
	if (err != ERR_NOT_FOUND)
		return err;
	struct place next = {at->segment + 1, 0, at->seq, at->group};
	err = files_read_on(ledger, reader, &next, room, ret_group);
	if (!err)
		*at = next;
	return err;
}

void keeper_catch_up(struct ledger *ledger, uint64_t upto)
{
	struct buf room = {0};
	// Opened by its name every time, for that is what others will read.
	struct segment_reader reader = {.fd = -1};
	while (ledger->kept.seq < upto) {
		struct group group;
		if (read_next(ledger, &reader, &ledger->kept, &room, &group) ||
			group.first != ledger->kept.seq || group.number != ledger->kept.group)
			ledger_die("the trail cannot be read back");
		extend(ledger, &group, buf_bytes(&room));
	}
	files_read_done(&reader);
	buf_done(&room);
	atomic_store(&ledger->verified, ledger->kept.seq);
}

static void write_file(const char *path, const char *text, int flags)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0640);
	size_t size = strlen(text);
	if (fd < 0 || write(fd, text, size) != (ssize_t)size || fsync(fd) != 0 || close(fd) != 0)
		ledger_die("cannot write a checkpoint");
}

static void replace_file(const char *path, const char *text)
{
	char next[SEGMENT_PATH_BYTES];
	snprintf(next, sizeof next, "%s.next", path);
	write_file(next, text, O_TRUNC);
	if (rename(next, path) != 0)
		ledger_die("cannot replace a checkpoint");
}

void keeper_sign(struct ledger *ledger, bool list)
{
	char path[SEGMENT_PATH_BYTES], note[NOTE_BYTES];
	struct checkpoint checkpoint = {
		.size = ledger->tree.size, .root = merkle_root(&ledger->tree)};
	snprintf(checkpoint.origin, sizeof checkpoint.origin, "%s", ledger->origin);
	if (note_sign(&checkpoint, &ledger->sign_key, note))
		ledger_die("cannot sign a checkpoint");
	if (tiles_write_edge(ledger->tiles))
		ledger_die("cannot write the tiles");
	snprintf(path, sizeof path, "%s/checkpoint", ledger->dir);
	replace_file(path, note);
	tiles_prune(ledger->tiles);
	if (list || !ledger->listed_us ||
		time_monotonic_us() - ledger->listed_us >= LIST_EVERY_US) {
		snprintf(path, sizeof path, "%s/checkpoints", ledger->dir);
		write_file(path, note, O_APPEND);
		ledger->listed_us = time_monotonic_us();
	}
	if (ledger->witness)
		replace_file(ledger->witness, note);
	pthread_mutex_lock(&ledger->tree_lock);
	ledger->checkpoint = checkpoint;
	ledger->checkpoint_us = time_now_us();
	memcpy(ledger->note, note, sizeof note);
	pthread_mutex_unlock(&ledger->tree_lock);
}

struct indexing {
	struct ledger *ledger;
	struct sealer *sealer;
	struct search_writer *index;
	struct arena *arena;
	struct buf room, plain;
};

static void index_group(struct indexing *job, const struct group *group, uint64_t from)
{
	struct cursor in = cursor_of(buf_bytes(&job->room));
	struct bytes sealed;
	for (uint64_t seq = group->first; group_next(&in, &sealed); seq++) {
		struct trail_entry entry;
		if (seq < from)
			continue;
		buf_clear(&job->plain);
		if (!entry_open(job->ledger, job->sealer, seq, sealed, &job->plain) &&
			!trail_parse(buf_bytes(&job->plain), job->arena, &entry))
			search_writer_add(job->index, seq, &entry);
		arena_reset(job->arena);
	}
}

// Feeds the search index from where it stands; it may lag, be new, or have been thrown away. False
// when it got no further.
static bool index_some(struct indexing *job)
{
	uint64_t from = search_writer_place(job->index);
	uint64_t upto = atomic_load(&job->ledger->verified), seq = from;
	struct segment_reader reader = {.fd = -1};
	struct place at;
	struct group group;
	if (seq >= upto || search_writer_begin(job->index))
		return false;
	if (upto > seq + INDEX_BATCH)
		upto = seq + INDEX_BATCH;
	files_locate(job->ledger, seq, &at);
	while (seq < upto && !read_next(job->ledger, &reader, &at, &job->room, &group)) {
		index_group(job, &group, from);
		at = files_after(&at, &group);
		seq = at.seq;
	}
	files_read_done(&reader);
	search_writer_commit(job->index, seq);
	atomic_store(&job->ledger->indexed, search_writer_place(job->index));
	return search_writer_place(job->index) > from;
}

static void sign_if_due(struct ledger *ledger, int64_t *signed_at, bool stop)
{
	uint64_t durable = atomic_load(&ledger->durable);
	int64_t now = time_monotonic_us();
	bool due = now - *signed_at >= (int64_t)ledger->checkpoint_ms * 1000 || stop;
	if (durable <= ledger->checkpoint.size || !due)
		return;
	keeper_catch_up(ledger, durable);
	keeper_sign(ledger, stop);
	*signed_at = now;
}

// True when the ledger is being closed.
static bool rest(struct ledger *ledger, bool nap)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += NAP_MS * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&ledger->lock);
	if (nap && !ledger->keeper_stop)
		pthread_cond_timedwait(&ledger->rest, &ledger->lock, &until);
	bool stop = ledger->keeper_stop;
	pthread_mutex_unlock(&ledger->lock);
	return stop;
}

void *keeper_main(void *context)
{
	struct ledger *ledger = context;
	struct indexing job = {.ledger = ledger, .sealer = sealer_new(), .arena = arena_new()};
	int64_t signed_at = 0;
	bool stop = false, nap = false;
	if (search_writer_open(ledger->search, &job.index))
		job.index = NULL; // without an index a search walks the trail; slower, never wrong
	else
		atomic_store(&ledger->indexed, search_writer_place(job.index));
	while (!stop) {
		stop = rest(ledger, nap);
		sign_if_due(ledger, &signed_at, stop);
		bool behind = job.index &&
			      search_writer_place(job.index) < atomic_load(&ledger->verified);
		nap = !behind || !index_some(&job);
	}
	search_writer_close(job.index);
	sealer_free(job.sealer);
	buf_done(&job.room);
	buf_done(&job.plain);
	arena_free(job.arena);
	return NULL;
}
