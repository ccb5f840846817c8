// fhir_date: dates, times and instants as FHIR R4 writes them, and the interval that each stands
// for. "2012" is the whole year; "2012-03-04T10:11:12Z" is one second. Pure, proleptic Gregorian.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fhir_date_form {
	FHIR_FORM_DATE,      // YYYY, YYYY-MM, YYYY-MM-DD
	FHIR_FORM_DATE_TIME, // a date, or a date with a time to the second and a zone
	FHIR_FORM_INSTANT,   // always to the second, with a zone
	FHIR_FORM_SEARCH,    // a dateTime whose seconds and zone may be missing
};

// From low_us (included) to high_us (excluded), since 1970. Without a zone: UTC.
struct fhir_interval {
	int64_t low_us, high_us;
};

// False when the text does not have this form or names no day that exists. ret may be NULL.
bool fhir_date_parse(const char *text, enum fhir_date_form form, struct fhir_interval *ret);
// hh:mm:ss with an optional fraction.
bool fhir_time_valid(const char *text);
