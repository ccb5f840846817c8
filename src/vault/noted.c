#include "vault/noted.h"

#include "common/base/log.h"
#include "common/base/time.h"
#include "vault/ledger/ledger.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static enum trail_action action_of(enum feed_kind kind)
{
	return kind == FEED_FINDING ? TRAIL_FOUND : TRAIL_INCIDENT_OPENED;
}

enum {
	WALK = 2000,     // entries at once; while the index is made again it takes several turns
	LOOK_US = 20000, // from one look to the next, however often watch has it looked for
	A_YEAR = 1000000 // an incident's number is its year's, this many apart
};

// The newest entry that watch itself caused; people open incidents, too. Where the index does not
// know it yet, or is broken, the trail is walked: nothing newer comes before it is known.
static enum err read_last(struct noted *noted, enum feed_kind kind, struct arena *arena)
{
	const struct trail_query query = {.action = action_of(kind),
		.actor = "watch",
		.before = noted->before[kind],
		.limit = 1,
		.walk = WALK};
	struct trail_page page;
	enum err err = ledger_search(noted->ledger, &query, arena, &page);
	if (err)
		return err;
	noted->last[kind] = page.count ? page.hits[0].entry.version : 0;
	noted->before[kind] = page.next;
	noted->read[kind] = page.count || !page.next;
	return noted->read[kind] ? OK : ERR_BUSY;
}

// A trail that cannot be read there is damaged, which others say: watch goes on all the same.
static enum err know(struct noted *noted)
{
	enum err err = OK;
	int64_t now_us = time_monotonic_us();
	if (noted->known)
		return OK;
	if (now_us < noted->looked_us + LOOK_US)
		return ERR_BUSY;
	noted->looked_us = now_us;
	struct arena *arena = arena_new();
	for (int kind = FEED_FINDING; kind < FEED_KINDS && !err; kind++)
		if (!noted->read[kind])
			err = read_last(noted, (enum feed_kind)kind, arena);
	arena_free(arena);
	if (err == ERR_BUSY)
		return err;
	if (err)
		log_error(
			"what the trail has of findings cannot be read, and may be noted again: %s",
			err_text(err));
	memcpy(noted->durable, noted->last, sizeof noted->durable);
	noted->known = true;
	return OK;
}

static void append(struct noted *noted, const struct feed_found *found)
{
	char query[FEED_CODE_BYTES + 8], detail[FEED_TITLE_BYTES + 32];
	bool incident = found->kind == FEED_INCIDENT;
	snprintf(query, sizeof query, "level %s", found->level);
	if (incident)
		snprintf(detail, sizeof detail, "%04u-%04u: %s",
			(unsigned)(found->number / 1000000), (unsigned)(found->number % 1000000),
			found->title);
	else
		snprintf(detail, sizeof detail, "%s", found->title);
	const struct trail_entry note = {.time_us = time_now_us(),
		.kind = TRAIL_SYSTEM,
		.action = action_of(found->kind),
		.outcome = TRAIL_ALLOWED,
		.actor = "watch",
		.actor_name = "Hospitaller",
		.role = "watch",
		.version = found->number,
		.refers_to = found->seq,
		.rule = found->rule,
		.query = query,
		.detail = detail};
	noted->end = ledger_append(noted->ledger, &note) + 1;
	noted->last[found->kind] = found->number;
}

// A number far ahead would keep everything up to it off the trail for ever.
static bool is_near(const struct noted *noted, const struct feed_found *found)
{
	uint64_t last = noted->last[found->kind];
	if (found->kind == FEED_FINDING)
		return found->number <= last + NOTED_AHEAD;
	time_t tomorrow = (time_t)(time_now_us() / 1000000 + 86400);
	struct tm date;
	uint64_t year = gmtime_r(&tomorrow, &date) ? (uint64_t)date.tm_year + 1900 : 0;
	uint64_t of = found->number / A_YEAR, from = of == last / A_YEAR ? last % A_YEAR : 0;
	return of <= year && found->number % A_YEAR <= from + NOTED_AHEAD / 100;
}

enum err noted_take(struct noted *noted, struct bytes payload)
{
	struct feed_found found;
	enum err err = feed_found_parse(payload, &found);
	if (!err)
		err = know(noted);
	if (err)
		return err;
	if (found.number <= noted->last[found.kind]) {
		noted->news = true; // it has that already
		return OK;
	}
	if (!is_near(noted, &found))
		return ERR_LIMIT;
	if (!allowance_take(&noted->allowance, NOTED_AT_ONCE, NOTED_A_SECOND, time_monotonic_us()))
		return ERR_BUSY;
	append(noted, &found);
	return OK;
}

void noted_greet(struct noted *noted)
{
	noted->news = noted->fresh = true;
}

bool noted_tell(struct noted *noted, struct channel *watch)
{
	if (know(noted))
		return !noted->fresh;
	bool more = memcmp(noted->durable, noted->last, sizeof noted->last) != 0;
	if (more && noted->end <= ledger_durable(noted->ledger)) {
		memcpy(noted->durable, noted->last, sizeof noted->durable);
		noted->news = true;
	} else if (more && noted->fresh) { // what the watch before sent last
		ledger_flush(noted->ledger);
		return false;
	}
	if (noted->news)
		feed_noted_send(watch, noted->durable);
	noted->news = noted->fresh = false;
	return true;
}
