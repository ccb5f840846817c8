#include "watch/behaviour/midas.h"

#include <math.h>
#include <string.h>

enum {
	FADED = 64, // hours after which nothing is left of an hour
};

static uint64_t mix(uint64_t z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static double chi_squared(double now, double before, double hours)
{
	if (before <= 0 || hours <= 1)
		return 0;
	double off = now + before - now * hours;
	return off * off / (before * (hours - 1));
}

static void end_hour(struct midas *m)
{
	struct midas_cell *cells = &m->cells[0][0][0];
	for (unsigned i = 0; i < MIDAS_SKETCHES * MIDAS_ROWS * MIDAS_COLUMNS; i++) {
		struct midas_cell *c = &cells[i];
		if (c->score < MIDAS_FILTER)
			c->before += c->now;
		else if (m->hours > 1)
			c->before += c->before / (float)(m->hours - 1);
		c->now *= MIDAS_FADE_PERCENT / 100.0f;
		c->score = 0;
	}
	m->hours++;
}

static void go_to(struct midas *m, int64_t hour)
{
	if (!m->hours) {
		m->hour = hour;
		m->hours = 1;
	}
	for (int i = 0; i < FADED && m->hour < hour; i++, m->hour++)
		end_hour(m);
	if (m->hour < hour) {
		m->hours += hour - m->hour;
		m->hour = hour;
	}
}

static double add(struct midas *m, unsigned sketch, uint64_t key, double *ret_now)
{
	struct midas_cell *cells[MIDAS_ROWS];
	float now = INFINITY, before = INFINITY;
	for (unsigned row = 0; row < MIDAS_ROWS; row++) {
		uint64_t at = mix(key + (row + 1) * 0x9e3779b97f4a7c15) % MIDAS_COLUMNS;
		cells[row] = &m->cells[sketch][row][at];
		cells[row]->now++;
		now = fminf(now, cells[row]->now);
		before = fminf(before, cells[row]->before);
	}
	double score = chi_squared(now, before, (double)m->hours);
	for (unsigned row = 0; row < MIDAS_ROWS; row++)
		cells[row]->score = (float)score;
	*ret_now = now;
	// Fewer than usual is no burst.
	return now * (double)(m->hours - 1) > before ? score : 0;
}

struct midas_score midas_add(struct midas *m, int64_t hour, uint64_t from, uint64_t to)
{
	struct midas_score score;
	double ignored;
	go_to(m, hour);
	score.edge = add(m, 0, mix(from) ^ to * 0x9e3779b97f4a7c15, &ignored);
	score.from = add(m, 1, from, &score.from_now);
	score.to = add(m, 2, to, &ignored);
	return score;
}
