// bench/explain: how much honest work is explained, and what of the misuse reaches the reviewer.
//
//	hospital-sim make --seed 21 --staff 200 --patients 600 --days 60 --out DIR
//	hospital-sim work --dir DIR --days 60 --dry-run --misuse all
//	bench_explain [--late PERCENT] [--per-thousand N] [--least N] DIR
//
// Plays the hospital's days in the order of time through the vault's explaining and watch's
// weighing, without the door between: what the trail would hold is written to a ledger, what was
// documented is stored when it would have been (PERCENT of it up to 36 hours late), and every
// access is handed over as an event. The truth is read for counting alone.
#include "vault/explain/explain.h"
#include "common/base/map.h"
#include "common/base/text.h"
#include "common/base/time.h"
#include "common/format/fhir_date.h"
#include "common/format/fhir_patient.h"
#include "common/format/fhir_type.h"
#include "common/format/json.h"
#include "vault/ledger/ledger.h"
#include "vault/records/records.h"
#include "watch/access/access.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DAY_US  86400000000ll
#define HOUR_US 3600000000ll

enum {
	WHYS_MOST = 20,
	BATCH_US = 600000000
};

// Something to store, or something that somebody does.
struct thing {
	int64_t at_us;
	uint64_t order;
	json_t *resource; // to store, or NULL
	json_t *line;     // of truth/work.jsonl, or NULL
};

struct why {
	const char *name;
	bool misuse;
	long lines, first,
		second;    // person, patient, day: explained at the first look, at the second
	struct map *doers; // login -> struct doer
};

// One person's misuse of one kind.
struct doer {
	const char *login;
	struct why *why;
	int64_t days[64];
	size_t day_count;
	int64_t found_day; // INT64_MAX until a queue holds them
	bool slow;
};

struct bench {
	const char *dir;
	char folder[64];
	unsigned late_percent;
	double per_thousand;
	unsigned least;
	struct records *records;
	struct ledger *ledger;
	struct explain *explain;
	struct access *access;
	struct arena *arena;
	struct thing *things;
	size_t count, room;
	struct map *actors; // opaque in hex -> login
	struct map *staff;  // login -> Practitioner/id
	struct map *lines;  // "day login patient" -> struct look
	struct map *by_seq; // seq -> struct look
	struct map *glass;  // "login patient" -> time
	struct why whys[WHYS_MOST];
	size_t why_count;
	long items, hits, slow_items, slow_hits, worst_days, accesses, asked;
	int64_t explain_us, slowest_us;
	size_t staff_count;
};

// One person, patient and day.
struct look {
	struct why *why;
	const char *staff, *actor, *role, *patient;
	uint8_t first, second;
	bool has_first, has_second;
};

// Of this thread: other work on the machine does not count.
static int64_t processor_us(void)
{
	struct timespec at;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
	return at.tv_sec * 1000000ll + at.tv_nsec / 1000;
}

static void fail_if(bool wrong, const char *what)
{
	if (!wrong)
		return;
	fprintf(stderr, "bench_explain: %s\n", what);
	exit(1);
}

static uint64_t hash_of(const char *text)
{
	uint64_t hash = 1469598103934665603ull;
	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 1099511628211ull;
	hash ^= hash >> 31;
	hash *= 0x9e3779b97f4a7c15ull;
	return (hash ^ hash >> 29) & INT64_MAX;
}

static const char *keep(struct bench *b, const char *text)
{
	return arena_text(b->arena, text);
}

static const char *get(const json_t *json, const char *key)
{
	const char *text = json_get_text(json, key);
	return text ? text : "";
}

static void push(struct bench *b, const struct thing *thing)
{
	if (b->count == b->room) {
		b->room = b->room ? 2 * b->room : 4096;
		b->things = realloc(b->things, b->room * sizeof *b->things);
		fail_if(!b->things, "no memory");
	}
	b->things[b->count] = *thing;
	b->things[b->count].order = b->count;
	b->count++;
}

// ---- When a resource was written down.

