// fhir_type: the resource types of FHIR R4, and what belongs to each of them.
//
// A type is a small number from 0 to fhir_type_count() - 1, in alphabetical order. It is made at
// build time from HL7's definitions: use it in memory, write the name to disk. Pure tables.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
	FHIR_TYPE_NONE = -1,
	FHIR_TYPE_NAME_BYTES = 40
};

int fhir_type_count(void);
int fhir_type_find(const char *name); // FHIR_TYPE_NONE when there is none
int fhir_type_find_n(const char *name, size_t length_bytes);
const char *fhir_type_name(int type); // static memory
// The type may hold information about a patient: it is part of R4's patient compartment.
bool fhir_type_in_compartment(int type);

int fhir_type_patient(void); // the number of Patient
