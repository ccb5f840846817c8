// room: an incident as people see it. Watch tells numbers; here they become people again, words
// come back from the trail, patients are counted from the entries that prove it, and the clocks
// run.
//
// Watch is not believed: words come only from entries that name this incident, patients only from
// entries of accesses that were answered.
#pragma once

#include "common/format/breach.h"
#include "vault/serve/api.h"

enum {
	ROOM_PATIENTS = 200, // listed; all are counted
	ROOM_NAMES = 100,    // looked up
	ROOM_EVIDENCE = 2000
};

struct room {
	json_t *json;       // as watch tells it, joined; borrowed
	const char *number; // "2026-0007"
	const char **patients;
	size_t patient_count, access_count;
	int64_t first_us, last_us; // of the accesses; 0: there is none
	const char *kinds;         // of information, in words
	struct breach_case known;
	bool has_clocks;
	struct breach_clock clocks[BREACH_DUTIES];
};

// Joins everything into `json`. Texts in the exchange's arena.
void room_open(struct vault *vault, struct exchange *exchange, json_t *json, struct room *ret);
// The same for one of a list: who it is assigned to, and the clock that ends first.
void room_brief(struct vault *vault, struct exchange *exchange, json_t *json);
bool room_has_patient(const struct room *room, const char *patient);
// A kept value or words of the assessment; "" where it was not answered.
const char *room_answer(const struct room *room, const char *key);
