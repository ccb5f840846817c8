// What is told of incidents, as JSON that fits a message.
#include "common/base/text.h"
#include "common/base/time.h"
#include "watch/incidents/incidents_in.h"

#include <stdlib.h>
#include <string.h>

enum {
	LIST_MOST = 50,
	LINES_MOST = 200,
	FINDINGS_BYTES = 22000,
	PROPOSAL_DAYS = 90
};

static void set_time(json_t *json, const char *key, int64_t at_us)
{
	char text[TIME_TEXT_BYTES];
	if (!at_us)
		return;
	time_format(at_us, text);
	json_object_set_new(json, key, json_string(text));
}

static void set_text(json_t *json, const char *key, const char *text)
{
	if (*text)
		json_object_set_new(json, key, json_string(text));
}

// A row of INCIDENT.
static json_t *incident_json(struct incidents *incidents, struct store_query *query)
{
	char number[INCIDENT_NUMBER_BYTES];
	int64_t state = row_int(query, 1), level = row_int(query, 2);
	incident_text((uint64_t)row_int(query, 0), number);
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "number", number,
		"state", incident_states[state < 0 || state > INCIDENT_CLOSED ? 0 : state],
		"severity",
		sigma_level_text(
			(enum sigma_level)(level < 0 || level >= SIGMA_LEVELS ? 0 : level)),
		"title", row_text(query, 3, incidents->arena), "why",
		row_text(query, 4, incidents->arena), "subject",
		row_text(query, 5, incidents->arena), "findings",
		(json_int_t)(row_int(query, 13) + row_int(query, 8)), "open_tasks",
		(json_int_t)row_int(query, 14), "patients_known", (json_int_t)row_int(query, 15));
	set_time(json, "opened", row_int(query, 6));
	set_time(json, "last", row_int(query, 7));
	set_time(json, "closed", row_int(query, 12));
	if (*row_text(query, 9, incidents->arena))
		json_object_set_new(json, "assigned",
			json_pack("{s:s, s:I}", "who", row_text(query, 9, incidents->arena),
				"entry", (json_int_t)row_int(query, 10)));
	set_text(json, "verdict", row_text(query, 11, incidents->arena));
	return json;
}

static json_t *rules_json(struct incidents *incidents)
{
	json_t *list = json_array();
	struct store_query *query = sql_ask(incidents, SQL_RULES, "");
	while (query_step(query) == STORE_ROW)
		json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:I, s:I}", "rule",
						    row_text(query, 0, incidents->arena), "title",
						    row_text(query, 1, incidents->arena), "fired",
						    (json_int_t)row_int(query, 2), "true",
						    (json_int_t)row_int(query, 3), "false",
						    (json_int_t)row_int(query, 4)));
	query_reset(query);
	return list;
}

// Without those that stand on the trail alone.
static json_t *kept_answers(struct incidents *incidents, uint64_t number)
{
	json_t *all = json_object();
	struct store_query *query = sql_ask(incidents, SQL_ANSWERS_OF, "i", (int64_t)number);
	while (query_step(query) == STORE_ROW) {
		const char *value = row_text(query, 1, incidents->arena);
		if (*value)
			json_object_set_new(all, row_text(query, 0, incidents->arena),
				json_pack("{s:s}", "value", value));
	}
	query_reset(query);
	return all;
}

static int64_t state_wanted(const char *text)
{
	if (!text || strcmp(text, "all") == 0)
		return -1;
	for (int state = 0; state < INCIDENT_STATES; state++)
		if (strcmp(incident_states[state], text) == 0)
			return state;
	return 9; // whatever is not closed
}

// Whom its newest finding is about, and the entry that names them.
static void set_whom(struct incidents *incidents, json_t *json)
{
	uint64_t number = incident_number(json_string_value(json_object_get(json, "number")));
	struct store_query *query = sql_ask(incidents, SQL_WHOM, "i", (int64_t)number);
	if (query_step(query) == STORE_ROW) {
		set_text(json, "actor", row_text(query, 0, incidents->arena));
		json_object_set_new(json, "seq", json_integer(row_int(query, 1)));
	}
	query_reset(query);
}

