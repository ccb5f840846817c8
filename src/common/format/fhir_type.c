#include "common/format/fhir_tables.h"

#include <assert.h>
#include <string.h>

int fhir_type_count(void)
{
	return fhir_counts.types;
}

// Compares text of a known length with a name of the pool.
static int compare_n(const char *text, size_t length, const char *name)
{
	int order = strncmp(text, name, length);
	return order != 0 ? order : name[length] == 0 ? 0 : -1;
}

int fhir_type_find_n(const char *name, size_t length)
{
	int low = 0, high = fhir_counts.types;
	if (memchr(name, 0, length))
		return FHIR_TYPE_NONE;
	while (low < high) {
		int middle = (low + high) / 2;
		int order = compare_n(name, length, fhir_text(fhir_types[middle].name));
		if (order == 0)
			return middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return FHIR_TYPE_NONE;
}

int fhir_type_find(const char *name)
{
	return fhir_type_find_n(name, strlen(name));
}

const char *fhir_type_name(int type)
{
	assert(type >= 0 && type < fhir_counts.types);
	return fhir_text(fhir_types[type].name);
}

bool fhir_type_in_compartment(int type)
{
	assert(type >= 0 && type < fhir_counts.types);
	return fhir_types[type].in_compartment;
}

int fhir_type_patient(void)
{
	return fhir_counts.patient;
}
