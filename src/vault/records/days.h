// days: persons by a range of birth dates, out of the words for whole days.
//
// Nothing but a word for each day is on disk: words for months and years would tell how old whom
// one is, so a range is asked for day by day, up to DAYS_MOST. Used by gather.c only.
#pragma once

#include "vault/records/records_in.h"

enum {
	DAYS_MOST = RECORDS_SEARCH_YEARS * 366 // a decade, and some
};

// The words of the days that the query's dates leave, taken together; count 0 where it has none.
// *ret_wide: there are dates, but more days than DAYS_MOST, or no first or last one.
enum err days_of(struct records *records, const struct search_query *query, struct arena *arena,
	struct finds *ret_finds, bool *ret_wide);
