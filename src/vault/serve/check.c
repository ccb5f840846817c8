#include "vault/serve/check.h"

#include "common/base/time.h"
#include "common/format/fhir_type.h"
#include "vault/ledger/ledger.h"
#include "vault/records/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ENTRIES_AT_ONCE = 100, // between two looks at the clock
	VERSIONS_AT_ONCE = 50,
	PENDING_MOST = 20000,
	COMMIT_US = 60 * 1000 * 1000 // no commit takes longer
};

// A write on the trail that is not in the records as the trail has it: it may be under way, or an
// entry to come says that it was undone.
struct pending {
	uint64_t seq;
	int64_t time_us;
	struct hash trace; // with the time: which request's it was
	enum audit_found found;
};

struct check {
	struct records_audit *audit;
	struct arena *arena; // of one entry
	struct pending *pending;
	size_t pending_count, pending_room;
	uint64_t at;     // the next entry
	uint64_t border; // the last entry that says that the vault started or stopped
	int64_t last_us; // of the last entry that a start did not write about what was before it
	struct check_state state;
};

uint64_t check_number(const struct vault *vault)
{
	return vault->check ? vault->check->state.number : 0;
}

void check_end(struct vault *vault)
{
	struct check *check = vault->check;
	if (!check)
		return;
	records_audit_free(check->audit);
	arena_free(check->arena);
	free(check->pending);
	free(check);
	vault->check = NULL;
}

void check_begin(struct vault *vault)
{
	check_end(vault);
	vault->check = calloc(1, sizeof *vault->check);
	if (!vault->check)
		abort();
	vault->check->audit = records_audit_new(vault->parts.records);
	vault->check->arena = arena_new();
	vault->check->state.number = ++vault->checks;
}

static struct hash trace_of(const struct trail_entry *e)
{
	return crypto_sha256(bytes_text(e->trace));
}

static enum err add_pending(
	struct check *check, uint64_t seq, const struct trail_entry *e, enum audit_found found)
{
	if (check->pending_count == PENDING_MOST)
		return ERR_LIMIT;
	if (check->pending_count == check->pending_room) {
		check->pending_room = check->pending_room ? 2 * check->pending_room : 64;
		check->pending =
			realloc(check->pending, check->pending_room * sizeof *check->pending);
		if (!check->pending)
			abort();
	}
	check->pending[check->pending_count++] =
		(struct pending){seq, e->time_us, trace_of(e), found};
	return OK;
}

static bool names_version(const struct trail_entry *e)
{
	return e->kind == TRAIL_ACCESS && e->outcome == TRAIL_INTENDED &&
	       e->action != TRAIL_CONTINUED && *e->content && strchr(e->resource, '/');
}

static enum err compare(
	struct check *check, const struct trail_entry *e, enum audit_found *ret_found)
{
	const char *slash = strchr(e->resource, '/');
	const struct audit_write write = {.type = fhir_type_find(arena_text_n(check->arena,
						  e->resource, (size_t)(slash - e->resource))),
		.id = slash + 1,
		.version = e->version,
		.content = e->content};
	*ret_found = AUDIT_MISSING;
	return write.type == FHIR_TYPE_NONE ? OK
					    : records_audit_write(check->audit, &write, ret_found);
}

// A start takes for interrupted whatever the trail names and the database has not: also what was
// taken away from it while nobody looked. It was not interrupted if the vault stopped or started
// since, or went on for longer than any commit takes.
static bool was_interrupted(
	const struct check *check, const struct trail_entry *aborted, int64_t written_us)
{
	return aborted->action != TRAIL_RECOVERED ||
	       (aborted->refers_to >= check->border && check->last_us - written_us <= COMMIT_US);
}

// "This was interrupted": everything that the same request meant to write did not happen.
static enum err excuse(struct vault *vault, const struct trail_entry *aborted)
{
	struct check *check = vault->check;
	struct trail_entry first;
	size_t kept = 0;
	enum err err = ledger_read(vault->parts.ledger, aborted->refers_to, check->arena, &first);
	if (err)
		return err;
	if (!was_interrupted(check, aborted, first.time_us))
		return OK;
	struct hash trace = trace_of(&first);
	for (size_t i = 0; i < check->pending_count; i++) {
		const struct pending *p = &check->pending[i];
		bool same =
			p->time_us == first.time_us && memcmp(&p->trace, &trace, sizeof trace) == 0;
		if (p->seq != aborted->refers_to && !same)
			check->pending[kept++] = *p;
	}
	check->pending_count = kept;
	return OK;
}

