#include "vault/serve/room.h"

#include "common/base/map.h"
#include "common/base/time.h"
#include "common/format/assess.h"
#include "vault/ledger/ledger.h"
#include "vault/serve/names.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

// ---- Words from the trail.

// The entry of something that a person did with this incident.
static bool read_act(struct vault *vault, struct exchange *x, const char *number,
	const json_t *entry, struct trail_entry *ret) // five: where, which, what
{
	json_int_t seq = json_integer_value(entry);
	if (!json_is_integer(entry) || seq < 0 ||
		ledger_read(vault->parts.ledger, (uint64_t)seq, x->arena, ret))
		return false;
	if (ret->action == TRAIL_QUEUE_REVIEWED) // it had no number yet
		return true;
	return ret->action >= TRAIL_INCIDENT_OPENED && ret->action <= TRAIL_INCIDENT_CLOSED &&
	       (strcmp(ret->query, number) == 0 ||
		       (ret->action == TRAIL_INCIDENT_OPENED && !*ret->query));
}

static json_t *who_json(const struct trail_entry *entry)
{
	return json_pack("{s:s, s:s, s:s}", "account", entry->actor, "name", entry->actor_name,
		"role", entry->role);
}

static void join_words(struct vault *vault, struct exchange *x, const char *number, json_t *json)
{
	struct trail_entry entry;
	json_object_del(json, "who"); // who and their words come from the trail, or not at all
	json_object_del(json, "text");
	if (!read_act(vault, x, number, json_object_get(json, "entry"), &entry))
		return;
	json_object_set_new(json, "who", who_json(&entry));
	if (*entry.reason)
		json_object_set_new(json, "text", json_string(entry.reason));
}

// An assignment's words are whom it was given to.
static void join_assigned(struct vault *vault, struct exchange *x, const char *number, json_t *json)
{
	struct trail_entry entry;
	const json_t *assigned = json_object_get(json, "assigned");
	if (!assigned)
		return;
	bool there = read_act(vault, x, number, json_object_get(assigned, "entry"), &entry);
	json_object_set_new(json, "assigned", json_string(there ? entry.reason : "somebody"));
}

static void join_answers(
	struct vault *vault, struct exchange *x, const char *number, json_t *answers)
{
	const char *key;
	json_t *one;
	json_object_foreach(answers, key, one)
	{
		const struct assess_question *asked = assess_find(key);
		struct trail_entry entry;
		if (!asked || asked->kind != ASSESS_WORDS)
			continue;
		json_object_del(one, "value");
		if (read_act(vault, x, number, json_object_get(one, "entry"), &entry))
			json_object_set_new(one, "value", json_string(entry.reason));
	}
}

// ---- One timeline of what was found and what was done.

static int compare_times(const void *a, const void *b)
{
	const json_t *one = *(json_t *const *)a, *two = *(json_t *const *)b;
	const char *first = json_string_value(json_object_get(one, "time")),
		   *second = json_string_value(json_object_get(two, "time"));
	return strcmp(first ? first : "", second ? second : "");
}

static void sort_times(struct exchange *x, json_t *list)
{
	size_t count = json_array_size(list);
	json_t **all = arena_alloc(x->arena, count * sizeof(json_t *));
	for (size_t i = 0; i < count; i++)
		all[i] = json_incref(json_array_get(list, i));
	qsort(all, count, sizeof(json_t *), compare_times);
	for (size_t i = 0; i < count; i++)
		json_array_set_new(list, i, all[i]);
}

static void make_timeline(struct vault *vault, struct exchange *x, struct room *room)
{
	json_t *found = json_object_get(room->json, "timeline"), *one, *list = json_array();
	json_t *acts = json_object_get(room->json, "acts");
	size_t i;
	json_array_append_new(list, json_pack("{s:s, s:O, s:O}", "kind", "opened", "time",
					    json_object_get(room->json, "opened"), "text",
					    json_object_get(room->json, "why")));
	json_array_foreach(found, i, one)
	{
		finding_join(vault, x, one);
		json_object_set_new(one, "kind", json_string("finding"));
		json_object_set(one, "text", json_object_get(one, "sentence"));
		json_array_append(list, one);
	}
	json_array_foreach(acts, i, one)
	{
		join_words(vault, x, room->number, one);
		json_object_set(one, "kind", json_object_get(one, "act"));
		json_object_del(one, "act");
		json_array_append(list, one);
	}
	sort_times(x, list);
	json_object_set_new(room->json, "timeline", list);
	json_object_del(room->json, "acts");
}

// ---- Whose information it was, from the entries that prove it.

struct counting {
	struct vault *vault;
	struct exchange *x;
	struct room *room;
	struct map *patients, *kinds;
};

