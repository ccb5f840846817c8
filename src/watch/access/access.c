#include "watch/access/access_in.h"

#include "common/base/time.h"
#include "common/format/trail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	PERSONS_SHOWN = 3, // a search that finds more is looking through a list, unless by ids
};

enum err access_open(
	const struct access_options *options, struct access **ret_access, char ret_problem[256])
{
	struct access *a = calloc(1, sizeof *a);
	if (!a)
		abort();
	a->per_thousand = options->per_thousand;
	a->least = options->least;
	a->found = options->found;
	a->found_context = options->context;
	a->clock_us = a->closed_day = INT64_MIN;
	a->has_again = true; // there may be some from before
	enum err err = keep_open(a, options->path, ret_problem);
	if (err) {
		keep_close(a);
		free(a);
		return err;
	}
	*ret_access = a;
	return OK;
}

void access_close(struct access *a)
{
	if (!a)
		return;
	(void)!access_save(a); // what is not saved is counted again
	keep_close(a);
	free(a);
}

uint64_t access_place(const struct access *a)
{
	return a->place;
}

void access_listen(struct access *a, void (*made)(void *context, const struct access_item *item),
	void *context)
{
	a->made = made;
	a->made_context = context;
}

static bool is_staff(const struct feed_event *e)
{
	static const char *const others[] = {"", "patient", "local", "application"};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (strcmp(e->role, others[i]) == 0)
			return false;
	return e->kind == TRAIL_ACCESS && e->actor && e->patients_here;
}

static unsigned acts_of(const struct feed_event *e)
{
	unsigned act = ACT_OPENED;
	if (e->outcome == TRAIL_DENIED)
		return ACT_REFUSED;
	if (e->outcome != TRAIL_ALLOWED && e->outcome != TRAIL_INTENDED)
		return 0;
	if (e->action == TRAIL_BREAK_GLASS)
		act = ACT_GLASS;
	else if (e->action == TRAIL_SEARCH && strcmp(e->resource_type, "Patient") == 0)
		act = e->patient_count > PERSONS_SHOWN && !e->by_id ? 0 : ACT_FOUND;
	else if (e->outcome == TRAIL_INTENDED)
		act = ACT_WROTE;
	return act ? act | (e->broken_glass ? ACT_GLASS : 0) : 0;
}

static size_t seen_at(const struct line *line)
{
	uint64_t hash = (line->actor ^ line->patient * 0x9e3779b97f4a7c15ull) + (uint64_t)line->day;
	return (hash ^ hash >> 29) * 0xbf58476d1ce4e5b9ull >> 49;
}

// Known, with all that is done now: nothing to write.
static bool is_seen(const struct access *a, const struct line *line)
{
	size_t at = seen_at(line);
	return a->seen[at].actor == line->actor && a->seen[at].patient == line->patient &&
	       a->seen[at].day == line->day && !(line->acts & ~a->seen[at].acts);
}

static void remember(struct access *a, const struct line *line)
{
	size_t at = seen_at(line);
	a->seen[at].actor = line->actor;
	a->seen[at].patient = line->patient;
	a->seen[at].day = line->day;
	a->seen[at].acts = line->acts;
}

// Whoever hides one record behind two thousand others is at least seen to have done so.
static void tell_full(struct access *a, const struct line *line)
{
	static const struct sigma_names tags = {
		{"attack.collection", "attack.t1213", "attack.defense-evasion"}, 3};
	static const struct sigma_names false_positives = {
		{"A migration under a person's account"}, 1};
	char sentence[FINDING_SENTENCE_BYTES], key[TIME_TEXT_BYTES], actor[17];
	if (!a->found)
		return;
	time_format(line->day * DAY_US, key);
	key[10] = 0;
	snprintf(actor, sizeof actor, "%016llx", (unsigned long long)line->actor);
	snprintf(sentence, sizeof sentence,
		"%s came upon %d patients on %s (UTC). Whether more of them are explained is not looked "
		"at one by one.",
		actor, ACCESS_LINES, key);
	a->found(a->found_context,
		&(struct finding){.source = "access",
			.id = "access.many",
			.title = "More patients on one day than can be looked at one by one",
			.sentence = sentence,
			.advice =
				"Nobody does this by hand. End the session, and look through the day "
				"on the trail: what matters may be what came last.",
			.level = SIGMA_HIGH,
			.tags = &tags,
			.false_positives = &false_positives,
			.seq = line->seq,
			.time_us = line->at_us,
			.count = ACCESS_LINES,
			.key = key,
			.evidence = &line->seq,
			.evidence_count = 1,
			.actor = bytes_of(actor, 16)});
}

