// conductor: playbooks tied to the rest of watch: findings start runs, acts go to the vault,
// messages to the courier, and what guard and the courier tell of themselves becomes findings.
//
// Findings are taken from the store by their number, so none is left out by a restart and none
// starts a playbook twice. What guard counts is asked for every CONDUCTOR_PULL_S and kept for
// CONDUCTOR_POINTS of these.
#pragma once

#include "watch/detector.h"
#include "watch/question.h"

enum {
	CONDUCTOR_PULL_S = 20,
	CONDUCTOR_POINTS = 540,      // three hours
	CONDUCTOR_DENIED_MOST = 200, // packets in one of them; more is a finding
	// Of one host, within guard's ten minutes: so many packets are a finding, and so many
	// places are one that may be spreading.
	CONDUCTOR_KNOCKS = 20,
	CONDUCTOR_PLACES = 10,
	CONDUCTOR_KNOCKS_AN_HOUR = 40 // findings
};

struct conductor;
struct peer;

// `parts` outlives it. ERR_IO when the database cannot be opened; logged.
enum err conductor_open(const struct detector_places *places, const struct watch_parts *parts,
	struct conductor **ret_conductor);
void conductor_close(struct conductor *conductor); // NULL is fine
// Whatever was found since. ERR_IO, here and below: the role must end.
enum err conductor_take(struct conductor *conductor);
enum err conductor_acted(struct conductor *conductor, const struct feed_acted *acted);
enum err conductor_tick(struct conductor *conductor);
void conductor_vault(struct conductor *conductor, struct peer *vault); // NULL: it is away

uint64_t conductor_changes(const struct conductor *conductor); // of runs, since the start

// Answers to questions (question.c has the table).
void conductor_list(const struct watch_parts *parts, const json_t *arguments, struct reply *reply);
void conductor_runs(const struct watch_parts *parts, const json_t *arguments, struct reply *reply);
void conductor_run(const struct watch_parts *parts, const json_t *arguments, struct reply *reply);
void conductor_dry_run(
	const struct watch_parts *parts, const json_t *arguments, struct reply *reply);
void conductor_may(const struct watch_parts *parts, const json_t *arguments, struct reply *reply);
void conductor_wish(const struct watch_parts *parts, const json_t *arguments, struct reply *reply);
void conductor_series(
	const struct watch_parts *parts, const json_t *arguments, struct reply *reply);
