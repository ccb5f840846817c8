// review: what a reviewer decides about a person whom a queue showed: it was fine, or it becomes a
// finding and an incident. Used by question.c alone.
#pragma once

#include "watch/question.h"

// {"queue": "worst" | "slow", "actor": 16 hex digits, "day": "2026-11-25", "verdict": "fine" |
// "incident" | "again", "entry": of the trail, "who": who decides}; answers {"records", "days"} and, of an
// incident, "number" and whether it was there before: "joined".
void answer_review(const struct watch_parts *parts, const json_t *arguments, struct reply *reply);