static enum err add_line(struct access *a, const struct line *line)
{
	const int64_t key[] = {line->day, (int64_t)line->actor};
	struct store_query *q = a->queries[A_COUNT];
	keep_bind(a, A_COUNT, key, 2);
	int64_t lines = query_step(q) == STORE_ROW ? row_int(q, 0) : ACCESS_LINES;
	query_reset(q);
	if (lines >= ACCESS_LINES)
		return OK;
	const int64_t values[] = {line->day, (int64_t)line->actor, (int64_t)line->patient,
		(int64_t)line->seq, line->index, line->at_us, line->acts};
	const int64_t person[] = {(int64_t)line->actor, line->day};
	enum err err = keep_run(a, A_ADD, values, 7);
	if (!err && lines == ACCESS_LINES - 1) // the last that fits: read again, it is the same one
		tell_full(a, line);
	return err ? err : keep_run(a, A_PERSON, person, 2);
}

// Was more than before done with the record: opened, or through a broken glass? Then the rules want
// to hear of that access, too, and not only of the first of the day.
static bool did_more(unsigned now, unsigned before)
{
	const unsigned opened = ACT_OPENED | ACT_WROTE;
	return (now & opened && !(before & opened)) || (now & ACT_GLASS && !(before & ACT_GLASS));
}

static enum err look_again(struct access *a, const struct line *line, unsigned before)
{
	const int64_t values[] = {line->day, (int64_t)line->actor, (int64_t)line->patient,
		(int64_t)line->seq, line->index, line->at_us};
	if (!did_more(line->acts, before))
		return OK;
	a->has_again = true;
	return keep_run(a, A_AGAIN_ADD, values, 6);
}

static enum err add_acts(struct access *a, struct line *line)
{
	const int64_t key[] = {line->day, (int64_t)line->actor, (int64_t)line->patient};
	struct store_query *q = a->queries[A_FIND];
	struct explained told = {0};
	unsigned before = 0;
	keep_bind(a, A_FIND, key, 3);
	enum store_step step = query_step(q);
	if (step == STORE_ROW) {
		before = (unsigned)row_int(q, 0);
		told = (struct explained){.kind = (enum explained_kind)row_int(q, 2),
			.strength = (uint8_t)row_int(q, 3),
			.flags = (uint32_t)row_int(q, 4)};
	}
	query_reset(q);
	if (step != STORE_ROW)
		return step == STORE_DONE ? add_line(a, line) : ERR_IO;
	enum err err = look_again(a, line, before);
	if (did_more(line->acts, before)) // what was decided was decided about less
		before &= ~(unsigned)ACT_JUDGED;
	line->acts |= before;
	const int64_t values[] = {key[0], key[1], key[2], line->acts, score_of(&told, line->acts)};
	return err || line->acts == before ? err : keep_run(a, A_ACTS, values, 5);
}

void access_event(struct access *a, const struct feed_event *e)
{
	if (e->seq < a->place)
		return;
	a->place = e->seq + 1;
	a->changed = true;
	access_time(a, e->time_us);
	unsigned acts = acts_of(e);
	if (!acts || !is_staff(e))
		return;
	int64_t day = e->time_us / DAY_US;
	if (a->closed_day == INT64_MIN)
		a->closed_day = day - 1;
	for (unsigned i = 0; i < e->patients_here; i++) {
		struct line line = {.day = day > a->closed_day ? day : a->closed_day + 1,
			.actor = e->actor,
			.patient = e->patients[i],
			.seq = e->seq,
			.index = i,
			.acts = acts,
			.at_us = e->time_us};
		// What cannot be written now shows when it is saved.
		if (!is_seen(a, &line) && add_acts(a, &line) == OK)
			remember(a, &line);
	}
}

void access_time(struct access *a, int64_t now_us)
{
	if (now_us > a->clock_us)
		a->clock_us = now_us;
}

static int64_t known_us(const struct line *line)
{
	int64_t later = line->stage != STAGE_SECOND ? 0 : ACCESS_SECOND_LOOK_H * 3600000000ll;
	return line->at_us + later;
}

static void take(struct access *a, enum access_query query, unsigned stage)
{
	struct store_query *q = a->queries[query];
	while (a->open_count < FEED_WISHES && query_step(q) == STORE_ROW)
		a->open[a->open_count++] = (struct line){.day = row_int(q, 0),
			.actor = (uint64_t)row_int(q, 1),
			.patient = (uint64_t)row_int(q, 2),
			.seq = (uint64_t)row_int(q, 3),
			.index = (unsigned)row_int(q, 4),
			.at_us = row_int(q, 5),
			.acts = (unsigned)row_int(q, 6),
			.stage = stage};
	query_reset(q);
}

