#include "vault/ledger/ledger_in.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

static char *copy(const char *text)
{
	char *made = text ? strdup(text) : NULL;
	if (text && !made)
		abort();
	return made;
}

static struct ledger *ledger_new(const struct ledger_options *options)
{
	struct ledger *ledger = calloc(1, sizeof *ledger);
	if (!ledger)
		abort();
	ledger->dir = copy(options->dir);
	ledger->origin = copy(options->origin);
	ledger->witness = copy(options->witness);
	ledger->seal_key = options->seal_key;
	ledger->sign_key = options->sign_key;
	ledger->checkpoint_ms = options->checkpoint_ms ? options->checkpoint_ms : 1000;
	ledger->skip_sync = options->skip_sync;
	ledger->sealer = sealer_new();
	ledger->opener = sealer_new();
	ledger->tiles = tiles_new(options->dir);
	ledger->recent = calloc(RECENT, sizeof *ledger->recent);
	if (!ledger->recent)
		abort();
	ledger->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	ledger->segment_fd = -1;
	pthread_mutex_init(&ledger->lock, NULL);
	pthread_mutex_init(&ledger->tree_lock, NULL);
	pthread_cond_init(&ledger->work, NULL);
	pthread_cond_init(&ledger->progress, NULL);
	pthread_condattr_t by_clock;
	pthread_condattr_init(&by_clock);
	pthread_condattr_setclock(&by_clock, CLOCK_MONOTONIC);
	pthread_cond_init(&ledger->rest, &by_clock);
	pthread_condattr_destroy(&by_clock);
	return ledger;
}

static void ledger_free(struct ledger *ledger)
{
	search_close(ledger->search);
	tiles_free(ledger->tiles);
	sealer_free(ledger->sealer);
	sealer_free(ledger->opener);
	if (ledger->segment_fd >= 0)
		close(ledger->segment_fd);
	if (ledger->event_fd >= 0)
		close(ledger->event_fd);
	buf_done(&ledger->encoded);
	buf_done(&ledger->opened);
	buf_done(&ledger->group_cache);
	buf_done(&ledger->pending);
	buf_done(&ledger->unsigned_leaves);
	buf_done(&ledger->writing);
	buf_done(&ledger->image);
	buf_done(&ledger->hashed);
	buf_done(&ledger->leaves);
	pthread_mutex_destroy(&ledger->lock);
	pthread_mutex_destroy(&ledger->tree_lock);
	pthread_cond_destroy(&ledger->work);
	pthread_cond_destroy(&ledger->progress);
	pthread_cond_destroy(&ledger->rest);
	recent_forget(ledger);
	free(ledger->marks);
	free(ledger->dir);
	free(ledger->origin);
	free(ledger->witness);
	crypto_wipe(ledger, sizeof *ledger);
	free(ledger);
}

static enum err open_files(
	struct ledger *ledger, const struct ledger_options *options, struct ledger_problem *problem)
{
	char path[SEGMENT_PATH_BYTES];
	snprintf(path, sizeof path, "%s/segments", options->dir);
	(void)mkdir(path, 0750); // exists, or what follows fails
	enum err err = note_vkey(options->origin, options->sign_key.public, ledger->vkey);
	if (!err)
		err = search_open(options->dir, &options->search_key, &ledger->search);
	if (!err)
		err = recover(ledger, problem);
	if (!err)
		err = search_forget_past(ledger->search, ledger->end.seq);
	if (!err && ledger->end.offset) // continue in the segment that is begun
		err = files_open_segment(ledger, ledger->end.segment, true, &ledger->segment_fd);
	return err;
}

enum err ledger_open(const struct ledger_options *options, struct ledger **ret_ledger,
	struct ledger_problem *ret_problem)
{
	struct ledger *ledger = ledger_new(options);
	ret_problem->text[0] = 0;
	enum err err = ledger->event_fd < 0 ? ERR_IO : open_files(ledger, options, ret_problem);
	if (err) {
		if (!ret_problem->text[0])
			snprintf(ret_problem->text, sizeof ret_problem->text,
				"the trail in %s cannot be opened: %s", options->dir,
				err_text(err));
		ledger_free(ledger);
		return err;
	}
	ledger->size = ledger->recent_from = ledger->end.seq;
	atomic_store(&ledger->durable, ledger->size);
	atomic_store(
		&ledger->bytes, (uint64_t)ledger->end.segment * SEGMENT_BYTES + ledger->end.offset);
	if (pthread_create(&ledger->writer, NULL, writer_main, ledger) != 0 ||
		pthread_create(&ledger->keeper, NULL, keeper_main, ledger) != 0)
		abort();
	ledger->writer_runs = ledger->keeper_runs = true;
	*ret_ledger = ledger;
	return OK;
}

void ledger_close(struct ledger *ledger)
{
	if (!ledger)
		return;
	pthread_mutex_lock(&ledger->lock);
	ledger->stop = ledger->flush = true;
	pthread_cond_broadcast(&ledger->work);
	pthread_mutex_unlock(&ledger->lock);
	pthread_join(ledger->writer, NULL);
	pthread_mutex_lock(&ledger->lock);
	ledger->keeper_stop = true;
	pthread_cond_signal(&ledger->rest);
	pthread_mutex_unlock(&ledger->lock);
	pthread_join(ledger->keeper, NULL);
	ledger_free(ledger);
}

