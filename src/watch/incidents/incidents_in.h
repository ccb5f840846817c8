// incidents_in: what the files of this part share.
#pragma once

#include "common/store/store.h"
#include "watch/incidents/incidents.h"

// Why an incident is there that no risk opened.
#define OPENED_BY_HAND "A person opened it from a finding."

enum sql {
	SQL_KEEP,
	SQL_ADD,
	SQL_FIRED,
	SQL_FIND_KEY,
	SQL_OPEN,
	SQL_LAST_NUMBER,
	SQL_ATTACH,
	SQL_COUNT_OF,
	SQL_DETACH,
	SQL_MORE,
	SQL_KEY,
	SQL_CONCERNS,
	SQL_EVIDENCE,
	SQL_EVIDENCE_COUNT,
	SQL_TITLES,
	SQL_UPDATE,
	SQL_PRUNE,
	SQL_PRUNE_SHARES,
	SQL_RISKY,
	SQL_NEXT_FINDING,
	SQL_NEXT_OPENED,
	SQL_PERSON_OF,
	SQL_UNTOLD,
	SQL_TOLD,
	SQL_LIST,
	SQL_GET,
	SQL_FINDINGS_OF,
	SQL_EVIDENCE_OF,
	SQL_ACTS_OF,
	SQL_TASKS_OF,
	SQL_ANSWERS_OF,
	SQL_RULES,
	SQL_RULES_OF,
	SQL_BY_SOURCE,
	SQL_ACT,
	SQL_ACT_COUNT,
	SQL_UNASSIGNED,
	SQL_WHOM,
	SQL_ASSIGN,
	SQL_STATE,
	SQL_VERDICT,
	SQL_COUNTS,
	SQL_RECORD,
	SQL_TASK,
	SQL_TASK_LAST,
	SQL_TASK_DONE,
	SQL_ANSWER,
	SQL_FACTORS,
	SQL_SHARES,
	SQL_SHARE,
	SQL_SHARE_PUT,
	SQL_FINDING,
	SQL_GATHER, // and three more: one for each subject
	SQL_ALL = SQL_GATHER + RISK_SUBJECTS
};

enum incident_state {
	INCIDENT_OPEN,
	INCIDENT_ASSIGNED,
	INCIDENT_CONTAINED,
	INCIDENT_CLOSED,
	INCIDENT_STATES
};
extern const char *const incident_states[INCIDENT_STATES];

struct incidents {
	struct store *store;
	struct store_query *queries[SQL_ALL];
	uint64_t place, last, saved; // findings: taken there; numbered here; at the last save
	uint64_t changes;            // that were kept since the start
	uint64_t known;              // the highest incident that the trail has
	int64_t newest_us;           // of the findings taken since the start
	bool open, broken;
	struct arena *arena; // of one call
};

// Binds i: int64_t, t: const char * (NULL as null), in order; the query is ready to step.
struct store_query *sql_ask(struct incidents *incidents, enum sql which, const char *types, ...);
// The same, and runs it; a failure breaks what is being kept.
void sql_run(struct incidents *incidents, enum sql which, const char *types, ...);
// The first row's first number, or `otherwise`.
int64_t sql_number(struct incidents *incidents, struct store_query *query, int64_t otherwise);
bool incidents_begin(struct incidents *incidents);
enum err incidents_commit(struct incidents *incidents);

// A finding in the parts that are looked at; texts borrowed, "" where unknown.
struct taken {
	const char *rule, *source, *title, *key, *tactics;
	const char *subjects[RISK_SUBJECTS], *patient;
	int level;
	bool certain;
	uint64_t id, seq, number;
	int64_t time_us;
	const json_t *evidence;
};

// share.c: what each rule contributes to each subject, of everything that counts and of what
// belongs to no incident yet.
enum share_scope {
	SHARE_ALL,
	SHARE_FREE
};
// Whether it says anything about that subject. What somebody does with records is theirs: the
// address where they sit and the program that the whole house uses say nothing about it. Of those
// two counts what names nobody, what is certain, and what is done to get in or to carry away.
bool share_counts(const struct taken *taken, enum risk_subject subject);
void share_change(
	struct incidents *incidents, enum share_scope scope, const struct taken *taken, bool add);
struct risk share_risk(struct incidents *incidents, enum share_scope scope,
	enum risk_subject subject, const char *value, int64_t now_us); // five: whose, and when

// group.c
uint64_t group_find(struct incidents *incidents, const struct taken *taken);
uint64_t group_open(struct incidents *incidents, const struct taken *taken, const char *why,
	enum risk_subject subject);
void group_attach(struct incidents *incidents, uint64_t incident, const struct taken *taken);
void group_refresh(struct incidents *incidents, uint64_t incident);
// Which of its subjects is an alert, by what belongs to no incident yet; RISK_SUBJECTS: none.
enum risk_subject group_alert(
	struct incidents *incidents, const struct taken *taken, struct risk *ret);
// Attaches what counts towards the subject's risk and belongs nowhere yet.
void group_gather(struct incidents *incidents, uint64_t incident, const struct taken *taken,
	enum risk_subject subject);
// A finding that is kept already, and belongs nowhere yet.
void group_adopt(struct incidents *incidents, uint64_t incident, struct taken *taken);
// All rows of a query that begins with a finding's columns; in the arena.
size_t taken_list(struct incidents *incidents, struct store_query *query, struct taken **ret_list);
// Reads a finding as the store has it; false: it is none. Texts in the arena.
bool taken_read(struct arena *arena, const json_t *finding, struct taken *ret);

// show.c and act.c
json_t *show_list(struct incidents *incidents, const json_t *question);
json_t *show_one(struct incidents *incidents, uint64_t number); // NULL: there is none
json_t *act_open(struct incidents *incidents, const json_t *question, int *ret_status);
json_t *act_do(struct incidents *incidents, const json_t *question, int *ret_status);
