// queue: errands on disk until they are delivered: one file each, in a folder of the courier's own.
//
// An errand is in the queue when queue_add() returned OK: the file was written, synced, renamed to
// its name, and the folder synced. Its name tells how many attempts were made; its last 32 bytes
// are the SHA-256 of the rest, so that what a broken disk gives back is noticed, set aside and
// counted. Bounded in number and bytes: what does not fit is refused, never dropped. In memory are
// only the heads. Not for sharing between threads.
#pragma once

#include "common/message/errand.h"

enum {
	QUEUE_COUNT = 10000,
	QUEUE_BYTES = 256 * 1024 * 1024
};

struct queue_limits {
	size_t count;
	uint64_t bytes;
	bool skip_sync; // only for the test that shows what syncing prevents
};

struct queued {
	struct errand errand;
	uint64_t number; // of its file, in the order in which they came
	int64_t created_us;
	unsigned attempts;
	uint64_t bytes;            // of its file
	int64_t due_us;            // monotonic; when it is tried next
	bool busy;                 // an attempt is under way
	const struct queued *with; // the first of those that go in the same attempt
	struct queued *next;
};

struct queue {
	char dir[480];
	struct queue_limits limits;
	struct queued *first, *last;
	size_t count, damaged; // set aside when it was opened
	uint64_t bytes, next_number;
};

// Makes the folder where there is none, and reads what is in it. ERR_IO.
enum err queue_open(struct queue *queue, const char *dir, const struct queue_limits *limits);
void queue_close(struct queue *queue);

// ERR_LIMIT when it is full, ERR_IO when the disk refuses; *ret is the queue's.
enum err queue_add(struct queue *queue, const struct errand *errand, struct bytes content,
	int64_t now_us, struct queued **ret); // five: what there is to keep
struct queued *queue_find(const struct queue *queue, const struct errand *errand); // or NULL
// Appends the content. ERR_CORRUPT, ERR_IO.
enum err queue_content(const struct queue *queue, const struct queued *one, struct buf *content);
// One attempt more. Where the disk refuses to keep the number, it is only known here.
void queue_attempted(struct queue *queue, struct queued *one);
// Gone for good, or ERR_IO; freed either way.
enum err queue_remove(struct queue *queue, struct queued *one);
