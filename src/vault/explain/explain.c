#include "vault/explain/explain_in.h"

#include "common/base/text.h"

#include <stdlib.h>
#include <string.h>

enum {
	EARLIER_DAYS = 90,
	EARLIER_MOST = 40, // entries of the same person about the same patient
	EARLIER_JUDGED = 3,
	EARLIER_ENOUGH = 60, // what an earlier access must have been explained with
	FOLLOW_UP_STRENGTH = 60,
	FOLLOW_UP_LATE_STRENGTH = 50
};

static void dossier_done(void *value)
{
	struct dossier *dossier = value;
	arena_free(dossier->arena);
}

static void staff_done(void *value)
{
	struct staff *staff = value;
	arena_free(staff->arena);
}

struct explain *explain_new(struct records *records, struct ledger *ledger)
{
	struct explain *x = calloc(1, sizeof *x);
	if (!x)
		abort();
	x->records = records;
	x->ledger = ledger;
	x->patients = cache_new(EXPLAIN_PATIENTS, dossier_done);
	x->staff = cache_new(EXPLAIN_STAFF, staff_done);
	return x;
}

void explain_free(struct explain *x)
{
	if (!x)
		return;
	cache_free(x->patients);
	cache_free(x->staff);
	free(x);
}

void explain_forget(struct explain *x, const char *patient)
{
	cache_remove(x->patients, patient);
}

// An access of a day that was not looked at yet, and that was let through.
static bool is_worth(const struct trail_hit *hit, int64_t *day)
{
	const struct trail_entry *e = &hit->entry;
	if (e->kind != TRAIL_ACCESS || e->action == TRAIL_BREAK_GLASS ||
		(e->outcome != TRAIL_ALLOWED && e->outcome != TRAIL_INTENDED) ||
		e->time_us / DAY_US == *day)
		return false;
	*day = e->time_us / DAY_US;
	return true;
}

// The path of the earlier access, with its entry on the trail before it.
static void follow(const struct explain_ask *ask, const struct trail_hit *hit,
	const struct explanation *earlier, struct arena *arena, struct explanation *ret)
{
	bool late = ask->at_us - hit->entry.time_us > 30 * DAY_US;
	struct explanation e = *earlier;
	e.told.kind = EXPLAINED_FOLLOW_UP;
	e.told.strength = late ? FOLLOW_UP_LATE_STRENGTH : FOLLOW_UP_STRENGTH;
	size_t steps = earlier->told.steps;
	if (steps == EXPLAINED_STEPS)
		steps--;
	e.told.steps = (uint8_t)(steps + 1);
	e.steps[0] = earlier->steps[0];
	e.steps[1] = (struct explain_step){.resource = "",
		.seq = hit->seq,
		.words = arena_printf(arena, "opened the record before, %s",
			words_time(hit->entry.time_us, arena))};
	for (size_t i = 1; i < steps; i++)
		e.steps[i + 1] = earlier->steps[i + (earlier->told.steps - steps)];
	*ret = e;
}

static enum err look_back(struct explain *x, const struct explain_ask *ask, struct arena *arena,
	struct explanation *ret)
{
	const struct trail_query query = {.patient = ask->patient,
		.actor = ask->actor,
		.since_us = ask->at_us - EARLIER_DAYS * DAY_US,
		.until_us = ask->at_us,
		.before = ask->seq,
		.limit = EARLIER_MOST,
		.walk = EXPLAIN_TRAIL};
	struct trail_page page;
	int64_t day = ask->at_us / DAY_US; // what belongs to the same day is no earlier access
	unsigned judged = 0;
	enum err err = ask->seq ? ledger_search(x->ledger, &query, arena, &page) : ERR_NOT_FOUND;
	if (err)
		return err == ERR_NOT_FOUND ? OK : err;
	for (size_t i = 0; i < page.count && judged < EARLIER_JUDGED && !err; i++) {
		struct explain_ask then = *ask;
		struct explanation earlier;
		if (!is_worth(&page.hits[i], &day))
			continue;
		judged++;
		then.at_us = page.hits[i].entry.time_us;
		then.seq = page.hits[i].seq;
		err = judge(x, &then, arena, &earlier);
		if (!err && earlier.told.strength >= EARLIER_ENOUGH) {
			follow(ask, &page.hits[i], &earlier, arena, ret);
			break;
		}
	}
	return err;
}

enum err explain_access(struct explain *x, const struct explain_ask *ask, struct arena *arena,
	struct explanation *ret)
{
	struct explanation e;
	cache_sweep(x->patients);
	cache_sweep(x->staff);
	if (!text_starts(ask->staff, "Practitioner/") || !text_is_id(ask->patient)) {
		*ret = (struct explanation){.told = {.kind = EXPLAINED_UNKNOWN}};
		return OK;
	}
	enum err err = judge(x, ask, arena, &e);
	if (!err && e.told.strength < EXPLAINED_ENOUGH)
		err = look_back(x, ask, arena, &e);
	if (!err)
		err = flags_of(x, ask, arena, &e.told.flags);
	if (!err)
		*ret = e;
	return err;
}
