// search: the trail's index, a file beside it that can be thrown away and is never trusted.
//
// DIR/search.db maps 64-bit HMAC tokens (of a patient, an actor, a resource, an action, a refusal)
// to runs of sequence numbers, so it holds no name and no identifier. The ledger's keeper writes it
// behind the trail, the main thread reads it; what it proposes is opened and matched again.
#pragma once

#include "common/crypto/crypto.h"
#include "common/format/trail.h"

struct search;        // opened once, by the main thread
struct search_writer; // the keeper's own connection

// Makes the file new when it is missing or is not ours. ERR_IO.
enum err search_open(const char *dir, const struct key *key, struct search **ret_search);
// Starts again when the index knows more than `size` entries: it is another trail's.
enum err search_forget_past(struct search *search, uint64_t size);
void search_close(struct search *search);

enum err search_writer_open(struct search *search, struct search_writer **ret_writer);
void search_writer_close(struct search_writer *writer);           // NULL is fine
uint64_t search_writer_place(const struct search_writer *writer); // entries below are in
enum err search_writer_begin(struct search_writer *writer);
void search_writer_add(struct search_writer *writer, uint64_t seq, const struct trail_entry *entry);
void search_writer_commit(struct search_writer *writer, uint64_t place);

// Sequence numbers below `before` that may carry the word, newest first, at most `most`.
struct search_ask {
	const char *field; // "patient", "actor", "resource", "action", "outcome"
	const char *word;
	uint64_t before;
	uint32_t most;
};
enum err search_find(
	struct search *search, const struct search_ask *ask, uint64_t *ret_seqs, size_t *ret_count);
