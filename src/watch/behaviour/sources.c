#include "watch/behaviour/sources.h"

#include "common/base/text.h"
#include "common/base/time.h"
#include "common/format/trail.h"
#include "watch/behaviour/behaviour_in.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	WEEK_HOURS = 168,
	WEEKS = 8,
	WEEKS_KNOWN = 3,
	FORGOTTEN_HOURS = 24 * 14, // what was unknown for so long begins anew
	NEIGHBOURS = 16,
	NAME_BYTES = 80,
	FAILED_LEAST = 5,
};

enum source_kind {
	S_ADDRESS = 1,
	S_APPLICATION,
	S_HOUSE
};

struct source {
	char name[NAME_BYTES];
	uint8_t kind, weeks[WEEK_HOURS];
	bool told;
	int64_t first_hour, last_hour, silent_from;
	uint32_t silent_hours, silent_weight, failed;
	uint32_t longest; // weight of the longest silence that ended, within bounds
	double burst;     // of burst_day
	int64_t burst_day;
};

struct sources {
	struct source house, at[SOURCES];
	int64_t hour; // the present one, of local time; 0: none yet
	bool stopped, any;
	int64_t last_us;
	int64_t crowded_day; // of the last finding about it
	uint64_t crowded;    // places that were lost while they were in use, or not given
};

struct sources *sources_new(void)
{
	struct sources *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	s->house = (struct source){.name = "the whole house", .kind = S_HOUSE};
	return s;
}

void sources_free(struct sources *s)
{
	free(s);
}

size_t sources_count(const struct sources *s)
{
	size_t count = 0;
	for (size_t i = 0; i < SOURCES; i++)
		count += s->at[i].kind != 0;
	return count;
}

uint64_t sources_crowded(const struct sources *s)
{
	return s->crowded;
}

// ---- What is told.

struct told {
	const char *id, *title, *advice;
	enum sigma_level level;
	uint64_t seq;
	int64_t time_us;
	struct bytes address, application;
	const char *sentence, *key;
	bool access; // somebody trying to get in, and not the trail itself
};

static void tell(struct behaviour *b, const struct told *told)
{
	static const struct sigma_names hiding = {{"attack.defense-evasion", "attack.t1562"}, 2};
	static const struct sigma_names trying = {{"attack.credential-access", "attack.t1110"}, 2};
	static const struct sigma_names silence = {
		{"A holiday, a move, maintenance that nobody announced"}, 1};
	struct finding finding = {.id = told->id,
		.title = told->title,
		.sentence = told->sentence,
		.advice = told->advice,
		.level = told->level,
		.tags = told->access ? &trying : &hiding,
		.false_positives = &silence,
		.seq = told->seq,
		.time_us = told->time_us,
		.count = 1,
		.key = told->key,
		.evidence = &told->seq,
		.evidence_count = 1,
		.address = told->address,
		.application = told->application};
	behaviour_found(b, &finding);
}

static void tell_silence(struct behaviour *b, const struct source *s, int64_t hour, unsigned weeks)
{
	char from[TIME_TEXT_BYTES];
	time_format(s->silent_from * HOUR_US - b->zone_us, from);
	from[16] = 0; // to the minute
	struct told told = {.id = "behaviour.silence",
		.title = s->kind == S_HOUSE ? "The whole house is silent"
					    : "A place that is usually busy is silent",
		.advice = "Is it a holiday, a move, a fault, or was something cut off on purpose? "
			  "What does not speak is not watched.",
		.level = s->kind == S_HOUSE ? SIGMA_HIGH : SIGMA_LOW,
		.seq = b->place ? b->place - 1 : 0,
		.time_us = (hour + 1) * HOUR_US - b->zone_us,
		.key = s->name};
	told.sentence = arena_printf(b->arena,
		"Nothing came from %s%s in %u %s since %s UTC, although in each of these hours of "
		"the week there was something in all of the last %u %s.",
		s->kind == S_APPLICATION ? "the application "
		: s->kind == S_ADDRESS   ? "the address "
					 : "",
		s->name, s->silent_hours, text_plural(s->silent_hours, "hour", "hours"), from,
		weeks, text_plural(weeks, "week", "weeks"));
	if (s->kind == S_ADDRESS)
		told.address = bytes_text(s->name);
	if (s->kind == S_APPLICATION)
		told.application = bytes_text(s->name);
	tell(b, &told);
}

