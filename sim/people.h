// people: households of an invented town, the hospital's staff and patients among them.
#pragma once

#include "random.h"

struct person {
	char id[37];           // of the Patient, and for staff `staff_id` of the Practitioner
	char staff_id[37];     // "" for those who do not work here
	const char *family, *given;
	int female, born_year, born_month, born_day;
	const char *street;
	int house_number, household;
	int patient, vip;
	const char *role;      // of an account, for staff
	unsigned ward;
	char mrn[16];
};

struct town {
	struct person *people;
	size_t count, patients, staff;
	int64_t today_day; // days since 1970 of the last simulated day
	int days;
};

struct town_wish {
	uint64_t seed;
	unsigned patients, staff;
	int days;
};

struct town *town_make(const struct town_wish *wish);
void town_free(struct town *town);
