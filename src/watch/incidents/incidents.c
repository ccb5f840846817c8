#include "watch/incidents/incidents_in.h"

#include "common/base/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const incident_states[INCIDENT_STATES] = {"open", "assigned", "contained", "closed"};

#define SHARE_US ((int64_t)70 * 86400 * 1000000) // a thousandth is left of it

static const char *const schema[] = {
	("CREATE TABLE IF NOT EXISTS finding (number INTEGER PRIMARY KEY, id INTEGER NOT NULL, "
	 "rule TEXT NOT NULL, seq INTEGER NOT NULL, part TEXT NOT NULL, time_us INTEGER NOT NULL, "
	 "level INTEGER NOT NULL, certain INTEGER NOT NULL, source TEXT NOT NULL, "
	 "tactics TEXT NOT NULL, title TEXT NOT NULL, person TEXT NOT NULL, "
	 "session TEXT NOT NULL, address TEXT NOT NULL, application TEXT NOT NULL, "
	 "patient TEXT NOT NULL, incident INTEGER, counts INTEGER NOT NULL, json TEXT NOT NULL, "
	 "UNIQUE (rule, seq, part))"),
	"CREATE INDEX IF NOT EXISTS finding_incident ON finding (incident, number)",
	"CREATE INDEX IF NOT EXISTS finding_person ON finding (person, number)",
	"CREATE INDEX IF NOT EXISTS finding_id ON finding (id)",
	("CREATE TABLE IF NOT EXISTS share (scope INTEGER NOT NULL, kind TEXT NOT NULL, "
	 "value TEXT NOT NULL, rule TEXT NOT NULL, source TEXT NOT NULL, tactics TEXT NOT NULL, "
	 "points INTEGER NOT NULL, certain INTEGER NOT NULL, at_us INTEGER NOT NULL, "
	 "certain_us INTEGER NOT NULL, PRIMARY KEY (scope, kind, value, rule))"),
	"CREATE INDEX IF NOT EXISTS share_at ON share (at_us)",
	("CREATE TABLE IF NOT EXISTS incident (number INTEGER PRIMARY KEY, "
	 "state INTEGER NOT NULL, level INTEGER NOT NULL, title TEXT NOT NULL, "
	 "why TEXT NOT NULL, subject TEXT NOT NULL, opened_us INTEGER NOT NULL, "
	 "last_us INTEGER NOT NULL, more INTEGER NOT NULL, assigned TEXT NOT NULL, "
	 "assigned_entry INTEGER NOT NULL, verdict TEXT NOT NULL, closed_us INTEGER NOT NULL, "
	 "told INTEGER NOT NULL)"),
	("CREATE TABLE IF NOT EXISTS incident_key (incident INTEGER NOT NULL, "
	 "kind TEXT NOT NULL, value TEXT NOT NULL, last_us INTEGER NOT NULL, "
	 "PRIMARY KEY (kind, value, incident))"),
	("CREATE TABLE IF NOT EXISTS evidence (incident INTEGER NOT NULL, seq INTEGER NOT NULL, "
	 "PRIMARY KEY (incident, seq))"),
	("CREATE TABLE IF NOT EXISTS act (incident INTEGER NOT NULL, entry INTEGER NOT NULL, "
	 "time_us INTEGER NOT NULL, who TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, "
	 "PRIMARY KEY (incident, entry))"),
	("CREATE TABLE IF NOT EXISTS task (incident INTEGER NOT NULL, number INTEGER NOT NULL, "
	 "entry INTEGER NOT NULL, done_us INTEGER NOT NULL, done_entry INTEGER NOT NULL, "
	 "PRIMARY KEY (incident, number))"),
	("CREATE TABLE IF NOT EXISTS answer (incident INTEGER NOT NULL, key TEXT NOT NULL, "
	 "value TEXT NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY (incident, key))"),
	("CREATE TABLE IF NOT EXISTS rule (rule TEXT PRIMARY KEY, title TEXT NOT NULL, "
	 "fired INTEGER NOT NULL, held INTEGER NOT NULL, wrong INTEGER NOT NULL)"),
	"CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value INTEGER NOT NULL)",
};