static enum err take_again(struct access *a)
{
	size_t before = a->open_count;
	const int64_t most[] = {(int64_t)(FEED_WISHES - before)};
	enum err err = keep_run(a, A_AGAIN_SKIP, NULL, 0);
	if (err || !most[0])
		return err;
	keep_bind(a, A_AGAIN, most, 1);
	take(a, A_AGAIN, STAGE_AGAIN);
	struct store_query *q = a->queries[A_AGAIN_LEFT];
	a->has_again = query_step(q) == STORE_ROW;
	query_reset(q);
	return OK;
}

size_t access_wishes(struct access *a, struct feed_wish ret_wishes[FEED_WISHES])
{
	if (a->open_count || a->closed_day == INT64_MIN || close_days(a))
		return 0;
	const int64_t first[] = {FEED_WISHES};
	keep_bind(a, A_FIRST, first, 1);
	take(a, A_FIRST, STAGE_FIRST);
	const int64_t second[] = {close_limit_us(a) - ACCESS_SECOND_LOOK_H * 3600000000ll,
		(int64_t)(FEED_WISHES - a->open_count)};
	keep_bind(a, A_SECOND, second, 2);
	take(a, A_SECOND, STAGE_SECOND);
	if (a->has_again && take_again(a))
		return 0;
	for (size_t i = 0; i < a->open_count; i++)
		ret_wishes[i] = (struct feed_wish){.seq = a->open[i].seq,
			.index = (uint8_t)a->open[i].index,
			.known_us = known_us(&a->open[i])};
	return a->open_count;
}

// What is explained stays so; what is not is looked at once more.
static enum err tell(struct access *a, const struct line *line, const struct feed_explained *e)
{
	struct store_query *q = a->queries[A_FIND];
	const int64_t key[] = {line->day, (int64_t)line->actor, (int64_t)line->patient};
	const int64_t again[] = {(int64_t)line->seq, line->index};
	if (line->stage == STAGE_AGAIN)
		return keep_run(a, A_AGAIN_DONE, again, 2);
	keep_bind(a, A_FIND, key, 3);
	unsigned acts = query_step(q) == STORE_ROW ? (unsigned)row_int(q, 0) : line->acts;
	query_reset(q);
	struct explained told = e->told;
	if (!e->fine)
		told = (struct explained){.kind = EXPLAINED_UNKNOWN};
	bool settled = line->stage != STAGE_FIRST || told.kind == EXPLAINED_UNKNOWN ||
		       told.strength >= score_enough(told.flags);
	const int64_t values[] = {key[0], key[1], key[2], settled ? STAGE_SETTLED : STAGE_SECOND,
		told.kind, told.strength, told.steps, told.flags, score_of(&told, acts)};
	return keep_run(a, A_TOLD, values, 9);
}

enum err access_explained(struct access *a, const struct feed_explained *list, size_t count)
{
	enum err err = count == a->open_count ? OK : ERR_INVALID;
	for (size_t i = 0; i < count && !err; i++)
		if (list[i].wish.seq != a->open[i].seq || list[i].wish.index != a->open[i].index)
			err = ERR_INVALID;
	for (size_t i = 0; i < count && !err; i++)
		err = tell(a, &a->open[i], &list[i]);
	a->open_count = 0;
	a->changed = true;
	return err ? err : a->closed_day == INT64_MIN ? OK : close_days(a);
}

uint64_t access_last_incident(const struct access *a)
{
	return a->incident;
}

enum err access_incident(struct access *a, const struct access_incident *incident)
{
	int64_t made = incident->opened_us / DAY_US;
	if (incident->number <= a->incident)
		return OK;
	if (a->closed_day != INT64_MIN && made <= a->closed_day)
		made = a->closed_day + 1;
	const int64_t row[] = {made, ROW_INCIDENT, (int64_t)incident->number, made, 0},
		      with[] = {made, ROW_WITH, (int64_t)incident->actor, made, 0};
	enum err err = incident->by_hand ? OK : keep_run(a, A_ITEM, row, 5);
	if (!err && incident->actor)
		err = keep_run(a, A_ITEM, with, 5);
	a->incident = incident->number;
	a->changed = true;
	return err;
}

void access_unanswered(struct access *a)
{
	a->open_count = 0;
}

enum err access_save(struct access *a)
{
	if (!a->changed)
		return OK;
	enum err err = keep_state(a);
	if (!err)
		err = store_exec(a->store, "COMMIT");
	if (!err)
		err = store_exec(a->store, "BEGIN");
	a->changed = err != OK;
	return err;
}