// ---- Hours.

static unsigned ones(unsigned byte)
{
	return (unsigned)__builtin_popcount(byte);
}

static void end_hour(struct behaviour *b, struct source *s, int64_t hour)
{
	uint8_t *weeks = &s->weeks[hour % WEEK_HOURS];
	bool active = s->last_hour >= hour;
	int64_t known = (hour - s->first_hour) / WEEK_HOURS;
	unsigned all = known < 0 ? 0 : known < WEEKS ? (unsigned)known : WEEKS;
	bool expected = all >= WEEKS_KNOWN && ones(*weeks & ((1u << all) - 1)) == all;
	*weeks = (uint8_t)(*weeks << 1 | active);
	unsigned enough = s->kind == S_HOUSE ? SOURCES_SILENT_HOUSE : SOURCES_SILENT;
	if (active) {
		if (s->silent_weight > s->longest)
			s->longest = s->silent_weight < 2 * enough ? s->silent_weight : 2 * enough;
		s->silent_hours = s->silent_weight = 0;
		s->told = false;
		return;
	}
	if (!expected)
		return;
	if (!s->silent_hours)
		s->silent_from = hour;
	s->silent_hours++;
	s->silent_weight += (uint32_t)lround(1000 * log(all + 2)); // Laplace: 1 in weeks + 2
	if (s->silent_weight < enough || s->silent_weight < s->longest / 2 * 3 || s->told)
		return;
	s->told = true;
	tell_silence(b, s, hour, all);
}

// What was not seen, because nothing ran, is neither.
static void go_to_hour(struct behaviour *b, int64_t hour, bool unknown)
{
	struct sources *s = b->sources;
	if (s->hour && hour - s->hour > FORGOTTEN_HOURS)
		unknown = true;
	for (; s->hour && s->hour < hour; s->hour++) {
		end_hour(b, &s->house, s->hour);
		for (size_t i = 0; i < SOURCES; i++)
			if (s->at[i].kind)
				end_hour(b, &s->at[i], s->hour);
		if (unknown)
			s->hour = hour - 1; // only the one that was seen has ended
		unknown = false;
	}
	if (hour > s->hour || hour < s->hour - FORGOTTEN_HOURS)
		s->hour = hour;
}

// What has spoken for a week is not pushed out by what was never heard before, unless it has been
// silent for long.
static bool is_rooted(const struct sources *all, const struct source *s)
{
	return s->last_hour - s->first_hour >= WEEK_HOURS &&
	       all->hour - s->last_hour <= FORGOTTEN_HOURS;
}

static bool goes_before(const struct sources *all, const struct source *a, const struct source *b)
{
	bool rooted = is_rooted(all, a);
	return rooted != is_rooted(all, b) ? !rooted : a->last_hour < b->last_hour;
}

static void note_crowded(struct behaviour *b)
{
	struct sources *all = b->sources;
	all->crowded++;
	if (all->crowded_day == b->day)
		return;
	all->crowded_day = b->day;
	struct told told = {.id = "behaviour.crowded",
		.title = "More addresses and programs than can be told apart",
		.advice =
			"Find out who comes under so many addresses or names of programs. While this "
			"lasts, a new one that falls silent or guesses passwords may be missed; those "
			"that were known for a week are kept.",
		.level = SIGMA_MEDIUM,
		.seq = b->place,
		.time_us = b->sources->last_us,
		.key = "",
		.sentence = arena_printf(b->arena,
			"So many addresses and programs that nobody knew before are heard today that "
			"of %d places those of others had to be given up.",
			SOURCES)};
	tell(b, &told);
}

// Programs have a quarter of their own: the name of one costs nothing to make up.
// NULL: it is not known, and all who could make room are.
static struct source *source_of(struct behaviour *b, enum source_kind kind, const char *name)
{
	struct sources *all = b->sources;
	uint64_t hash = bytes_fnv(BYTES_FNV + kind, bytes_text(name));
	size_t begin = kind == S_ADDRESS ? 0 : SOURCES / 4 * 3;
	size_t room = kind == S_ADDRESS ? SOURCES / 4 * 3 : SOURCES / 4;
	struct source *first = NULL;
	for (size_t i = 0; i < NEIGHBOURS; i++) {
		struct source *s = &all->at[begin + ((hash >> 16) + i) % room];
		if (s->kind == kind && strncmp(s->name, name, NAME_BYTES - 1) == 0)
			return s;
		if (!first || !s->kind || (first->kind && goes_before(all, s, first)))
			first = s;
		if (!s->kind)
			break;
	}
	if (first->kind && all->hour - first->last_hour < 24)
		note_crowded(b);
	if (first->kind && is_rooted(all, first))
		return NULL;
	*first = (struct source){.kind = (uint8_t)kind, .first_hour = all->hour};
	strncpy(first->name, name, NAME_BYTES - 1);
	return first;
}

