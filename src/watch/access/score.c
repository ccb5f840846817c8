#include "watch/access/score.h"

enum {
	PLAIN = 2000,
	OWN_RECORD = 3000, // also where something explains it
	CURIOUS_ENOUGH = 65
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

// That the patient was in the house, or is treated by the department, is a reason as good as any;
// it is none that outweighs a reason to be curious.
uint8_t score_enough(uint32_t flags)
{
	const uint32_t near = EXPLAINED_FAMILY | EXPLAINED_SAME_ADDRESS | EXPLAINED_VIP;
	return flags & near ? CURIOUS_ENOUGH : EXPLAINED_ENOUGH;
}

// To have found somebody in a list is less than to have opened the record; and curiosity leaves no
// notes: whoever writes in a record mostly works with it.
static int64_t share_of(unsigned acts)
{
	if (acts & ACT_WROTE)
		return 50;
	if (acts & ACT_OPENED)
		return 100;
	return acts & (ACT_REFUSED | ACT_GLASS) ? 70 : 20;
}

int64_t score_of(const struct explained *e, unsigned acts)
{
	int64_t score = 0, own = e->flags & EXPLAINED_OWN ? OWN_RECORD : 0;
	if (e->kind == EXPLAINED_UNKNOWN || acts & ACT_JUDGED)
		return 0;
	int64_t enough = score_enough(e->flags);
	if (e->strength >= enough)
		return own * share_of(acts) / 100;
	score = PLAIN;
	for (unsigned bit = 0; bit < EXPLAINED_FLAGS; bit++)
		if (e->flags >> bit & 1)
			score += weights[bit];
	score = score * (enough - e->strength) / enough;
	return (score > own ? score : own) * share_of(acts) / 100;
}
