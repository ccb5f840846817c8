// fhir_outcome: what went wrong, as FHIR's OperationOutcome.
//
// Diagnostics are for the developer of the client; they never hold patient information or say
// whether something exists that the asker may not know of: that is the caller's duty.
#pragma once

#include "common/base/err.h"
#include "common/format/fhir_check.h"
#include "common/format/json.h"

#include <jansson.h>

struct fhir_outcome {
	const char *severity;    // "fatal", "error", "warning", "information"; NULL: "error"
	const char *code;        // issue-type: "not-found", "forbidden", "throttled" …
	const char *diagnostics; // may be NULL
	const char *expression;  // may be NULL
	const char *detail_code; // details.coding.code, may be NULL: "break-glass-possible"
};

// New references (json_decref).
json_t *fhir_outcome_new(const struct fhir_outcome *outcome);
json_t *fhir_outcome_of_problems(const struct fhir_problems *problems);
json_t *fhir_outcome_of_json(const struct json_problem *problem);
// One more issue of an outcome that exists.
void fhir_outcome_add(json_t *outcome, const struct fhir_outcome *issue);

// The issue-type code and the HTTP status that an error stands for, if nothing better is known.
const char *fhir_outcome_code(enum err err);
int fhir_outcome_status(enum err err);