// ---- Bursts of sign-ins.

static double burst_threshold(const struct behaviour *b)
{
	return tail_threshold(&b->addresses, 1.0 / SOURCES_BURST);
}

static void sign_in(struct behaviour *b, struct source *s, const struct feed_event *e)
{
	uint64_t address = bytes_fnv(BYTES_FNV, bytes_text(s->name));
	struct midas_score score = midas_add(&b->accounts, e->time_us / HOUR_US, address, e->actor);
	double burst = log2(1 + fmax(score.edge, score.from)), limit = burst_threshold(b);
	if (s->burst_day != b->day) {
		s->burst_day = b->day;
		s->burst = 0;
		s->failed = 0;
	}
	s->failed += e->outcome == TRAIL_DENIED || e->outcome == TRAIL_FAILED;
	bool before = s->burst >= limit && s->failed > FAILED_LEAST;
	s->burst = fmax(s->burst, burst);
	b->midas_changed = true;
	if (before || burst < limit || s->failed < FAILED_LEAST || s->failed > FAILED_LEAST)
		return;
	struct told told = {.id = "behaviour.address",
		.title = "An address signs in far more often than ever before",
		.advice =
			"Find out what stands at this address. If nobody expects it, block it and "
			"have the accounts that were tried change their passwords.",
		.level = SIGMA_MEDIUM,
		.seq = e->seq,
		.time_us = e->time_us,
		.key = s->name,
		.address = bytes_text(s->name),
		.access = true};
	told.sentence = arena_printf(b->arena,
		"From the address %s came %.0f attempts to sign in within an hour or little more, "
		"at least %u of them failed; a burst like this happens on one of %u days of an "
		"address.",
		s->name, score.from_now, s->failed, SOURCES_BURST);
	tell(b, &told);
}

void sources_end_day(struct behaviour *b)
{
	for (size_t i = 0; i < SOURCES; i++) {
		const struct source *s = &b->sources->at[i];
		double most = burst_threshold(b);
		if (s->kind == S_ADDRESS && s->burst_day == b->day)
			tail_add(&b->addresses, s->burst < most ? s->burst : most);
	}
}

// ---- The trail's own numbers and times.

static void check_numbers(struct behaviour *b, const struct feed_event *e)
{
	if (!b->sources->any || e->seq == b->place)
		return;
	struct told told = {.id = "behaviour.gap",
		.title = "Entries of the trail are missing",
		.advice = "Run `hospitaller trail verify`. Entries do not vanish by themselves.",
		.level = SIGMA_HIGH,
		.seq = e->seq,
		.time_us = e->time_us,
		.key = "numbers",
		.sentence = arena_printf(b->arena,
			"Entries %llu to %llu of the trail never came; the next one is %llu.",
			(unsigned long long)b->place, (unsigned long long)e->seq - 1,
			(unsigned long long)e->seq)};
	tell(b, &told);
}

static void told_clock(
	struct behaviour *b, const struct feed_event *e, const char *title, const char *sentence)
{
	struct told told = {.id = "behaviour.clock",
		.title = title,
		.advice =
			"Check the server's clock and who may set it. With a wrong clock, no time "
			"on the trail proves anything.",
		.level = SIGMA_MEDIUM,
		.seq = e->seq,
		.time_us = e->time_us,
		.key = "",
		.sentence = sentence};
	tell(b, &told);
}