json_t *show_list(struct incidents *incidents, const json_t *question)
{
	const char *before = json_string_value(json_object_get(question, "before"));
	uint64_t from = before ? incident_number(before) : INT64_MAX, last = 0;
	json_t *list = json_array();
	struct store_query *query = sql_ask(incidents, SQL_LIST, "iii", (int64_t)from,
		state_wanted(json_string_value(json_object_get(question, "state"))),
		(int64_t)LIST_MOST + 1);
	while (query_step(query) == STORE_ROW) {
		if (json_array_size(list) == LIST_MOST) {
			last = from;
			break;
		}
		from = (uint64_t)row_int(query, 0);
		json_array_append_new(list, incident_json(incidents, query));
	}
	query_reset(query);
	size_t i;
	json_t *one;
	json_array_foreach(list, i, one)
	{
		set_whom(incidents, one);
		json_object_set_new(one, "assessment",
			kept_answers(incidents, incident_number(json_string_value(
							json_object_get(one, "number")))));
	}
	json_t *json = json_pack("{s:o}", "incidents", list);
	if (last) {
		char number[INCIDENT_NUMBER_BYTES];
		incident_text(last, number);
		json_object_set_new(json, "next", json_string(number));
	}
	if (!before)
		json_object_set_new(json, "rules", rules_json(incidents));
	return json;
}

// ---- One.

struct line {
	int64_t number;
	json_t *json;
};

static int newest_first(const void *a, const void *b)
{
	int64_t one = ((const struct line *)a)->number, other = ((const struct line *)b)->number;
	return one < other ? 1 : -1;
}

// As many as fit, of all rules, and how many there are beside them.
static json_t *findings_of(struct incidents *incidents, uint64_t number, int64_t *ret_left_out)
{
	struct line lines[LINES_MOST];
	json_t *list = json_array();
	size_t bytes = 0, count = 0;
	int64_t all = 0;
	struct store_query *query = sql_ask(incidents, SQL_FINDINGS_OF, "i", (int64_t)number);
	for (; query_step(query) == STORE_ROW; all++) {
		const char *text = row_text(query, 1, incidents->arena);
		size_t size = strlen(text) + 32;
		json_t *one = NULL;
		if (count < LINES_MOST && bytes + size <= FINDINGS_BYTES)
			one = json_loads(text, 0, NULL);
		bytes += one ? size : FINDINGS_BYTES; // what comes next is no worse: it ends here
		if (!one)
			continue;
		json_object_set_new(one, "id", json_integer(row_int(query, 0)));
		lines[count++] = (struct line){row_int(query, 2), one};
	}
	query_reset(query);
	qsort(lines, count, sizeof *lines, newest_first);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, lines[i].json);
	*ret_left_out = all - (int64_t)count;
	return list;
}

static json_t *evidence_list(struct incidents *incidents, uint64_t number)
{
	json_t *list = json_array();
	struct store_query *query = sql_ask(incidents, SQL_EVIDENCE_OF, "i", (int64_t)number);
	while (query_step(query) == STORE_ROW)
		json_array_append_new(list, json_integer(row_int(query, 0)));
	query_reset(query);
	return list;
}

static json_t *acts_of(struct incidents *incidents, uint64_t number)
{
	json_t *list = json_array();
	struct store_query *query = sql_ask(incidents, SQL_ACTS_OF, "i", (int64_t)number);
	while (query_step(query) == STORE_ROW) {
		json_t *one = json_pack("{s:I, s:s, s:s}", "entry", (json_int_t)row_int(query, 0),
			"who", row_text(query, 2, incidents->arena), "act",
			row_text(query, 3, incidents->arena));
		set_time(one, "time", row_int(query, 1));
		set_text(one, "value", row_text(query, 4, incidents->arena));
		json_array_append_new(list, one);
	}
	query_reset(query);
	return list;
}

static json_t *tasks_of(struct incidents *incidents, uint64_t number)
{
	json_t *list = json_array();
	struct store_query *query = sql_ask(incidents, SQL_TASKS_OF, "i", (int64_t)number);
	while (query_step(query) == STORE_ROW) {
		json_t *one = json_pack("{s:I, s:I, s:b}", "number", (json_int_t)row_int(query, 0),
			"entry", (json_int_t)row_int(query, 1), "done", row_int(query, 2) != 0);
		set_time(one, "done_at", row_int(query, 2));
		json_array_append_new(list, one);
	}
	query_reset(query);
	return list;
}

