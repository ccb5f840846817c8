// hospital: the house itself as FHIR: organisation, units, staff, and the rosters of the simulated
// days as schedules with a slot for each shift.
#pragma once

#include "roster.h"

#include <jansson.h>

// Appends bundles of bearable size to the list.
void hospital_add_bundles(const struct town *town, json_t *list);
json_t *hospital_rosters(const struct town *town); // for truth/rosters.json; a new reference
