// schedule: what the staff ask the server for, when, and why: care and what goes with it, and
// misuse where it was switched on. A schedule follows from the town and the wish alone.
#pragma once

#include "plan.h"

enum why {
	WHY_SIGNING, // in and out
	WHY_OFFICE,  // officers and administrators at their work
	WHY_CARE,
	WHY_COVER,    // looking after a colleague's patient for a shift
	WHY_REFERRAL, // asked for an opinion
	WHY_ON_CALL,
	WHY_LATE, // documentation after the fact
	WHY_MISUSE,
	WHY_SNOOP = WHY_MISUSE,
	WHY_FAMILY,
	WHY_SELF,
	WHY_VIP,
	WHY_MASS,
	WHY_DRIP,
	WHY_NIGHT,
	WHY_BORROWED,
	WHYS
};
extern const char *const why_texts[WHYS];

enum what {
	ASK_SIGN_IN,
	ASK_SIGN_OUT,
	ASK_WORKLIST,
	ASK_FIND,   // by name and birth date
	ASK_BROWSE, // by a few letters
	ASK_PATIENT,
	ASK_CONDITIONS,
	ASK_MEDICATIONS,
	ASK_RESULTS,
	ASK_VITALS,
	ASK_ENCOUNTERS,
	ASK_ALLERGIES,
	ASK_REPORTS,
	ASK_APPOINTMENTS,
	ASK_WRITE_VITALS,
	ASK_WRITE_NOTE,
	ASK_BREAK_GLASS,
	ASK_WHO_SAW,
	ASK_TRAIL,
	ASK_STATUS,
	ASK_ACCOUNTS,
	ASKS
};

#define NO_VISIT UINT32_MAX

struct act {
	int64_t at_s;     // simulated, since 1970
	uint32_t number;  // in the order in which acts were invented
	uint32_t person;  // whose account
	uint32_t by;      // who sits there
	uint32_t patient; // or NOBODY
	uint32_t visit;   // that it is about, or NO_VISIT
	uint32_t salt;    // for what varies: values, reasons, letters
	uint8_t what, why;
	uint8_t outside; // no relationship that the record knows: 403 would be no surprise
};

struct schedule;

struct schedule_wish {
	uint64_t seed;
	int days;            // the town's last ones
	unsigned misuse;     // bits, 1 << why
	const uint8_t *able; // by person: has an account; NULL: everybody has
	void (*also)(struct schedule *schedule, void *context); // asks for more; or NULL
	void *context;
};

struct schedule {
	const struct town *town;
	struct schedule_wish wish;
	int64_t first_day;
	struct act *acts;
	size_t count, room;
};

void schedule_make(const struct town *town, const struct schedule_wish *wish, struct schedule *ret);
void schedule_done(struct schedule *schedule);

// Somebody at work on somebody's record: a cursor that writes acts and lets time pass.
struct doing {
	struct schedule *schedule;
	struct dice *dice;
	int64_t at_s;
	uint32_t person, by, patient, visit;
	enum why why;
	int outside;
};
void schedule_ask(struct doing *doing, enum what what); // and half a minute passes, more or less
int schedule_has_day(const struct schedule *schedule, int64_t day);
int schedule_is_able(const struct schedule *schedule, uint32_t person);
