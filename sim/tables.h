// tables: what the invented hospital is made of.
#pragma once

#include <stddef.h>

extern const char *const family_names[],
	*const female_names[], *const male_names[], *const streets[], *const wards[];
extern const size_t family_count, female_count, male_count, street_count, ward_count;

struct test {
	const char *loinc, *name, *unit;
	double low, high, deviation; // reference range; how much one person varies
};

struct drug {
	const char *atc, *name, *dose;
};

// A disease: how common it is, which tests follow it and how far they are off, which drug treats
// it.
struct disease {
	const char *snomed, *name;
	double prevalence;
	int least_age;
	unsigned test;
	double shift; // of that test, in widths of the reference range
	unsigned drug;
};

extern const struct test tests[];
extern const struct drug drugs[];
extern const struct disease diseases[];
extern const size_t test_count, drug_count, disease_count;

struct allergen {
	const char *snomed, *name;
};
extern const struct allergen allergens[];
extern const size_t allergen_count;