static const char *kind_of(struct counting *c, const struct trail_entry *entry)
{
	static const char *const words[][2] = {{"Patient", "personal details"},
		{"Observation", "results and measurements"}, {"Condition", "diagnoses"},
		{"MedicationRequest", "prescriptions"}, {"Encounter", "visits"},
		{"DiagnosticReport", "reports"}, {"DocumentReference", "documents"},
		{"AllergyIntolerance", "allergies"}, {"Immunization", "immunisations"},
		{"Procedure", "procedures"}, {"Appointment", "appointments"},
		{"Coverage", "insurance"}};
	size_t size = strcspn(entry->resource, "/");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i][0]) == size && memcmp(words[i][0], entry->resource, size) == 0)
			return words[i][1];
	return arena_text_n(c->x->arena, entry->resource, size);
}

static void count_patients(struct counting *c, const struct trail_entry *entry)
{
	for (uint32_t i = 0; i < entry->patients_here; i++)
		if (strcmp(entry->patients[i], ACCESS_SOMEBODY) != 0)
			map_set(c->patients, bytes_text(entry->patients[i]),
				(void *)entry->patients[i]);
}

static void count_entry(struct counting *c, uint64_t seq)
{
	struct trail_entry entry, more;
	struct ledger *ledger = c->vault->parts.ledger;
	if (ledger_read(ledger, seq, c->x->arena, &entry) || entry.kind != TRAIL_ACCESS ||
		(entry.outcome != TRAIL_ALLOWED && entry.outcome != TRAIL_INTENDED))
		return;
	struct room *room = c->room;
	room->access_count++;
	if (!room->first_us || entry.time_us < room->first_us)
		room->first_us = entry.time_us;
	if (entry.time_us > room->last_us)
		room->last_us = entry.time_us;
	const char *kind = kind_of(c, &entry);
	if (*kind && entry.action != TRAIL_BREAK_GLASS)
		map_set(c->kinds, bytes_text(kind), (void *)kind);
	count_patients(c, &entry);
	for (uint32_t seen = entry.patients_here; seen < entry.patient_count;) {
		if (ledger_read(ledger, ++seq, c->x->arena, &more) ||
			more.action != TRAIL_CONTINUED || !more.patients_here)
			return;
		count_patients(c, &more);
		seen += more.patients_here;
	}
}

static const char *join_kinds(struct exchange *x, const struct map *kinds)
{
	size_t at = 0;
	struct bytes key;
	void *kind;
	const char *all = "";
	while (map_next(kinds, &at, &key, &kind))
		all = arena_printf(x->arena, "%s%s%s", all, *all ? ", " : "", (const char *)kind);
	return all;
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// What the records say of an access is an entry of its own: the access proves it, too.
static void add_explained(struct vault *vault, struct exchange *x, json_t *evidence)
{
	size_t count = json_array_size(evidence);
	for (size_t i = 0; i < count; i++) {
		struct trail_entry entry;
		json_int_t seq = json_integer_value(json_array_get(evidence, i));
		bool there = false;
		if (seq < 0 || ledger_read(vault->parts.ledger, (uint64_t)seq, x->arena, &entry) ||
			entry.action != TRAIL_EXPLAINED)
			continue;
		for (size_t k = 0; k < json_array_size(evidence) && !there; k++)
			there = json_integer_value(json_array_get(evidence, k)) ==
				(json_int_t)entry.refers_to;
		if (!there)
			json_array_append_new(evidence, json_integer((json_int_t)entry.refers_to));
	}
}

static void count_all(struct vault *vault, struct exchange *x, struct room *room)
{
	struct counting c = {vault, x, room, map_new(), map_new()};
	json_t *evidence = json_object_get(room->json, "evidence");
	size_t at = 0;
	struct bytes key;
	void *patient;
	add_explained(vault, x, evidence);
	for (size_t i = 0; i < json_array_size(evidence) && i < 2 * ROOM_EVIDENCE; i++) {
		json_int_t seq = json_integer_value(json_array_get(evidence, i));
		if (seq >= 0)
			count_entry(&c, (uint64_t)seq);
	}
	room->patients = arena_alloc(x->arena, map_count(c.patients) * sizeof *room->patients);
	while (map_next(c.patients, &at, &key, &patient))
		room->patients[room->patient_count++] = patient;
	if (room->patient_count)
		qsort(room->patients, room->patient_count, sizeof *room->patients, compare_ids);
	room->kinds = join_kinds(x, c.kinds);
	map_free(c.patients);
	map_free(c.kinds);
}

static void show_patients(struct vault *vault, struct exchange *x, struct room *room)
{
	json_t *list = json_array();
	for (size_t i = 0; i < room->patient_count && i < ROOM_PATIENTS; i++) {
		json_t *one = json_pack("{s:s}", "id", room->patients[i]);
		const char *name =
			i < ROOM_NAMES ? names_patient(vault, x, room->patients[i]) : NULL;
		if (name)
			json_object_set_new(one, "name", json_string(name));
		json_array_append_new(list, one);
	}
	json_object_set_new(room->json, "patients",
		json_pack("{s:I, s:o}", "count", (json_int_t)room->patient_count, "listed", list));
}

bool room_has_patient(const struct room *room, const char *patient)
{
	for (size_t i = 0; i < room->patient_count; i++)
		if (strcmp(room->patients[i], patient) == 0)
			return true;
	return false;
}

// ---- The clocks.

const char *room_answer(const struct room *room, const char *key)
{
	const json_t *answers = json_object_get(room->json, "assessment");
	const char *value =
		json_string_value(json_object_get(json_object_get(answers, key), "value"));
	return value ? value : "";
}

static int choice_of(const struct room *room, const char *key)
{
	const struct assess_question *asked = assess_find(key);
	for (int i = 0; asked->choices[i]; i++)
		if (strcmp(asked->choices[i], room_answer(room, key)) == 0)
			return i;
	return 0;
}

static int64_t time_of(const struct room *room, const char *key, int64_t otherwise_us)
{
	int64_t at_us = assess_time_us(room_answer(room, key));
	return at_us ? at_us : otherwise_us;
}

static int32_t offset_at(int64_t at_us)
{
	time_t at = (time_t)(at_us / 1000000);
	struct tm local;
	return localtime_r(&at, &local) ? (int32_t)local.tm_gmtoff : 0;
}

static void run_clocks(struct exchange *x, struct room *room, uint64_t affected)
{
	int64_t opened_us = 0;
	const char *opened = json_string_value(json_object_get(room->json, "opened")),
		   *verdict = json_string_value(json_object_get(room->json, "verdict"));
	if (!opened || time_parse(opened, &opened_us))
		return;
	const char *said = room_answer(room, "affected");
	room->known = (struct breach_case){.discovered_us = time_of(room, "discovered", opened_us),
		.aware_us = time_of(room, "aware", opened_us),
		.breach = (enum breach_answer)choice_of(room, "breach"),
		.harm = (enum breach_harm)choice_of(room, "harm"),
		.affected = *said ? strtoull(said, NULL, 10) : affected,
		.residents = strtoull(room_answer(room, "residents"), NULL, 10)};
	room->known.offset_s = offset_at(room->known.discovered_us);
	for (int duty = 0; duty < BREACH_DUTIES; duty++)
		room->known.done_us[duty] = time_of(
			room, arena_printf(x->arena, "told-%s", breach_words[duty].code), 0);
	breach_clocks(&room->known, x->now_us, room->clocks);
	room->has_clocks = (room->known.affected || *room_answer(room, "breach")) &&
			   !(verdict && strcmp(verdict, "false-alarm") == 0);
}

static json_t *clock_json(const struct room *room, int duty)
{
	const struct breach_clock *clock = &room->clocks[duty];
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "duty", breach_words[duty].code,
		"law", breach_words[duty].law, "article", breach_words[duty].article, "title",
		breach_words[duty].title, "state", breach_state_text(clock->state), "words",
		clock->words);
	if (clock->due_us)
		set_time(json, "due", clock->due_us);
	return json;
}

