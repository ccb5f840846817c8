// request: an act as an HTTP request to the real interface, and as a line of truth/work.jsonl.
#pragma once

#include "common/base/bytes.h"
#include "schedule.h"

struct request {
	const char *method;
	struct buf path, body; // body empty: none
};
void request_init(const struct town *town, const struct act *act, struct request *ret_request);
void request_done(struct request *request);

// Statuses that are no surprise.
int request_expects(const struct act *act, long status);

// What came of it, for the line; NULL when nothing was sent.
struct outcome {
	int64_t sent_us; // real, since 1970
	int64_t took_us;
	long status; // 0: no answer; -1: the session was kept instead
};
void request_label(const struct town *town, const struct act *act, const struct outcome *outcome,
	struct buf *out);