#define FINDING                                                                                    \
	"rule, source, title, part, tactics, person, session, address, application, patient, "     \
	"level, certain, id, seq, number, time_us"
#define INCIDENT                                                                                   \
	"number, state, level, title, why, subject, opened_us, last_us, more, assigned, "          \
	"assigned_entry, verdict, closed_us, "                                                     \
	"(SELECT count(*) FROM finding WHERE incident = incident.number), "                        \
	"(SELECT count(*) FROM task WHERE incident = incident.number AND done_us = 0), "           \
	"(SELECT count(*) FROM incident_key WHERE incident = incident.number AND kind = 'patient')"
#define GATHER(column)                                                                             \
	"SELECT " FINDING " FROM finding WHERE " column                                            \
	" = ?1 AND incident IS NULL AND (level > 0 OR certain = 1) AND time_us > ?2 "              \
	"ORDER BY number DESC LIMIT 500"

static const char *const sqls[SQL_ALL] = {
	[SQL_KEEP] = "INSERT INTO state (name, value) VALUES (?1, ?2) "
		     "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
	[SQL_ADD] = "INSERT INTO finding (number, id, rule, seq, part, time_us, level, certain, "
		    "source, tactics, title, person, session, address, application, patient, "
		    "incident, counts, json) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
		    "?12, ?13, ?14, ?15, ?16, NULL, 1, ?17) ON CONFLICT DO NOTHING RETURNING 1",
	[SQL_FIRED] = "INSERT INTO rule (rule, title, fired, held, wrong) VALUES (?1, ?2, 1, 0, 0) "
		      "ON CONFLICT (rule) DO UPDATE SET fired = rule.fired + 1, "
		      "title = excluded.title",
	[SQL_FIND_KEY] = "SELECT k.incident FROM incident_key k JOIN incident i ON i.number = "
			 "k.incident WHERE k.kind = ?1 AND k.value = ?2 AND k.last_us >= ?3 "
			 "AND i.state <> 3 AND (?4 = 0 OR NOT EXISTS (SELECT 1 FROM "
			 "incident_key p WHERE p.incident = k.incident AND p.kind = "
			 "'person')) ORDER BY k.incident DESC LIMIT 1",
	[SQL_OPEN] = "INSERT INTO incident (number, state, level, title, why, subject, opened_us, "
		     "last_us, more, assigned, assigned_entry, verdict, closed_us, told) VALUES "
		     "(?1, 0, ?2, ?3, ?4, ?5, ?6, ?6, 0, '', 0, '', 0, 0)",
	[SQL_LAST_NUMBER] = "SELECT max(number) FROM incident",
	[SQL_ATTACH] = "UPDATE finding SET incident = ?2 WHERE number = ?1",
	[SQL_COUNT_OF] = "SELECT count(*) FROM finding WHERE incident = ?1",
	[SQL_DETACH] =
		"UPDATE finding SET incident = NULL WHERE number = (SELECT number FROM finding "
		"WHERE incident = ?1 AND certain * 10 + level < ?2 ORDER BY certain * 10 + level, "
		"number LIMIT 1) RETURNING 1",
	[SQL_MORE] = "UPDATE incident SET more = more + 1, last_us = max(last_us, ?2) "
		     "WHERE number = ?1",
	[SQL_KEY] = "INSERT INTO incident_key (incident, kind, value, last_us) VALUES "
		    "(?1, ?2, ?3, ?4) ON CONFLICT (kind, value, incident) DO UPDATE SET "
		    "last_us = max(incident_key.last_us, excluded.last_us)",
	[SQL_CONCERNS] = "SELECT 1 FROM incident_key WHERE incident = ?1 AND kind = 'person' AND "
			 "value = ?2",
	[SQL_EVIDENCE] = "INSERT INTO evidence (incident, seq) VALUES (?1, ?2) "
			 "ON CONFLICT DO NOTHING",
	[SQL_EVIDENCE_COUNT] = "SELECT count(*) FROM evidence WHERE incident = ?1",
	[SQL_TITLES] = "SELECT title, max(level), max(time_us) FROM finding WHERE incident = ?1 "
		       "GROUP BY title ORDER BY 2 DESC, min(number) LIMIT 3",
	[SQL_UPDATE] = "UPDATE incident SET title = ?2, level = ?3, last_us = max(last_us, ?4), "
		       "told = CASE WHEN told = 1 AND ?3 > level THEN 2 ELSE told END "
		       "WHERE number = ?1",
	[SQL_PRUNE] = "DELETE FROM finding WHERE incident IS NULL AND number <= ?1",
	[SQL_PRUNE_SHARES] = "DELETE FROM share WHERE at_us < ?1",
	[SQL_RISKY] = "SELECT value FROM share WHERE scope = 0 AND kind = 'person' GROUP BY value "
		      "HAVING sum(points + certain) >= 50000000 "
		      "ORDER BY sum(points + certain) DESC, value",
	[SQL_NEXT_FINDING] = "SELECT " FINDING " FROM finding WHERE number > ?1 AND level >= 2 "
			     "ORDER BY number LIMIT 1",
	[SQL_NEXT_OPENED] = "SELECT " INCIDENT " FROM incident WHERE number > ?1 "
			    "ORDER BY number LIMIT 1",
	[SQL_PERSON_OF] = "SELECT person FROM finding WHERE incident = ?1 AND person <> '' "
			  "ORDER BY number DESC LIMIT 1",
	[SQL_UNTOLD] =
		"SELECT " INCIDENT ", told FROM incident WHERE told <> 1 ORDER BY number LIMIT 1",
	[SQL_TOLD] = "UPDATE incident SET told = 1 WHERE number = ?1",
	[SQL_LIST] = "SELECT " INCIDENT " FROM incident WHERE number < ?1 AND (?2 < 0 OR "
		     "(?2 = 9 AND state < 3) OR state = ?2) ORDER BY number DESC LIMIT ?3",
	[SQL_GET] = "SELECT " INCIDENT " FROM incident WHERE number = ?1",
	// Of each rule the newest first, the worst before others: many of one hide none of another.
	[SQL_FINDINGS_OF] =
		"SELECT id, json, number, row_number() OVER (PARTITION BY rule ORDER BY "
		"certain DESC, number DESC) AS nth FROM finding WHERE incident = ?1 "
		"ORDER BY nth > 1, CASE WHEN nth = 1 THEN certain * 10 + level END DESC, "
		"number DESC",
	[SQL_EVIDENCE_OF] = "SELECT seq FROM evidence WHERE incident = ?1 ORDER BY seq",
	[SQL_ACTS_OF] = "SELECT entry, time_us, who, kind, value FROM act WHERE incident = ?1 "
			"ORDER BY entry DESC LIMIT 100",
	[SQL_TASKS_OF] = "SELECT number, entry, done_us, done_entry FROM task WHERE incident = ?1 "
			 "ORDER BY number LIMIT 100",
	[SQL_ANSWERS_OF] = "SELECT key, value, entry FROM answer WHERE incident = ?1",
	[SQL_RULES] = "SELECT rule, title, fired, held, wrong FROM rule ORDER BY fired DESC, rule "
		      "LIMIT 150",
	[SQL_RULES_OF] = "SELECT rule, title, source, max(person), count(*) FROM finding "
			 "WHERE incident = ?1 GROUP BY rule, title, source ORDER BY rule LIMIT 50",
	[SQL_BY_SOURCE] = "SELECT " FINDING ", incident, json FROM finding WHERE id = ?1 "
			  "ORDER BY number DESC LIMIT 1",
	[SQL_ACT] = "INSERT INTO act (incident, entry, time_us, who, kind, value) VALUES "
		    "(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING RETURNING 1",
	[SQL_ACT_COUNT] = "SELECT count(*) FROM act WHERE incident = ?1",
	[SQL_UNASSIGNED] = "SELECT count(*) FROM incident WHERE state = 0",
	[SQL_WHOM] = "SELECT person, seq FROM finding WHERE incident = ?1 AND person != '' "
		     "ORDER BY number DESC LIMIT 1",
	[SQL_ASSIGN] = "UPDATE incident SET assigned = ?2, assigned_entry = ?3, "
		       "state = max(state, 1) WHERE number = ?1",
	[SQL_STATE] = "UPDATE incident SET state = ?2, closed_us = ?3 WHERE number = ?1",
	[SQL_VERDICT] = "UPDATE incident SET verdict = ?2 WHERE number = ?1",
	[SQL_COUNTS] = "UPDATE finding SET counts = ?2 WHERE number = ?1",
	[SQL_RECORD] = "UPDATE rule SET held = max(held + ?2, 0), wrong = max(wrong + ?3, 0) "
		       "WHERE rule = ?1",
	[SQL_TASK] = "INSERT INTO task (incident, number, entry, done_us, done_entry) VALUES "
		     "(?1, ?2, ?3, 0, 0)",
	[SQL_TASK_LAST] = "SELECT max(number) FROM task WHERE incident = ?1",
	[SQL_TASK_DONE] = "UPDATE task SET done_us = ?3, done_entry = ?4 WHERE incident = ?1 AND "
			  "number = ?2 AND done_us = 0 RETURNING 1",
	[SQL_ANSWER] = "INSERT INTO answer (incident, key, value, entry) VALUES (?1, ?2, ?3, ?4) "
		       "ON CONFLICT (incident, key) DO UPDATE SET value = excluded.value, "
		       "entry = excluded.entry",
	[SQL_FACTORS] = "SELECT count(*) FROM answer WHERE incident = ?1 AND key LIKE 'factor-%'",
	[SQL_SHARES] = "SELECT rule, source, tactics, points, certain, at_us, certain_us FROM "
		       "share WHERE scope = ?1 AND kind = ?2 AND value = ?3",
	[SQL_SHARE] = "SELECT rule, source, tactics, points, certain, at_us, certain_us FROM "
		      "share WHERE scope = ?1 AND kind = ?2 AND value = ?3 AND rule = ?4",
	[SQL_SHARE_PUT] = "INSERT INTO share (scope, kind, value, rule, source, tactics, points, "
			  "certain, at_us, certain_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
			  "?10) ON CONFLICT (scope, kind, value, rule) DO UPDATE SET points = "
			  "excluded.points, certain = excluded.certain, at_us = excluded.at_us, "
			  "certain_us = excluded.certain_us, tactics = excluded.tactics",
	[SQL_FINDING] = "SELECT " FINDING ", counts FROM finding WHERE incident = ?1",
	[SQL_GATHER + RISK_PERSON] = GATHER("person"),
	[SQL_GATHER + RISK_SESSION] = GATHER("session"),
	[SQL_GATHER + RISK_ADDRESS] = GATHER("address"),
	[SQL_GATHER + RISK_APPLICATION] = GATHER("application"),
};

