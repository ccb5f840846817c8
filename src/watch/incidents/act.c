// What people do with incidents. Their words stand on the trail; here is the number of its entry.
#include "common/base/time.h"
#include "common/format/assess.h"
#include "watch/incidents/incidents_in.h"

#include <stdio.h>
#include <string.h>

static json_t *refuse(int *ret_status, int status, const char *message)
{
	*ret_status = status;
	return json_pack("{s:s}", "problem", message);
}

// One thing that a person does; `entry` of the trail says it, too.
struct act {
	uint64_t number; // of the incident
	int64_t entry, now_us;
	const char *who, *kind, *value; // value: what is kept of it
	int64_t state;                  // of the incident, before
	const char *verdict;            // the same
	const json_t *question;
};

static const char *text_of(const json_t *question, const char *key)
{
	const char *text = json_string_value(json_object_get(question, key));
	return text ? text : "";
}

static const char *assign(struct incidents *incidents, struct act *act)
{
	act->value = text_of(act->question, "to");
	if (strlen(act->value) != 16)
		return "say to whom";
	sql_run(incidents, SQL_ASSIGN, "iti", (int64_t)act->number, act->value, act->entry);
	return NULL;
}

static const char *note(struct incidents *incidents, struct act *act)
{
	(void)incidents;
	(void)act; // the act itself is all there is to keep
	return NULL;
}

static const char *add_task(struct incidents *incidents, struct act *act)
{
	int64_t last = sql_number(
		incidents, sql_ask(incidents, SQL_TASK_LAST, "i", (int64_t)act->number), 0);
	if (last >= 100)
		return "there are a hundred tasks already";
	act->value = arena_printf(incidents->arena, "%lld", (long long)last + 1);
	sql_run(incidents, SQL_TASK, "iii", (int64_t)act->number, last + 1, act->entry);
	return NULL;
}

static const char *finish_task(struct incidents *incidents, struct act *act)
{
	int64_t task = json_integer_value(json_object_get(act->question, "task"));
	act->value = arena_printf(incidents->arena, "%lld", (long long)task);
	if (!incidents_begin(incidents) ||
		!sql_number(incidents,
			sql_ask(incidents, SQL_TASK_DONE, "iiii", (int64_t)act->number, task,
				act->now_us, act->entry),
			0))
		return "there is no such open task";
	return NULL;
}

static const char *contain(struct incidents *incidents, struct act *act)
{
	sql_run(incidents, SQL_STATE, "iii", (int64_t)act->number, (int64_t)INCIDENT_CONTAINED,
		(int64_t)0);
	return NULL;
}

// ---- Verdicts teach: the rules' record, and whether the findings still count as risk.

enum {
	VERDICTS = 4,
	FALSE_ALARM = 1
};
static const char *const verdicts[VERDICTS] = {
	"true", "false-alarm", "policy-violation", "accident"};

static int verdict_find(const char *text)
{
	for (int i = 0; i < VERDICTS; i++)
		if (strcmp(verdicts[i], text) == 0)
			return i;
	return -1;
}

static void teach_record(struct incidents *incidents, uint64_t number, int verdict, int by)
{
	struct {
		const char *rule;
		int64_t count;
	} rules[50];
	size_t count = 0;
	if (verdict < 0)
		return;
	struct store_query *query = sql_ask(incidents, SQL_RULES_OF, "i", (int64_t)number);
	for (; count < 50 && query_step(query) == STORE_ROW; count++) {
		rules[count].rule = row_text(query, 0, incidents->arena);
		rules[count].count = row_int(query, 4) * by;
	}
	query_reset(query);
	for (size_t i = 0; i < count; i++)
		sql_run(incidents, SQL_RECORD, "tii", rules[i].rule,
			verdict == FALSE_ALARM ? (int64_t)0 : rules[i].count,
			verdict == FALSE_ALARM ? rules[i].count : (int64_t)0);
}

static void count_findings(struct incidents *incidents, uint64_t number, bool counts)
{
	struct taken *list;
	size_t count =
		taken_list(incidents, sql_ask(incidents, SQL_FINDING, "i", (int64_t)number), &list);
	for (size_t i = 0; i < count; i++) {
		share_change(incidents, SHARE_ALL, &list[i], counts);
		sql_run(incidents, SQL_COUNTS, "ii", (int64_t)list[i].number, (int64_t)counts);
	}
}

