// playbooks: runs of playbooks, from the finding that starts one to the end of its last act.
//
// A run keeps the playbook as it was when it began, and is one row of STATE/watch/playbooks.db that
// is committed before anything is asked of anybody. Killed at any point it goes on where it was:
// acts that were not answered are sent again under the same key, and the vault does none twice.
// The same finding (its rule, entry and number) starts the same playbook once; findings older than
// PLAYBOOKS_OLD_S start none,
// so that reading the trail anew does nothing to anybody. Bounded: PLAYBOOKS_RUNS at a time,
// PLAYBOOKS_RECORDS steps done in one. People are opaque numbers.
#pragma once

#include "common/format/finding.h"

#include <jansson.h>

enum {
	PLAYBOOKS_SHELF = 64,
	PLAYBOOKS_RUNS = 500,
	PLAYBOOKS_RECORDS = 200,
	PLAYBOOKS_TOKENS = 24, // branches of one run at a time
	PLAYBOOKS_OLD_S = 3600,
	PLAYBOOKS_KEPT = 2000, // runs that ended, the newest
	PLAYBOOKS_ASK_S =
		1800, // when the vault wants an approval that the playbook did not ask for
};

struct playbooks;

struct playbooks_notice {
	uint64_t id;
	const char *to, *text;
	char problem[240];
};
// What the courier tells of one: "delivered", "not delivered yet", "given up: …".
struct playbooks_news {
	uint64_t id;
	const char *words;
	bool failed;
};
struct playbooks_owner {
	// For the vault. It may be away: playbooks_again() sends what was not answered.
	void (*act)(void *context, uint64_t ticket, const json_t *act);
	// A message; the same id is the same message, however often it is sent. OK when it is on a
	// disk; ERR_BUSY, not yet: it is asked again at the next tick. Anything else: it never will
	// be, and the problem says why.
	enum err (*notify)(void *context, struct playbooks_notice *notice);
	void (*changed)(void *context);
	void *context;
};

// ERR_IO, with the problem in words.
enum err playbooks_open(const char *path, const struct playbooks_owner *owner,
	struct playbooks **ret_playbooks, char ret_problem[256]);
void playbooks_close(struct playbooks *playbooks); // NULL is fine
// Reads the folder when a file of it changed. True when it did.
bool playbooks_read(struct playbooks *playbooks, const char *folder);
// How many runs could not begin, as PLAYBOOKS_RUNS were under way.
uint64_t playbooks_left_out(const struct playbooks *playbooks);
size_t playbooks_count(const struct playbooks *playbooks);
// "takeover.yaml:12: …", or NULL past the last.
const char *playbooks_problem(const struct playbooks *playbooks, size_t at);

// A finding as finding_json() makes it, with its "id". ERR_IO: it could not be kept, and the role
// must end.
enum err playbooks_found(struct playbooks *playbooks, const json_t *finding, int64_t now_us);
// Kept with the step of the message; of anything else nothing happens.
enum err playbooks_told(struct playbooks *playbooks, const struct playbooks_news *news);
// The number of the last finding or incident that was looked at; kept with the next tick.
enum playbooks_place {
	PLACE_FINDING,
	PLACE_INCIDENT,
	PLACES
};
uint64_t playbooks_place(const struct playbooks *playbooks, enum playbooks_place which);
void playbooks_set_place(struct playbooks *playbooks, enum playbooks_place which, uint64_t id);
enum err playbooks_acted(struct playbooks *playbooks, uint64_t ticket, bool fine, const char *words,
	int64_t now_us); // five: the answer as it comes
enum err playbooks_tick(struct playbooks *playbooks, int64_t now_us);
void playbooks_again(struct playbooks *playbooks); // the vault is back

// ---- What a person asks. The answers are the caller's references.

json_t *playbooks_list(const struct playbooks *playbooks);
json_t *playbooks_runs(struct playbooks *playbooks, uint64_t before); // the newest below, a page
json_t *playbooks_run(struct playbooks *playbooks, uint64_t run);     // NULL: there is none
// finding: as finding_json() made it. NULL: there is no such playbook.
json_t *playbooks_dry_run(
	struct playbooks *playbooks, const char *name, const json_t *finding, int64_t now_us);

enum playbooks_verb {
	PLAYBOOKS_APPROVE,
	PLAYBOOKS_DECLINE,
	PLAYBOOKS_UNDO
};
struct playbooks_wish {
	enum playbooks_verb verb;
	uint64_t run, step; // number of the run; of what it did
	uint64_t entry;     // of the trail, where the person's wish stands
	const char *role;   // theirs
	const char *by;     // their opaque number
	int64_t now_us;
};
// What came of it, in a sentence; the status is HTTP's. The words live until the next call.
const char *playbooks_wish(
	struct playbooks *playbooks, const struct playbooks_wish *wish, unsigned *ret_status);
// What the trail is told of such a wish: {"key", "playbook", "action"}.
json_t *playbooks_about(struct playbooks *playbooks, const struct playbooks_wish *wish);
// May they, without doing it? The same sentence and status; NULL: they may.
const char *playbooks_may(
	struct playbooks *playbooks, const struct playbooks_wish *wish, unsigned *ret_status);
