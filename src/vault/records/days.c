#include "vault/records/days.h"

#include "common/base/time.h"
#include "common/format/fhir_type.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_US 86400000000ll

enum {
	NO_DAY = INT32_MAX, // no bound; more than any date of FHIR
	STARTS = 2
};

struct span {
	int64_t from, to; // days since 1970, both included
};

static int64_t day_of(int64_t at_us)
{
	return (at_us - (at_us % DAY_US + DAY_US) % DAY_US) / DAY_US;
}

// Where what matches may begin. "1980" and "1980-05" begin on the first day of theirs: see
// starts_of().
static struct span span_of(const struct fhir_wanted *wanted)
{
	int64_t low = day_of(wanted->value.low_us), high = day_of(wanted->value.high_us);
	int64_t before_low = day_of(wanted->value.low_us - 1),
		before_high = day_of(wanted->value.high_us - 1);
	switch (wanted->prefix) {
	case FHIR_EQ:
		return (struct span){low, before_high};
	case FHIR_GE:
		return (struct span){low, NO_DAY};
	case FHIR_GT:
	case FHIR_SA:
		return (struct span){high, NO_DAY};
	case FHIR_LE:
		return (struct span){-NO_DAY, before_high};
	case FHIR_LT:
	case FHIR_EB:
		return (struct span){-NO_DAY, before_low};
	default: // not equal, approximately: anything may
		return (struct span){-NO_DAY, NO_DAY};
	}
}

static struct span both(struct span a, struct span b)
{
	return (struct span){a.from > b.from ? a.from : b.from, a.to < b.to ? a.to : b.to};
}

static const char *name_of(const struct fhir_argument *argument)
{
	const char *name = fhir_param_name(argument->param);
	bool dates = argument->modifier == FHIR_PLAIN && strcmp(name, "birthdate") == 0;
	return dates ? name : NULL;
}

// All arguments must hold; one of each argument's values.
static struct span bounds_of(const struct search_query *query)
{
	struct span all = {-NO_DAY, day_of(time_now_us()) + 1}; // nobody is born in the future
	for (size_t i = 0; i < query->argument_count; i++) {
		const struct fhir_argument *argument = &query->arguments[i];
		struct span hull = {NO_DAY, -NO_DAY};
		for (size_t v = 0; name_of(argument) && v < argument->count; v++) {
			struct span one = span_of(&argument->at[v]);
			hull.from = one.from < hull.from ? one.from : hull.from;
			hull.to = one.to > hull.to ? one.to : hull.to;
		}
		if (name_of(argument))
			all = both(all, hull);
	}
	return all;
}

static int64_t days_in(const struct fhir_argument *argument, struct span bounds)
{
	int64_t days = 0;
	for (size_t v = 0; v < argument->count; v++) {
		struct span one = both(span_of(&argument->at[v]), bounds);
		days += one.to >= one.from ? one.to - one.from + 1 + STARTS : STARTS;
	}
	return days;
}

// The argument that leaves the fewest days, or NULL.
static const struct fhir_argument *narrowest(const struct search_query *query, struct span bounds)
{
	const struct fhir_argument *best = NULL;
	for (size_t i = 0; i < query->argument_count; i++) {
		const struct fhir_argument *argument = &query->arguments[i];
		if (name_of(argument) &&
			(!best || days_in(argument, bounds) < days_in(best, bounds)))
			best = argument;
	}
	return best;
}

static void add_day(
	struct records *r, const struct fhir_argument *argument, int64_t day, struct finds *finds)
{
	char text[32];
	const char *domain = fhir_type_name(fhir_param_type(argument->param));
	snprintf(text, sizeof text, "%lld", (long long)day);
	finds->tokens[finds->count++] =
		word_token(r->search, domain, name_of(argument), bytes_text(text));
}

// Who was born "in 1980" may have been born behind the first day of the range.
static void add_starts(
	struct records *r, const struct fhir_argument *argument, int64_t day, struct finds *finds)
{
	struct tm tm;
	time_t at = (time_t)(day * 86400);
	if (!gmtime_r(&at, &tm))
		return;
	add_day(r, argument, day - (tm.tm_mday - 1), finds);
	add_day(r, argument, day - tm.tm_yday, finds);
}

enum err days_of(struct records *r, const struct search_query *query, struct arena *arena,
	struct finds *ret_finds, bool *ret_wide)
{
	struct span bounds = bounds_of(query);
	const struct fhir_argument *argument = narrowest(query, bounds);
	struct finds finds = {0};
	int64_t days = argument ? days_in(argument, bounds) : 0;
	*ret_wide = days > DAYS_MOST;
	if (argument && !*ret_wide)
		finds.tokens = arena_alloc(arena, (size_t)days * sizeof *finds.tokens);
	for (size_t v = 0; finds.tokens && v < argument->count; v++) {
		struct span one = both(span_of(&argument->at[v]), bounds);
		for (int64_t day = one.from; day <= one.to; day++)
			add_day(r, argument, day, &finds);
		add_starts(r, argument, one.from, &finds);
	}
	*ret_finds = finds;
	return OK;
}
