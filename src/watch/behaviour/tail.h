// tail: how often a detector's score was this high, on its own past scores.
//
// A histogram of scores from 0 to 16 in steps of 1/16. What share of the past was at least as high,
// counted as (1 + those) / (1 + all), is the conformal p-value of Laxhammar and Falkman (2014); a
// threshold for a rate holds on the stream itself, whatever the distribution. Beyond what one of a
// hundred passes, the tail is continued by an exponential with the mean excess seen there (peaks
// over threshold, as Siffer et al., KDD 2017, with shape 0), so that scores beyond everything seen
// can still be told apart; thresholds never rest on that continuation. Pure.
#pragma once

#include <stdint.h>

enum {
	TAIL_BINS = 256,
	TAIL_STEPS = 16 // of a unit
};

struct tail {
	uint32_t bins[TAIL_BINS], count;
	float nines[TAIL_BINS]; // made by tail_settle(); not kept
};

void tail_add(struct tail *tail, double score);
void tail_halve(struct tail *tail);
void tail_settle(struct tail *tail); // after changes, before tail_nines()
// How surprising: minus the decimal logarithm of the p-value. 0 for a score of 0.
double tail_nines(const struct tail *tail, double score);
// The lowest score that at most `rate` of all reached; INFINITY before 1 / rate scores were seen.
double tail_threshold(const struct tail *tail, double rate);
