// bench/whole: what all of the detection together puts in front of a person, over a simulated
// hospital's days, and what of it was misuse.
//
//	hospital-sim make --seed 21 --staff 1000 --patients 3000 --days 60 --out DIR
//	hospital-sim work --dir DIR --days 60 --dry-run --misuse all --seed 21
//	bench_whole [--late PERCENT] DIR RULES > NUMBERS.json
//
// bench/whole.py does this for several seeds, adds up and draws. The days go in the order of time
// through what runs in the house, half an hour at a time: acts and what was documented into ledger
// and records; entries to watch as the vault tells them; explanations as watch asks for them, at
// once and after 48 hours; what they tell back on the trail and to the rules; findings into risk
// and incidents; the end of a day into the reviewer's list. The door, playbooks and the people who
// would act on it are not there: nothing is stopped, and nothing is learnt from verdicts. PERCENT
// (30) of encounters, teams and orders are written down up to 36 hours late. The truth is read for
// counting alone.
#include "common/base/map.h"
#include "common/base/time.h"
#include "common/crypto/crypto.h"
#include "common/format/fhir_patient.h"
#include "common/format/fhir_type.h"
#include "common/format/json.h"
#include "house.h"
#include "parts.h"
#include "tell.h"
#include "vault/explain/explain.h"
#include "vault/facts.h"
#include "vault/ledger/ledger.h"
#include "vault/records/records.h"
#include "watch/access/access.h"
#include "watch/casebook.h"
#include "watch/detector.h"
#include "watch/messenger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	BATCH_US = 1800000000
};

// One person, patient and day.
struct look {
	struct house_why *why;
	int strength[2]; // at once, and last; -1: not explained
};

struct bench {
	struct house house;
	struct records *records;
	struct ledger *ledger;
	struct explain *explain;
	struct mac *opaque;
	struct facts facts;
	struct watch_parts parts;
	struct messenger messenger; // without a courier
	struct tell tell;
	struct map *looks; // "day login patient" -> look
	struct arena *arena;
	char folder[64];
	uint64_t place;
	long asked;
	int64_t explain_us, slowest_us;
};

// Of this thread: other work on the machine does not count.
static int64_t processor_us(void)
{
	struct timespec at;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
	return at.tv_sec * 1000000ll + at.tv_nsec / 1000;
}

// ---- What the vault does.

// `entry` becomes the one that tells of it.
static void store(struct bench *b, json_t *r, struct trail_entry *entry)
{
	struct fhir_patients patients;
	struct record record;
	struct arena *arena = b->house.arena;
	const char *id = arena_text(arena, json_get_text(r, "id")),
		   *type = json_get_text(r, "resourceType");
	fail_if(fhir_patients_of(r, id, arena, &patients), "whose is it?");
	const char **owner = arena_alloc(arena, sizeof *owner);
	*owner = patients.owner ? arena_text(arena, patients.owner) : NULL;
	struct record_put put = {.type = fhir_type_find(type),
		.id = id,
		.patient = *owner,
		.resource = r,
		.updated_us = entry->time_us};
	fail_if(records_put(b->records, &put, b->arena, &record), "it cannot be stored");
	entry->resource = arena_printf(arena, "%s/%s", type, id);
	entry->version = 1;
	entry->patients = *owner ? owner : NULL;
	entry->patients_here = entry->patient_count = *owner != NULL;
	if (*owner)
		explain_forget(b->explain, *owner);
}

// What is older than the first day was imported before it.
static void document(struct bench *b, struct house_thing *thing)
{
	int64_t imported_us = b->house.first_day * DAY_US - HOUR_US;
	struct trail_entry entry = {.time_us = thing->at_us,
		.kind = TRAIL_ACCESS,
		.action = TRAIL_CREATE,
		.outcome = TRAIL_INTENDED,
		.actor = "registration",
		.role = "local"};
	store(b, thing->resource, &entry);
	json_decref(thing->resource);
	thing->resource = NULL;
	entry.time_us = thing->at_us > imported_us ? thing->at_us : imported_us;
	tell_entry(&b->tell, ledger_append(b->ledger, &entry), NULL);
}

static void note_look(struct bench *b, const struct house_act *act)
{
	const char *key = arena_printf(b->arena, "%lld %s %s",
		(long long)(act->entry.time_us / DAY_US), act->who->login, act->patient);
	if (act->entry.kind != TRAIL_ACCESS || map_find(b->looks, bytes_text(key)))
		return;
	struct look *look = arena_alloc(b->house.arena, sizeof *look);
	*look = (struct look){act->why, {-1, -1}};
	act->why->looks++;
	map_set(b->looks, bytes_text(key), look);
}