static json_t *answers_of(struct incidents *incidents, uint64_t number)
{
	json_t *all = json_object();
	struct store_query *query = sql_ask(incidents, SQL_ANSWERS_OF, "i", (int64_t)number);
	while (query_step(query) == STORE_ROW) {
		json_t *one = json_pack("{s:I}", "entry", (json_int_t)row_int(query, 2));
		set_text(one, "value", row_text(query, 1, incidents->arena));
		json_object_set_new(all, row_text(query, 0, incidents->arena), one);
	}
	query_reset(query);
	return all;
}

// What a false alarm teaches: an exception for each rule that was wrong, for a person to decide on.
static json_t *proposals(struct incidents *incidents, uint64_t number, const char *incident)
{
	json_t *list = json_array();
	char until[TIME_TEXT_BYTES];
	time_format(time_now_us() + (int64_t)PROPOSAL_DAYS * 86400 * 1000000, until);
	until[10] = 0;
	struct store_query *query = sql_ask(incidents, SQL_RULES_OF, "i", (int64_t)number);
	while (query_step(query) == STORE_ROW) {
		const char *rule = row_text(query, 0, incidents->arena),
			   *person = row_text(query, 3, incidents->arena);
		if (strcmp(row_text(query, 2, incidents->arena), "rule") != 0 || !*person)
			continue;
		const char *when = arena_printf(incidents->arena, "actor.user.uid=%s", person);
		const char *reason =
			arena_printf(incidents->arena, "false alarm, incident %s", incident);
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "rule", rule, "title",
				      row_text(query, 1, incidents->arena), "when", when, "reason",
				      reason, "until", until, "text",
				      arena_printf(incidents->arena,
					      "- {rule: %s, when: %s, reason: '%s', until: %s}",
					      rule, when, reason, until)));
	}
	query_reset(query);
	return list;
}

// The person of its newest finding that has one, and the entry that names them.
static void set_person(struct incidents *incidents, json_t *json)
{
	json_t *one;
	size_t i;
	json_array_foreach(json_object_get(json, "timeline"), i, one)
	{
		const char *actor = json_string_value(json_object_get(one, "actor"));
		if (!actor)
			continue;
		struct risk risk =
			share_risk(incidents, SHARE_ALL, RISK_PERSON, actor, time_now_us());
		json_object_set(json, "actor", json_object_get(one, "actor"));
		json_object_set(json, "seq", json_object_get(one, "seq"));
		json_object_set_new(json, "risk",
			json_pack("{s:i, s:i, s:i, s:i, s:b}", "points", risk.points, "rules",
				risk.rules, "sources", risk.sources, "tactics", risk.tactics,
				"alert", risk.alert));
		return;
	}
}

json_t *show_one(struct incidents *incidents, uint64_t number)
{
	int64_t left_out;
	struct store_query *query = sql_ask(incidents, SQL_GET, "i", (int64_t)number);
	json_t *json = query_step(query) == STORE_ROW ? incident_json(incidents, query) : NULL;
	query_reset(query);
	if (!json)
		return NULL;
	json_object_set_new(json, "timeline", findings_of(incidents, number, &left_out));
	if (left_out)
		json_object_set_new(json, "timeline_left_out", json_integer(left_out));
	json_object_set_new(json, "acts", acts_of(incidents, number));
	json_object_set_new(json, "tasks", tasks_of(incidents, number));
	json_object_set_new(json, "assessment", answers_of(incidents, number));
	json_object_set_new(json, "evidence", evidence_list(incidents, number));
	set_person(incidents, json);
	const char *verdict = json_string_value(json_object_get(json, "verdict"));
	if (verdict && strcmp(verdict, "false-alarm") == 0)
		json_object_set_new(json, "proposals",
			proposals(incidents, number,
				json_string_value(json_object_get(json, "number"))));
	return json;
}

// ---- What others are told.

