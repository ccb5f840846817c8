#include "watch/behaviour/loda.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static const double width = 32.0 / LODA_BINS, least = 1e-3;

static uint64_t draw(uint64_t *state) // splitmix64
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

// Twelve uniform numbers add up to a normal one well enough, without a library's logarithm.
static double normal(uint64_t *state)
{
	double sum = -6;
	for (int i = 0; i < 12; i++)
		sum += (double)(draw(state) >> 11) / 9007199254740992.0;
	return sum;
}

static void shuffle(uint8_t deck[LODA_FEATURES], uint64_t *state)
{
	for (unsigned i = LODA_FEATURES - 1; i > 0; i--) {
		unsigned other = (unsigned)(draw(state) % (i + 1));
		uint8_t kept = deck[i];
		deck[i] = deck[other];
		deck[other] = kept;
	}
}

// Dealt like cards, so that each feature is in as many projections as any other.
void loda_plan_init(struct loda_plan *plan, uint64_t seed)
{
	uint8_t deck[LODA_FEATURES];
	unsigned at = LODA_FEATURES;
	for (unsigned f = 0; f < LODA_FEATURES; f++)
		deck[f] = (uint8_t)f;
	for (unsigned p = 0; p < LODA_PROJECTIONS; p++) {
		if (at + LODA_USED > LODA_FEATURES) {
			shuffle(deck, &seed);
			at = 0;
		}
		for (unsigned i = 0; i < LODA_USED; i++) {
			plan->feature[p][i] = deck[at++];
			plan->weight[p][i] = normal(&seed);
		}
	}
}

static unsigned bin_of(const struct loda_plan *plan, unsigned p, const double *x)
{
	double z = 0;
	for (unsigned i = 0; i < LODA_USED; i++)
		z += plan->weight[p][i] * x[plan->feature[p][i]];
	double at = (z + 16) / width;
	return at <= 0 ? 0 : at >= LODA_BINS ? LODA_BINS - 1 : (unsigned)at;
}

void loda_add(struct loda *loda, const struct loda_plan *plan, const double x[LODA_FEATURES])
{
	for (unsigned p = 0; p < LODA_PROJECTIONS; p++)
		loda->bins[p][bin_of(plan, p, x)]++;
	loda->count++;
}

void loda_merge(struct loda *into, const struct loda *from)
{
	for (unsigned p = 0; p < LODA_PROJECTIONS; p++)
		for (unsigned i = 0; i < LODA_BINS; i++)
			into->bins[p][i] += from->bins[p][i];
	into->count += from->count;
}

void loda_halve(struct loda *loda)
{
	loda->count /= 2;
	for (unsigned p = 0; p < LODA_PROJECTIONS; p++)
		for (unsigned i = 0; i < LODA_BINS; i++)
			loda->bins[p][i] /= 2;
}

static void blame(const struct loda_plan *plan, const double *surprise, double *ret_blame)
{
	for (unsigned f = 0; f < LODA_FEATURES; f++) {
		double n[2] = {0}, sum[2] = {0}, square[2] = {0};
		for (unsigned p = 0; p < LODA_PROJECTIONS; p++) {
			bool uses = memchr(plan->feature[p], (int)f, LODA_USED);
			n[uses]++;
			sum[uses] += surprise[p];
			square[uses] += surprise[p] * surprise[p];
		}
		ret_blame[f] = 0;
		if (n[0] < 2 || n[1] < 2)
			continue;
		double error = 1e-9;
		for (int i = 0; i < 2; i++)
			error += (square[i] - sum[i] * sum[i] / n[i]) / (n[i] - 1) / n[i];
		ret_blame[f] = (sum[1] / n[1] - sum[0] / n[0]) / sqrt(error);
	}
}

double loda_score(const struct loda *loda, const struct loda_plan *plan,
	const double x[LODA_FEATURES], double ret_blame[LODA_FEATURES])
{
	double surprise[LODA_PROJECTIONS], sum = 0;
	memset(ret_blame, 0, LODA_FEATURES * sizeof *ret_blame);
	if (loda->count < LODA_PROJECTIONS)
		return 0;
	for (unsigned p = 0; p < LODA_PROJECTIONS; p++) {
		uint32_t here = loda->bins[p][bin_of(plan, p, x)];
		surprise[p] = -log((here / (double)loda->count + least) / (1 + LODA_BINS * least));
		sum += surprise[p];
	}
	blame(plan, surprise, ret_blame);
	return sum / LODA_PROJECTIONS;
}
