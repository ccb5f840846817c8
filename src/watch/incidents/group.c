#include "common/base/text.h"
#include "common/base/time.h"
#include "watch/incidents/incidents_in.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_US ((int64_t)3600 * 1000000)

// ---- Reading a finding.

static const char *word(struct arena *arena, const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));
	return arena_text(arena, text ? text : "");
}

static const char *tactics_of(struct arena *arena, const json_t *attack)
{
	const char *all = "";
	size_t i;
	json_t *one;
	json_array_foreach(attack, i, one)
	{
		const char *tag = json_string_value(one);
		if (tag && risk_is_tactic(tag))
			all = arena_printf(arena, "%s%s%s", all, *all ? " " : "", tag);
	}
	return all;
}

static int level_of(const char *text)
{
	for (int level = 0; level < SIGMA_LEVELS; level++)
		if (strcmp(sigma_level_text((enum sigma_level)level), text) == 0)
			return level;
	return SIGMA_INFORMATIONAL;
}

bool taken_read(struct arena *arena, const json_t *finding, struct taken *ret)
{
	struct taken taken = {.rule = word(arena, finding, "rule"),
		.source = word(arena, finding, "source"),
		.title = word(arena, finding, "title"),
		.key = "",
		.tactics = tactics_of(arena, json_object_get(finding, "attack")),
		.subjects = {word(arena, finding, "actor"), word(arena, finding, "session"),
			word(arena, finding, "address"), word(arena, finding, "application")},
		.patient = word(arena, finding, "patient"),
		.level = level_of(word(arena, finding, "level")),
		.certain = json_is_true(json_object_get(finding, "certain")),
		.seq = (uint64_t)json_integer_value(json_object_get(finding, "seq")),
		.evidence = json_object_get(finding, "evidence")};
	if (!*taken.rule || !*taken.title ||
		time_parse(word(arena, finding, "time"), &taken.time_us))
		return false;
	*ret = taken;
	return true;
}

// ---- Which incident.

// `nameless`: only incidents that name no person.
static uint64_t find_key(struct incidents *incidents, const char *kind, const char *value,
	int64_t since_us, bool nameless) // five: a look-up
{
	if (!*value)
		return 0;
	return (uint64_t)sql_number(incidents,
		sql_ask(incidents, SQL_FIND_KEY, "ttii", kind, value, since_us, (int64_t)nameless),
		0);
}

uint64_t group_find(struct incidents *incidents, const struct taken *t)
{
	const char *person = t->subjects[RISK_PERSON];
	int64_t day_us = t->time_us - OTHER_WINDOW_HOURS * HOUR_US;
	uint64_t found = find_key(
		incidents, "person", person, t->time_us - PERSON_WINDOW_HOURS * HOUR_US, false);
	if (!found)
		found = find_key(incidents, "patient", t->patient, day_us, *person != 0);
	if (!found && !*person)
		found = find_key(incidents, "address", t->subjects[RISK_ADDRESS], day_us, false);
	return found;
}

enum risk_subject group_alert(struct incidents *incidents, const struct taken *t, struct risk *ret)
{
	for (int subject = 0; subject < RISK_SUBJECTS; subject++) {
		if (!*t->subjects[subject])
			continue;
		*ret = share_risk(incidents, SHARE_FREE, (enum risk_subject)subject,
			t->subjects[subject], t->time_us);
		if (ret->alert)
			return (enum risk_subject)subject;
	}
	return RISK_SUBJECTS;
}

// ---- Opening one, and what belongs to it.

static unsigned year_of(int64_t at_us)
{
	char text[TIME_TEXT_BYTES];
	time_format(at_us, text);
	return (unsigned)strtoul(text, NULL, 10);
}

// Numbers only grow, whatever the events' clock says.
uint64_t group_open(struct incidents *incidents, const struct taken *t, const char *why,
	enum risk_subject subject)
{
	uint64_t last = (uint64_t)sql_number(incidents, sql_ask(incidents, SQL_LAST_NUMBER, ""), 0),
		 first = (uint64_t)year_of(t->time_us) * 1000000 + 1;
	if (last < incidents->known)
		last = incidents->known;
	uint64_t number = last >= first ? last + 1 : first;
	sql_run(incidents, SQL_OPEN, "iittti", (int64_t)number, (int64_t)t->level, t->title, why,
		subject < RISK_SUBJECTS ? risk_subject_texts[subject] : "finding", t->time_us);
	return number;
}

static void add_key(struct incidents *incidents, uint64_t incident, const char *kind,
	const char *value, int64_t at_us) // five: a row
{
	if (*value)
		sql_run(incidents, SQL_KEY, "itti", (int64_t)incident, kind, value, at_us);
}

static void add_evidence(struct incidents *incidents, uint64_t incident, const struct taken *t)
{
	int64_t count = sql_number(
		incidents, sql_ask(incidents, SQL_EVIDENCE_COUNT, "i", (int64_t)incident), 0);
	size_t i;
	json_t *seq;
	if (count < INCIDENT_EVIDENCE)
		sql_run(incidents, SQL_EVIDENCE, "ii", (int64_t)incident, (int64_t)t->seq);
	json_array_foreach(t->evidence, i, seq)
	{
		if (count + 1 + (int64_t)i >= INCIDENT_EVIDENCE)
			return;
		sql_run(incidents, SQL_EVIDENCE, "ii", (int64_t)incident,
			(int64_t)json_integer_value(seq));
	}
}