uint64_t ledger_append(struct ledger *ledger, const struct trail_entry *entry)
{
	uint8_t associated[NOTE_ORIGIN_BYTES + 8];
	uint64_t seq = ledger->size;
	size_t origin = strlen(ledger->origin);
	assert(origin < NOTE_ORIGIN_BYTES);
	memcpy(associated, ledger->origin, origin);
	for (unsigned i = 0; i < 8; i++)
		associated[origin + i] = (uint8_t)(seq >> (8 * i));

	buf_clear(&ledger->encoded);
	trail_encode(entry, &ledger->encoded);
	size_t size = ledger->encoded.size + SEAL_OVERHEAD_BYTES;
	assert(size <= SEGMENT_ENTRY_BYTES);

	pthread_mutex_lock(&ledger->lock);
	while (ledger->pending.size > PENDING_BYTES) { // the disk is slower than we are
		ledger->flush = true;
		pthread_cond_broadcast(&ledger->work);
		pthread_cond_wait(&ledger->progress, &ledger->lock);
	}
	put_u16(&ledger->pending, (uint16_t)size);
	enum err err = sealer_seal(ledger->sealer, &ledger->seal_key,
		bytes_of(associated, origin + 8), buf_bytes(&ledger->encoded), &ledger->pending);
	if (err)
		abort(); // a process that cannot write the trail must not go on
	ledger->pending_count++;
	pthread_mutex_unlock(&ledger->lock);
	recent_keep(ledger, seq, buf_bytes(&ledger->encoded));
	ledger->size++;
	return seq;
}

void ledger_flush(struct ledger *ledger)
{
	if (ledger->size == atomic_load(&ledger->durable))
		return;
	pthread_mutex_lock(&ledger->lock);
	bool wanted = ledger->pending.size && !ledger->flush;
	ledger->flush |= wanted;
	pthread_mutex_unlock(&ledger->lock);
	if (wanted) // without the lock, which the writer would have to wait for at once
		pthread_cond_signal(&ledger->work);
}

uint64_t ledger_size(const struct ledger *ledger)
{
	return ledger->size;
}

uint64_t ledger_durable(const struct ledger *ledger)
{
	return atomic_load(&ledger->durable);
}

int ledger_event_fd(const struct ledger *ledger)
{
	return ledger->event_fd;
}

void ledger_wait(struct ledger *ledger, uint64_t size)
{
	pthread_mutex_lock(&ledger->lock);
	while (atomic_load(&ledger->durable) < size)
		pthread_cond_wait(&ledger->progress, &ledger->lock);
	pthread_mutex_unlock(&ledger->lock);
}

// The sealed bytes of a durable entry, borrowed from the group cache.
static enum err find_sealed(struct ledger *ledger, uint64_t seq, struct bytes *ret_sealed)
{
	if (seq >= ledger_durable(ledger))
		return ERR_NOT_FOUND;
	enum err err = files_find(ledger, seq);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
	struct cursor in = cursor_of(buf_bytes(&ledger->group_cache));
	for (uint64_t at = ledger->cached.first; group_next(&in, ret_sealed); at++)
		if (at == seq)
			return OK;
	return ERR_CORRUPT;
}

enum err ledger_read(
	struct ledger *ledger, uint64_t seq, struct arena *arena, struct trail_entry *ret_entry)
{
	struct bytes sealed;
	enum err err = find_sealed(ledger, seq, &sealed);
	if (err)
		return err;
	buf_clear(&ledger->opened);
	err = entry_open(ledger, ledger->opener, seq, sealed, &ledger->opened);
	return err ? err : trail_parse(buf_bytes(&ledger->opened), arena, ret_entry);
}

enum err ledger_prove(struct ledger *ledger, uint64_t seq, struct ledger_proof *ret_proof)
{
	struct merkle_source source = {tiles_node, ledger->tiles};
	struct bytes sealed;
	enum err err = find_sealed(ledger, seq, &sealed);
	if (err)
		return err;
	pthread_mutex_lock(&ledger->tree_lock);
	ret_proof->leaf = merkle_leaf(sealed);
	ret_proof->checkpoint = ledger->checkpoint;
	err = seq < ledger->checkpoint.size ? merkle_prove_inclusion(&source, seq,
						      ledger->checkpoint.size, &ret_proof->path)
					    : ERR_NOT_FOUND;
	pthread_mutex_unlock(&ledger->tree_lock);
	return err;
}

void ledger_status(struct ledger *ledger, struct ledger_status *ret_status)
{
	struct ledger_status status = {.size = ledger->size, .durable = ledger_durable(ledger)};
	status.bytes = atomic_load(&ledger->bytes);
	status.indexed = atomic_load(&ledger->indexed);
	status.verified = atomic_load(&ledger->verified);
	status.recovered_torn_bytes = ledger->torn_bytes;
	memcpy(status.vkey, ledger->vkey, sizeof status.vkey);
	pthread_mutex_lock(&ledger->tree_lock);
	status.checkpoint = ledger->checkpoint;
	status.checkpoint_us = ledger->checkpoint_us;
	memcpy(status.note, ledger->note, sizeof status.note);
	pthread_mutex_unlock(&ledger->tree_lock);
	*ret_status = status;
}