static int64_t clinical_us(const json_t *r)
{
	static const char *const names[] = {
		"start", "authoredOn", "effectiveDateTime", "occurrenceDateTime", "recordedDate"};
	struct fhir_interval at;
	const char *text = json_get_text(json_object_get(r, "period"), "start");
	for (size_t i = 0; !text && i < sizeof names / sizeof *names; i++)
		text = json_get_text(r, names[i]);
	return text && fhir_date_parse(text, FHIR_FORM_DATE_TIME, &at) ? at.low_us : 0;
}

static int64_t recorded_us(const struct bench *b, const json_t *r)
{
	const char *type = get(r, "resourceType");
	int64_t at = clinical_us(r);
	uint64_t dice = hash_of(get(r, "id"));
	if (!at || strcmp(type, "Slot") == 0 || strcmp(type, "Schedule") == 0 ||
		strcmp(type, "Patient") == 0)
		return 1; // long before
	if (strcmp(type, "Appointment") == 0)
		return at - 14 * DAY_US;
	if (dice % 100 < b->late_percent)
		return at + (int64_t)(dice / 100 % 36 + 1) * HOUR_US;
	return at - HOUR_US;
}

static void read_bundle(struct bench *b, const char *path)
{
	size_t i;
	json_t *entry, *bundle = json_load_file(path, 0, NULL);
	fail_if(!bundle, path);
	json_array_foreach(json_object_get(bundle, "entry"), i, entry)
	{
		json_t *r = json_incref(json_object_get(entry, "resource"));
		push(b, &(struct thing){.at_us = recorded_us(b, r), .resource = r});
	}
	json_decref(bundle);
}

static void read_bundles(struct bench *b)
{
	char path[600];
	struct dirent **names;
	snprintf(path, sizeof path, "%s/bundles", b->dir);
	int count = scandir(path, &names, NULL, alphasort);
	fail_if(count < 3, "there are no bundles: run hospital-sim make");
	for (int i = 0; i < count; i++) {
		if (names[i]->d_name[0] != '.') {
			snprintf(path, sizeof path, "%s/bundles/%s", b->dir, names[i]->d_name);
			read_bundle(b, path);
		}
		free(names[i]);
	}
	free(names);
}

static void read_work(struct bench *b)
{
	char path[600], *text = NULL;
	size_t room = 0;
	snprintf(path, sizeof path, "%s/truth/work.jsonl", b->dir);
	FILE *file = fopen(path, "r");
	fail_if(!file, "there is no truth/work.jsonl: run hospital-sim work --dry-run");
	while (getline(&text, &room, file) > 0) {
		int64_t at;
		json_t *line = json_loads(text, 0, NULL);
		fail_if(!line || time_parse(get(line, "at"), &at), "a line cannot be read");
		map_set(b->staff, bytes_text(get(line, "login")),
			(void *)arena_printf(b->arena, "Practitioner/%s", get(line, "staff")));
		if (*get(line, "patient") && strcmp(get(line, "role"), "privacy-officer") != 0)
			push(b, &(struct thing){.at_us = at, .line = line});
		else
			json_decref(line);
	}
	free(text);
	fclose(file);
	b->staff_count = map_count(b->staff);
}