// Two thousand harmless ones do not keep a worse one out: the least of them goes.
static bool make_room(struct incidents *incidents, uint64_t incident, const struct taken *t)
{
	return incidents_begin(incidents) &&
	       sql_number(incidents,
		       sql_ask(incidents, SQL_DETACH, "ii", (int64_t)incident,
			       (int64_t)(t->certain * 10 + t->level)),
		       0) == 1;
}

void group_attach(struct incidents *incidents, uint64_t incident, const struct taken *t)
{
	int64_t count =
		sql_number(incidents, sql_ask(incidents, SQL_COUNT_OF, "i", (int64_t)incident), 0);
	bool full = count >= INCIDENT_FINDINGS;
	if (full)
		sql_run(incidents, SQL_MORE, "ii", (int64_t)incident, t->time_us);
	if (!full || make_room(incidents, incident, t))
		sql_run(incidents, SQL_ATTACH, "ii", (int64_t)t->number, (int64_t)incident);
	add_key(incidents, incident, "person", t->subjects[RISK_PERSON], t->time_us);
	add_key(incidents, incident, "patient", t->patient, t->time_us);
	if (!*t->subjects[RISK_PERSON])
		add_key(incidents, incident, "address", t->subjects[RISK_ADDRESS], t->time_us);
	add_evidence(incidents, incident, t);
}

static struct taken row_taken(struct incidents *incidents, struct store_query *query)
{
	struct arena *arena = incidents->arena;
	struct taken taken = {.rule = row_text(query, 0, arena),
		.source = row_text(query, 1, arena),
		.title = row_text(query, 2, arena),
		.key = row_text(query, 3, arena),
		.tactics = row_text(query, 4, arena),
		.patient = row_text(query, 9, arena),
		.level = (int)row_int(query, 10),
		.certain = row_int(query, 11) != 0,
		.id = (uint64_t)row_int(query, 12),
		.seq = (uint64_t)row_int(query, 13),
		.number = (uint64_t)row_int(query, 14),
		.time_us = row_int(query, 15)};
	for (int subject = 0; subject < RISK_SUBJECTS; subject++)
		taken.subjects[subject] = row_text(query, 5 + subject, arena);
	return taken;
}

size_t taken_list(struct incidents *incidents, struct store_query *query, struct taken **ret_list)
{
	size_t count = 0, room = 64;
	struct taken *list = arena_alloc(incidents->arena, room * sizeof *list);
	while (query_step(query) == STORE_ROW) {
		if (count == room) {
			struct taken *more = arena_alloc(incidents->arena, 2 * room * sizeof *more);
			memcpy(more, list, room * sizeof *list);
			list = more;
			room *= 2;
		}
		list[count++] = row_taken(incidents, query);
	}
	query_reset(query);
	*ret_list = list;
	return count;
}

// The entries that prove a finding which is kept already.
static const json_t *evidence_of(struct incidents *incidents, struct taken *t, json_t **ret_json)
{
	struct store_query *query = sql_ask(incidents, SQL_BY_SOURCE, "i", (int64_t)t->id);
	*ret_json = query_step(query) == STORE_ROW
			    ? json_loads(row_text(query, 17, incidents->arena), 0, NULL)
			    : NULL;
	query_reset(query);
	return json_object_get(*ret_json, "evidence");
}

void group_adopt(struct incidents *incidents, uint64_t incident, struct taken *t)
{
	json_t *json = NULL;
	t->evidence = evidence_of(incidents, t, &json);
	group_attach(incidents, incident, t);
	share_change(incidents, SHARE_FREE, t, false);
	json_decref(json);
}

void group_gather(struct incidents *incidents, uint64_t incident, const struct taken *t,
	enum risk_subject subject)
{
	struct taken *list;
	int64_t since_us = t->time_us - (int64_t)RISK_HALF_DAYS * 24 * HOUR_US;
	size_t count = taken_list(incidents,
		sql_ask(incidents, (enum sql)(SQL_GATHER + (int)subject), "ti",
			t->subjects[subject], since_us),
		&list);
	for (size_t i = count; i-- > 0;)
		if (share_counts(&list[i], subject))
			group_adopt(incidents, incident, &list[i]);
}

// The worst finding's title, and the worst level.
void group_refresh(struct incidents *incidents, uint64_t incident)
{
	const char *title = "";
	int64_t level = 0, last_us = 0;
	int count = 0;
	struct store_query *query = sql_ask(incidents, SQL_TITLES, "i", (int64_t)incident);
	for (; query_step(query) == STORE_ROW; count++) {
		const char *one = row_text(query, 0, incidents->arena);
		title = count == 0   ? one
			: count == 1 ? arena_printf(incidents->arena, "%s; %s", title, one)
				     : arena_printf(incidents->arena, "%s, and more", title);
		level = row_int(query, 1) > level ? row_int(query, 1) : level;
		last_us = row_int(query, 2) > last_us ? row_int(query, 2) : last_us;
	}
	query_reset(query);
	if (count)
		sql_run(incidents, SQL_UPDATE, "itii", (int64_t)incident, title, level, last_us);
}
