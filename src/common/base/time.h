// time: the one clock. Wall time is microseconds since 1970 in UTC, and may jump; monotonic time
// only measures lengths. Tests turn the wall clock: within a process with time_set_offset_us(), of
// a whole house with common/io/turned.h.
#pragma once

#include "common/base/err.h"

#include <stddef.h>
#include <stdint.h>

enum {
	TIME_TEXT_BYTES = 32
};

int64_t time_now_us(void);       // wall clock, with the tests' offset
int64_t time_monotonic_us(void); // never jumps, counts from an arbitrary start
void time_set_offset_us(int64_t offset_us);
// From now on the offset is what stands there, which must stay; before any thread is begun.
void time_follow(const _Atomic int64_t *offset_us);

// RFC 3339 in UTC with milliseconds, as FHIR's instant: 2026-02-03T04:05:06.789Z.
void time_format(int64_t at_us, char ret_text[TIME_TEXT_BYTES]);
// RFC 9110's IMF-fixdate: Sun, 06 Nov 1994 08:49:37 GMT.
void time_format_http(int64_t at_us, char ret_text[TIME_TEXT_BYTES]);
// RFC 3339 with any offset and 0 to 9 fractional digits. ERR_SYNTAX, ERR_INVALID (31 February).
enum err time_parse(const char *text, int64_t *ret_us);
// Days since 1970-01-01 of a date of the proleptic Gregorian calendar.
int64_t time_days(int year, unsigned month, unsigned day);
