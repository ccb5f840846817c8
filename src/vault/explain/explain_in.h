// explain_in: what the part's own files share. Nobody else includes this.
#pragma once

#include "vault/explain/explain.h"
#include "vault/ledger/ledger.h"
#include "vault/records/records.h"

#include <jansson.h>

#define DAY_US  86400000000ll
#define HOUR_US 3600000000ll

// What connects somebody or some place with the patient.
enum fact_kind {
	FACT_ENCOUNTER,
	FACT_CARE_TEAM,
	FACT_PRACTITIONER,
	FACT_APPOINTMENT,
	FACT_ORDER,    // asked for it, or carries it out for oneself
	FACT_REFERRAL, // asked by somebody else
	FACT_DOCUMENT,
	FACT_PLACE,  // the patient was there: a Location or an Organization
	FACT_STAY,   // the patient was in the house, wherever
	FACT_COMING, // will be, or was, expected
};

struct fact {
	enum fact_kind kind;
	const char *mention; // reference as written in the resource: what a version is searched for
	const char *who;     // "Practitioner/1", "Location/2", "Organization/3"; "" for a stay
	const char *via;     // "PractitionerRole/4" where the resource names that, or NULL
	const char *what;    // "participant"
	int type;            // of the resource
	const char *id;
	uint64_t version;
	int64_t updated_us;     // of that version
	int64_t from_us, to_us; // INT64_MIN, INT64_MAX where open
};

enum {
	PERSON_ADDRESSES = 4,
	PERSON_PHONES = 6,
	PERSON_NAME_BYTES = 64,
	PERSON_ADDRESS_BYTES = 160
};

// Somebody's name and address, folded for comparing.
struct person {
	char family[PERSON_NAME_BYTES], given[PERSON_NAME_BYTES], born[16], gender[12];
	char addresses[PERSON_ADDRESSES][PERSON_ADDRESS_BYTES]; // street, number, place
	char streets[PERSON_ADDRESSES][PERSON_ADDRESS_BYTES];   // without the number
	char phones[PERSON_PHONES][48];
	size_t address_count, phone_count;
};

enum {
	RELATED_MOST = 12
};

// What is read of a record, the strongest and cheapest first: most questions need no more than who
// treats.
enum depth {
	DEPTH_CARE,
	DEPTH_ORDERS,
	DEPTH_DOCUMENTS,
	DEPTHS
};

struct dossier {
	struct arena *arena;
	int depth; // how many of them were read
	const char *patient;
	struct fact *facts;
	size_t count, room;
	struct person person;
	struct person related[RELATED_MOST];
	const char *related_ids[RELATED_MOST];
	size_t related_count;
	uint32_t flags;      // that do not depend on who asks
	int64_t died_us;     // INT64_MAX while alive
	int64_t last_end_us; // of encounters; INT64_MIN without any, INT64_MAX while one is open
	bool cut;
};

enum {
	STAFF_PLACES = 16,
	STAFF_SCHEDULES = 4,
	STAFF_SLOTS = 48,
	STAFF_RECORDS = 4
};

struct staff_place {
	const char *place; // "Location/1"
	const char *from;  // the resource that says so: "PractitionerRole/2"
	int64_t from_us, to_us;
};

struct staff_slot {
	const char *id;
	const char *place; // of its schedule, or NULL
	int64_t day, from_us, to_us;
	bool on_call;
};

struct staff {
	struct arena *arena;
	const char *id; // "Practitioner/1"
	struct staff_place places[STAFF_PLACES];
	size_t place_count;
	struct {
		const char *id, *place;
		int64_t from_us, to_us; // planningHorizon
	} schedules[STAFF_SCHEDULES];
	size_t schedule_count;
	struct staff_slot slots[STAFF_SLOTS];
	size_t slot_count;
	int64_t days[8]; // whose slots are loaded
	size_t day_count;
	struct {
		uint8_t days; // bits, Monday first
		int from_minute, to_minute;
	} hours[8];
	size_t hour_count;
	struct person person;
	struct person records[STAFF_RECORDS]; // their own records as patients
	const char *record_ids[STAFF_RECORDS];
	size_t record_count;
};

struct explain {
	struct records *records;
	struct ledger *ledger;
	struct cache *patients, *staff;
};

// cache.c: a bounded table of what was loaded, the oldest makes room. What was found stays valid
// until cache_sweep(), also when it has to make room: the next question sweeps.
struct cache;
struct cache *cache_new(size_t most, void (*done)(void *value));
void cache_free(struct cache *cache);
void *cache_find(struct cache *cache, const char *key, int64_t now_us); // NULL: not, or too old
void cache_add(struct cache *cache, const char *key, void *value, int64_t now_us);
void cache_remove(struct cache *cache, const char *key);
void cache_sweep(struct cache *cache);

// person.c
void person_read(const json_t *resource, struct person *ret);
bool person_same(
	const struct person *a, const struct person *b); // nothing contradicts, enough agrees
bool person_shares_address(const struct person *a, const struct person *b);
bool person_shares_street(const struct person *a, const struct person *b);

// facts.c: reads one resource of the patient's.
void facts_add(struct explain *explain, struct dossier *dossier, const struct record *record,
	const json_t *json);
const char *const *facts_types(enum depth depth); // ends with NULL
// "Practitioner/1" of a reference to a practitioner or a role; NULL for anything else.
const char *facts_staff_of(struct explain *explain, const char *reference, struct arena *arena);
// A period, dateTime or instant under one of the names; open where it does not say.
void facts_time(const json_t *json, const char *const *names, int64_t *ret_from, int64_t *ret_to);

// dossier.c, staff.c: borrowed until the next question.
enum err dossier_find(
	struct explain *explain, const char *patient, enum depth depth, struct dossier **ret);
enum err staff_find(struct explain *explain, const char *id, struct staff **ret);

enum duty {
	DUTY_UNKNOWN,
	DUTY_ON,
	DUTY_CALL,
	DUTY_OFF
};
// Is the person at work? `ret_slot` is the slot that says so, or NULL.
enum err staff_duty(struct explain *explain, struct staff *staff, int64_t at_us, enum duty *ret,
	const struct staff_slot **ret_slot);

// judge.c: the strongest explanation without earlier accesses.
enum err judge(struct explain *explain, const struct explain_ask *ask, struct arena *arena,
	struct explanation *ret);

// flags.c
enum err flags_of(struct explain *explain, const struct explain_ask *ask, struct arena *arena,
	uint32_t *ret_flags);
uint32_t flags_of_labels(const json_t *resource); // VIP, colleague, sensitive: meta.security

// words.c: "3 May 2026 14:02"; "from … to …", "since …", "until …", or "".
const char *words_time(int64_t at_us, struct arena *arena);
const char *words_period(int64_t from_us, int64_t to_us, struct arena *arena);
