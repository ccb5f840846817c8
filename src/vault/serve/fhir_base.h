// fhir_base: the address under which this house is known, and references that begin with it.
//
// Only the configuration's `base` makes an absolute reference ours: the Host header is whatever a
// client says, and whose record something is must not depend on it.
#pragma once

#include "vault/serve/serve.h"

// For links: "https://his.example/fhir", from the configuration, else from the Host header.
const char *fhir_base(const struct vault *vault, struct exchange *exchange);
// "Patient/1" of "https://his.example/fhir/Patient/1"; NULL when that is not ours. Borrowed.
const char *fhir_base_local(const struct vault *vault, const char *text);
// Makes the resource's references to this server relative. It must have passed fhir_check().
enum err fhir_base_strip(struct vault *vault, json_t *resource);
