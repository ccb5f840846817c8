#include "watch/behaviour/tail.h"

#include <math.h>

enum {
	RARE = 100,  // one of so many begins the tail
	FEWEST = 10, // scores that make one
};

static unsigned bin_of(double score)
{
	double at = score * TAIL_STEPS;
	return at >= TAIL_BINS - 1 ? TAIL_BINS - 1 : at > 0 ? (unsigned)at : 0;
}

void tail_add(struct tail *t, double score)
{
	t->bins[bin_of(score)]++;
	t->count++;
}

void tail_halve(struct tail *t)
{
	t->count = 0;
	for (unsigned i = 0; i < TAIL_BINS; i++)
		t->count += t->bins[i] = (t->bins[i] + 1) / 2;
}

static double share(const struct tail *t, uint32_t above)
{
	return (1.0 + above) / (1.0 + t->count);
}

void tail_settle(struct tail *t)
{
	uint32_t wanted = t->count / RARE > FEWEST ? t->count / RARE : FEWEST, above = 0;
	unsigned begin = 0;
	double excess = 0;
	for (unsigned i = TAIL_BINS; i-- > 0;) {
		above += t->bins[i];
		t->nines[i] = (float)-log10(share(t, above));
		if (above >= wanted && !begin)
			begin = i + 1;
	}
	uint32_t beyond = 0;
	for (unsigned i = begin; i < TAIL_BINS; i++) {
		beyond += t->bins[i];
		excess += (i - begin + 0.5) * t->bins[i];
	}
	double mean = beyond ? excess / beyond : 1, from = -log10(share(t, beyond));
	mean = mean < 1 ? 1 : mean;
	for (unsigned i = begin; i < TAIL_BINS && t->count >= wanted; i++)
		t->nines[i] = (float)(from + (i - begin) / mean / M_LN10);
}

double tail_nines(const struct tail *t, double score)
{
	return score > 0 ? t->nines[bin_of(score)] : 0;
}

double tail_threshold(const struct tail *t, double rate)
{
	uint32_t above = 0;
	unsigned i = TAIL_BINS;
	if (t->count * rate < 1)
		return INFINITY;
	while (i > 0 && share(t, above + t->bins[i - 1]) <= rate)
		above += t->bins[--i];
	return i < TAIL_BINS ? (double)(i ? i : 1) / TAIL_STEPS : INFINITY;
}
