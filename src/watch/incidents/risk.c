#include "watch/incidents/risk.h"

#include <math.h>
#include <string.h>

const char *const risk_subject_texts[RISK_SUBJECTS] = {
	"person", "session", "address", "application"};

const int risk_points[SIGMA_LEVELS] = {
	[SIGMA_INFORMATIONAL] = 0,
	[SIGMA_LOW] = 5,
	[SIGMA_MEDIUM] = 15,
	[SIGMA_HIGH] = 30,
	[SIGMA_CRITICAL] = 40,
};

bool risk_is_tactic(const char *tag)
{
	static const char *const tactics[RISK_TACTICS] = {"reconnaissance", "resource-development",
		"initial-access", "execution", "persistence", "privilege-escalation",
		"defense-evasion", "credential-access", "discovery", "lateral-movement",
		"collection", "command-and-control", "exfiltration", "impact"};
	for (size_t i = 0; i < RISK_TACTICS && tactics[i]; i++)
		if (strcmp(tactics[i], tag) == 0)
			return true;
	return false;
}

// How many different words the parts that count have.
struct words {
	const char *at[RISK_TACTICS];
	size_t size[RISK_TACTICS];
	int count;
};

static void add_word(struct words *words, const char *word, size_t size)
{
	for (int i = 0; i < words->count; i++)
		if (words->size[i] == size && memcmp(words->at[i], word, size) == 0)
			return;
	if (words->count == RISK_TACTICS)
		return;
	words->at[words->count] = word;
	words->size[words->count++] = size;
}

static void add_words(struct words *words, const char *text)
{
	while (*(text += strspn(text, " "))) {
		size_t size = strcspn(text, " ");
		add_word(words, text, size);
		text += size;
	}
}

#define HALF_US ((double)RISK_HALF_DAYS * 86400e6)

static int64_t decayed(int64_t points, int64_t age_us)
{
	return age_us > 0 ? llround((double)points * exp2(-(double)age_us / HALF_US)) : points;
}

static int64_t weight_of(const struct risk_part *part, enum risk_subject subject)
{
	int points = part->certain ? RISK_CERTAIN : risk_points[part->level];
	bool shared = subject == RISK_ADDRESS || subject == RISK_APPLICATION;
	return points * RISK_POINT / (shared ? 2 : 1);
}

static int64_t within(int64_t points, int most)
{
	int64_t limit = most * RISK_POINT;
	return points < 0 ? 0 : points > limit ? limit : points;
}

// The share as of its own time or the part's, whichever is later; what came late counts as old.
static int64_t *moved(struct risk_share *share, const struct risk_part *part, int64_t *ret_points)
{
	int64_t forth_us = part->time_us - share->at_us;
	if (forth_us > 0) {
		share->points = decayed(share->points, forth_us);
		share->certain = decayed(share->certain, forth_us);
		share->at_us = part->time_us;
	}
	*ret_points = decayed(*ret_points, share->at_us - part->time_us);
	return part->certain ? &share->certain : &share->points;
}

void risk_add(struct risk_share *share, const struct risk_part *part, enum risk_subject subject)
{
	int64_t points = weight_of(part, subject), *sum = moved(share, part, &points);
	*sum = within(*sum + points, part->certain ? RISK_CERTAIN : RISK_RULE_MOST);
	if (part->certain && part->time_us > share->certain_us)
		share->certain_us = part->time_us;
}

void risk_remove(struct risk_share *share, const struct risk_part *part, enum risk_subject subject)
{
	int64_t points = weight_of(part, subject), *sum = moved(share, part, &points);
	*sum = within(*sum - points, RISK_CERTAIN);
	if (part->certain && *sum < RISK_POINT)
		share->certain_us = 0;
}

struct risk risk_sum(const struct risk_share *shares, size_t count, int64_t now_us)
{
	struct risk risk = {0};
	struct words sources = {0}, tactics = {0};
	int64_t points = 0;
	for (size_t i = 0; i < count; i++) {
		const struct risk_share *share = &shares[i];
		int64_t age_us = now_us - share->at_us;
		int64_t own = decayed(share->points + share->certain, age_us);
		if (own < RISK_POINT)
			continue;
		points += own;
		risk.rules++;
		risk.certain |= share->certain_us && (double)(now_us - share->certain_us) < HALF_US;
		add_word(&sources, share->source, strlen(share->source));
		add_words(&tactics, share->tactics);
	}
	risk.points = (int)(points / RISK_POINT);
	risk.sources = sources.count;
	risk.tactics = tactics.count;
	risk.alert = risk.certain || (risk.points >= RISK_ALERT && risk.rules >= 2 &&
					     (risk.sources >= 2 || risk.tactics >= 2));
	return risk;
}