static void show_clocks(struct room *room)
{
	json_t *list = json_array();
	for (int duty = 0; room->has_clocks && duty < BREACH_DUTIES; duty++)
		json_array_append_new(list, clock_json(room, duty));
	json_object_set_new(room->json, "clocks", list);
}

// ---- Together.

void room_open(struct vault *vault, struct exchange *x, json_t *json, struct room *ret)
{
	json_t *one;
	size_t i;
	const char *number = json_string_value(json_object_get(json, "number"));
	*ret = (struct room){.json = json, .number = number ? number : "", .kinds = ""};
	make_timeline(vault, x, ret);
	json_array_foreach(json_object_get(json, "tasks"), i, one)
		join_words(vault, x, ret->number, one);
	join_assigned(vault, x, ret->number, json);
	join_answers(vault, x, ret->number, json_object_get(json, "assessment"));
	finding_join(vault, x, json); // its person
	count_all(vault, x, ret);
	show_patients(vault, x, ret);
	run_clocks(x, ret, ret->patient_count);
	show_clocks(ret);
	if (*ret->kinds)
		json_object_set_new(json, "kinds", json_string(ret->kinds));
	json_object_del(json, "patients_known");
}

void room_brief(struct vault *vault, struct exchange *x, json_t *json)
{
	const char *number = json_string_value(json_object_get(json, "number"));
	struct room room = {.json = json, .number = number ? number : ""};
	int soonest = -1;
	join_assigned(vault, x, room.number, json);
	run_clocks(x, &room, (uint64_t)json_integer_value(json_object_get(json, "patients_known")));
	for (int duty = 0; room.has_clocks && duty < BREACH_DUTIES; duty++) {
		const struct breach_clock *clock = &room.clocks[duty];
		bool open = clock->state == CLOCK_RUNNING || clock->state == CLOCK_OVERDUE;
		if (open && clock->due_us &&
			(soonest < 0 || clock->due_us < room.clocks[soonest].due_us))
			soonest = duty;
	}
	if (soonest >= 0)
		json_object_set_new(json, "clock", clock_json(&room, soonest));
	json_object_del(json, "assessment");
	json_object_del(json, "patients_known");
}
