#include "vault/serve/worker.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
	MOST_THREADS = 4
};

struct item {
	worker_run *run;
	void *work, *tag;
};

struct ring {
	struct item items[WORKER_QUEUE + MOST_THREADS];
	size_t first, count;
};

struct worker {
	pthread_mutex_t lock;
	pthread_cond_t more;
	pthread_t threads[MOST_THREADS];
	unsigned thread_count;
	bool stop;
	struct ring waiting, done;
	size_t outside; // waiting, running or done
	int event_fd;
};

static void ring_push(struct ring *ring, struct item item)
{
	size_t room = sizeof ring->items / sizeof *ring->items;
	ring->items[(ring->first + ring->count++) % room] = item;
}

static struct item ring_pop(struct ring *ring)
{
	size_t room = sizeof ring->items / sizeof *ring->items;
	struct item item = ring->items[ring->first];
	ring->first = (ring->first + 1) % room;
	ring->count--;
	return item;
}

static void *thread_main(void *context)
{
	struct worker *worker = context;
	pthread_mutex_lock(&worker->lock);
	for (;;) {
		while (!worker->waiting.count && !worker->stop)
			pthread_cond_wait(&worker->more, &worker->lock);
		if (worker->stop)
			break;
		struct item item = ring_pop(&worker->waiting);
		pthread_mutex_unlock(&worker->lock);
		item.run(item.work);
		pthread_mutex_lock(&worker->lock);
		ring_push(&worker->done, item);
		uint64_t one = 1;
		ssize_t written = write(worker->event_fd, &one, sizeof one);
		(void)written; // the counter only saturates
	}
	pthread_mutex_unlock(&worker->lock);
	return NULL;
}

struct worker *worker_new(unsigned threads)
{
	struct worker *worker = calloc(1, sizeof *worker);
	if (!worker)
		abort();
	worker->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	pthread_mutex_init(&worker->lock, NULL);
	pthread_cond_init(&worker->more, NULL);
	worker->thread_count = threads < MOST_THREADS ? threads : MOST_THREADS;
	for (unsigned i = 0; i < worker->thread_count; i++)
		if (pthread_create(&worker->threads[i], NULL, thread_main, worker) != 0)
			abort();
	return worker;
}

void worker_free(struct worker *worker)
{
	if (!worker)
		return;
	pthread_mutex_lock(&worker->lock);
	worker->stop = true;
	pthread_cond_broadcast(&worker->more);
	pthread_mutex_unlock(&worker->lock);
	for (unsigned i = 0; i < worker->thread_count; i++)
		pthread_join(worker->threads[i], NULL);
	pthread_mutex_destroy(&worker->lock);
	pthread_cond_destroy(&worker->more);
	close(worker->event_fd);
	free(worker);
}

int worker_event_fd(const struct worker *worker)
{
	return worker->event_fd;
}

enum err worker_add(struct worker *worker, worker_run *run, void *work, void *tag)
{
	enum err err = ERR_BUSY;
	pthread_mutex_lock(&worker->lock);
	if (worker->outside < WORKER_QUEUE) {
		ring_push(&worker->waiting, (struct item){run, work, tag});
		worker->outside++;
		pthread_cond_signal(&worker->more);
		err = OK;
	}
	pthread_mutex_unlock(&worker->lock);
	return err;
}

void *worker_take(struct worker *worker)
{
	void *tag = NULL;
	uint64_t count;
	ssize_t got = read(worker->event_fd, &count, sizeof count);
	(void)got;
	pthread_mutex_lock(&worker->lock);
	if (worker->done.count) {
		tag = ring_pop(&worker->done).tag;
		worker->outside--;
	}
	pthread_mutex_unlock(&worker->lock);
	return tag;
}
