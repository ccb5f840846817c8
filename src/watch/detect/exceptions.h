// exceptions: what is known to be fine, one line each: rule, field=value, reason, until.
//
//   - {rule: <id>, when: actor.user.uid=0123456789abcdef, reason: night registrar, until:
//   2027-01-31}
//
// An event that an exception fits does not count for that rule. Every exception has a reason and
// an end; past its end it is ignored and reported.
// The day ends in UTC, by the clock of the event, so a replay gives the same.
#pragma once

#include "common/format/ocsf.h"

enum {
	EXCEPTIONS_MOST = 1000, // in each file
	EXCEPTION_ID_BYTES = 17,
	EXCEPTION_TEXT_BYTES = 300 // of a value and of a reason, with the NUL
};

struct exception {
	unsigned line;
	const char *rule; // id
	int field;
	const char *value, *reason, *until;
	int64_t until_us;
	uint64_t used;
	bool added; // by a question, and not by hand
};

struct exceptions {
	struct exception *at;
	size_t count;
};

struct exceptions_problem {
	unsigned line;
	char text[160];
};
// Texts live in the arena. Anything unknown is refused with its line; then there are none at all.
enum err exceptions_parse(struct bytes text, struct arena *arena, struct exceptions *ret_exceptions,
	struct exceptions_problem *ret_problem);
// One line of the file, with its end.
void exception_encode(const struct exception *exception, struct buf *out);
// What names it: 16 hex digits that follow from the rule and the value.
void exception_id(const struct exception *exception, char ret_id[EXCEPTION_ID_BYTES]);
// The exception that fits this event for this rule, counted; or NULL.
struct exception *exceptions_find(
	struct exceptions *exceptions, const char *rule, const struct ocsf_event *event);
// Takes over how often the same exceptions were used before the file was read again.
void exceptions_carry(struct exceptions *to, const struct exceptions *from);
