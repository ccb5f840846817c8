#include "watch/behaviour/behaviour_in.h"

#include <math.h>
#include <string.h>

enum {
	SHRINK_DAYS = 4,     // a person's own days count against as many of the role's
	GROWTH_PERCENT = 25, // of a reference, in a period
	GROWTH_KNOWN = 4,    // days, before which it is free
	SLOW_QUIET_DAYS = 28,
	SKETCH_DAYS = 180, // then the older half is forgotten
	ROLE_DAYS = 2000,  // a role with more forgets half of the older ones in a period
	TAIL_DAYS = 20000,
	CALIBRATED_DAYS = 21,      // the first reference, and a whole week compared with it
	SLOW_CALIBRATED_DAYS = 14, // the same of what adds up, which only needs the roles'
	OWN_REFERENCE = 2,         // with which renewal people have one of their own
};

// In nines: what an ordinary day has on average is less; what a day with a finding counts at most
// above the threshold.
static const double slow_ease = 0.6, found_most = 0.5, found_far = 1;

// ---- How far out a day is.

static double log_of(uint32_t value)
{
	return log2(1.0 + value);
}

static void vector_of(const struct person *p, double x[FEATURES])
{
	for (unsigned f = 0; f < FEATURES; f++)
		x[f] = log_of(p->today.v[f]);
}

static double self_score(const struct behaviour *b, const struct person *p, unsigned f)
{
	const struct group *g = group_for(b, p);
	double ease = g->ease[f], v = p->today.v[f], reference = p->reference[f];
	if (v <= reference || !g->days[0])
		return 0;
	return log2((v + ease) / (reference + ease));
}

static void lift(struct today *t, enum detector d, double nines, unsigned feature)
{
	if (nines <= t->best[d])
		return;
	t->best[d] = nines;
	t->blame[d] = (uint8_t)feature;
}

static void look_at_self(struct behaviour *b, struct person *p)
{
	const struct group *g = group_for(b, p);
	for (unsigned f = 0; f < FEATURES; f++) {
		double score = self_score(b, p, f);
		if (score > 0 && g->self[f].count)
			lift(&p->today, D_SELF, tail_nines(&g->self[f], score), f);
	}
}

// Strange because of less than usual is nobody's harm.
static double peers_score(struct behaviour *b, const struct person *p, unsigned *ret_feature)
{
	const struct group *g = group_for(b, p);
	double x[FEATURES], blame[FEATURES];
	vector_of(p, x);
	double score = loda_score(&g->known, &b->plan, x, blame);
	unsigned worst = 0;
	for (unsigned f = 1; f < FEATURES; f++)
		if (blame[f] > blame[worst])
			worst = f;
	*ret_feature = worst;
	return p->today.v[worst] > g->high[worst] ? score : 0;
}

static void look_at_peers(struct behaviour *b, struct person *p)
{
	const struct group *g = group_for(b, p);
	unsigned feature;
	double score = peers_score(b, p, &feature);
	if (score > 0 && g->peers.count)
		lift(&p->today, D_PEERS, tail_nines(&g->peers, score), feature);
}

// What two agree upon is as high as the lower of them.
static void look_at_agreement(struct today *t)
{
	double first = 0, second = 0;
	for (unsigned d = D_SELF; d <= D_BURST; d++) {
		double nines = t->best[d];
		if (nines > first) {
			second = first;
			first = nines;
		} else if (nines > second) {
			second = nines;
		}
	}
	lift(t, D_AGREE, second, t->blame[t->best[D_SELF] >= second ? D_SELF : D_PEERS]);
}

static void look(struct behaviour *b, struct person *p)
{
	const struct group *g = group_for(b, p);
	look_at_self(b, p);
	look_at_peers(b, p);
	if (g->burst.count)
		lift(&p->today, D_BURST, tail_nines(&g->burst, p->today.burst), F_HOUR);
	look_at_agreement(&p->today);
}

static void decide(struct behaviour *b, struct person *p)
{
	static const uint8_t order[] = {D_SELF, D_PEERS, D_BURST, D_AGREE};
	struct today *t = &p->today;
	for (size_t i = 0; i < sizeof order && t->found < 2; i++) {
		unsigned d = order[i];
		uint8_t far = d != D_AGREE && t->best[d] >= b->limits[d] + found_far ? 2 : 1;
		if (t->best[d] < b->limits[d] || far <= t->found)
			continue;
		t->found = far;
		words_found(b, p, d);
	}
}