// ---- SQL.

struct store_query *sql_ask(struct incidents *incidents, enum sql which, const char *types, ...)
{
	struct store_query *query = incidents->queries[which];
	va_list args;
	va_start(args, types);
	for (int at = 1; *types; types++, at++) {
		if (*types == 'i')
			query_int(query, at, va_arg(args, int64_t));
		else
			query_text(query, at, va_arg(args, const char *));
	}
	va_end(args);
	return query;
}

void sql_run(struct incidents *incidents, enum sql which, const char *types, ...)
{
	struct store_query *query = incidents->queries[which];
	va_list args;
	if (incidents->broken || !incidents_begin(incidents))
		return;
	va_start(args, types);
	for (int at = 1; *types; types++, at++) {
		if (*types == 'i')
			query_int(query, at, va_arg(args, int64_t));
		else
			query_text(query, at, va_arg(args, const char *));
	}
	va_end(args);
	incidents->broken |= query_run(query) != OK;
}

int64_t sql_number(struct incidents *incidents, struct store_query *query, int64_t otherwise)
{
	enum store_step step = query_step(query);
	int64_t number =
		step == STORE_ROW && !row_is_null(query, 0) ? row_int(query, 0) : otherwise;
	query_reset(query);
	incidents->broken |= step == STORE_FAILED;
	return number;
}

