#include "vault/ledger/ledger_in.h"

#include <string.h>
#include <unistd.h>

// The next segment, when the image does not fit into the current one.
static void make_room(struct ledger *ledger, size_t size)
{
	if (ledger->segment_fd >= 0 && ledger->end.offset + size <= SEGMENT_BYTES)
		return;
	if (ledger->segment_fd >= 0) {
		close(ledger->segment_fd);
		ledger->end.segment++;
		ledger->end.offset = 0;
	}
	if (files_open_segment(ledger, ledger->end.segment, true, &ledger->segment_fd))
		ledger_die("cannot make a segment");
}

static void write_group(struct ledger *ledger, const struct group *group)
{
	struct buf *image = &ledger->image;
	size_t size = segment_group_bytes(group->payload_bytes);
	buf_clear(image);
	buf_reserve(image, size);
	memset(image->at, 0, size);
	group_encode(group, buf_bytes(&ledger->writing), image->at);
	memcpy(image->at + SEGMENT_HEADER_BYTES, ledger->writing.at, ledger->writing.size);
	make_room(ledger, size);
	ssize_t done = pwrite(ledger->segment_fd, image->at, size, (off_t)ledger->end.offset);
	if (done != (ssize_t)size)
		ledger_die("cannot write the trail");
	if (!ledger->skip_sync && fdatasync(ledger->segment_fd) != 0)
		ledger_die("cannot sync the trail");
}

static void hash_leaves(struct ledger *ledger)
{
	buf_clear(&ledger->hashed);
	struct cursor in = cursor_of(buf_bytes(&ledger->writing));
	struct bytes entry;
	while (group_next(&in, &entry)) {
		struct hash leaf = merkle_leaf(entry);
		buf_add(&ledger->hashed, leaf.bytes, HASH_BYTES);
	}
}

static void announce(struct ledger *ledger)
{
	uint64_t one = 1;
	ssize_t done = write(ledger->event_fd, &one, sizeof one);
	(void)done; // the counter only saturates
}

void *writer_main(void *context)
{
	struct ledger *ledger = context;
	pthread_mutex_lock(&ledger->lock);
	for (;;) {
		while (!(ledger->flush && ledger->pending.size) && !ledger->stop)
			pthread_cond_wait(&ledger->work, &ledger->lock);
		if (!ledger->pending.size)
			break; // stopping, and nothing is left
		struct buf swap = ledger->writing;
		ledger->writing = ledger->pending;
		ledger->pending = swap;
		buf_clear(&ledger->pending);
		struct group group = {.count = ledger->pending_count,
			.first = ledger->end.seq,
			.number = ledger->end.group,
			.payload_bytes = (uint32_t)ledger->writing.size};
		ledger->pending_count = 0;
		ledger->flush = false;
		pthread_mutex_unlock(&ledger->lock);

		write_group(ledger, &group);
		hash_leaves(ledger);

		pthread_mutex_lock(&ledger->lock);
		files_mark(ledger, &ledger->end);
		ledger->end = files_after(&ledger->end, &group);
		buf_add_bytes(&ledger->unsigned_leaves, buf_bytes(&ledger->hashed));
		atomic_store(&ledger->durable, ledger->end.seq);
		atomic_fetch_add(&ledger->bytes, segment_group_bytes(group.payload_bytes));
		pthread_mutex_unlock(&ledger->lock);

		// Who is woken takes the lock.
		pthread_cond_broadcast(&ledger->progress);
		announce(ledger);
		pthread_mutex_lock(&ledger->lock);
	}
	pthread_mutex_unlock(&ledger->lock);
	return NULL;
}
