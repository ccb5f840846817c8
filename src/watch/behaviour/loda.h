// loda: how unlike its peers a day is, all its numbers taken together.
//
// Loda (Pevný: Loda: Lightweight on-line detector of anomalies, Machine Learning 102, 2016): many
// sparse random projections of the vector, each with a histogram of one dimension; the score is the
// mean of the negative logarithms of the estimated densities. Which feature is to blame is told by
// comparing the projections that use it with those that do not (its section 3.3). Here with
// LODA_PROJECTIONS projections of LODA_USED features (the root of their number), weights normal
// from a fixed seed, histograms of LODA_BINS bins of fixed width over -16 to 16, a thousandth
// added to each (so that scores do not change while more becomes known); 16 KiB in all. Pure; the
// same on every machine.
#pragma once

#include <stdint.h>

enum {
	LODA_FEATURES = 12,
	LODA_USED = 3,
	LODA_PROJECTIONS = 64,
	LODA_BINS = 64
};

struct loda_plan {
	uint8_t feature[LODA_PROJECTIONS][LODA_USED];
	double weight[LODA_PROJECTIONS][LODA_USED];
};

struct loda {
	uint32_t bins[LODA_PROJECTIONS][LODA_BINS], count;
};

void loda_plan_init(struct loda_plan *plan, uint64_t seed);
void loda_add(struct loda *loda, const struct loda_plan *plan, const double x[LODA_FEATURES]);
void loda_merge(struct loda *into, const struct loda *from);
void loda_halve(struct loda *loda);
// Higher is stranger; 0 while less than LODA_PROJECTIONS days are known. `ret_blame` is Welch's t
// of each feature.
double loda_score(const struct loda *loda, const struct loda_plan *plan,
	const double x[LODA_FEATURES], double ret_blame[LODA_FEATURES]);
