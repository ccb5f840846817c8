// casework: RULES/incidents.yaml, what a hospital says about its incidents.
//
//   tell: security-mail        # a destination of the courier for new incidents; may be absent
//   laws: [hipaa, gdpr]        # whose clocks are shown; both when absent
//   letters:                   # facts for the letters (common/format/letter.h)
//     organization: St Anna Hospital
//
// What is unknown is refused with its line. Pure.
#pragma once

#include "common/format/letter.h"

enum {
	CASEWORK_BYTES = 64 * 1024,
	CASEWORK_TELL_BYTES = 64
};

struct casework {
	char tell[CASEWORK_TELL_BYTES]; // "": nobody is told
	bool hipaa, gdpr;
	const char *facts[LETTER_GIVEN]; // NULL: not given
};

struct casework_problem {
	unsigned line;
	char text[160];
};
// Texts live in the arena. ERR_SYNTAX, ERR_INVALID, ERR_LIMIT.
enum err casework_parse(struct bytes text, struct arena *arena, struct casework *ret,
	struct casework_problem *ret_problem);