void judge_day(struct behaviour *b, struct person *p)
{
	struct today *t = &p->today;
	if (t->acts < t->next)
		return;
	t->next = t->acts + 1 + t->acts / 8;
	look(b, p);
	decide(b, p);
}

// ---- What adds up.

static void add_up(struct behaviour *b, struct person *p)
{
	const struct group *g = group_for(b, p);
	struct today *t = &p->today;
	double fade = exp2(-(double)(t->day - p->slow_day) / BEHAVIOUR_HALF_LIFE_DAYS), most = 0;
	p->slow_day = t->day;
	for (unsigned f = 0; f < FEATURES; f++) {
		uint32_t count = sketch_count(&g->frozen[f]);
		double p_value = (1.0 + sketch_from(&g->frozen[f], t->v[f])) / (1.0 + count);
		double more = count && t->v[f] ? -log10(p_value) - slow_ease : -slow_ease;
		double sum = p->slow[f] * fade + more;
		if (sum > 0 && p->slow[f] <= 0)
			p->slow_since[f] = (int32_t)t->day;
		p->slow[f] = (float)(sum > 0 ? sum : 0);
		if (p->slow[f] > most) {
			most = p->slow[f];
			t->blame[D_SLOW] = (uint8_t)f;
		}
	}
	t->best[D_SLOW] = most;
	if (most < b->limits[D_SLOW] || t->found || t->day < p->quiet_until)
		return;
	t->found = 1;
	p->quiet_until = t->day + SLOW_QUIET_DAYS;
	words_found(b, p, D_SLOW);
	memset(p->slow, 0, sizeof p->slow);
}

// ---- Learning.

static void calibrate(struct behaviour *b, struct person *p)
{
	struct group *groups[] = {&b->groups[0], &b->groups[p->group]};
	unsigned feature;
	double peers = peers_score(b, p, &feature);
	bool own = b->freezes >= OWN_REFERENCE;
	for (size_t i = 0; i < 2 && own; i++) {
		struct group *g = groups[i];
		if (i && g == groups[0])
			break;
		for (unsigned f = 0; f < FEATURES; f++)
			tail_add(&g->self[f], self_score(b, p, f));
		tail_add(&g->peers, peers);
		tail_add(&g->burst, p->today.burst);
	}
	for (unsigned d = 0; d < DETECTORS && groups[0]->days[0]; d++) {
		double best = p->today.best[d];
		if (!own && d != D_SLOW)
			continue;
		if (p->today.found && best > b->limits[d] + found_most)
			best = b->limits[d] + found_most;
		tail_add(&b->detectors[d], best);
	}
}

static void learn(struct behaviour *b, struct person *p)
{
	struct group *groups[] = {&b->groups[0], &b->groups[p->group]};
	size_t count = p->group ? 2 : 1;
	double x[FEATURES];
	bool settled = p->today.day >= p->first_day + FEATURE_SETTLE_DAYS;
	vector_of(p, x);
	for (unsigned f = 0; f < FEATURES; f++) {
		if (features[f].settles && !settled)
			continue;
		sketch_add(&p->filling[f], p->today.v[f]);
		for (size_t i = 0; i < count; i++)
			sketch_add(&groups[i]->filling[f], p->today.v[f]);
	}
	p->days[1]++;
	for (unsigned h = 0; h < 24; h++)
		p->hours[1][h] += p->today.hours >> h & 1;
	for (size_t i = 0; i < count; i++) {
		if (settled)
			loda_add(&groups[i]->learning, &b->plan, x);
		groups[i]->days[1]++;
		for (unsigned h = 0; h < 24; h++)
			groups[i]->hours[1][h] += p->today.hours >> h & 1;
		groups[i]->changed = true;
	}
}

// What adaptive thresholds do: the reference goes after each day.
static void follow(struct person *p)
{
	for (unsigned f = 0; f < FEATURES; f++)
		p->reference[f] += ((float)p->today.v[f] - p->reference[f]) * 0.3f;
}

void judge_end(struct behaviour *b, struct person *p)
{
	if (!p->today.day || !p->today.acts)
		return;
	look(b, p);
	decide(b, p);
	if (!p->today.hours) { // only somebody who could not sign in: no day of theirs
		p->today = (struct today){.day = 0};
		p->changed = true;
		return;
	}
	add_up(b, p);
	calibrate(b, p);
	if (!p->today.found || b->options.unfrozen)
		learn(b, p);
	if (b->options.unfrozen)
		follow(p);
	b->person_days++;
	p->today = (struct today){.day = 0};
	p->changed = true;
}