static enum err take(struct vault *vault, uint64_t seq)
{
	struct check *check = vault->check;
	struct trail_entry e;
	enum audit_found found = AUDIT_FITS;
	arena_reset(check->arena);
	enum err err = ledger_read(vault->parts.ledger, seq, check->arena, &e);
	if (err)
		return err;
	if (e.action != TRAIL_RECOVERED)
		check->last_us = e.time_us;
	if (e.action == TRAIL_STARTED || e.action == TRAIL_STOPPED)
		check->border = seq;
	if (e.outcome == TRAIL_ABORTED)
		return excuse(vault, &e);
	if (e.action == TRAIL_SHREDDED && e.outcome == TRAIL_INTENDED && e.patients_here)
		records_audit_shredded(check->audit, e.patients[0]);
	if (names_version(&e))
		err = compare(check, &e, &found);
	return !err && found != AUDIT_FITS ? add_pending(check, seq, &e, found) : err;
}

static void say_wrong(struct check *check, const struct trail_entry *e, const struct pending *p)
{
	snprintf(check->state.wrong, sizeof check->state.wrong,
		"%.100s version %llu: %s (entry %llu of the trail)", e->resource,
		(unsigned long long)e->version,
		p->found == AUDIT_MISSING ? "the trail says that it was written, and it is missing"
					  : "it is not what the trail says was written",
		(unsigned long long)p->seq);
}

// Every entry was read, so no further one excuses what is missing: it was stored since, it is still
// under way, or it is wrong.
static enum err settle(struct vault *vault)
{
	struct check *check = vault->check;
	uint64_t committed;
	size_t kept = 0;
	enum err err = records_audit_reached(check->audit, &committed);
	for (size_t i = 0; i < check->pending_count && !err && !check->state.wrong[0]; i++) {
		struct pending *p = &check->pending[i];
		struct trail_entry e;
		arena_reset(check->arena);
		err = ledger_read(vault->parts.ledger, p->seq, check->arena, &e);
		if (!err)
			err = compare(check, &e, &p->found);
		bool over = p->seq < committed || p->seq < check->border; // before this start
		if (!err && p->found != AUDIT_FITS && over)
			say_wrong(check, &e, p);
		if (p->found != AUDIT_FITS)
			check->pending[kept++] = *p;
	}
	if (!err && !check->state.wrong[0])
		check->pending_count = kept;
	return err;
}

static enum err read_trail(struct vault *vault, int64_t until_us, bool *ret_whole)
{
	struct check *check = vault->check;
	uint64_t durable = ledger_durable(vault->parts.ledger);
	enum err err = OK;
	while (!err && check->at < durable && time_monotonic_us() < until_us)
		for (int i = 0; i < ENTRIES_AT_ONCE && check->at < durable && !err; i++) {
			err = take(vault, check->at);
			check->at += !err;
		}
	check->state.entries = check->at;
	*ret_whole = check->at >= durable;
	return err;
}

static enum err read_records(struct vault *vault, int64_t until_us)
{
	struct check *check = vault->check;
	struct audit_step step = {0};
	enum err err = OK;
	do
		err = records_audit_walk(check->audit, VERSIONS_AT_ONCE, &step);
	while (!err && !step.end && !step.where[0] && time_monotonic_us() < until_us);
	if (err)
		return err;
	snprintf(check->state.wrong, sizeof check->state.wrong, "%s", step.where);
	check->state.versions = step.versions;
	check->state.end = step.end;
	return OK;
}

// What is wrong with what was read is a result.
static enum err explain(struct check *check, enum err err)
{
	if (err == ERR_LIMIT)
		snprintf(check->state.wrong, sizeof check->state.wrong,
			"more than %d versions that the trail names are missing or differ (or there "
			"are more than %d resources): these are not the records of this trail",
			PENDING_MOST, AUDIT_RESOURCES_MOST);
	else if (err == ERR_CORRUPT)
		snprintf(check->state.wrong, sizeof check->state.wrong,
			"entry %llu of the trail, or one that it refers to, does not open",
			(unsigned long long)check->at);
	else
		return err;
	return OK;
}

enum err check_step(struct vault *vault, uint64_t number, struct check_state *ret_state)
{
	struct check *check = vault->check;
	struct records_stats stats;
	bool whole = false;
	if (!check || number != check->state.number)
		return ERR_NOT_FOUND;
	int64_t until_us = time_monotonic_us() + CHECK_US;
	enum err err = records_stats(vault->parts.records, &stats);
	if (!err)
		err = read_trail(vault, until_us, &whole);
	if (!err && whole)
		err = settle(vault);
	if (!err && whole && !check->state.wrong[0])
		err = read_records(vault, until_us);
	check->state.all = ledger_durable(vault->parts.ledger) + stats.versions;
	err = explain(check, err);
	if (!err)
		*ret_state = check->state;
	if (err || check->state.end || check->state.wrong[0])
		check_end(vault);
	return err;
}
