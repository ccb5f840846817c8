// fhir_patient: whose information a resource is.
//
// After R4's patient compartment: each of its parameters that leads to a Patient puts the resource
// in that patient's compartment; a Patient is in its own. Only local references count
// ("Patient/1"): rewrite urn:uuid: and conditional references first.
#pragma once

#include "common/base/arena.h"
#include "common/base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	FHIR_PATIENTS_MOST = 1000
};

struct fhir_patients {
	const char **ids; // without repetition; borrowed from the resource or the arena
	size_t count;
	// The one under whose key the resource is sealed: the patient that `patient` or `subject`
	// names, else the only one there is. NULL: the resource belongs to no single patient and is
	// sealed under the hospital's key.
	const char *owner;
	// It names a patient in a way that leads to none of ours: "https://elsewhere/Patient/1", a
	// contained one, an identifier. Where `count` is 0 it is somebody's all the same, not
	// nobody's.
	bool elsewhere;
};

// `id` is the resource's own id where it is not (yet) inside the resource; may be NULL.
// ERR_LIMIT past FHIR_PATIENTS_MOST.
enum err fhir_patients_of(
	const json_t *resource, const char *id, struct arena *arena, struct fhir_patients *ret);