bool incidents_begin(struct incidents *incidents)
{
	incidents->open = incidents->open || store_exec(incidents->store, "BEGIN") == OK;
	incidents->broken |= !incidents->open;
	return incidents->open;
}

enum err incidents_commit(struct incidents *incidents)
{
	if (!incidents->open && !incidents->broken)
		return OK;
	incidents->broken |= store_exec(incidents->store, "COMMIT") != OK;
	incidents->open = false;
	incidents->changes++;
	return incidents->broken ? ERR_IO : OK;
}

// ---- Opening.

static enum err read_state(struct incidents *incidents)
{
	struct store_query *query;
	enum store_step step;
	enum err err = store_prepare(incidents->store, "SELECT name, value FROM state", &query);
	if (err)
		return err;
	while ((step = query_step(query)) == STORE_ROW)
		*(strcmp(row_text(query, 0, incidents->arena), "place") == 0 ? &incidents->place
									     : &incidents->last) =
			(uint64_t)row_int(query, 1);
	query_reset(query);
	store_query_free(query);
	return step == STORE_FAILED ? ERR_IO : OK;
}

enum err incidents_open(const char *path, struct incidents **ret, char ret_problem[256])
{
	const struct store_sqlite options = {.path = path, .cache_kib = 2048};
	struct incidents *incidents = calloc(1, sizeof *incidents);
	if (!incidents)
		abort();
	incidents->arena = arena_new();
	enum err err = store_open_sqlite(&options, &incidents->store, ret_problem);
	for (size_t i = 0; !err && i < sizeof schema / sizeof *schema; i++)
		err = store_exec(incidents->store, schema[i]);
	for (size_t i = 0; !err && i < SQL_ALL; i++)
		err = store_prepare(incidents->store, sqls[i], &incidents->queries[i]);
	if (!err)
		err = read_state(incidents);
	if (err) {
		if (incidents->store)
			snprintf(ret_problem, 256, "%s: %s", path, store_problem(incidents->store));
		incidents_close(incidents);
		return err;
	}
	incidents->saved = incidents->place;
	*ret = incidents;
	return OK;
}