static void act(struct bench *b, struct house_act *act)
{
	struct trail_entry *e = &act->entry;
	struct care care = {.evidence = ""};
	if (*act->patient) {
		fail_if(records_care(
				b->records, act->who->practitioner, act->patient, b->arena, &care),
			"no care");
		e->relationship = care_kind_text(care.kind);
		e->evidence = care.evidence;
		note_look(b, act);
	}
	if (e->action == TRAIL_CREATE && e->outcome == TRAIL_INTENDED) {
		json_t *note = house_note(&b->house, act);
		store(b, note, e);
		json_decref(note);
	}
	tell_entry(&b->tell, ledger_append(b->ledger, e), act);
}

// ---- What the vault explains when watch asks.

static void keep_look(struct bench *b, const struct house_act *act, int strength)
{
	const char *key = arena_printf(b->arena, "%lld %s %s",
		(long long)(act->entry.time_us / DAY_US), act->who->login, act->patient);
	struct look *look = map_find(b->looks, bytes_text(key));
	if (!look)
		return;
	if (look->strength[0] < 0)
		look->strength[0] = strength;
	look->strength[1] = strength;
}

static struct feed_explained explain(struct bench *b, const struct feed_wish *wish)
{
	struct trail_entry entry;
	struct explanation explanation;
	const struct house_act *act = tell_act(&b->tell, wish->seq);
	fail_if(!act || ledger_read(b->ledger, wish->seq, b->arena, &entry),
		"nothing is known of an access");
	const struct explain_ask ask = {.actor = act->who->login,
		.staff = act->who->practitioner,
		.role = act->who->role,
		.patient = act->patient,
		.resource = entry.resource,
		.at_us = entry.time_us,
		.known_us = wish->known_us < entry.time_us ? entry.time_us : wish->known_us,
		.seq = wish->seq};
	int64_t begin_us = processor_us();
	fail_if(explain_access(b->explain, &ask, b->arena, &explanation), "it cannot be explained");
	int64_t took_us = processor_us() - begin_us;
	b->explain_us += took_us;
	b->slowest_us = took_us > b->slowest_us ? took_us : b->slowest_us;
	b->asked++;
	keep_look(b, act, explanation.told.strength);
	struct feed_explained done = {.wish = *wish, .fine = true, .told = explanation.told};
	facts_explained(&b->facts, &done, ask.at_us);
	return done;
}

static bool explain_all(struct bench *b)
{
	static struct feed_wish wishes[FEED_WISHES];
	static struct feed_explained answers[FEED_WISHES];
	struct ledger_status status;
	size_t count = access_wishes(b->parts.access, wishes);
	if (!count)
		return false;
	for (ledger_status(b->ledger, &status); status.indexed + 50 < status.size;
		ledger_status(b->ledger, &status))
		usleep(1000);
	for (size_t i = 0; i < count; i++)
		answers[i] = explain(b, &wishes[i]);
	fail_if(access_explained(b->parts.access, answers, count), "answers do not fit");
	return true;
}

// ---- Watch follows.

static void follow(struct bench *b)
{
	static struct feed_event events[FEED_BATCH];
	ledger_flush(b->ledger);
	ledger_wait(b->ledger, ledger_size(b->ledger));
	while (b->place < ledger_size(b->ledger)) {
		size_t count = 0;
		struct arena *arena = arena_new();
		for (; count < FEED_BATCH && b->place < ledger_size(b->ledger); b->place++) {
			struct trail_entry e;
			fail_if(ledger_follow(b->ledger, b->place, arena, &e),
				"the trail cannot be followed");
			events[count].seq = b->place;
			facts_event(&b->facts, &e, arena, &events[count]);
			if (e.action == TRAIL_EXPLAINED)
				tell_entry(&b->tell, b->place, tell_act(&b->tell, e.refers_to));
			count++;
		}
		parts_take(&b->parts, events, count, ledger_size(b->ledger));
		arena_free(arena);
	}
}

// The clock is the simulation's: what is written now was known now.
static void settle(struct bench *b, int64_t now_us, bool over)
{
	time_set_offset_us(0);
	time_set_offset_us(now_us - time_now_us());
	fail_if(records_commit(b->records, 1), "it cannot be committed");
	follow(b);
	access_time(b->parts.access, now_us);
	while (explain_all(b))
		follow(b);
	fail_if(!over && (detector_tick(b->parts.detector) ||
				 casebook_take(b->parts.casebook, b->parts.detector)),
		"findings cannot be kept");
	fail_if(access_save(b->parts.access), "the list cannot be kept");
	fail_if(records_begin(b->records), "no transaction");
	arena_reset(b->arena);
}

