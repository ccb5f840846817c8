// bench/behaviour: how fast behaviour looks at events, and what of the misuse it finds.
//
//	bench_behaviour [EVENTS]             speed, memory, saving and loading
//	hospital-sim make --seed 21 --staff 1000 --patients 3000 --days 60 --out DIR
//	hospital-sim work --dir DIR --days 60 --dry-run --misuse all --seed 21
//	bench_behaviour [--list] DIR...      what is found of each kind; several houses are added up
//
// Plays truth/work.jsonl in the order of time as the trail would tell it: what was expected to be
// refused is refused until the glass is broken; the address is the unit's. The truth (who misused)
// is read for counting alone.
#include "watch/behaviour/behaviour.h"
#include "common/base/map.h"
#include "common/base/time.h"
#include "common/format/json.h"
#include "common/format/trail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DAY_US 86400000000ll

enum {
	KINDS_MOST = 16,
	SLOW_DAYS = 42,
	QUIET_DAYS = 21, // until anything can be found
	WARM_DAYS = 28,  // misuse that begins later is counted apart: then a reference exists
	STAFF = 1000,
	PATIENTS = 20000,
	SPEED_DAYS = 40,
};

// One person's misuse of one kind.
struct doer {
	int64_t first_us, days[64];
	size_t day_count;
	int64_t found_us; // INT64_MAX until then
	bool late;        // begun when a reference existed
};

struct kind {
	char name[16];
	struct map *doers; // actor -> doer, of this house
	long count, found, late, late_found;
	double delay_h[512];
	size_t delays;
};

struct act {
	struct feed_event event;
	int kind; // of misuse, or -1
};

struct bench {
	struct act *acts;
	size_t count, room;
	struct kind kinds[KINDS_MOST];
	size_t kind_count;
	struct map *glass, *staff; // "login patient" -> time; login -> address
	struct arena *arena;
	bool list;
	int64_t first_day;
	long findings, right, other, person_days, ids[8], ids_right[8];
	double staff_days;
};

static const char *const ids[8] = {"behaviour.self", "behaviour.peers", "behaviour.burst",
	"behaviour.agreement", "behaviour.slow"};

static void fail_if(bool wrong, const char *what)
{
	if (!wrong)
		return;
	fprintf(stderr, "bench_behaviour: %s\n", what);
	exit(1);
}

static uint64_t hash_of(const char *text)
{
	uint64_t hash = 1469598103934665603ull;
	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 1099511628211ull;
	hash ^= hash >> 31;
	hash *= 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 29;
}

static const char *get(const json_t *json, const char *key)
{
	const char *text = json_get_text(json, key);
	return text ? text : "";
}

// ---- The house's days as events.

static void read_units(struct bench *b, const char *dir)
{
	char path[600];
	size_t i;
	json_t *one;
	snprintf(path, sizeof path, "%s/truth/rosters.json", dir);
	json_t *json = json_load_file(path, 0, NULL);
	fail_if(!json, path);
	json_array_foreach(json_object_get(json, "staff"), i, one)
		map_set(b->staff, bytes_text(get(one, "login")),
			(void *)arena_printf(b->arena, "127.0.1.%d",
				(int)json_integer_value(json_object_get(one, "unit")) + 1));
	json_decref(json);
}

static int kind_of(struct bench *b, const json_t *line)
{
	if (!json_is_true(json_object_get(line, "misuse")))
		return -1;
	const char *why = get(line, "why");
	for (size_t i = 0; i < b->kind_count; i++)
		if (strcmp(b->kinds[i].name, why) == 0)
			return (int)i;
	fail_if(b->kind_count == KINDS_MOST, "too many kinds");
	strncpy(b->kinds[b->kind_count].name, why, 15);
	return (int)b->kind_count++;
}

static bool is_refused(struct bench *b, const json_t *line, int64_t at_us)
{
	const char *key = arena_printf(b->arena, "%s %s", get(line, "login"), get(line, "patient"));
	size_t i;
	json_t *status;
	bool expects = false;
	if (strcmp(get(line, "path"), "/api/break-glass") == 0) {
		int64_t *at = arena_alloc(b->arena, sizeof *at);
		*at = at_us;
		map_set(b->glass, bytes_text(key), at);
		return false;
	}
	json_array_foreach(json_object_get(line, "expect"), i, status) expects |=
		json_integer_value(status) == 403;
	const int64_t *at = map_find(b->glass, bytes_text(key));
	return expects && strncmp(get(line, "path"), "/fhir/Patient?", 14) != 0 &&
	       (!at || at_us - *at > DAY_US / 24);
}

