// behaviour_in: what the part's own files share. Nobody else includes this.
#pragma once

#include "common/store/store.h"
#include "watch/behaviour/behaviour.h"
#include "watch/behaviour/features.h"
#include "watch/behaviour/loda.h"
#include "watch/behaviour/midas.h"
#include "watch/behaviour/pack.h"
#include "watch/behaviour/sketch.h"
#include "watch/behaviour/tail.h"

#define HOUR_US 3600000000ll

enum {
	BITMAP_WORDS = 32, // 2048 patients of a day
	BLOOM_WORDS = 64,  // 4096 bits for 400 patients: 1 % are taken for known
	BLOOM_MOST = 400,
	PLACES_KNOWN = 12, // addresses and applications
	CIRCLE = 16,       // whom somebody shares patients with
	EVIDENCE = 24,
	WHO = 6, // lately opened a patient
	PATIENTS = 65536,
	PATIENT_PAGE = 256, // of them in a row of the database
	DETECTORS = 5,
	GROUPS = BEHAVIOUR_ROLES + 1,
};

enum detector {
	D_SELF,
	D_PEERS,
	D_BURST,
	D_SLOW,
	D_AGREE // the second highest of the first three
};

// Of a day that is not over. All of it is kept: a restart changes nothing.
struct today {
	int64_t day; // 0: none
	uint32_t v[FEATURES];
	uint64_t bitmap[BITMAP_WORDS];
	uint32_t set, hours, hour_records; // bits of the bitmap; hours seen, as bits
	int8_t hour;
	uint32_t acts, next; // events, and when to look next
	uint64_t evidence[EVIDENCE], last_seq;
	uint32_t evidence_count; // ever; a ring
	int64_t last_us;
	double burst;             // the highest logarithm of midas
	double best[DETECTORS];   // the highest of today, in nines
	uint8_t blame[DETECTORS]; // the feature behind it
	uint8_t found;            // 1: told, 2: told as far out
};

struct known_place {
	uint32_t hash;
	int32_t day;
};

struct person {
	uint64_t actor;
	uint8_t group;
	uint64_t last_seq;
	int64_t first_day;
	int64_t quiet_until; // what adds up was told: not again before
	struct sketch frozen[FEATURES], filling[FEATURES];
	float reference[FEATURES]; // what self compares with
	uint16_t days[2],
		hours[2][24]; // frozen, filling: days, and on how many active in that hour
	uint64_t bloom[2][BLOOM_WORDS];
	uint32_t bloom_count; // of the first, which is filled
	struct known_place places[PLACES_KNOWN];
	struct {
		uint32_t who;
		uint32_t count;
	} circle[CIRCLE];
	float slow[FEATURES];
	int32_t slow_since[FEATURES];
	int64_t slow_day; // when it was last added up
	struct today today;
	// not kept
	struct person *before, *after; // by when they were last active
	bool changed;
};

// A role; the first is everybody.
struct group {
	char role[FEED_CODE_BYTES];
	struct sketch frozen[FEATURES], filling[FEATURES];
	struct tail self[FEATURES], peers, burst;
	struct loda known, learning;
	uint32_t days[2], hours[2][24];
	float high[FEATURES], ease[FEATURES]; // 95 % of days; what makes small numbers small
	bool changed;
};

struct patient_slot {
	uint64_t patient;
	uint32_t who[WHO];
	int32_t day[WHO];
};

struct sources;

struct behaviour {
	struct behaviour_options options;
	struct store *store;
	struct store_query *put, *drop, *all;
	uint64_t place, saved_place, findings, forgotten, person_days;
	int64_t zone_us, zone_quarter; // what is added to UTC, and for which quarter of an hour
	int64_t day, first_day, freezes, clock_us;
	unsigned saves_asked;
	uint64_t saved_at; // place when last saved
	struct map *people;
	struct person *newest, *oldest;
	struct group groups[GROUPS];
	size_t group_count;
	struct tail detectors[DETECTORS];
	double limits[DETECTORS]; // of today
	struct loda_plan plan;
	struct midas persons, accounts;
	bool midas_changed;
	struct patient_slot patients[PATIENTS];
	bool patients_changed[PATIENTS / PATIENT_PAGE];
	struct tail addresses; // of bursts, an address and a day
	struct sources *sources;
	struct arena *arena; // of one finding
};

// behaviour.c
int64_t behaviour_local_us(struct behaviour *b, int64_t time_us);
void behaviour_found(struct behaviour *b, struct finding *finding);

// people.c
struct person *people_find(struct behaviour *b, uint64_t actor);
// Made when unknown; the longest inactive one goes when there are too many.
struct person *people_get(struct behaviour *b, uint64_t actor, const char *role);
void people_add(struct behaviour *b, struct person *person); // as the newest
void people_touch(struct behaviour *b, struct person *person);
void people_free(struct behaviour *b);
unsigned group_of(struct behaviour *b, const char *role);
const struct group *group_for(const struct behaviour *b, const struct person *person);

// count.c: an event into the numbers of the day.
void count_event(struct behaviour *b, struct person *p, const struct feed_event *e);

// judge.c
void judge_day(struct behaviour *b, struct person *p); // as it is now; may find
void judge_end(struct behaviour *b, struct person *p); // the day is over: the last look, learning
void judge_thresholds(struct behaviour *b);
void judge_freeze(struct behaviour *b); // what was learnt becomes the reference

// words.c
void words_found(struct behaviour *b, struct person *p, enum detector detector);

// sources.c
struct sources *sources_new(void);
void sources_free(struct sources *sources);
void sources_event(struct behaviour *b, const struct feed_event *e);
void sources_time(struct behaviour *b, int64_t now_us);
void sources_end_day(struct behaviour *b);
size_t sources_count(const struct sources *sources);
uint64_t sources_crowded(const struct sources *sources);
void sources_pack(struct sources *sources, struct pack *pack); // as it is kept

// state.c
enum err state_open(struct behaviour *b, const char *path, char ret_problem[256]);
enum err state_save(struct behaviour *b);
void state_close(struct behaviour *b);
