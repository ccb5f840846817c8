// findings: the newest findings, kept in watch's own database, STATE/watch/findings.db.
//
// A ring: past FINDINGS_MOST the oldest go. Nothing in it names a person: actors and patients are
// the opaque numbers of the feed. Numbers only grow, also when the database was lost: nothing is
// numbered before findings_number_from(); what is found until then waits. The place in the trail up
// to which findings were made is written in the same transaction as they are, so after a crash none
// is made twice and none is left out.
#pragma once

#include "common/format/finding.h"
#include "watch/detect/seen.h"

enum {
	FINDINGS_HOURS = 91 * 24,
	FINDINGS_MOST = 5000,
	FINDINGS_TOLD = 50, // to the vault, the newest
	FINDINGS_UNNUMBERED = 200
};

struct findings;

enum err findings_open(const char *path, struct findings **ret_findings, char ret_problem[256]);
void findings_close(struct findings *findings); // NULL is fine

uint64_t findings_place(const struct findings *findings);
uint64_t findings_first(const struct findings *findings); // the number of the oldest kept, or 0
uint64_t findings_last(const struct findings *findings);  // the number of the newest
// No finding is numbered so or lower any more; the first time, they are numbered from now on.
void findings_number_from(struct findings *findings, uint64_t last);
uint64_t findings_total(const struct findings *findings); // ever made
// Of any source; the same one twice is one.
void findings_add(struct findings *findings, const struct finding *finding);
bool findings_made_before(struct findings *findings, const struct finding *finding);
// Everything added since the last time, with the place and who was seen. ERR_IO: nothing of it was
// kept, and nothing will be: the role must end and begin again at its place.
enum err findings_save(struct findings *findings, uint64_t place, struct seen *seen);
// Which entry was the first of an hour (since 1970) of the trail's own time: kept for
// FINDINGS_HOURS, so that a start finds the place that a timespan reaches back to.
void findings_hour(struct findings *findings, int64_t hour, uint64_t seq);
// The first entry of the last hour known that is not after this one; 0 when there is none.
uint64_t findings_hour_from(const struct findings *findings, int64_t hour);
int64_t findings_last_hour(const struct findings *findings); // 0 when none is known
enum err findings_load_seen(struct findings *findings, struct seen *seen);
// Those with larger numbers than `after`, in their order. `key` tells findings of one entry apart.
typedef void findings_each(void *context, uint64_t id, const char *key, const json_t *finding);
void findings_since(struct findings *findings, uint64_t after, findings_each *each, void *context);
// Of the last thousand: of each rule the newest, then the newest five, then the newest, as many as
// are wanted (FINDINGS_TOLD at most) and fit so many bytes; the newest first. So many findings of
// one rule hide none of another. The caller's reference.
json_t *findings_json(struct findings *findings, size_t most, size_t most_bytes);
// A page of those that are wanted, the newest first; *ret_next is what to ask for as `before`, 0 at
// the end. The caller's reference.
struct findings_wish {
	uint64_t before;        // only smaller numbers; 0: from the newest on
	const char *rules;      // ids, with commas between them; "": of everything
	enum sigma_level level; // at least
	size_t most_bytes;      // of text
};
json_t *findings_page(
	struct findings *findings, const struct findings_wish *wish, uint64_t *ret_next);
// One by its number; NULL when it is not kept (any more). The caller's reference.
json_t *findings_one(struct findings *findings, uint64_t id);
