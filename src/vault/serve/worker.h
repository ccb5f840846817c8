// worker: threads for what must not run in the event loop: password hashing, and the commit that
// waits for the disk. Work is a function and its argument; what is finished comes back through an
// event descriptor to the loop that handed it in. The queue is bounded by the callers' own limits.
#pragma once

#include "common/base/err.h"

#include <stddef.h>

struct worker;

typedef void worker_run(void *work);

struct worker *worker_new(unsigned threads);
void worker_free(struct worker *worker);          // waits for what is running; drops the rest
int worker_event_fd(const struct worker *worker); // readable when something is finished
// ERR_BUSY when more than `WORKER_QUEUE` wait. `tag` comes back from worker_take.
enum {
	WORKER_QUEUE = 256
};
enum err worker_add(struct worker *worker, worker_run *run, void *work, void *tag);
void *worker_take(struct worker *worker); // a finished tag, or NULL