void judge_thresholds(struct behaviour *b)
{
	static const double rates[DETECTORS] = {[D_SELF] = 1.0 / BEHAVIOUR_ALONE,
		[D_PEERS] = 1.0 / BEHAVIOUR_ALONE,
		[D_BURST] = 1.0 / BEHAVIOUR_ALONE,
		[D_SLOW] = 1.0 / BEHAVIOUR_SLOW,
		[D_AGREE] = 1.0 / BEHAVIOUR_AGREE};
	for (unsigned d = 0; d < DETECTORS; d++) {
		int64_t days = d == D_SLOW ? SLOW_CALIBRATED_DAYS : CALIBRATED_DAYS;
		b->limits[d] = b->day < b->first_day + days
				       ? INFINITY
				       : tail_threshold(&b->detectors[d], rates[d]);
	}
	for (size_t i = 0; i < b->group_count; i++) {
		for (unsigned f = 0; f < FEATURES; f++)
			tail_settle(&b->groups[i].self[f]);
		tail_settle(&b->groups[i].peers);
		tail_settle(&b->groups[i].burst);
	}
}

// ---- The reference.

static void grow(struct sketch *into, struct sketch *from)
{
	if (sketch_count(into) > SKETCH_DAYS)
		sketch_halve(into);
	sketch_merge(into, from);
	*from = (struct sketch){0};
}

static void halve(struct tail *t)
{
	if (t->count > TAIL_DAYS)
		tail_halve(t);
}

static void freeze_group(struct group *g)
{
	bool many = g->days[0] > ROLE_DAYS;
	for (unsigned f = 0; f < FEATURES; f++) {
		if (many)
			sketch_halve(&g->frozen[f]);
		sketch_merge(&g->frozen[f], &g->filling[f]);
		g->filling[f] = (struct sketch){0};
		halve(&g->self[f]);
		g->high[f] = (float)sketch_quantile(&g->frozen[f], 0.95);
		g->ease[f] = 1 + (float)sketch_quantile(&g->frozen[f], 0.5);
	}
	halve(&g->peers);
	halve(&g->burst);
	if (many)
		loda_halve(&g->known);
	loda_merge(&g->known, &g->learning);
	g->learning = (struct loda){0};
	g->days[0] = g->days[0] / (many ? 2 : 1) + g->days[1];
	g->days[1] = 0;
	for (unsigned h = 0; h < 24; h++) {
		g->hours[0][h] = g->hours[0][h] / (many ? 2 : 1) + g->hours[1][h];
		g->hours[1][h] = 0;
	}
	g->changed = true;
}

static void freeze_person(struct behaviour *b, struct person *p)
{
	const struct group *g = group_for(b, p);
	for (unsigned f = 0; f < FEATURES; f++) {
		bool known = sketch_count(&p->frozen[f]) >= GROWTH_KNOWN;
		grow(&p->frozen[f], &p->filling[f]);
		double days = sketch_count(&p->frozen[f]);
		double own = sketch_quantile(&p->frozen[f], 0.95);
		double now = (own * days + g->high[f] * SHRINK_DAYS) / (days + SHRINK_DAYS);
		double most = p->reference[f] * (100 + GROWTH_PERCENT) / 100.0 + 1;
		if (!b->options.unfrozen)
			p->reference[f] = (float)(known && now > most ? most : now);
	}
	if (p->days[0] > SKETCH_DAYS) {
		p->days[0] /= 2;
		for (unsigned h = 0; h < 24; h++)
			p->hours[0][h] /= 2;
	}
	p->days[0] += p->days[1];
	p->days[1] = 0;
	for (unsigned h = 0; h < 24; h++) {
		p->hours[0][h] += p->hours[1][h];
		p->hours[1][h] = 0;
	}
	p->changed = true;
}

void judge_freeze(struct behaviour *b)
{
	for (size_t i = 0; i < b->group_count; i++)
		freeze_group(&b->groups[i]);
	for (unsigned d = 0; d < DETECTORS; d++)
		halve(&b->detectors[d]);
	for (struct person *p = b->newest; p && b->freezes >= OWN_REFERENCE; p = p->after)
		freeze_person(b, p);
}