void incidents_close(struct incidents *incidents)
{
	if (!incidents)
		return;
	for (size_t i = 0; i < SQL_ALL; i++)
		store_query_free(incidents->queries[i]);
	store_close(incidents->store);
	arena_free(incidents->arena);
	free(incidents);
}

uint64_t incidents_place(const struct incidents *incidents)
{
	return incidents->place;
}

void incidents_number_from(struct incidents *incidents, uint64_t finding, uint64_t incident)
{
	if (incidents->last < finding)
		incidents->last = finding;
	if (incidents->known < incident)
		incidents->known = incident;
}

uint64_t incidents_last(const struct incidents *incidents)
{
	return incidents->last;
}

void incidents_begin_again(struct incidents *incidents)
{
	incidents->place = 0;
}

// ---- Findings.

// False: it was taken before.
static bool add(struct incidents *incidents, const struct taken *t, const json_t *finding)
{
	char *text = json_dumps(finding, JSON_COMPACT);
	if (!text || !incidents_begin(incidents)) {
		free(text);
		incidents->broken = true;
		return false;
	}
	struct store_query *query = sql_ask(incidents, SQL_ADD, "iititiiittttttttt",
		(int64_t)t->number, (int64_t)t->id, t->rule, (int64_t)t->seq, t->key, t->time_us,
		(int64_t)t->level, (int64_t)t->certain, t->source, t->tactics, t->title,
		t->subjects[RISK_PERSON], t->subjects[RISK_SESSION], t->subjects[RISK_ADDRESS],
		t->subjects[RISK_APPLICATION], t->patient, text);
	bool added = sql_number(incidents, query, 0) == 1;
	free(text);
	return added;
}

