// incidents: findings that belong together, and what people made of them.
//
// Findings come in by their number in the findings store; each counts once, also when the role is
// killed at any point: what a finding changes and the place are one transaction of
// STATE/watch/incidents.db.
//
// A finding joins the newest incident that is not closed and has the same person within 72 hours;
// where one of the two names no person, the same patient within 24; and where the finding names
// none, the same address within 24. So two people who looked at the same record are judged apart.
// Otherwise an incident opens when the finding is certain, or when it makes the risk of its person,
// session, address or application an alert (risk.h), counting what belongs to no incident yet; the
// findings that count towards it come along. A person can open one from any finding.
//
// Nothing here names anybody: people are the feed's opaque numbers, and what people write (notes,
// tasks, assessments in words) stands on the trail alone; here is only the number of its entry.
// Bounded: INCIDENTS_FINDINGS findings without an incident, and of each incident
// INCIDENT_FINDINGS findings, INCIDENT_EVIDENCE entries and INCIDENT_ACTS acts.
#pragma once

#include "common/base/err.h"
#include "watch/incidents/risk.h"

#include <jansson.h>

enum {
	INCIDENTS_FINDINGS = 100000,
	INCIDENT_FINDINGS = 2000,
	INCIDENT_EVIDENCE = 2000,
	INCIDENT_ACTS = 1000,
	INCIDENTS_RISKY = 200, // persons told to the vault
	INCIDENT_NUMBER_BYTES = 24,
	PERSON_WINDOW_HOURS = 72,
	OTHER_WINDOW_HOURS = 24
};

struct incidents;

enum err incidents_open(const char *path, struct incidents **ret_incidents, char ret_problem[256]);
void incidents_close(struct incidents *incidents); // NULL is fine; what was not saved is not kept

// The highest numbers that the trail knows, of findings and of incidents, before the first is
// taken: no number is given twice, also when the database was lost.
void incidents_number_from(struct incidents *incidents, uint64_t finding, uint64_t incident);
uint64_t incidents_last(const struct incidents *incidents); // finding, by the number given here
// The last finding that was taken, by its number in the findings store.
uint64_t incidents_place(const struct incidents *incidents);
uint64_t incidents_unassigned(struct incidents *incidents); // how many nobody has
// Grows whenever anything changed, from 0 at the start.
uint64_t incidents_changes(const struct incidents *incidents);
// The findings store was made anew: it counts from one again. What is known stays known.
void incidents_begin_again(struct incidents *incidents);
// `id`: the finding's number there, `key`: what tells findings of one entry apart, `finding`: as
// finding_json() makes it.
void incidents_take(
	struct incidents *incidents, uint64_t id, const char *key, const json_t *finding);
// Everything since the last time. ERR_IO: nothing of it was kept: the role must begin again.
enum err incidents_save(struct incidents *incidents);

struct risky {
	uint64_t actor;
	int points;
};
// Persons whose risk is an alert now, the highest first; at most INCIDENTS_RISKY.
size_t incidents_risky(
	struct incidents *incidents, int64_t now_us, struct risky ret[INCIDENTS_RISKY]);
struct risk incidents_risk(
	struct incidents *incidents, enum risk_subject subject, const char *value, int64_t now_us);

// What the trail has to hold: findings of medium level and above, and incidents, by numbers of
// their own that only grow: {"kind", "number", "title", "level", "seq", "rule"}, the first after
// `after`, or NULL. The caller's reference.
json_t *incidents_next_finding(struct incidents *incidents, uint64_t after);
json_t *incidents_next_opened(struct incidents *incidents, uint64_t after);
// The oldest incident that nobody was told of, or that became worse since ("worse": true), or NULL;
// and that somebody was. So nobody hides something bad behind something small that is known
// already.
json_t *incidents_untold(struct incidents *incidents);
enum err incidents_told(struct incidents *incidents, uint64_t number);

// What a person asks or has done, as the vault puts it: {"ask": "incidents" | "incident" |
// "incident-open" | "incident-act", …} (docs/incidents.md). What it changes is kept when this
// returns. The answer fits a message; the caller's reference. *ret_status: of HTTP.
json_t *incidents_answer(struct incidents *incidents, const json_t *question, int *ret_status);

// "2026-0007", and back; 0: it is none.
void incident_text(uint64_t number, char ret_text[INCIDENT_NUMBER_BYTES]);
uint64_t incident_number(const char *text);
