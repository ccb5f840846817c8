#include "watch/detect/seen.h"

#include <stdlib.h>

enum {
	NEIGHBOURS = 16
};

struct place {
	uint64_t person; // 0: empty
	int64_t time_us;
};

struct seen {
	struct place places[SEEN_PEOPLE];
	bool changed[SEEN_PEOPLE];
};

struct seen *seen_new(void)
{
	struct seen *seen = calloc(1, sizeof *seen);
	if (!seen)
		abort();
	return seen;
}

void seen_free(struct seen *seen)
{
	free(seen);
}

static size_t place_of(const struct seen *seen, uint64_t person)
{
	size_t from = (size_t)(person * 0x9e3779b97f4a7c15u >> 32), oldest = from % SEEN_PEOPLE;
	for (size_t i = 0; i < NEIGHBOURS; i++) {
		size_t at = (from + i) % SEEN_PEOPLE;
		if (seen->places[at].person == person || !seen->places[at].person)
			return at;
		if (seen->places[at].time_us < seen->places[oldest].time_us)
			oldest = at;
	}
	return oldest;
}

int64_t seen_at(struct seen *seen, uint64_t person, int64_t now_us)
{
	size_t at = place_of(seen, person);
	struct place *place = &seen->places[at];
	int64_t before = place->person == person ? place->time_us : 0;
	if (!person || before > now_us)
		return before;
	*place = (struct place){person, now_us};
	seen->changed[at] = true;
	return before;
}

bool seen_changed(struct seen *seen, size_t *at, uint64_t *ret_person, int64_t *ret_time_us)
{
	while (*at < SEEN_PEOPLE) {
		size_t here = (*at)++;
		if (!seen->changed[here])
			continue;
		seen->changed[here] = false;
		*ret_person = seen->places[here].person;
		*ret_time_us = seen->places[here].time_us;
		return true;
	}
	return false;
}