static void play(struct bench *b)
{
	struct house *h = &b->house;
	int64_t until_us = 0, settled_us = 0, last_us = (h->first_day + h->days + 3) * DAY_US;
	fail_if(records_begin(b->records), "no transaction");
	for (size_t i = 0; i < h->count; i++) {
		struct house_thing *thing = &h->things[i];
		if (!until_us && thing->act)
			until_us = thing->at_us;
		for (; until_us && thing->at_us >= until_us; until_us += BATCH_US) {
			if (b->place == ledger_size(b->ledger) && until_us < settled_us + HOUR_US)
				continue; // nothing happened
			settle(b, until_us, false);
			settled_us = until_us;
		}
		if (thing->resource)
			document(b, thing);
		else
			act(b, thing->act);
	}
	for (; until_us < last_us; until_us += 6 * (int64_t)BATCH_US) // second looks
		settle(b, until_us, true);
	fail_if(records_commit(b->records, 1), "it cannot be committed");
}

// ---- Opening and closing.

static void open_all(struct bench *b, const char *rules)
{
	char path[128], problem[256];
	struct ledger_problem ledger_problem;
	const struct key key = {.bytes = {7}};
	strcpy(b->folder, "/dev/shm/bench-whole-XXXXXX"); // a disk is measured elsewhere
	fail_if(!mkdtemp(b->folder), "no folder");
	struct records_options records = {.dir = b->folder, .weak_sync = true, .kek = key};
	struct ledger_options ledger = {
		.dir = b->folder, .origin = "bench/trail", .checkpoint_ms = 20, .skip_sync = true};
	fail_if(records_open(&records, &b->records, problem), "records");
	fail_if(ledger_open(&ledger, &b->ledger, &ledger_problem), "ledger");
	b->explain = explain_new(b->records, b->ledger);
	b->opaque = mac_new(&key);
	b->facts = (struct facts){.ledger = b->ledger, .opaque = b->opaque};
	b->arena = arena_new();
	b->looks = map_new();
	b->parts.messenger = &b->messenger;
	parts_open(b->folder, rules, &b->parts);
	snprintf(path, sizeof path, "%s/incidents.db", b->folder);
	tell_begin(&b->tell, &b->house, b->opaque, path);
	access_listen(b->parts.access, tell_item, &b->tell);
}

static void close_all(struct bench *b)
{
	char command[128];
	explain_free(b->explain);
	records_close(b->records);
	ledger_close(b->ledger);
	mac_free(b->opaque);
	map_free(b->looks);
	arena_free(b->arena);
	house_done(&b->house);
	snprintf(command, sizeof command, "rm -rf %s", b->folder);
	fail_if(system(command) != 0, "the folder stays");
}

static void count_looks(struct bench *b)
{
	size_t at = 0;
	struct bytes key;
	void *value;
	while (map_next(b->looks, &at, &key, &value)) {
		const struct look *look = value;
		for (int i = 0; i < 2; i++)
			look->why->explained[i] += look->strength[i] >= 50;
	}
}

int main(int argc, char **argv)
{
	static struct bench b;
	unsigned late_percent = 30;
	int at = 1;
	json_init();
	if (argc > 2 && strcmp(argv[1], "--late") == 0) {
		late_percent = (unsigned)atoi(argv[2]);
		at = 3;
	}
	fail_if(argc != at + 2, "usage: bench_whole [--late PERCENT] DIR RULES");
	house_read(argv[at], late_percent, &b.house);
	open_all(&b, argv[at + 1]);
	int64_t begin_us = time_monotonic_us();
	play(&b);
	count_looks(&b);
	parts_close(&b.parts);
	json_t *json = tell_json(&b.tell);
	json_object_set_new(
		json, "seconds", json_real((double)(time_monotonic_us() - begin_us) / 1e6));
	json_object_set_new(json, "explanations", json_integer(b.asked));
	json_object_set_new(json, "explain_us",
		json_real(b.asked ? (double)b.explain_us / (double)b.asked : 0));
	json_object_set_new(json, "slowest_us", json_integer(b.slowest_us));
	json_dumpf(json, stdout, JSON_INDENT(1) | JSON_SORT_KEYS);
	puts("");
	json_decref(json);
	close_all(&b);
	return 0;
}
