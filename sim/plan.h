// plan: what happens to one patient: who treats, when, where.
//
// The records are written from it (record.c) and so is the work (schedule.c); neither stores it.
// A plan follows from the town and the patient alone.
#pragma once

#include "roster.h"

enum visit_kind {
	VISIT_FOLLOW_UP, // of a disease
	VISIT_CHECK_UP,
	VISIT_EMERGENCY,
	VISIT_STAY, // in a bed, over nights
};

#define NO_DISEASE UINT32_MAX
enum {
	TEAM_MOST = 12
};

struct visit {
	enum visit_kind kind;
	unsigned number; // within the plan
	unsigned unit;
	int64_t day;
	int minute, minutes; // when it begins; how long one that is no stay takes
	int nights;          // of a stay
	int first;           // of its disease: the one that found it
	uint32_t disease;    // in the table, or NO_DISEASE
	uint32_t doctor, nurse;
	int appointment;     // it had been arranged
	uint32_t consultant; // asked for an opinion, or NOBODY
	int64_t consult_day;
	int referral;             // and the request was written down
	uint32_t team[TEAM_MOST]; // of a stay
	size_t team_count;
};

struct plan {
	uint32_t patient; // number of the person
	uint32_t doctor;  // general practitioner
	struct visit *visits;
	size_t count, room;
	int64_t next_day; // of the appointment to come, or 0
	int next_minute;
	uint32_t next_doctor;
};

void plan_make(const struct town *town, uint32_t patient, struct plan *ret_plan);
void plan_done(struct plan *plan);
int plan_knows(const struct plan *plan, uint32_t staff); // the record will say that they treat

enum plan_thing {
	THING_ENCOUNTER,
	THING_TEAM,
	THING_APPOINTMENT,
	THING_REFERRAL
};
void plan_id(const struct town *town, uint32_t patient, unsigned number, enum plan_thing thing,
	char ret_id[37]);
const char *visit_reason(const struct visit *visit);