static void set_action(const json_t *line, struct feed_event *e)
{
	const char *path = get(line, "path"), *query = strpbrk(path, "?");
	if (strncmp(path, "/fhir/", 6) == 0) {
		size_t length = strcspn(path + 6, "/?");
		snprintf(e->resource_type, sizeof e->resource_type, "%.*s", (int)length, path + 6);
		e->action = strcmp(get(line, "method"), "POST") == 0 ? TRAIL_CREATE
			    : query                                  ? TRAIL_SEARCH
								     : TRAIL_READ;
		e->outcome = e->action == TRAIL_CREATE ? TRAIL_INTENDED : TRAIL_ALLOWED;
	} else if (strcmp(path, "/api/break-glass") == 0) {
		e->action = TRAIL_BREAK_GLASS;
	} else if (strncmp(path, "/api/sign", 9) == 0) {
		e->kind = TRAIL_SIGN_IN;
		e->action = strcmp(path, "/api/sign-out") == 0 ? TRAIL_SIGNED_OUT
			    : strstr(path, "code")             ? TRAIL_SECOND_FACTOR
							       : TRAIL_SIGNED_IN;
	} else if (strncmp(path, "/api/patients", 13) == 0 ||
		   strncmp(path, "/api/trail", 10) == 0) {
		e->kind = TRAIL_REVIEW;
		e->action = path[5] == 'p' ? TRAIL_WHO_SAW : TRAIL_TRAIL_SEARCHED;
	} else {
		e->kind = 0; // no entry
	}
}

static void read_line(struct bench *b, const json_t *line)
{
	struct act act = {.kind = kind_of(b, line)};
	struct feed_event *e = &act.event;
	const char *patient = get(line, "patient"), *unit;
	fail_if(time_parse(get(line, "at"), &e->time_us), "a line cannot be read");
	e->kind = TRAIL_ACCESS;
	e->outcome = TRAIL_ALLOWED;
	set_action(line, e);
	if (!e->kind)
		return;
	if (is_refused(b, line, e->time_us))
		e->outcome = TRAIL_DENIED;
	e->actor = hash_of(get(line, "login"));
	if (*patient) {
		e->patient_count = e->patients_here = 1;
		e->patients[0] = e->patient = hash_of(patient);
	}
	feed_text(e->role, sizeof e->role, get(line, "role"));
	unit = map_find(b->staff, bytes_text(get(line, "login")));
	feed_text(e->address, sizeof e->address, unit ? unit : "");
	if (b->count == b->room) {
		b->room = b->room ? 2 * b->room : 65536;
		b->acts = realloc(b->acts, b->room * sizeof *b->acts);
		fail_if(!b->acts, "no memory");
	}
	b->acts[b->count++] = act;
}

static int by_time(const void *one, const void *other)
{
	const struct act *x = one, *y = other;
	if (x->event.time_us != y->event.time_us)
		return x->event.time_us < y->event.time_us ? -1 : 1;
	return x->event.seq < y->event.seq ? -1 : 1;
}

static void read_work(struct bench *b, const char *dir)
{
	char path[600], *text = NULL;
	size_t room = 0;
	snprintf(path, sizeof path, "%s/truth/work.jsonl", dir);
	FILE *file = fopen(path, "r");
	fail_if(!file, "there is no truth/work.jsonl: run hospital-sim work --dry-run");
	b->count = 0;
	while (getline(&text, &room, file) > 0) {
		json_t *line = json_loads(text, 0, NULL);
		fail_if(!line, "a line cannot be read");
		read_line(b, line);
		json_decref(line);
	}
	free(text);
	fclose(file);
	for (size_t i = 0; i < b->count; i++)
		b->acts[i].event.seq = i;
	qsort(b->acts, b->count, sizeof *b->acts, by_time);
	for (size_t i = 0; i < b->count; i++)
		b->acts[i].event.seq = i;
}

// ---- Counting.

static void note_doers(struct bench *b)
{
	b->first_day = b->count ? b->acts[0].event.time_us / DAY_US : 0;
	for (size_t i = 0; i < b->kind_count; i++)
		b->kinds[i].doers = map_new();
	for (size_t i = 0; i < b->count; i++) {
		const struct act *act = &b->acts[i];
		int64_t day = act->event.time_us / DAY_US;
		if (act->kind < 0)
			continue;
		struct map *doers = b->kinds[act->kind].doers;
		struct bytes key = bytes_of(&act->event.actor, 8);
		struct doer *doer = map_find(doers, key);
		if (!doer) {
			doer = arena_alloc(b->arena, sizeof *doer);
			*doer = (struct doer){
				.first_us = act->event.time_us, .found_us = INT64_MAX};
			map_set(doers, key, doer);
		}
		if (doer->day_count < 64 &&
			(!doer->day_count || doer->days[doer->day_count - 1] != day))
			doer->days[doer->day_count++] = day;
		doer->late |= day >= b->first_day + WARM_DAYS;
	}
}

