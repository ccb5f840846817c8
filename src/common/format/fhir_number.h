// fhir_number: the interval that the digits of a number imply. 100 is 99.5 to 100.5, 1.0 is 0.95
// to 1.05, 1e2 is 95 to 105 (FHIR R4, search, number). Pure.
#pragma once

#include <stdbool.h>

struct fhir_number {
	double number, low, high; // low is included, high is not
};

// False unless the text is a number of RFC 8259, with an optional "+" before it, that fits a
// double.
bool fhir_number_parse(const char *text, struct fhir_number *ret);
