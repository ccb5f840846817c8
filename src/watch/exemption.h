// exemption: exceptions for detection rules that a person made by asking, in STATE/watch.
//
// The same file format as RULES/detect/exceptions.yaml, which stays for the administrator's own
// editor and is never written. A change is durable, and counts, before it is answered. Handlers of
// watch/question.c's table.
#pragma once

#include "watch/question.h"

enum {
	EXEMPTION_PAGE = 100
};

// {"rule", "when": "field=value", "reason", "until"}: {"id"}.
void answer_except(const struct watch_parts *parts, const json_t *arguments, struct reply *reply);
// {"id"}: {}. 409 for one of the administrator's file.
void answer_unexcept(const struct watch_parts *parts, const json_t *arguments, struct reply *reply);
// {"from"}: {"exceptions": [{"id", "rule", "title", "field", "value", "reason", "until", "used",
// "ended", "added"}], "next"}, EXEMPTION_PAGE at a time.
void answer_exceptions(
	const struct watch_parts *parts, const json_t *arguments, struct reply *reply);
