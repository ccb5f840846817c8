// fhir: the pieces that the invented resources share. Everything returned is a new reference.
#pragma once

#include "people.h"

#include <jansson.h>

json_t *fhir_bundle(void);
// Puts the resource into the bundle, under its id; borrowed.
json_t *fhir_add(json_t *bundle, const char *id, json_t *resource);
size_t fhir_size(const json_t *bundle);

json_t *fhir_coded(const char *system, const char *code, const char *display);
json_t *fhir_refer(const char *type, const char *id);
json_t *fhir_refer_staff(const struct town *town, uint32_t person);
json_t *fhir_day(int64_t day);                 // "2026-11-23"
json_t *fhir_instant(int64_t day, int minute); // "2026-11-23T08:30:00Z"; minutes may pass midnight
json_t *fhir_period(int64_t day, int from_minute, int to_minute);
json_t *fhir_name(const struct person *person);

void fhir_unit_id(unsigned unit, char ret_id[37]); // of the Location
