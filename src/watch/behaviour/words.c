#include "watch/behaviour/behaviour_in.h"

#include "common/base/text.h"

#include <string.h>
#include <time.h>

enum {
	DAYS_ENOUGH = 5, // of one's own, to speak of
};

static const struct {
	const char *id, *title, *advice;
} kinds[DETECTORS] = {
	[D_SELF] = {"behaviour.self", "A day far beyond what this person ordinarily does",
		"Ask what was different on that day: a project, a new duty, a stand-in? If nobody "
		"knows, end the sessions and look at the records that were opened."},
	[D_PEERS] = {"behaviour.peers", "A day unlike all days of colleagues in the same role",
		"Compare with the duty of that day. A special task explains it, and somebody can "
		"confirm it; otherwise look at the records that were opened."},
	[D_BURST] = {"behaviour.burst", "More within an hour than in any hour before",
		"People read; programs take. Ask who sat there, and end the session when nobody "
		"can say."},
	[D_SLOW] = {"behaviour.slow", "More than colleagues, a little every day, for weeks",
		"No single day is strange. Go through the records of the last weeks with the head "
		"of the unit, and ask what they were for."},
	[D_AGREE] = {"behaviour.agreement", "Two views agree that this day is not ordinary",
		"Ask what was different on that day, and look at the records opened for the first "
		"time."},
};

static const struct sigma_names false_positives = {
	{"A stand-in for a colleague, a new duty, an inspection or a project",
		"The first weeks in a new role"},
	2};

static void add_day(struct buf *out, int64_t day)
{
	struct tm tm;
	time_t seconds = (time_t)(day * 86400);
	if (gmtime_r(&seconds, &tm))
		buf_printf(out, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

static void add_own(const struct person *p, unsigned f, struct buf *out)
{
	uint32_t days = sketch_count(&p->frozen[f]);
	if (days < DAYS_ENOUGH)
		buf_printf(out, "; of their own days too few are known");
	else
		buf_printf(out,
			"; on %u working days before never more than %u, on half of them at most "
			"%u",
			days, p->frozen[f].most, sketch_quantile(&p->frozen[f], 0.5));
}

static void add_peers(struct behaviour *b, const struct person *p, unsigned f, struct buf *out)
{
	const struct group *g = group_for(b, p);
	buf_printf(out, "; of %u %s of %s%s, 99 in 100 have at most %u",
		sketch_count(&g->frozen[f]),
		text_plural(sketch_count(&g->frozen[f]), "day", "days"),
		*g->role ? "the role " : "everybody", g->role,
		sketch_quantile(&g->frozen[f], 0.99));
}

static void add_rest(const struct person *p, unsigned f, struct buf *out)
{
	const uint32_t *v = p->today.v;
	if (v[F_RECORDS] && (f != F_RECORDS || v[F_PATIENTS] > 1))
		buf_printf(out,
			". In all that day so far: %u %s of %u %s, %u of whom they had "
			"not opened before",
			v[F_RECORDS], text_plural(v[F_RECORDS], "record", "records"), v[F_PATIENTS],
			text_plural(v[F_PATIENTS], "patient", "patients"), v[F_NEW]);
	buf_add_text(out, ".");
}

static void say(struct behaviour *b, const struct person *p, enum detector d, struct buf *out)
{
	const struct today *t = &p->today;
	unsigned f = t->blame[d];
	buf_printf(out, "%016llx ", (unsigned long long)p->actor);
	feature_words((enum feature)f, t->v[f], out);
	buf_add_text(out, " on ");
	add_day(out, t->day);
	if (d == D_SLOW) {
		buf_add_text(out, ", and has been above most colleagues since ");
		add_day(out, p->slow_since[f]);
	}
	add_own(p, f, out);
	add_peers(b, p, f, out);
	if (f != F_HOUR && (d == D_BURST || (d == D_AGREE && t->best[D_BURST] >= t->best[d])))
		buf_printf(out, ". Their busiest hour (%u %s) is out of the ordinary, too",
			t->v[F_HOUR], text_plural(t->v[F_HOUR], "record", "records"));
	add_rest(p, f, out);
}

static size_t in_order(const struct today *t, uint64_t ret_seqs[EVIDENCE + 1])
{
	size_t count = t->evidence_count < EVIDENCE ? t->evidence_count : EVIDENCE;
	for (size_t i = 0; i < count; i++)
		ret_seqs[i] = t->evidence[(t->evidence_count - count + i) % EVIDENCE];
	if (!count || ret_seqs[count - 1] != t->last_seq)
		ret_seqs[count++] = t->last_seq;
	return count;
}

void words_found(struct behaviour *b, struct person *p, enum detector detector)
{
	const struct today *t = &p->today;
	uint64_t seqs[EVIDENCE + 1];
	struct buf text = {0};
	char actor[17];
	const struct sigma_names tags = {
		{features[t->blame[detector]].tactic, features[t->blame[detector]].technique}, 2};
	snprintf(actor, sizeof actor, "%016llx", (unsigned long long)p->actor);
	say(b, p, detector, &text);
	put_u8(&text, 0);
	struct finding finding = {.id = kinds[detector].id,
		.title = kinds[detector].title,
		.sentence = (const char *)text.at,
		.advice = kinds[detector].advice,
		.level = t->found > 1 ? SIGMA_HIGH : SIGMA_MEDIUM,
		.tags = &tags,
		.false_positives = &false_positives,
		.seq = t->last_seq,
		.time_us = t->last_us,
		.count = t->v[t->blame[detector]],
		.key = actor,
		.evidence = seqs,
		.evidence_count = in_order(t, seqs),
		.actor = bytes_text(actor)};
	behaviour_found(b, &finding);
	buf_done(&text);
}