size_t incidents_risky(
	struct incidents *incidents, int64_t now_us, struct risky ret[INCIDENTS_RISKY])
{
	const char *persons[INCIDENTS_RISKY * 4];
	size_t known = 0, count = 0;
	arena_reset(incidents->arena);
	struct store_query *query = sql_ask(incidents, SQL_RISKY, "");
	while (known < sizeof persons / sizeof *persons && query_step(query) == STORE_ROW)
		persons[known++] = row_text(query, 0, incidents->arena);
	query_reset(query);
	for (size_t i = 0; i < known; i++) {
		struct risk risk =
			share_risk(incidents, SHARE_ALL, RISK_PERSON, persons[i], now_us);
		struct risky one = {strtoull(persons[i], NULL, 16), risk.points};
		if (!risk.alert)
			continue;
		size_t at = count < INCIDENTS_RISKY ? count++ : INCIDENTS_RISKY;
		while (at > 0 && ret[at - 1].points < one.points) {
			if (at < INCIDENTS_RISKY)
				ret[at] = ret[at - 1];
			at--;
		}
		if (at < INCIDENTS_RISKY)
			ret[at] = one;
	}
	return count;
}

struct risk incidents_risk(
	struct incidents *incidents, enum risk_subject subject, const char *value, int64_t now_us)
{
	arena_reset(incidents->arena);
	return share_risk(incidents, SHARE_ALL, subject, value, now_us);
}

json_t *incidents_next_finding(struct incidents *incidents, uint64_t after)
{
	struct taken *list;
	arena_reset(incidents->arena);
	size_t count = taken_list(
		incidents, sql_ask(incidents, SQL_NEXT_FINDING, "i", (int64_t)after), &list);
	if (!count)
		return NULL;
	return json_pack("{s:s, s:I, s:s, s:s, s:I, s:s}", "kind", "finding", "number",
		(json_int_t)list->number, "title", list->title, "level",
		sigma_level_text((enum sigma_level)list->level), "seq", (json_int_t)list->seq,
		"rule", list->rule);
}

static json_t *one_row(struct incidents *incidents, struct store_query *query)
{
	arena_reset(incidents->arena);
	bool there = query_step(query) == STORE_ROW;
	json_t *json = there ? incident_json(incidents, query) : NULL;
	query_reset(query);
	return json;
}

// Whom it was opened for, or "".
static const char *person_of(struct incidents *incidents, json_int_t number)
{
	struct store_query *query = sql_ask(incidents, SQL_PERSON_OF, "i", (int64_t)number);
	const char *person =
		query_step(query) == STORE_ROW ? row_text(query, 0, incidents->arena) : "";
	query_reset(query);
	return person;
}

json_t *incidents_next_opened(struct incidents *incidents, uint64_t after)
{
	json_t *row = one_row(incidents, sql_ask(incidents, SQL_NEXT_OPENED, "i", (int64_t)after));
	if (!row)
		return NULL;
	json_t *json = json_pack("{s:s, s:I, s:O, s:O, s:I, s:s}", "kind", "incident", "number",
		(json_int_t)incident_number(json_string_value(json_object_get(row, "number"))),
		"title", json_object_get(row, "title"), "level", json_object_get(row, "severity"),
		"seq", (json_int_t)0, "rule", "");
	const char *why = json_string_value(json_object_get(row, "why"));
	json_object_set(json, "opened", json_object_get(row, "opened"));
	json_object_set_new(json, "by_hand", json_boolean(why && !strcmp(why, OPENED_BY_HAND)));
	set_text(json, "actor",
		person_of(incidents, json_integer_value(json_object_get(json, "number"))));
	json_decref(row);
	return json;
}

json_t *incidents_untold(struct incidents *incidents)
{
	arena_reset(incidents->arena);
	struct store_query *query = sql_ask(incidents, SQL_UNTOLD, "");
	json_t *json = query_step(query) == STORE_ROW ? incident_json(incidents, query) : NULL;
	if (json)
		json_object_set_new(json, "worse", json_boolean(row_int(query, 16) == 2));
	query_reset(query);
	return json;
}

enum err incidents_told(struct incidents *incidents, uint64_t number)
{
	sql_run(incidents, SQL_TOLD, "i", (int64_t)number);
	return incidents_save(incidents);
}