// Of staff, after the days in which nothing can be found.
static void count_person_days(struct bench *b)
{
	struct map *days = map_new();
	for (size_t i = 0; i < b->count; i++) {
		const struct feed_event *e = &b->acts[i].event;
		const int64_t key[] = {(int64_t)e->actor, e->time_us / DAY_US};
		if (key[1] >= b->first_day + QUIET_DAYS)
			map_set(days, bytes_of(key, sizeof key), b);
	}
	b->person_days += (long)map_count(days);
	map_free(days);
}

static void on_found(void *context, const struct finding *f)
{
	struct bench *b = context;
	int64_t day = f->time_us / DAY_US;
	bool slow = strcmp(f->id, "behaviour.slow") == 0, right = false;
	size_t id = 0;
	while (id < 5 && strcmp(ids[id], f->id) != 0)
		id++;
	if (id == 5) {
		b->other++;
		if (b->list)
			printf("  other: %s\n", f->sentence);
		return;
	}
	uint64_t actor = strtoull((const char *)f->actor.at, NULL, 16);
	for (size_t k = 0; k < b->kind_count; k++) {
		struct doer *doer = map_find(b->kinds[k].doers, bytes_of(&actor, 8));
		bool hit = false;
		for (size_t d = 0; doer && d < doer->day_count; d++)
			hit |= slow ? doer->days[d] <= day && doer->days[d] > day - SLOW_DAYS
				    : doer->days[d] == day;
		if (hit && f->time_us < doer->found_us)
			doer->found_us = f->time_us;
		if (hit && b->list)
			printf("%s: ", b->kinds[k].name);
		right |= hit;
	}
	if (b->list)
		printf("%s %s\n", right ? "" : "HONEST", f->sentence);
	b->findings++;
	b->right += right;
	b->ids[id]++;
	b->ids_right[id] += right;
}

static void add_up(struct bench *b)
{
	for (size_t k = 0; k < b->kind_count; k++) {
		struct kind *kind = &b->kinds[k];
		size_t at = 0;
		struct bytes key;
		void *value;
		while (map_next(kind->doers, &at, &key, &value)) {
			const struct doer *doer = value;
			bool found = doer->found_us != INT64_MAX;
			kind->count++;
			kind->found += found;
			kind->late += doer->late;
			kind->late_found += doer->late && found;
			if (found && kind->delays < 512)
				kind->delay_h[kind->delays++] =
					(double)(doer->found_us - doer->first_us) / 3600e6;
		}
		map_free(kind->doers);
	}
}

static int by_number(const void *one, const void *other)
{
	double x = *(const double *)one, y = *(const double *)other;
	return x < y ? -1 : x > y;
}

static void report(struct bench *b)
{
	printf("kind         persons  found  recall | misused after day %d  found  recall | delay, median\n",
		WARM_DAYS);
	for (size_t k = 0; k < b->kind_count; k++) {
		struct kind *d = &b->kinds[k];
		qsort(d->delay_h, d->delays, sizeof d->delay_h[0], by_number);
		printf("%-12s %7ld %6ld  %5.2f  | %19ld %8ld  %5.2f  | ", d->name, d->count,
			d->found, d->count ? (double)d->found / (double)d->count : 0, d->late,
			d->late_found, d->late ? (double)d->late_found / (double)d->late : 0);
		if (d->delays)
			printf("%.1f h\n", d->delay_h[d->delays / 2]);
		else
			printf("-\n");
	}
	for (int i = 0; i < 5; i++)
		printf("%-22s %4ld findings, %4ld of misuse\n", ids[i], b->ids[i], b->ids_right[i]);
	double all = (double)b->findings;
	printf("all: %ld findings, %ld of misuse, precision %.2f; for 1,000 staff and day %.2f, for 1,000 person-days after day %d %.1f (%ld about places, clock and silence besides)\n",
		b->findings, b->right, b->findings ? (double)b->right / all : 0,
		b->staff_days > 0 ? all * 1000 / b->staff_days : 0, QUIET_DAYS,
		b->person_days ? all * 1000 / (double)b->person_days : 0, b->other);
}

