#include "watch/access/score.h"

enum {
	PLAIN = 2000,
	OWN_RECORD = 3000 // also where something explains it
};

// What a flag adds to an access that nothing explains.
static const int64_t weights[EXPLAINED_FLAGS] = {
	6000, // family
	4000, // same address
	2000, // neighbour
	2500, // colleague
	4500, // known to all
	4000, // own record
	2500, // deceased
	1500, // long discharged
	2000, // sensitive
	3500, // off duty
	0,    // cut: says nothing about the person
};

// To have found somebody in a list is less than to have opened the record.
static int64_t share_of(unsigned acts)
{
	if (acts & (ACT_OPENED | ACT_WROTE))
		return 100;
	return acts & (ACT_REFUSED | ACT_GLASS) ? 70 : 20;
}

int64_t score_of(const struct explained *e, unsigned acts)
{
	int64_t score = 0, own = e->flags & EXPLAINED_OWN ? OWN_RECORD : 0;
	if (e->kind == EXPLAINED_UNKNOWN || acts & ACT_JUDGED)
		return 0;
	if (e->strength >= EXPLAINED_ENOUGH)
		return own * share_of(acts) / 100;
	score = PLAIN;
	for (unsigned bit = 0; bit < EXPLAINED_FLAGS; bit++)
		if (e->flags >> bit & 1)
			score += weights[bit];
	score = score * (EXPLAINED_ENOUGH - e->strength) / EXPLAINED_ENOUGH;
	return (score > own ? score : own) * share_of(acts) / 100;
}
