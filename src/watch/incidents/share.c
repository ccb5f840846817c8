#include "watch/incidents/incidents_in.h"

#include <string.h>

enum {
	SHARES_MOST = 256 // rules of one subject
};

static struct risk_share row_of(struct incidents *incidents, struct store_query *query)
{
	struct risk_share share = {.rule = row_text(query, 0, incidents->arena),
		.source = row_text(query, 1, incidents->arena),
		.tactics = row_text(query, 2, incidents->arena),
		.points = row_int(query, 3),
		.certain = row_int(query, 4),
		.at_us = row_int(query, 5),
		.certain_us = row_int(query, 6)};
	return share;
}

static void change_one(struct incidents *incidents, enum share_scope scope,
	const struct taken *taken, enum risk_subject subject, bool add) // five: one of each
{
	const char *kind = risk_subject_texts[subject], *value = taken->subjects[subject];
	struct risk_share share = {
		.rule = taken->rule, .source = taken->source, .tactics = taken->tactics};
	const struct risk_part part = {.rule = taken->rule,
		.source = taken->source,
		.tactics = taken->tactics,
		.level = (enum sigma_level)taken->level,
		.certain = taken->certain,
		.time_us = taken->time_us};
	struct store_query *query =
		sql_ask(incidents, SQL_SHARE, "ittt", (int64_t)scope, kind, value, taken->rule);
	if (query_step(query) == STORE_ROW)
		share = row_of(incidents, query);
	query_reset(query);
	(add ? risk_add : risk_remove)(&share, &part, subject);
	sql_run(incidents, SQL_SHARE_PUT, "itttttiiii", (int64_t)scope, kind, value, share.rule,
		taken->source, taken->tactics, share.points, share.certain, share.at_us,
		share.certain_us);
}

bool share_counts(const struct taken *taken, enum risk_subject subject)
{
	static const char *const ways_in[] = {"reconnaissance", "initial-access", "execution",
		"credential-access", "lateral-movement", "command-and-control", "exfiltration"};
	bool is_place = subject == RISK_ADDRESS || subject == RISK_APPLICATION;
	bool counts = !is_place || taken->certain || !*taken->subjects[RISK_PERSON];
	for (size_t i = 0; !counts && i < sizeof ways_in / sizeof *ways_in; i++)
		counts = strstr(taken->tactics, ways_in[i]) != NULL;
	return counts && *taken->subjects[subject];
}

void share_change(
	struct incidents *incidents, enum share_scope scope, const struct taken *taken, bool add)
{
	if (!taken->certain && !risk_points[taken->level])
		return;
	for (int subject = 0; subject < RISK_SUBJECTS; subject++)
		if (share_counts(taken, (enum risk_subject)subject))
			change_one(incidents, scope, taken, (enum risk_subject)subject, add);
}

struct risk share_risk(struct incidents *incidents, enum share_scope scope,
	enum risk_subject subject, const char *value, int64_t now_us)
{
	struct risk_share shares[SHARES_MOST];
	size_t count = 0;
	struct store_query *query = sql_ask(
		incidents, SQL_SHARES, "itt", (int64_t)scope, risk_subject_texts[subject], value);
	while (count < SHARES_MOST && query_step(query) == STORE_ROW)
		shares[count++] = row_of(incidents, query);
	query_reset(query);
	return risk_sum(shares, count, now_us);
}