static const char *judge(struct incidents *incidents, struct act *act)
{
	int now = verdict_find(text_of(act->question, "verdict")),
	    before = verdict_find(act->verdict);
	if (now < 0)
		return "a verdict is true, false-alarm, policy-violation or accident";
	act->value = verdicts[now];
	if (now == before)
		return NULL;
	teach_record(incidents, act->number, before, -1);
	teach_record(incidents, act->number, now, 1);
	if ((now == FALSE_ALARM) != (before == FALSE_ALARM))
		count_findings(incidents, act->number, now != FALSE_ALARM);
	sql_run(incidents, SQL_VERDICT, "it", (int64_t)act->number, act->value);
	return NULL;
}

static const char *assess(struct incidents *incidents, struct act *act)
{
	const struct assess_question *asked = assess_find(text_of(act->question, "key"));
	const char *value = text_of(act->question, "value");
	if (!asked)
		return "there is no such question";
	bool words = asked->kind == ASSESS_WORDS;
	const char *problem = words ? NULL : assess_problem(asked, value);
	if (problem)
		return problem;
	bool no = strcmp(asked->key, "breach") == 0 && strcmp(value, "no") == 0;
	if (no && sql_number(incidents, sql_ask(incidents, SQL_FACTORS, "i", (int64_t)act->number),
			  0) < 4)
		return "answer the four factors first: a breach is presumed until they are "
		       "(45 CFR 164.402(2))";
	act->value = asked->key;
	sql_run(incidents, SQL_ANSWER, "itti", (int64_t)act->number, asked->key, words ? "" : value,
		act->entry);
	return NULL;
}

static const char *close_it(struct incidents *incidents, struct act *act)
{
	if (!*act->verdict)
		return "say what it was first: a verdict";
	sql_run(incidents, SQL_STATE, "iii", (int64_t)act->number, (int64_t)INCIDENT_CLOSED,
		act->now_us);
	return NULL;
}

static const char *reopen(struct incidents *incidents, struct act *act)
{
	if (act->state != INCIDENT_CLOSED)
		return "it is not closed";
	sql_run(incidents, SQL_STATE, "iii", (int64_t)act->number, (int64_t)INCIDENT_ASSIGNED,
		(int64_t)0);
	return NULL;
}

static const struct deed {
	const char *name;
	const char *(*run)(struct incidents *incidents, struct act *act); // why not, or NULL
	bool when_closed, by_anybody; // also by whom it is about
} deeds[] = {
	{"assign", assign},
	{"note", note, .when_closed = true, .by_anybody = true},
	{"review", note, .when_closed = true}, // accesses from the queue came to it
	{"task", add_task},
	{"task-done", finish_task, .when_closed = true},
	{"contain", contain},
	{"verdict", judge},
	{"assess", assess, .when_closed = true},
	{"close", close_it},
	{"reopen", reopen, .when_closed = true},
};

static const struct deed *deed_find(const char *name)
{
	for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
		if (strcmp(deeds[i].name, name) == 0)
			return &deeds[i];
	return NULL;
}

// Nobody judges what they did themselves; what they have to say to it they may note.
static bool is_about(struct incidents *incidents, const struct act *act)
{
	return sql_number(incidents,
		       sql_ask(incidents, SQL_CONCERNS, "it", (int64_t)act->number, act->who),
		       0) == 1;
}

static bool read_act(struct incidents *incidents, const json_t *question, struct act *ret)
{
	struct act act = {.number = incident_number(text_of(question, "number")),
		.entry = json_integer_value(json_object_get(question, "entry")),
		.now_us = time_now_us(),
		.who = text_of(question, "who"),
		.kind = text_of(question, "act"),
		.value = "",
		.question = question};
	struct store_query *query = sql_ask(incidents, SQL_GET, "i", (int64_t)act.number);
	bool there = query_step(query) == STORE_ROW;
	act.state = there ? row_int(query, 1) : 0;
	act.verdict = there ? row_text(query, 11, incidents->arena) : "";
	query_reset(query);
	*ret = act;
	return there;
}

