// record: one patient's record as a FHIR bundle.
#pragma once

#include "plan.h"

#include <jansson.h>

json_t *record_make(const struct town *town, const struct plan *plan); // a new reference
