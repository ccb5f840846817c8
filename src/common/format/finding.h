// finding: what something in watch noticed, in one shape whatever noticed it.
//
// A finding says who did what, why that is unusual and what to do, in words for a person, and names
// the entries of the trail that prove it. It names nobody: people are the opaque numbers of the
// feed (16 hex digits), also in the sentence, and only the vault turns them back. Its identity is
// `id`, `seq` and `key`: the same three are the same finding. Texts are borrowed: they live as long
// as the call that hands the finding over. Levels and tags are Sigma's. Pure.
#pragma once

#include "common/format/sigma.h"

#include <jansson.h>

enum {
	FINDING_SENTENCE_BYTES = 700,
	FINDING_EVIDENCE = 64, // entries in the JSON; `count` tells how many there were
};

struct finding {
	const char *source; // "rule", "behaviour", "intelligence", "access", "system"
	const char *id;     // of what noticed it, stable: a rule's UUID, "behaviour.volume"
	const char *title, *sentence, *advice;
	enum sigma_level level;
	const struct sigma_names *tags, *false_positives; // may be NULL; "attack.t1213"
	bool certain;             // needs nothing beside it: no honest work does this
	uint64_t seq;             // the entry that completed it
	int64_t time_us;          // of that entry
	uint64_t count;           // of what was counted; 1 for a single event
	const char *key;          // tells findings of one entry apart; "" is fine
	const uint64_t *evidence; // numbers of entries in the trail
	size_t evidence_count;
	struct bytes actor, patient;                // opaque; may be empty
	struct bytes address, session, application; // as the entry tells; may be empty
};

// {"source", "rule", "title", "level", "certain", "time", "seq", "count", "sentence", "advice",
// "evidence": [], "attack": [], "tags": [], "false_positives": []}, and "actor", "patient", "address",
// "session", "application" where they are known. The caller's reference; NULL without memory, or
// when a text is no UTF-8.
json_t *finding_json(const struct finding *finding);
