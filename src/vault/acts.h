// acts: what playbooks have the vault do. Each act is on the trail, and durable there, before it
// happens; each ends by itself; none is done twice (measures.h keeps what came of it by its key).
//
// Watch asks in JSON, as FEED_ACT:
//   {"key": of run and step, "action": one of act.h, "seconds": n, "seq": the entry that names
//   them,
//    "actor" | "patient": 16 hex digits, "address": text, "case", "playbook", "reason",
//    "approved": the entry of a person's approval, "undo": true to end it}
// Nothing of it is believed: the entry must name the person, an approval must be on the trail, by
// somebody whose role may and who is not the one concerned, and what must be approved is looked up
// here. The never-touch list and the ceilings (spared.h) hold whatever was approved.
#pragma once

#include "common/format/act.h"
#include "common/message/feed.h"
#include "common/message/ward.h"

#include <jansson.h>

struct acts;
struct parts;

struct acts_owner {
	void (*answer)(void *context, const struct feed_acted *acted);
	bool (*order)(void *context, const struct ward_order *order); // false: nobody is there
	uint64_t (*ticket)(void *context); // of an order; the same numbers as people's
	void *context;
};

struct acts *acts_new(const struct parts *parts, const struct acts_owner *owner);
void acts_free(struct acts *acts);

void acts_take(struct acts *acts, uint64_t ticket, struct bytes json);
// Nothing is done and nothing noted. `act` as above; sentences in the arena, or constant.
void acts_would(struct acts *acts, const json_t *act, struct arena *arena,
	struct act_trial *ret_trial); // the act is JSON of watch's, and not believed
void acts_settle(struct acts *acts);  // does what became durable
void acts_tick(struct acts *acts);    // now and then: what is over is noted
void acts_forget(struct acts *acts);  // watch went away; it asks again
// What guard answered; false: it was not one of these.
bool acts_ordered(struct acts *acts, const struct ward_answer *answer);
