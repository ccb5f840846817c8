#include "vault/ledger/ledger_in.h"

#include <string.h>

enum {
	PROPOSALS = 512
};
static const int64_t clock_slack_us = 3600ll * 1000000;

static bool names_patient(const struct trail_entry *entry, const char *patient)
{
	for (uint32_t i = 0; i < entry->patients_here; i++)
		if (strcmp(entry->patients[i], patient) == 0)
			return true;
	return false;
}

static bool matches(const struct trail_query *q, const struct trail_entry *entry)
{
	return (!q->actor || strcmp(q->actor, entry->actor) == 0) &&
	       (!q->resource || strcmp(q->resource, entry->resource) == 0) &&
	       (!q->action || q->action == entry->action) &&
	       (!q->outcome || q->outcome == entry->outcome) &&
	       (!q->since_us || entry->time_us >= q->since_us) &&
	       (!q->until_us || entry->time_us < q->until_us) &&
	       (!q->patient || names_patient(entry, q->patient));
}

struct walk {
	struct ledger *ledger;
	const struct trail_query *query;
	struct arena *arena, *scratch;
	struct trail_hit *hits;
	size_t count, looked;
	uint64_t at; // the last one that was looked at
	bool past;   // older than `since`: nothing further can match
};

// Is the stored entry the one that the signed tree holds? What no checkpoint covers yet is not.
static enum err prove(struct ledger *ledger, uint64_t seq)
{
	struct ledger_proof proof;
	enum err err = ledger_prove(ledger, seq, &proof);
	if (err)
		return err == ERR_NOT_FOUND ? OK : err;
	struct merkle_claim claim = {seq, proof.checkpoint.size, proof.leaf, proof.checkpoint.root};
	return merkle_check_inclusion(&claim, &proof.path);
}

// The entry is read into a scratch arena first: most of a long walk is thrown away.
static enum err consider(struct walk *walk, uint64_t seq)
{
	struct trail_entry entry;
	walk->looked++;
	walk->at = seq;
	arena_reset(walk->scratch);
	enum err err = ledger_read(walk->ledger, seq, walk->scratch, &entry);
	if (err)
		return err;
	if (walk->query->since_us && entry.time_us + clock_slack_us < walk->query->since_us)
		walk->past = true;
	if (!matches(walk->query, &entry))
		return OK;
	struct trail_hit *hit = &walk->hits[walk->count];
	hit->seq = seq;
	err = prove(walk->ledger, seq);
	if (!err)
		err = ledger_read(walk->ledger, seq, walk->arena, &hit->entry);
	if (!err)
		walk->count++;
	return err;
}

static bool enough(const struct walk *walk)
{
	uint32_t most = walk->query->walk ? walk->query->walk : LEDGER_SEARCH_WALK;
	return walk->past || walk->count >= walk->query->limit || walk->looked >= most;
}

// The rarest word of the query, as the index knows it; false when it knows none.
static bool best_word(const struct trail_query *q, struct search_ask *ask)
{
	if (q->patient)
		*ask = (struct search_ask){.field = "patient", .word = q->patient};
	else if (q->resource && strchr(q->resource, '/'))
		*ask = (struct search_ask){.field = "resource", .word = q->resource};
	else if (q->outcome && q->outcome != TRAIL_ALLOWED && q->outcome != TRAIL_INTENDED)
		*ask = (struct search_ask){
			.field = "outcome", .word = trail_outcome_text(q->outcome)};
	else if (q->action && q->action != TRAIL_READ && q->action != TRAIL_SEARCH)
		*ask = (struct search_ask){.field = "action", .word = trail_action_text(q->action)};
	else if (q->actor)
		*ask = (struct search_ask){.field = "actor", .word = q->actor};
	else
		return false;
	return true;
}

static enum err walk_index(struct walk *walk, struct search_ask ask, uint64_t below)
{
	uint64_t seqs[PROPOSALS];
	size_t count;
	enum err err;
	ask.before = below;
	ask.most = PROPOSALS;
	do {
		err = search_find(walk->ledger->search, &ask, seqs, &count);
		for (size_t i = 0; !err && i < count && !enough(walk); i++)
			err = consider(walk, seqs[i]);
		if (count)
			ask.before = seqs[count - 1];
	} while (!err && count == PROPOSALS && !enough(walk));
	return err;
}

enum err ledger_search(struct ledger *ledger, const struct trail_query *query, struct arena *arena,
	struct trail_page *ret_page)
{
	if (!query->limit || query->limit > LEDGER_SEARCH_RESULTS)
		return ERR_LIMIT;
	struct walk walk = {
		.ledger = ledger, .query = query, .arena = arena, .scratch = arena_new()};
	walk.hits = arena_alloc(arena, query->limit * sizeof *walk.hits);
	uint64_t at = ledger_durable(ledger);
	if (query->before && query->before < at)
		at = query->before;
	struct search_ask ask;
	uint64_t indexed = best_word(query, &ask) ? atomic_load(&ledger->indexed) : 0;
	enum err err = OK;
	while (!err && at > indexed && !enough(&walk))
		err = consider(&walk, --at);
	if (!err && indexed && !enough(&walk))
		err = walk_index(&walk, ask, at < indexed ? at : indexed);
	arena_free(walk.scratch);
	if (!err) {
		*ret_page = (struct trail_page){
			walk.hits, walk.count, enough(&walk) && !walk.past ? walk.at : 0};
	}
	return err;
}
