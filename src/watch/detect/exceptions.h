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
	EXCEPTIONS_MOST = 1000
};

struct exception {
	unsigned line;
	const char *rule; // id
	int field;
	const char *value, *reason, *until;
	int64_t until_us;
	uint64_t used;
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
// The exception that fits this event for this rule, counted; or NULL.
struct exception *exceptions_find(
	struct exceptions *exceptions, const char *rule, const struct ocsf_event *event);
// Takes over how often the same exceptions were used before the file was read again.
void exceptions_carry(struct exceptions *to, const struct exceptions *from);
