// record: one patient's record, and the hospital itself, as FHIR bundles.
#pragma once

#include "people.h"

#include <jansson.h>

// New references.
json_t *record_hospital(const struct town *town);
json_t *record_patient(struct dice *dice, const struct town *town, const struct person *person);
// Resources in all bundles made so far by these functions are counted by the caller.
size_t record_size(const json_t *bundle);