static void check_time(struct behaviour *b, const struct feed_event *e, bool starts)
{
	struct sources *s = b->sources;
	int64_t ahead_s = (e->time_us - s->last_us) / 1000000;
	unsigned long long before = b->place - 1, here = e->seq;
	if (ahead_s < -SOURCES_CLOCK_S)
		told_clock(b, e, "Time went back",
			arena_printf(b->arena,
				"Entry %llu of the trail is %.1f hours earlier than entry %llu "
				"before it.",
				here, (double)-ahead_s / 3600, before));
	else if (ahead_s > SOURCES_AHEAD_S && !starts)
		told_clock(b, e, "Time leapt ahead, or nothing was written",
			arena_printf(b->arena,
				"Entry %llu of the trail is %.1f hours later than entry %llu "
				"before it, and no stop or start stands between them.",
				here, (double)ahead_s / 3600, before));
	if (!starts || s->stopped || ahead_s < SOURCES_CUT_S)
		return;
	struct told told = {.id = "behaviour.interrupted",
		.title = "Hospitaller was interrupted",
		.advice = "Was there a power failure or a crash? Somebody who wants not to be seen "
			  "pulls the plug, too.",
		.level = SIGMA_LOW,
		.seq = e->seq,
		.time_us = e->time_us,
		.key = "",
		.sentence = arena_printf(b->arena,
			"Hospitaller started again %.1f hours after its last entry (%llu), and "
			"nobody had stopped it.",
			(double)ahead_s / 3600, before)};
	tell(b, &told);
}

// What Hospitaller writes by itself is no sign of life of the house.
static bool is_heard(const struct feed_event *e)
{
	return e->action != TRAIL_EXPLAINED && strcmp(e->role, "watch") != 0 &&
	       (e->actor || e->kind == TRAIL_SIGN_IN);
}

void sources_event(struct behaviour *b, const struct feed_event *e)
{
	struct sources *s = b->sources;
	int64_t hour = behaviour_local_us(b, e->time_us) / HOUR_US;
	bool starts = e->action == TRAIL_STARTED || e->action == TRAIL_RECOVERED;
	check_numbers(b, e);
	if (s->any)
		check_time(b, e, starts);
	go_to_hour(b, hour, starts);
	if (!s->any)
		s->house.first_hour = s->hour;
	s->any = true;
	s->last_us = e->time_us;
	s->stopped = e->action == TRAIL_STOPPED;
	if (!is_heard(e))
		return;
	s->house.last_hour = s->hour;
	if (*e->address) {
		struct source *address = source_of(b, S_ADDRESS, e->address);
		if (address)
			address->last_hour = s->hour;
		if (address && e->kind == TRAIL_SIGN_IN &&
			(e->action == TRAIL_SIGNED_IN || e->action == TRAIL_SECOND_FACTOR))
			sign_in(b, address, e);
	}
	struct source *application =
		*e->application ? source_of(b, S_APPLICATION, e->application) : NULL;
	if (application)
		application->last_hour = s->hour;
}

void sources_time(struct behaviour *b, int64_t now_us)
{
	struct sources *s = b->sources;
	int64_t hour = behaviour_local_us(b, now_us) / HOUR_US;
	if (s->any && !s->stopped && hour > s->hour && hour - s->hour <= FORGOTTEN_HOURS)
		go_to_hour(b, hour, false);
}

// ---- Kept.

static void pack_source(struct pack *p, struct source *s)
{
	pack_raw(p, s->name, sizeof s->name);
	s->name[NAME_BYTES - 1] = 0;
	pack_u8(p, &s->kind);
	pack_raw(p, s->weeks, sizeof s->weeks);
	pack_bool(p, &s->told);
	pack_i64(p, &s->first_hour);
	pack_i64(p, &s->last_hour);
	pack_i64(p, &s->silent_from);
	pack_u32(p, &s->silent_hours);
	pack_u32(p, &s->silent_weight);
	pack_u32(p, &s->longest);
	pack_u32(p, &s->failed);
	pack_double(p, &s->burst);
	pack_i64(p, &s->burst_day);
}

void sources_pack(struct sources *s, struct pack *p)
{
	pack_source(p, &s->house);
	for (size_t i = 0; i < SOURCES; i++) {
		bool used = s->at[i].kind != 0;
		pack_bool(p, &used);
		if (used)
			pack_source(p, &s->at[i]);
	}
	pack_i64(p, &s->hour);
	pack_bool(p, &s->stopped);
	pack_bool(p, &s->any);
	pack_i64(p, &s->last_us);
	pack_i64(p, &s->crowded_day);
	pack_u64(p, &s->crowded);
}
