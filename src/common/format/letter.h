// letter: a text with {fields}, filled from a case.
//
// The templates are data (RULES/letters/*.md), in whatever words a hospital likes. A field that the
// case does not know becomes a marked blank, "[TO FILL IN: …]", never a guess; a field that does
// not exist is refused with its line. {{ stands for one {. What a field holds is copied, and not
// looked into again. Pure.
#pragma once

#include "common/base/bytes.h"

enum letter_field {
	LETTER_ORGANIZATION,
	LETTER_ADDRESS,
	LETTER_CONTACT,
	LETTER_PHONE,
	LETTER_EMAIL,
	LETTER_WEB,
	LETTER_OFFICER,
	LETTER_AUTHORITY,
	LETTER_GIVEN, // those above are a hospital's own: RULES/incidents.yaml
	LETTER_TODAY = LETTER_GIVEN,
	LETTER_NUMBER,
	LETTER_TITLE,
	LETTER_STATE,
	LETTER_OPENED,
	LETTER_HAPPENED,
	LETTER_DISCOVERED,
	LETTER_AWARE,
	LETTER_LATE,
	LETTER_AFFECTED,
	LETTER_RECORDS,
	LETTER_KINDS,
	LETTER_DESCRIPTION,
	LETTER_CONSEQUENCES,
	LETTER_MEASURES,
	LETTER_STEPS,
	LETTER_FACTORS,
	LETTER_FINDINGS,
	LETTER_TIMELINE,
	LETTER_CLOCKS,
	LETTER_PATIENT,
	LETTER_FIELDS
};

struct letter_word {
	const char *name, *help; // help: what has to be filled in where it is not known
};
extern const struct letter_word letter_words[LETTER_FIELDS];
int letter_field_find(const char *name, size_t size); // -1: there is none

enum {
	LETTER_BYTES = 64 * 1024, // of a template
	LETTER_MADE_BYTES = 512 * 1024
};

struct letter_problem {
	unsigned line;
	char text[160];
};
// NULL or "" is not known. Appends. ERR_INVALID (an unknown field, no UTF-8), ERR_SYNTAX (a brace
// that does not close in its line), ERR_LIMIT.
enum err letter_fill(struct bytes text, const char *const values[LETTER_FIELDS], struct buf *out,
	struct letter_problem *ret_problem);
