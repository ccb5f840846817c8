#include "watch/behaviour/behaviour_in.h"

#include "common/format/trail.h"

#include <math.h>
#include <string.h>

enum {
	OPENED_MOST = 3,  // a search that finds more is looking through a list
	CIRCLE_DAYS = 14, // lately
	CIRCLE_KNOWN = 2, // patients shared
	OWN_DAYS = 20,    // that show what hours are usual
	ROLE_HOURS = 20,  // an hour in which one of so many of the role are active is nobody's
	BITMAP_BITS = BITMAP_WORDS * 64,
	NEIGHBOURS = 8,
};

static uint64_t mix(uint64_t z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static void notable(struct today *t, uint64_t seq)
{
	if (t->evidence_count && t->evidence[(t->evidence_count - 1) % EVIDENCE] == seq)
		return;
	t->evidence[t->evidence_count++ % EVIDENCE] = seq;
}

// ---- Patients seen before.

static bool in_bloom(const uint64_t bloom[BLOOM_WORDS], uint64_t hash)
{
	for (int i = 0; i < 4; i++) {
		unsigned bit = hash >> i * 12 & 4095;
		if (!(bloom[bit / 64] >> bit % 64 & 1))
			return false;
	}
	return true;
}

static bool remember_patient(struct person *p, uint64_t patient)
{
	uint64_t hash = mix(patient ^ p->actor);
	if (in_bloom(p->bloom[0], hash))
		return true;
	bool before = in_bloom(p->bloom[1], hash);
	if (p->bloom_count == BLOOM_MOST) {
		memcpy(p->bloom[1], p->bloom[0], sizeof p->bloom[1]);
		memset(p->bloom[0], 0, sizeof p->bloom[0]);
		p->bloom_count = 0;
	}
	for (int i = 0; i < 4; i++) {
		unsigned bit = hash >> i * 12 & 4095;
		p->bloom[0][bit / 64] |= 1ull << bit % 64;
	}
	p->bloom_count++;
	return before;
}

// ---- Whom they share patients with.

static struct patient_slot *slot_of(struct behaviour *b, uint64_t patient)
{
	size_t from = mix(patient) % PATIENTS, oldest = from;
	int32_t oldest_day = INT32_MAX;
	for (size_t i = 0; i < NEIGHBOURS; i++) {
		size_t at = (from + i) % PATIENTS;
		struct patient_slot *s = &b->patients[at];
		if (s->patient == patient || !s->patient) {
			oldest = at;
			break;
		}
		if (s->day[0] < oldest_day) {
			oldest_day = s->day[0];
			oldest = at;
		}
	}
	struct patient_slot *s = &b->patients[oldest];
	if (s->patient != patient)
		*s = (struct patient_slot){.patient = patient};
	b->patients_changed[oldest / PATIENT_PAGE] = true;
	return s;
}

// The frequent ones stay (Misra and Gries, 1982).
static bool meet(struct person *p, uint32_t who)
{
	size_t free_at = CIRCLE;
	for (size_t i = 0; i < CIRCLE; i++) {
		if (p->circle[i].who == who)
			return p->circle[i].count++ >= CIRCLE_KNOWN;
		if (!p->circle[i].count)
			free_at = i;
	}
	if (free_at < CIRCLE) {
		p->circle[free_at].who = who;
		p->circle[free_at].count = 1;
		return false;
	}
	for (size_t i = 0; i < CIRCLE; i++)
		p->circle[i].count--;
	return false;
}

// The first time today. Was it nobody they work with who opened this patient lately?
static bool is_strange(struct behaviour *b, struct person *p, uint64_t patient)
{
	struct patient_slot *s = slot_of(b, patient);
	uint32_t me = (uint32_t)(p->actor ^ p->actor >> 32);
	bool strange = true;
	size_t mine = WHO - 1;
	for (size_t i = 0; i < WHO; i++) {
		if (s->who[i] == me)
			mine = i;
		else if (s->who[i] && s->day[i] + CIRCLE_DAYS >= b->day)
			strange &= !meet(p, s->who[i]);
	}
	memmove(&s->who[1], &s->who[0], mine * sizeof s->who[0]);
	memmove(&s->day[1], &s->day[0], mine * sizeof s->day[0]);
	s->who[0] = me;
	s->day[0] = (int32_t)b->day;
	return strange;
}

static void open_patient(struct behaviour *b, struct person *p, uint64_t patient, uint64_t seq)
{
	struct today *t = &p->today;
	unsigned bit = mix(patient) % BITMAP_BITS;
	if (t->bitmap[bit / 64] >> bit % 64 & 1)
		return;
	t->bitmap[bit / 64] |= 1ull << bit % 64;
	t->set++;
	unsigned empty = t->set < BITMAP_BITS ? BITMAP_BITS - t->set : 1;
	t->v[F_PATIENTS] = (uint32_t)lround(BITMAP_BITS * log((double)BITMAP_BITS / empty));
	bool strange = is_strange(b, p, patient);
	if (remember_patient(p, patient))
		return;
	t->v[F_NEW]++;
	t->v[F_STRANGE] += strange;
	notable(t, seq);
}

// ---- Where and when.

static uint32_t text_hash(const char *text)
{
	uint32_t hash = 2166136261u;
	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 16777619u;
	return hash;
}

static bool is_new_place(struct behaviour *b, struct person *p, const char *text)
{
	uint32_t hash = text_hash(text);
	size_t oldest = 0;
	if (!*text)
		return false;
	for (size_t i = 0; i < PLACES_KNOWN; i++) {
		if (p->places[i].hash == hash) {
			p->places[i].day = (int32_t)b->day;
			return false;
		}
		if (p->places[i].day < p->places[oldest].day)
			oldest = i;
	}
	p->places[oldest] = (struct known_place){hash, (int32_t)b->day};
	return true;
}

static unsigned around(unsigned before, unsigned here, unsigned after)
{
	return before + here + after;
}

static bool is_odd_hour(const struct behaviour *b, const struct person *p, unsigned h)
{
	const struct group *g = group_for(b, p);
	unsigned before = (h + 23) % 24, after = (h + 1) % 24;
	if (!g->days[0] || around(p->hours[0][before], p->hours[0][h], p->hours[0][after]))
		return false;
	return p->days[0] >= OWN_DAYS || (uint64_t)g->hours[0][h] * ROLE_HOURS < g->days[0];
}

static void count_when(struct behaviour *b, struct person *p, const struct feed_event *e)
{
	struct today *t = &p->today;
	unsigned hour = (unsigned)(behaviour_local_us(b, e->time_us) / HOUR_US % 24);
	if (!(t->hours >> hour & 1)) {
		t->hours |= 1u << hour;
		if (is_odd_hour(b, p, hour)) {
			t->v[F_HOURS]++;
			notable(t, e->seq);
		}
	}
	if (t->hour != (int8_t)hour) {
		t->hour = (int8_t)hour;
		t->hour_records = 0;
	}
	unsigned places = is_new_place(b, p, e->address) + is_new_place(b, p, e->application);
	t->v[F_PLACES] += places;
	if (places)
		notable(t, e->seq);
}

// ---- What.

static void count_access(struct behaviour *b, struct person *p, const struct feed_event *e)
{
	struct today *t = &p->today;
	bool done = e->outcome == TRAIL_ALLOWED || e->outcome == TRAIL_INTENDED;
	bool export = e->action == TRAIL_EXPORT;
	t->v[F_REFUSED] += e->outcome == TRAIL_DENIED;
	if (e->outcome == TRAIL_DENIED)
		notable(t, e->seq);
	if (!done)
		return;
	t->v[F_SEARCHES] += e->action == TRAIL_SEARCH && strcmp(e->resource_type, "Patient") == 0;
	if (export || e->patient_count > FEATURE_LIST) {
		t->v[F_LISTS] += e->patient_count ? e->patient_count : 1;
		notable(t, e->seq);
	}
	if (!e->patients_here || (e->action == TRAIL_SEARCH && e->patient_count > OPENED_MOST))
		return;
	t->v[F_RECORDS]++;
	t->hour_records++;
	if (t->hour_records > t->v[F_HOUR])
		t->v[F_HOUR] = t->hour_records;
	for (unsigned i = 0; i < e->patients_here && i < OPENED_MOST; i++) {
		struct midas_score score =
			midas_add(&b->persons, e->time_us / HOUR_US, p->actor, e->patients[i]);
		double burst = log2(1 + fmax(score.edge, score.from));
		t->burst = fmax(t->burst, burst);
		open_patient(b, p, e->patients[i], e->seq);
	}
	b->midas_changed = true;
}

void count_event(struct behaviour *b, struct person *p, const struct feed_event *e)
{
	struct today *t = &p->today;
	bool glass = e->action == TRAIL_BREAK_GLASS && e->outcome == TRAIL_ALLOWED;
	bool failed = e->kind == TRAIL_SIGN_IN &&
		      (e->outcome == TRAIL_DENIED || e->outcome == TRAIL_FAILED);
	t->acts++;
	t->last_seq = e->seq;
	t->last_us = e->time_us;
	if (failed) {
		t->v[F_FAILED]++;
		notable(t, e->seq);
		return; // whoever it was
	}
	count_when(b, p, e);
	t->v[F_GLASS] += glass;
	if (glass)
		notable(t, e->seq);
	if (e->kind == TRAIL_ACCESS)
		count_access(b, p, e);
}