json_t *act_do(struct incidents *incidents, const json_t *question, int *ret_status)
{
	struct act act;
	const struct deed *deed = deed_find(text_of(question, "act"));
	if (!deed)
		return refuse(ret_status, 404, "There is nothing of that name to do.");
	if (!read_act(incidents, question, &act))
		return refuse(ret_status, 404, "There is no such incident.");
	if (!deed->by_anybody && is_about(incidents, &act))
		return refuse(ret_status, 403,
			"This is about you: somebody else decides. You may add a note.");
	if (act.state == INCIDENT_CLOSED && !deed->when_closed)
		return refuse(ret_status, 409, "It is closed; reopen it first.");
	if (sql_number(incidents, sql_ask(incidents, SQL_ACT_COUNT, "i", (int64_t)act.number), 0) >=
		INCIDENT_ACTS)
		return refuse(ret_status, 409, "So much was done here already; open another.");
	const char *problem = deed->run(incidents, &act);
	if (problem)
		return refuse(ret_status, 409,
			arena_printf(incidents->arena, "Nothing was done: %s.", problem));
	sql_run(incidents, SQL_ACT, "iiittt", (int64_t)act.number, act.entry, act.now_us, act.who,
		act.kind, act.value);
	*ret_status = 200;
	return show_one(incidents, act.number);
}

static json_t *refuse_known(int *ret_status, uint64_t number)
{
	char text[INCIDENT_NUMBER_BYTES];
	char words[80];
	incident_text(number, text);
	snprintf(words, sizeof words, "Incident %s has this finding already.", text);
	json_t *json = refuse(ret_status, 409, words);
	json_object_set_new(json, "number", json_string(text));
	return json;
}

// One that the trail knows, and the database does not (any more): what people wrote stands there.
static json_t *no_such(const struct incidents *incidents, uint64_t number, int *ret_status)
{
	bool gone = number && number <= incidents->known && number % 1000000;
	return refuse(ret_status, 404,
		gone ? "No incident of this number is known here. Where the trail knows one, watch "
		       "lost its database; what people wrote about it stands there: hospitaller "
		       "trail search --action incident-change --json"
		     : "There is no such incident.");
}

// From a finding that no incident has yet, by a person.
json_t *act_open(struct incidents *incidents, const json_t *question, int *ret_status)
{
	struct taken *list;
	int64_t id = json_integer_value(json_object_get(question, "finding"));
	struct store_query *query = sql_ask(incidents, SQL_BY_SOURCE, "i", id);
	int64_t in = query_step(query) == STORE_ROW ? row_int(query, 16) : -1;
	query_reset(query);
	if (in < 0)
		return refuse(ret_status, 404, "There is no such finding.");
	if (in > 0)
		return refuse_known(ret_status, (uint64_t)in);
	if (taken_list(incidents, sql_ask(incidents, SQL_BY_SOURCE, "i", id), &list) != 1)
		return refuse(ret_status, 404, "There is no such finding.");
	// It opens now, when a person sees what it is: the clocks of the law run from then on, and
	// not from what may be weeks ago.
	struct taken now = *list;
	now.time_us = time_now_us();
	uint64_t number = group_open(incidents, &now, OPENED_BY_HAND, RISK_SUBJECTS);
	group_adopt(incidents, number, list);
	group_refresh(incidents, number);
	sql_run(incidents, SQL_ACT, "iiittt", (int64_t)number,
		(int64_t)json_integer_value(json_object_get(question, "entry")), time_now_us(),
		text_of(question, "who"), "open", "");
	*ret_status = 201;
	return show_one(incidents, number);
}

json_t *incidents_answer(struct incidents *incidents, const json_t *question, int *ret_status)
{
	const char *ask = text_of(question, "ask");
	json_t *json = NULL;
	arena_reset(incidents->arena);
	*ret_status = 200;
	if (strcmp(ask, "incidents") == 0)
		return show_list(incidents, question);
	if (strcmp(ask, "incident-act") == 0)
		json = act_do(incidents, question, ret_status);
	else if (strcmp(ask, "incident-open") == 0)
		json = act_open(incidents, question, ret_status);
	else
		json = show_one(incidents, incident_number(text_of(question, "number")));
	if (incidents_save(incidents)) {
		json_decref(json);
		return refuse(ret_status, 503, "It could not be kept; try again in a second.");
	}
	return json ? json
		    : no_such(incidents, incident_number(text_of(question, "number")), ret_status);
}
