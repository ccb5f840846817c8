// risk: how much the findings about one person, session, address or application add up to.
//
// Each finding has points by its level (risk_points); they halve every RISK_HALF_DAYS. What one
// rule contributes is capped at RISK_RULE_MOST, however often it fires. An address or an
// application, which many people share, counts half, and only what says something about it
// (share_counts()). An alert needs RISK_ALERT points from at least two rules, and two sources
// (rules, behaviour, intelligence …) or two ATT&CK tactics beside: a
// flood of one rule against a colleague is none. A finding that is certain is an alert by itself.
// Pure, and of the findings' own times, so that a replay gives the same.
#pragma once

#include "common/format/sigma.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum risk_subject {
	RISK_PERSON,
	RISK_SESSION,
	RISK_ADDRESS,
	RISK_APPLICATION,
	RISK_SUBJECTS
};
extern const char *const risk_subject_texts[RISK_SUBJECTS]; // "person"

enum {
	RISK_HALF_DAYS = 7,
	RISK_RULE_MOST = 40, // less than RISK_ALERT: no rule alerts alone
	RISK_ALERT = 50,
	RISK_CERTAIN = 100, // of a certain finding, and the most of one rule's
	RISK_TACTICS = 16
};
extern const int risk_points[SIGMA_LEVELS]; // the one table
#define RISK_POINT ((int64_t)1000000)       // what a share counts in: millionths

// One finding, as far as it counts.
struct risk_part {
	const char *rule, *source;
	const char *tactics; // of ATT&CK, with blanks between: "collection impact"
	enum sigma_level level;
	bool certain;
	int64_t time_us;
};

// What one rule has contributed to one subject: at a time, and less with every day since.
struct risk_share {
	const char *rule, *source, *tactics;
	int64_t points, certain; // as of at_us
	int64_t at_us, certain_us;
};

struct risk {
	int points; // rounded down
	int rules, sources, tactics;
	bool certain, alert;
};

// A new share is {0} but for its texts. Taking away what was added leaves at most what others
// added.
void risk_add(struct risk_share *share, const struct risk_part *part, enum risk_subject subject);
void risk_remove(struct risk_share *share, const struct risk_part *part, enum risk_subject subject);
// A rule whose share is below one point does not count any more.
struct risk risk_sum(const struct risk_share *shares, size_t count, int64_t now_us);
// Whether a tag without its "attack." is a tactic ("collection") and no technique ("t1213").
bool risk_is_tactic(const char *tag);
