// people: households of an invented town, the hospital's staff and patients among them.
//
// Everything follows from the wish: the same wish gives the same town, whoever asks and when.
// People are numbered; a household's are numbered one after another. Staff work in units (a ward,
// or one of several of its kind in a large hospital), eight units make a house.
#pragma once

#include "random.h"

enum job {
	JOB_NONE,
	JOB_CLINICIAN,
	JOB_NURSE,
	JOB_FRONT_DESK,
	JOB_PRIVACY_OFFICER,
	JOB_SECURITY_OFFICER,
	JOB_ADMINISTRATOR,
	JOBS
};

#define NOBODY UINT32_MAX // a number of no person
enum {
	HOUSE_UNITS = 8
};

struct person {
	char id[37];       // of the Patient, and for staff `staff_id` of the Practitioner
	char staff_id[37]; // "" for those who do not work here
	const char *family, *given;
	int female, born_year, born_month, born_day;
	const char *street;
	int house_number, household;
	int patient, vip;
	enum job job;
	const char *role; // of an account, for staff
	char login[64];   // dr.berg, nurse.silva2
	unsigned unit;
	unsigned place; // among those of the same job and unit
	char mrn[16];
};

struct town {
	struct person *people;
	size_t count, patients, staff;
	uint64_t seed;
	int64_t today_day; // days since 1970 of the last simulated day
	int days;
	unsigned units;
	uint32_t *patient_list; // numbers of people
	uint32_t *staff_list;   // by job, then unit, then place
	size_t *staff_at; // where in it a job and unit begin: [job * units + unit], and the end
};

struct town_wish {
	uint64_t seed;
	unsigned patients, staff;
	int days;
};

struct town *town_make(const struct town_wish *wish);
void town_free(struct town *town);

// Those of a job in units [from, to): numbers of people, borrowed.
struct crew {
	const uint32_t *at;
	size_t count;
};
struct crew town_crew(const struct town *town, enum job job, unsigned from, unsigned to);
struct crew town_unit(const struct town *town, enum job job, unsigned unit);
struct crew town_house(const struct town *town, enum job job, unsigned unit); // all eight units
struct crew town_all(const struct town *town, enum job job);
int town_is_weekend(int64_t day);
