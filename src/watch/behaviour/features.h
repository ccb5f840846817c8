// features: what is counted of a person's day, and its words.
#pragma once

#include "common/base/bytes.h"

enum feature {
	F_RECORDS,  // accesses that name a patient
	F_PATIENTS, // distinct; counted by a bitmap of 2048 (Whang et al. 1990): within 3 % up to
		    // 1,000
	F_NEW,      // of them, whom this person never opened before, as far as remembered
	F_STRANGE,  // of those, whom nobody opened lately with whom they share patients
	F_SEARCHES, // for persons
	F_LISTS,    // patients in answers with more than FEATURE_LIST, and exported ones
	F_REFUSED,
	F_GLASS,
	F_HOURS,  // hours with activity in which this person is not usually active
	F_PLACES, // addresses and applications that are new for this person
	F_FAILED, // sign-ins
	F_HOUR,   // accesses in the busiest hour
	FEATURES
};

enum {
	FEATURE_LIST = 20,
	FEATURE_SETTLE_DAYS = 7, // until what is new means something
};

struct feature_row {
	const char *code, *label;
	const char *one, *many; // "%u" stands for the number
	bool settles;
	const char *tactic, *technique; // ATT&CK
};
extern const struct feature_row features[FEATURES];

// "opened 240 records"
void feature_words(enum feature feature, uint32_t value, struct buf *out);