static void play(struct bench *b, const char *dir)
{
	struct behaviour *behaviour;
	char problem[256];
	const struct behaviour_options options = {.found = on_found, .context = b};
	b->arena = arena_new();
	b->glass = map_new();
	b->staff = map_new();
	read_units(b, dir);
	read_work(b, dir);
	note_doers(b);
	count_person_days(b);
	fail_if(behaviour_open(&options, &behaviour, problem), "it cannot be opened");
	for (size_t i = 0; i < b->count; i++)
		behaviour_event(behaviour, &b->acts[i].event);
	b->staff_days += (double)map_count(b->staff) *
			 (double)(b->acts[b->count - 1].event.time_us / DAY_US - b->first_day + 1);
	behaviour_close(behaviour);
	add_up(b);
	map_free(b->glass);
	map_free(b->staff);
	arena_free(b->arena);
}

// ---- Speed.

static uint64_t draw(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

// Forty days of a hospital, so that most of them have a reference to be compared with.
static void make_days(struct feed_event *events, size_t count)
{
	static const uint8_t actions[] = {TRAIL_READ, TRAIL_READ, TRAIL_READ, TRAIL_READ,
		TRAIL_READ, TRAIL_READ, TRAIL_SEARCH, TRAIL_SEARCH, TRAIL_UPDATE, TRAIL_CREATE};
	uint64_t state = 7;
	for (size_t i = 0; i < count; i++) {
		bool sign_in = draw(&state) % 50 == 0;
		events[i] = (struct feed_event){.seq = i,
			.time_us = 1772618400000000 +
				   (int64_t)i * (SPEED_DAYS * DAY_US / (int64_t)count),
			.kind = sign_in ? TRAIL_SIGN_IN : TRAIL_ACCESS,
			.action = sign_in ? TRAIL_SIGNED_IN : actions[draw(&state) % 10],
			.outcome = draw(&state) % 100 ? TRAIL_ALLOWED : TRAIL_DENIED,
			.patient_count = 1,
			.patients_here = 1,
			.actor = 1 + draw(&state) % STAFF,
			.patient = 1 + draw(&state) % PATIENTS};
		events[i].patients[0] = events[i].patient;
		snprintf(events[i].role, sizeof events[i].role, "%s",
			events[i].actor % 3 ? "nurse" : "clinician");
		snprintf(events[i].address, sizeof events[i].address, "10.1.0.%d",
			(int)(events[i].actor % 200));
		snprintf(events[i].application, sizeof events[i].application, "console");
	}
}

static double processor_s(void)
{
	struct timespec at;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static long memory_kib(void)
{
	char line[256];
	long kib = 0;
	FILE *file = fopen("/proc/self/status", "r");
	while (file && fgets(line, sizeof line, file))
		if (strncmp(line, "VmRSS:", 6) == 0)
			kib = atol(line + 6);
	if (file)
		fclose(file);
	return kib;
}

static void on_count(void *context, const struct finding *finding)
{
	(void)finding;
	++*(size_t *)context;
}

static void measure_speed(size_t count)
{
	struct behaviour *behaviour;
	char problem[256], path[] = "/tmp/bench-behaviour-XXXXXX";
	size_t findings = 0;
	struct feed_event *events = calloc(count, sizeof *events);
	fail_if(!events || !mkdtemp(path), "no memory or folder");
	char file[64], command[96];
	snprintf(file, sizeof file, "%s/behaviour.db", path);
	const struct behaviour_options options = {
		.path = file, .found = on_count, .context = &findings};
	make_days(events, count);
	long before_kib = memory_kib();
	fail_if(behaviour_open(&options, &behaviour, problem), problem);
	double begin = processor_s();
	for (size_t i = 0; i < count; i++)
		behaviour_event(behaviour, &events[i]);
	double taken = processor_s() - begin;
	long kib = memory_kib() - before_kib;
	begin = processor_s();
	behaviour_close(behaviour);
	double saved = processor_s() - begin;
	begin = processor_s();
	fail_if(behaviour_open(&options, &behaviour, problem), problem);
	printf("%zu events of %d people in %d days, %zu findings: %.0f events/s of one core; %ld KiB; everything saved in %.0f ms, loaded in %.0f ms\n",
		count, STAFF, SPEED_DAYS, findings, (double)count / taken, kib, saved * 1e3,
		(processor_s() - begin) * 1e3);
	behaviour_close(behaviour);
	snprintf(command, sizeof command, "rm -rf %s", path);
	fail_if(system(command) != 0, "the folder stays");
	free(events);
}

int main(int argc, char **argv)
{
	static struct bench b;
	int played = 0;
	json_init();
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--list") == 0) {
			b.list = true;
		} else if (atoll(argv[i]) > 0) {
			measure_speed((size_t)atoll(argv[i]));
			return 0;
		} else {
			play(&b, argv[i]);
			played++;
		}
	}
	if (played)
		report(&b);
	else
		measure_speed(1000000);
	free(b.acts);
	return 0;
}
