// breach: what the law asks after patient information was exposed, and until when.
//
// HIPAA, 45 CFR 164.400 to 164.414: the individuals without unreasonable delay and within 60 days
// of the discovery (164.404(b)); HHS at the same time where 500 or more are affected, else within
// 60 days of the end of the calendar year of the discovery (164.408); the media where more than 500
// residents of one State are (164.406). GDPR: the authority within 72 hours of becoming aware,
// unless a risk is unlikely (Art. 33(1)); those concerned without undue delay where the risk is
// high (Art. 34(1)). A breach is presumed until an assessment says otherwise (164.402(2)): what is
// not known yet keeps its clock running. Days are the hospital's own, and a last day counts in
// full. No advice of a lawyer. Pure.
#pragma once

#include "common/base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum breach_duty {
	BREACH_INDIVIDUALS, // HIPAA
	BREACH_HHS,
	BREACH_MEDIA,
	BREACH_AUTHORITY, // GDPR
	BREACH_SUBJECTS,
	BREACH_DUTIES
};

enum breach_answer {
	BREACH_UNDECIDED,
	BREACH_YES,
	BREACH_NO // a low probability of compromise was shown
};

enum breach_harm { // to the rights and freedoms of those concerned
	HARM_UNKNOWN,
	HARM_UNLIKELY,
	HARM_LIKELY,
	HARM_HIGH
};

struct breach_case {
	int64_t discovered_us, aware_us; // when it was known, or would have been with diligence
	enum breach_answer breach;
	enum breach_harm harm;
	uint64_t affected, residents;   // patients; the most of them in one State
	int32_t offset_s;               // the hospital's clock, ahead of UTC
	int64_t done_us[BREACH_DUTIES]; // 0: not yet
};

enum breach_state {
	CLOCK_NOT_NEEDED,
	CLOCK_RUNNING,
	CLOCK_OVERDUE,
	CLOCK_DONE,
	CLOCK_STATES
};

enum {
	BREACH_WORDS_BYTES = 200,
	BREACH_MANY = 500
};

struct breach_clock {
	enum breach_state state;
	bool late;      // done, and after its end
	int64_t due_us; // the last moment; 0: without a fixed one
	char words[BREACH_WORDS_BYTES];
};

struct breach_words {
	const char *code, *law, *article, *title; // "individuals", "HIPAA", "45 CFR 164.404", …
};
extern const struct breach_words breach_words[BREACH_DUTIES];
const char *breach_state_text(enum breach_state state); // "running"

void breach_clocks(
	const struct breach_case *known, int64_t now_us, struct breach_clock ret[BREACH_DUTIES]);
// "2 days 3 hours", "40 minutes".
void breach_span(int64_t length_us, char ret_text[40]);
