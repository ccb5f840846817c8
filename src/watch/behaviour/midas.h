// midas: bursts on edges: somebody and a patient, or an address and an account.
//
// MIDAS-F (Bhatia, Liu, Hooi, Yoon, Shin, Faloutsos: Real-Time Anomaly Detection in Edge Streams,
// TKDD 16(4), 2022; MIDAS: AAAI 2020): count-min sketches of edges and of both their ends, of this
// hour (of which MIDAS_FADE_PERCENT stay from one hour to the next) and of all before; the score is
// the chi-squared of this hour against the mean of the earlier ones. When an hour ends, it joins
// what is known only where it scored below MIDAS_FILTER; otherwise the mean does, so that a burst
// teaches nothing. Two rows of MIDAS_COLUMNS, so a count is at most too high by 2/MIDAS_COLUMNS of
// all with a probability of 3/4 (Cormode and Muthukrishnan, 2005). About 590 KiB, whatever the
// stream. Pure.
#pragma once

#include <stdint.h>

enum {
	MIDAS_ROWS = 2,
	MIDAS_COLUMNS = 8192,
	MIDAS_FILTER = 1000,
	MIDAS_FADE_PERCENT = 50,
	MIDAS_SKETCHES = 3
};

struct midas_cell {
	float now, before, score;
};

struct midas {
	struct midas_cell cells[MIDAS_SKETCHES][MIDAS_ROWS][MIDAS_COLUMNS]; // edge, from, to
	int64_t hour, hours; // the present one; how many there were
};

struct midas_score {
	double edge, from, to; // each 0 or more
	double from_now;       // how many in this hour, of that end
};

// An edge in this hour; earlier hours count as the present one.
struct midas_score midas_add(struct midas *midas, int64_t hour, uint64_t from, uint64_t to);