static int by_time(const void *one, const void *other)
{
	const struct thing *x = one, *y = other;
	if (x->at_us != y->at_us)
		return x->at_us < y->at_us ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

// ---- Storing, with an entry on the trail.

static void store(struct bench *b, json_t *r, int64_t at_us, const char *actor)
{
	struct fhir_patients patients;
	struct record record;
	const char *id = keep(b, get(r, "id")), *type = get(r, "resourceType");
	fail_if(fhir_patients_of(r, id, b->arena, &patients), "whose is it?");
	const char *owner = patients.owner ? keep(b, patients.owner) : NULL;
	struct record_put put = {.type = fhir_type_find(type),
		.id = id,
		.patient = owner,
		.resource = r,
		.updated_us = at_us};
	struct trail_entry entry = {.time_us = at_us,
		.kind = TRAIL_ACCESS,
		.action = TRAIL_CREATE,
		.outcome = TRAIL_INTENDED,
		.actor = actor,
		.role = "local",
		.resource = arena_printf(b->arena, "%s/%s", type, id),
		.version = 1,
		.patients = owner ? &owner : NULL,
		.patients_here = owner ? 1 : 0,
		.patient_count = owner ? 1 : 0};
	fail_if(records_put(b->records, &put, b->arena, &record), "it cannot be stored");
	ledger_append(b->ledger, &entry);
	if (owner)
		explain_forget(b->explain, owner);
}

// ---- Acting.

static struct why *why_of(struct bench *b, const json_t *line)
{
	const char *name = get(line, "why");
	for (size_t i = 0; i < b->why_count; i++)
		if (strcmp(b->whys[i].name, name) == 0)
			return &b->whys[i];
	fail_if(b->why_count == WHYS_MOST, "too many kinds");
	struct why *why = &b->whys[b->why_count++];
	*why = (struct why){.name = keep(b, name),
		.misuse = json_is_true(json_object_get(line, "misuse")),
		.doers = map_new()};
	return why;
}

static void note_doer(struct bench *b, struct why *why, const char *login, int64_t day)
{
	struct doer *doer = map_find(why->doers, bytes_text(login));
	if (!doer) {
		doer = arena_alloc(b->arena, sizeof *doer);
		*doer = (struct doer){.login = keep(b, login), .why = why, .found_day = INT64_MAX};
		map_set(why->doers, bytes_text(login), doer);
	}
	if (doer->day_count < 64 && (!doer->day_count || doer->days[doer->day_count - 1] != day))
		doer->days[doer->day_count++] = day;
}

static enum trail_action action_of(const char *method, const char *path, const char **ret_type)
{
	static char type[64];
	*ret_type = "";
	if (strncmp(path, "/fhir/", 6) != 0)
		return strcmp(path, "/api/break-glass") == 0 ? TRAIL_BREAK_GLASS : 0;
	size_t length = strcspn(path + 6, "/?");
	snprintf(type, sizeof type, "%.*s", (int)length, path + 6);
	*ret_type = type;
	if (strcmp(method, "POST") == 0)
		return TRAIL_CREATE;
	return path[6 + length] == '/' ? TRAIL_READ : TRAIL_SEARCH;
}

static bool is_refused(struct bench *b, const json_t *line, enum trail_action action, int64_t at_us)
{
	const char *key = arena_printf(b->arena, "%s %s", get(line, "login"), get(line, "patient"));
	if (action == TRAIL_BREAK_GLASS) {
		int64_t *at = arena_alloc(b->arena, sizeof *at);
		*at = at_us;
		map_set(b->glass, bytes_text(key), at);
		return false;
	}
	size_t i;
	json_t *status;
	bool expects = false;
	json_array_foreach(json_object_get(line, "expect"), i, status) expects |=
		json_integer_value(status) == 403;
	const int64_t *at = map_find(b->glass, bytes_text(key));
	return expects && strncmp(get(line, "path"), "/fhir/Patient?", 14) != 0 &&
	       (!at || at_us - *at > HOUR_US);
}

static struct look *look_of(struct bench *b, const json_t *line, int64_t at_us)
{
	const char *login = get(line, "login"), *patient = get(line, "patient");
	const char *key =
		arena_printf(b->arena, "%lld %s %s", (long long)(at_us / DAY_US), login, patient);
	struct look *look = map_find(b->lines, bytes_text(key));
	if (look)
		return look;
	look = arena_alloc(b->arena, sizeof *look);
	*look = (struct look){.why = why_of(b, line),
		.staff = map_find(b->staff, bytes_text(login)),
		.actor = keep(b, login),
		.role = keep(b, get(line, "role")),
		.patient = keep(b, patient)};
	look->why->lines++;
	map_set(b->lines, bytes_text(key), look);
	return look;
}

static void write_down(struct bench *b, const json_t *line, const char *type, int64_t at_us)
{
	char at[TIME_TEXT_BYTES];
	static unsigned number;
	time_format(at_us, at);
	bool note = strcmp(type, "ClinicalImpression") == 0;
	json_t *r = json_pack("{s:s, s:s, s:s, s:{s:s}, s:{s:s}, s:s}", "resourceType", type, "id",
		arena_printf(b->arena, "written-%u", number++), "status",
		note ? "completed" : "final", "code", "text", "written at work", "subject",
		"reference", arena_printf(b->arena, "Patient/%s", get(line, "patient")),
		"effectiveDateTime", at);
	const char *staff = map_find(b->staff, bytes_text(get(line, "login")));
	if (note)
		json_object_set_new(r, "assessor", json_pack("{s:s}", "reference", staff));
	else
		json_object_set_new(r, "performer", json_pack("[{s:s}]", "reference", staff));
	store(b, r, at_us, get(line, "login"));
	json_decref(r);
}

static void act(struct bench *b, const json_t *line, int64_t at_us)
{
	const char *type, *login = get(line, "login"), *patient = get(line, "patient");
	enum trail_action action = action_of(get(line, "method"), get(line, "path"), &type);
	if (!action)
		return;
	struct look *look = look_of(b, line, at_us);
	bool refused = is_refused(b, line, action, at_us);
	struct care care = {.evidence = ""};
	fail_if(records_care(b->records, look->staff, patient, b->arena, &care), "no care");
	struct trail_entry entry = {.time_us = at_us,
		.kind = TRAIL_ACCESS,
		.action = action,
		.outcome = refused                  ? TRAIL_DENIED
			   : action == TRAIL_CREATE ? TRAIL_INTENDED
						    : TRAIL_ALLOWED,
		.actor = login,
		.role = look->role,
		.resource = action == TRAIL_READ ? arena_printf(b->arena, "%s/%s", type, patient)
						 : keep(b, type),
		.relationship = care_kind_text(care.kind),
		.evidence = care.evidence,
		.patients = &patient,
		.patients_here = 1,
		.patient_count = 1};
	uint64_t seq = ledger_append(b->ledger, &entry);
	map_set(b->by_seq, bytes_of(&seq, sizeof seq), look);
	struct feed_event event = {.seq = seq,
		.time_us = at_us,
		.kind = TRAIL_ACCESS,
		.action = (uint8_t)action,
		.outcome = (uint8_t)entry.outcome,
		.patient_count = 1,
		.patients_here = 1,
		.actor = hash_of(login),
		.patient = hash_of(patient)};
	event.patients[0] = event.patient;
	feed_text(event.role, sizeof event.role, look->role);
	feed_text(event.resource_type, sizeof event.resource_type, type);
	map_set(b->actors, bytes_of(&event.actor, 8), (void *)look->actor);
	access_event(b->access, &event);
	b->accesses++;
	if (action == TRAIL_CREATE)
		write_down(b, line, type, at_us);
	if (json_is_true(json_object_get(line, "misuse")))
		note_doer(b, why_of(b, line), login, at_us / DAY_US);
}

// ---- Explaining what watch asks for.

static struct feed_explained explain(struct bench *b, const struct feed_wish *wish)
{
	struct arena *arena = arena_new();
	struct trail_entry entry;
	struct explanation explanation;
	struct look *look = map_find(b->by_seq, bytes_of(&wish->seq, sizeof wish->seq));
	fail_if(!look || ledger_read(b->ledger, wish->seq, arena, &entry), "no entry");
	const struct explain_ask ask = {.actor = look->actor,
		.staff = look->staff,
		.role = look->role,
		.patient = look->patient,
		.resource = entry.resource,
		.at_us = entry.time_us,
		.known_us = wish->known_us,
		.seq = wish->seq};
	int64_t begin_us = processor_us();
	fail_if(explain_access(b->explain, &ask, arena, &explanation), "it cannot be explained");
	int64_t took_us = processor_us() - begin_us;
	b->explain_us += took_us;
	b->slowest_us = took_us > b->slowest_us ? took_us : b->slowest_us;
	b->asked++;
	if (getenv("EXPLAIN_SHOW") && explanation.told.strength < EXPLAINED_ENOUGH)
		printf("%s %s %s %s %d %x %s\n", look->why->name, look->role, look->actor,
			look->patient, explanation.told.strength, explanation.told.flags,
			explained_kind_code(explanation.told.kind));
	if (!look->has_first)
		look->first = explanation.told.strength;
	look->second = explanation.told.strength;
	look->has_second = look->has_first;
	look->has_first = true;
	arena_free(arena);
	return (struct feed_explained){.wish = *wish, .fine = true, .told = explanation.told};
}

static void settle(struct bench *b)
{
	static struct feed_wish wishes[FEED_WISHES];
	static struct feed_explained answers[FEED_WISHES];
	fail_if(records_commit(b->records, 1), "it cannot be committed");
	ledger_flush(b->ledger);
	ledger_wait(b->ledger, ledger_size(b->ledger));
	for (size_t count; (count = access_wishes(b->access, wishes));) {
		struct ledger_status status;
		for (ledger_status(b->ledger, &status); status.indexed + 50 < status.size;
			ledger_status(b->ledger, &status))
			usleep(2000);
		for (size_t i = 0; i < count; i++)
			answers[i] = explain(b, &wishes[i]);
		fail_if(access_explained(b->access, answers, count), "answers do not fit");
	}
	fail_if(access_save(b->access), "the queue cannot be stored");
	fail_if(records_begin(b->records), "no transaction");
}

// ---- Counting.

static bool did_wrong(struct bench *b, const char *login, const struct access_item *item)
{
	bool any = false;
	for (size_t i = 0; i < b->why_count; i++) {
		struct doer *doer = map_find(b->whys[i].doers, bytes_text(login));
		bool hit = false;
		for (size_t d = 0; doer && d < doer->day_count; d++)
			hit |= item->slow ? doer->days[d] <= item->day &&
						    doer->days[d] > item->day - 42
					  : doer->days[d] == item->day;
		if (hit && item->made < doer->found_day) {
			doer->found_day = item->made;
			doer->slow = item->slow;
		}
		any |= hit;
	}
	return any;
}

static void on_item(void *context, const struct access_item *item)
{
	struct bench *b = context;
	const char *login = map_find(b->actors, bytes_of(&item->actor, 8));
	fail_if(!login, "an item of nobody");
	bool hit = did_wrong(b, login, item);
	b->items += !item->slow;
	b->hits += !item->slow && hit;
	b->slow_items += item->slow;
	b->slow_hits += item->slow && hit;
}

static void count_looks(struct bench *b)
{
	size_t at = 0;
	struct bytes key;
	void *value;
	while (map_next(b->lines, &at, &key, &value)) {
		struct look *look = value;
		look->why->first += look->has_first && look->first >= EXPLAINED_ENOUGH;
		look->why->second += look->has_first && look->second >= EXPLAINED_ENOUGH;
	}
}

static double percent(long part, long whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void report_looks(struct bench *b)
{
	long lines = 0, first = 0, second = 0;
	printf("person-patient-days                     n   at once  after 48 h\n");
	for (size_t i = 0; i < b->why_count; i++) {
		const struct why *w = &b->whys[i];
		if (!w->lines)
			continue;
		printf("  %-8s %-20s %9ld    %5.1f %%    %5.1f %%  explained\n",
			w->misuse ? "misuse" : "honest", w->name, w->lines,
			percent(w->first, w->lines), percent(w->second, w->lines));
		lines += w->misuse ? 0 : w->lines;
		first += w->misuse ? 0 : w->first;
		second += w->misuse ? 0 : w->second;
	}
	printf("  %-8s %-20s %9ld    %5.1f %%    %5.1f %%\n", "honest", "all", lines,
		percent(first, lines), percent(second, lines));
}

static void report_doers(struct bench *b)
{
	long all = 0, all_found = 0;
	printf("persons who misused, and those whom a queue held   n  found  of which slow\n");
	for (size_t i = 0; i < b->why_count; i++) {
		const struct why *w = &b->whys[i];
		size_t at = 0;
		struct bytes key;
		void *value;
		long count = 0, found = 0, slow = 0;
		while (w->misuse && map_next(w->doers, &at, &key, &value)) {
			const struct doer *doer = value;
			count++;
			found += doer->found_day != INT64_MAX;
			slow += doer->found_day != INT64_MAX && doer->slow;
		}
		if (w->misuse)
			printf("  %-46s %4ld %6ld %8ld\n", w->name, count, found, slow);
		all += count;
		all_found += found;
	}
	printf("  %-46s %4ld %6ld   recall %.2f\n", "all", all, all_found,
		all ? (double)all_found / (double)all : 0);
	printf("queue: %ld of the day's worst, %ld right; %ld slow, %ld right; precision %.2f\n",
		b->items, b->hits, b->slow_items, b->slow_hits,
		percent(b->hits + b->slow_hits, b->items + b->slow_items) / 100);
}

static void open_all(struct bench *b)
{
	char path[128], problem[256];
	struct ledger_problem ledger_problem;
	strcpy(b->folder, "/tmp/bench-explain-XXXXXX");
	fail_if(!mkdtemp(b->folder), "no folder");
	struct records_options records = {.dir = b->folder, .weak_sync = true};
	struct ledger_options ledger = {
		.dir = b->folder, .origin = "bench/trail", .checkpoint_ms = 20, .skip_sync = true};
	memset(&records.kek, 7, sizeof records.kek);
	fail_if(records_open(&records, &b->records, problem), "records");
	fail_if(ledger_open(&ledger, &b->ledger, &ledger_problem), "ledger");
	snprintf(path, sizeof path, "%s/access.db", b->folder);
	const struct access_options access = {
		.path = path, .per_thousand = b->per_thousand, .least = b->least};
	fail_if(access_open(&access, &b->access, problem), "access");
	access_listen(b->access, on_item, b);
	b->explain = explain_new(b->records, b->ledger);
	b->arena = arena_new();
	b->actors = map_new();
	b->staff = map_new();
	b->lines = map_new();
	b->by_seq = map_new();
	b->glass = map_new();
}

static void close_all(struct bench *b)
{
	char command[128];
	access_close(b->access);
	explain_free(b->explain);
	records_close(b->records);
	ledger_close(b->ledger);
	snprintf(command, sizeof command, "rm -rf %s", b->folder);
	fail_if(system(command) != 0, "the folder stays");
}

static void play(struct bench *b)
{
	int64_t until_us = 0;
	fail_if(records_begin(b->records), "no transaction");
	for (size_t i = 0; i < b->count; i++) {
		struct thing *thing = &b->things[i];
		if (thing->line && thing->at_us >= until_us) {
			settle(b);
			until_us = thing->at_us + BATCH_US;
		}
		if (thing->resource)
			store(b, thing->resource, thing->at_us, "registration");
		else
			act(b, thing->line, thing->at_us);
		json_decref(thing->resource);
		json_decref(thing->line);
	}
	if (b->count)
		access_time(b->access, b->things[b->count - 1].at_us + 4 * DAY_US);
	settle(b);
	fail_if(records_commit(b->records, 1), "it cannot be committed");
}

int main(int argc, char **argv)
{
	static struct bench b = {.late_percent = 30, .per_thousand = 5};
	json_init();
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--late") == 0 && i + 1 < argc)
			b.late_percent = (unsigned)atoi(argv[++i]);
		else if (strcmp(argv[i], "--per-thousand") == 0 && i + 1 < argc)
			b.per_thousand = atof(argv[++i]);
		else if (strcmp(argv[i], "--least") == 0 && i + 1 < argc)
			b.least = (unsigned)atoi(argv[++i]);
		else
			b.dir = argv[i];
	}
	fail_if(!b.dir, "usage: bench_explain [--late PERCENT] [--per-thousand N] [--least N] DIR");
	open_all(&b);
	read_bundles(&b);
	read_work(&b);
	qsort(b.things, b.count, sizeof *b.things, by_time);
	int64_t begin_us = time_monotonic_us();
	play(&b);
	count_looks(&b);
	printf("%zu who work, %ld accesses, %ld explanations: %.0f us of processor each, the slowest %.1f ms; %.0f s in all\n",
		b.staff_count, b.accesses, b.asked,
		(double)b.explain_us / (double)(b.asked ? b.asked : 1), (double)b.slowest_us / 1000,
		(double)(time_monotonic_us() - begin_us) / 1e6);
	report_looks(&b);
	report_doers(&b);
	close_all(&b);
	return 0;
}
