// fhir_match: does a resource match an argument of a search? The last word on every hit that an
// index found, after decrypting it. Pure.
//
// Strings compare folded (case and diacritics, text_fold) and by their beginning; :exact compares
// the bytes; :contains anywhere. Tokens compare exactly, except that codes without a system also
// match booleans. Dates and numbers compare as intervals, after R4's rules for prefixes; `ap` is
// within a tenth of the value, or of the distance from now for dates.
#pragma once

#include "common/format/fhir_argument.h"

// `now_us` is only used by `ap`.
bool fhir_match(
	const struct fhir_values *values, const struct fhir_argument *argument, int64_t now_us);
// Extracts and matches in one go; the arena grows by the values.
enum err fhir_match_resource(const json_t *resource, const struct fhir_argument *argument,
	int64_t now_us, struct arena *arena, bool *ret_matches);
// The comparison of two values in :sort order, by what a parameter's values begin with: negative,
// 0 or positive, as strcmp. Resources without a value come last.
int fhir_values_compare(const struct fhir_values *a, const struct fhir_values *b);