static void place_it(struct incidents *incidents, const struct taken *taken)
{
	uint64_t incident = group_find(incidents, taken);
	struct risk risk = {0};
	share_change(incidents, SHARE_ALL, taken, true);
	if (incident) {
		group_attach(incidents, incident, taken);
		group_refresh(incidents, incident);
		return;
	}
	share_change(incidents, SHARE_FREE, taken, true);
	enum risk_subject subject = group_alert(incidents, taken, &risk);
	if (subject == RISK_SUBJECTS && !taken->certain)
		return;
	const char *why =
		taken->certain
			? "A finding that is certain by itself."
			: arena_printf(incidents->arena,
				  "The risk of one %s reached %d points, from %d %s, "
				  "%d %s and %d %s.",
				  risk_subject_texts[subject], risk.points, risk.rules,
				  text_plural((uint64_t)risk.rules, "rule", "rules"), risk.sources,
				  text_plural((uint64_t)risk.sources, "source", "sources"),
				  risk.tactics,
				  text_plural((uint64_t)risk.tactics, "tactic", "tactics"));
	incident = group_open(incidents, taken, why, subject);
	if (subject != RISK_SUBJECTS)
		group_gather(incidents, incident, taken, subject);
	else
		group_attach(incidents, incident, taken);
	group_refresh(incidents, incident);
}

void incidents_take(
	struct incidents *incidents, uint64_t id, const char *key, const json_t *finding)
{
	struct taken taken;
	arena_reset(incidents->arena);
	if (incidents->broken || id <= incidents->place)
		return;
	incidents->place = id;
	if (!taken_read(incidents->arena, finding, &taken))
		return; // not ours; it stays where findings are
	if (taken.time_us > incidents->newest_us)
		incidents->newest_us = taken.time_us;
	taken.id = id;
	taken.key = key;
	taken.number = incidents->last + 1;
	if (!add(incidents, &taken, finding))
		return;
	incidents->last = taken.number;
	sql_run(incidents, SQL_FIRED, "tt", taken.rule, taken.title);
	if (taken.level > SIGMA_INFORMATIONAL || taken.certain)
		place_it(incidents, &taken);
}

enum err incidents_save(struct incidents *incidents)
{
	if (incidents->broken)
		return ERR_IO;
	if (!incidents->open && incidents->place == incidents->saved)
		return OK;
	sql_run(incidents, SQL_KEEP, "ti", "place", (int64_t)incidents->place);
	sql_run(incidents, SQL_KEEP, "ti", "last", (int64_t)incidents->last);
	sql_run(incidents, SQL_PRUNE, "i", (int64_t)incidents->last - INCIDENTS_FINDINGS);
	sql_run(incidents, SQL_PRUNE_SHARES, "i", incidents->newest_us - SHARE_US);
	incidents->saved = incidents->place;
	return incidents_commit(incidents);
}

// ---- Numbers.

uint64_t incidents_unassigned(struct incidents *incidents)
{
	return (uint64_t)sql_number(incidents, sql_ask(incidents, SQL_UNASSIGNED, ""), 0);
}

uint64_t incidents_changes(const struct incidents *incidents)
{
	return incidents->changes;
}

void incident_text(uint64_t number, char ret_text[INCIDENT_NUMBER_BYTES])
{
	snprintf(ret_text, INCIDENT_NUMBER_BYTES, "%04u-%04u", (unsigned)(number / 1000000),
		(unsigned)(number % 1000000));
}

uint64_t incident_number(const char *text)
{
	unsigned year, count;
	int end = 0;
	if (!text || strspn(text, "0123456789") != 4 || text[4] != '-' ||
		strspn(text + 5, "0123456789") != strlen(text + 5) || strlen(text) > 11 ||
		sscanf(text, "%4u-%6u%n", &year, &count, &end) != 2 || text[end] || year < 1970)
		return 0;
	return (uint64_t)year * 1000000 + count;
}
