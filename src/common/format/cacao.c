// CACAO's JSON as a structure that is easy to walk, or the first thing that is wrong with it.
#include "common/format/cacao.h"

#include "common/format/json.h"
#include "common/format/sigma.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const kinds[CACAO_KINDS] = {"start", "end", "action", "parallel", "if-condition",
	"while-condition", "switch-condition"};
static const char *const lates[] = {"skip", "do", "escalate"};
// Who can be asked; the names are those of the policy.
static const char *const roles[] = {"security-officer", "privacy-officer", "administrator", NULL};

const char *cacao_kind_text(enum cacao_kind kind)
{
	return kind < CACAO_KINDS ? kinds[kind] : "?";
}

const char *cacao_late_text(enum cacao_late late)
{
	return lates[late];
}

struct checker {
	const json_t *lines;
	struct arena *arena;
	struct cacao *p;
	struct cacao_problem *problem;
	const char *step; // that is looked at, or NULL
	char state[CACAO_STEPS];
};

[[gnu::format(printf, 2, 3)]] static bool wrong(struct checker *c, const char *format, ...)
{
	char words[200];
	va_list args;
	va_start(args, format);
	vsnprintf(words, sizeof words, format, args);
	va_end(args);
	const char *step = c->step ? c->step : "";
	c->problem->line =
		(unsigned)json_integer_value(json_object_get(c->lines, c->step ? c->step : ""));
	snprintf(c->problem->text, sizeof c->problem->text, "%.60s%s%s", step, *step ? ": " : "",
		words);
	return false;
}

static bool is_one_of(const char *text, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(*list, text) == 0)
			return true;
	return false;
}

static bool known_keys(struct checker *c, const json_t *object, const char *const *keys)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)object, key, value) if (!is_one_of(key, keys)) return wrong(
		c, "'%.60s' is not supported", key);
	return true;
}

// A text of the object, copied; "" when it is absent.
static bool get_text_of(struct checker *c, const json_t *object, const char *key, const char **ret)
{
	const json_t *value = json_object_get(object, key);
	const char *text = json_text(value);
	if (value && (!text || strlen(text) > CACAO_TEXT_BYTES))
		return wrong(c, "'%s' is a text of at most %d bytes", key, CACAO_TEXT_BYTES);
	*ret = arena_text(c->arena, text ? text : "");
	return true;
}

static bool get_number(struct checker *c, const json_t *object, const char *key, json_int_t most,
	uint32_t *ret) // five: a number with its bound
{
	const json_t *value = json_object_get(object, key);
	json_int_t number = json_integer_value(value);
	if (!value)
		return true;
	if (!json_is_integer(value) || number < 0 || number > most)
		return wrong(c, "'%s' is a number from 0 to %lld", key, (long long)most);
	*ret = (uint32_t)number;
	return true;
}

static int step_number(const struct checker *c, const char *id)
{
	for (size_t i = 0; id && i < c->p->step_count; i++)
		if (strcmp(c->p->steps[i].id, id) == 0)
			return (int)i;
	return -1;
}

static bool get_step(struct checker *c, const json_t *object, const char *key, int *ret)
{
	const json_t *value = json_object_get(object, key);
	*ret = step_number(c, json_text(value));
	if (value && *ret < 0)
		return wrong(c, "'%s' leads to no step of this workflow", key);
	return true;
}

// Whatever stands under our name in step_extensions or playbook_extensions.
static bool get_extension(
	struct checker *c, const json_t *object, const char *key, const json_t **ret)
{
	static const char *const ours[] = {CACAO_EXTENSION, NULL};
	const json_t *all = json_object_get(object, key);
	*ret = NULL;
	if (!all)
		return true;
	if (!json_is_object(all))
		return wrong(c, "'%s' is an object", key);
	*ret = json_object_get(all, CACAO_EXTENSION);
	return known_keys(c, all, ours) &&
	       (!*ret || json_is_object(*ret) || wrong(c, "the extension is an object"));
}

// ---- Steps.

static bool check_approval(struct checker *c, struct cacao_step *s, const json_t *json)
{
	static const char *const keys[] = {
		"role", "within_seconds", "on_timeout", "escalate_to", NULL};
	struct cacao_approval *a = &s->approval;
	const char *late = "";
	if (!json)
		return true;
	if (!json_is_object(json) || !known_keys(c, json, keys) ||
		!get_text_of(c, json, "role", &a->role) ||
		!get_number(c, json, "within_seconds", CACAO_MOST_WAIT_S, &a->within_s) ||
		!get_text_of(c, json, "on_timeout", &late) ||
		!get_text_of(c, json, "escalate_to", &a->escalate_to))
		return c->problem->text[0] ? false : wrong(c, "an approval is an object");
	if (!is_one_of(a->role, roles))
		return wrong(c, "'%.40s' is no role that can approve", a->role);
	if (a->within_s < CACAO_LEAST_WAIT_S)
		return wrong(
			c, "an approval is waited for at least %d seconds", CACAO_LEAST_WAIT_S);
	for (size_t i = 0; i < sizeof lates / sizeof *lates; i++)
		if (strcmp(lates[i], *late ? late : "skip") == 0) {
			a->late = (enum cacao_late)i;
			if (a->late == CACAO_ESCALATE && !is_one_of(a->escalate_to, roles))
				return wrong(c, "say to which role it escalates");
			if (a->late != CACAO_ESCALATE && *a->escalate_to)
				return wrong(c, "escalate_to goes with on_timeout escalate");
			if (a->late == CACAO_DO && s->act->approval == ACT_ALWAYS)
				return wrong(c, "%s is never done without approval", s->act->name);
			return true;
		}
	return wrong(c, "on_timeout is skip, do or escalate");
}

static bool check_arguments(struct checker *c, struct cacao_step *s, const json_t *json)
{
	const char *key;
	json_t *value;
	if (json && !json_is_object(json))
		return wrong(c, "arguments are an object");
	json_object_foreach((json_t *)json, key, value) if (!act_takes(s->act, key)) return wrong(
		c, "%s takes no '%.40s'", s->act->name, key);
	s->seconds = s->act->seconds;
	if (!get_number(c, json, "seconds", s->act->most, &s->seconds) ||
		!get_text_of(c, json, act_takes(s->act, "for") ? "for" : "to", &s->to) ||
		!get_text_of(c, json, "text", &s->text))
		return false;
	if (s->act->most && !s->seconds)
		return wrong(c, "%s ends after at least a second", s->act->name);
	if (act_takes(s->act, "text") && (!*s->to || !*s->text))
		return wrong(c, "%s needs '%s' and 'text'", s->act->name,
			act_takes(s->act, "for") ? "for" : "to");
	if (act_takes(s->act, "for") && !is_one_of(s->to, roles))
		return wrong(c, "'%.40s' is no role that has tasks", s->to);
	return true;
}

static bool check_action(struct checker *c, struct cacao_step *s, const json_t *json)
{
	static const char *const keys[] = {"type", "command", "arguments", "description", NULL};
	const json_t *commands = json_object_get(json, "commands"),
		     *command = json_array_get(commands, 0), *extension;
	const char *type = "", *name = "";
	if (json_array_size(commands) != 1 || !json_is_object(command))
		return wrong(c, "an action has exactly one command");
	if (!known_keys(c, command, keys) || !get_text_of(c, command, "type", &type) ||
		!get_text_of(c, command, "command", &name))
		return false;
	if (strcmp(type, "hospitaller") != 0)
		return wrong(c, "commands of type '%.40s' are not supported", type);
	s->act = act_find(name);
	if (!s->act)
		return wrong(c, "there is no action '%.40s'", name);
	static const char *const ours[] = {"approval", NULL};
	if (!check_arguments(c, s, json_object_get(command, "arguments")) ||
		!get_extension(c, json, "step_extensions", &extension) ||
		(extension && !known_keys(c, extension, ours)) ||
		!check_approval(c, s, json_object_get(extension, "approval")))
		return false;
	if (s->act->approval == ACT_ALWAYS && !s->approval.role)
		return wrong(c, "%s needs an approval", s->act->name);
	return true;
}

static bool add_branch(struct checker *c, struct cacao_step *s, const char *id, const char *name)
{
	int at = step_number(c, id);
	if (at < 0)
		return wrong(c, "a branch leads to no step of this workflow");
	if (s->branch_count == CACAO_BRANCHES)
		return wrong(c, "more than %d branches", CACAO_BRANCHES);
	s->cases[s->branch_count] = name;
	s->branches[s->branch_count++] = at;
	return true;
}

static bool check_parallel(struct checker *c, struct cacao_step *s, const json_t *json)
{
	const json_t *list = json_object_get(json, "next_steps");
	if (!json_array_size(list))
		return wrong(c, "parallel needs next_steps");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!add_branch(c, s, json_text(json_array_get(list, i)), NULL))
			return false;
	return true;
}

static bool check_condition(struct checker *c, struct cacao_step *s, const json_t *json)
{
	char problem[160];
	static const char *const ours[] = {"most", NULL};
	const json_t *extension;
	uint32_t most = CACAO_LOOPS;
	const char *on_true = json_text(json_object_get(json, "on_true"));
	const json_t *on_false = json_object_get(json, "on_false");
	if (!get_text_of(c, json, "condition", &s->condition_text) ||
		!get_extension(c, json, "step_extensions", &extension))
		return false;
	if (cacao_condition_parse(s->condition_text, c->arena, &s->condition, problem))
		return wrong(c, "%s", problem);
	if (!add_branch(c, s, on_true, "true") ||
		(on_false && !add_branch(c, s, json_text(on_false), "false")))
		return false;
	if (s->kind == CACAO_WHILE &&
		((extension && !known_keys(c, extension, ours)) ||
			!get_number(c, extension, "most", CACAO_LOOPS, &most)))
		return false;
	if (s->kind == CACAO_IF && extension)
		return wrong(c, "this step takes no extension");
	s->most = most;
	return true;
}

static bool check_switch(struct checker *c, struct cacao_step *s, const json_t *json)
{
	const json_t *cases = json_object_get(json, "cases");
	const char *key;
	json_t *value;
	if (!get_text_of(c, json, "switch", &s->variable))
		return false;
	if (!*s->variable || !json_object_size(cases))
		return wrong(c, "a switch needs a variable and cases");
	json_object_foreach((json_t *)cases, key,
		value) if (!add_branch(c, s, json_text(value),
				   strcmp(key, "default") == 0
					   ? NULL
					   : arena_text(c->arena, key))) return false;
	return true;
}

static bool check_rest(struct checker *c, struct cacao_step *s, const json_t *json)
{
	static const char *const both[] = {"type", "name", "description", "on_completion",
		"on_success", "on_failure", "delay", "timeout", "commands", "step_extensions",
		NULL};
	static const char *const end[] = {"type", "name", "description", NULL};
	static const char *const start[] = {"type", "name", "description", "on_completion", NULL};
	static const char *const parallel[] = {
		"type", "name", "description", "on_completion", "delay", "next_steps", NULL};
	static const char *const condition[] = {"type", "name", "description", "on_completion",
		"delay", "condition", "on_true", "on_false", NULL};
	static const char *const loop[] = {"type", "name", "description", "on_completion", "delay",
		"condition", "on_true", "step_extensions", NULL};
	static const char *const choice[] = {
		"type", "name", "description", "on_completion", "delay", "switch", "cases", NULL};
	static const struct {
		const char *const *keys;
		bool (*check)(struct checker *, struct cacao_step *, const json_t *);
	} all[CACAO_KINDS] = {{start, NULL}, {end, NULL}, {both, check_action},
		{parallel, check_parallel}, {condition, check_condition}, {loop, check_condition},
		{choice, check_switch}};
	return known_keys(c, json, all[s->kind].keys) &&
	       (!all[s->kind].check || all[s->kind].check(c, s, json));
}

static bool check_step(struct checker *c, struct cacao_step *s, const json_t *json)
{
	const char *type = "";
	c->step = s->id;
	s->line = (unsigned)json_integer_value(json_object_get(c->lines, s->id));
	s->to = s->text = "";
	s->timeout_ms = 300000;
	if (!json_is_object(json) || !get_text_of(c, json, "type", &type))
		return wrong(c, "a step is an object");
	for (s->kind = 0; s->kind < CACAO_KINDS && strcmp(kinds[s->kind], type) != 0;)
		s->kind++;
	if (s->kind == CACAO_KINDS)
		return wrong(c, "steps of type '%.40s' are not supported", type);
	if (!get_text_of(c, json, "name", &s->name) ||
		!get_text_of(c, json, "description", &s->description) ||
		!get_step(c, json, "on_completion", &s->next) ||
		!get_step(c, json, "on_success", &s->success) ||
		!get_step(c, json, "on_failure", &s->failure) ||
		!get_number(c, json, "delay", CACAO_MOST_WAIT_S * 1000ll, &s->delay_ms) ||
		!get_number(c, json, "timeout", 24 * 3600 * 1000ll, &s->timeout_ms) ||
		!check_rest(c, s, json))
		return false;
	if (s->next >= 0 && (s->success >= 0 || s->failure >= 0))
		return wrong(c, "on_completion excludes on_success and on_failure");
	if (s->kind != CACAO_END && s->next < 0 && (s->success < 0 || s->failure < 0))
		return wrong(c, "it does not say what follows");
	return true;
}

// Steps that are reached again from themselves would never end.
static bool walk(struct checker *c, int at, unsigned depth)
{
	struct cacao_step *s = &c->p->steps[at];
	const int next[] = {s->next, s->success, s->failure};
	c->step = s->id;
	if (c->state[at] == 1)
		return wrong(c, "this step leads back to itself; use a while-condition");
	if (depth > CACAO_NESTING)
		return wrong(c, "this is nested more than %d deep", CACAO_NESTING);
	if (c->state[at] == 2)
		return true;
	c->state[at] = 1;
	for (size_t i = 0; i < s->branch_count; i++)
		if (!walk(c, s->branches[i], depth + 1))
			return false;
	for (size_t i = 0; i < 3; i++)
		if (next[i] >= 0 && !walk(c, next[i], depth))
			return false;
	c->state[at] = 2;
	return true;
}

static bool check_workflow(struct checker *c, const json_t *json)
{
	const json_t *workflow = json_object_get(json, "workflow");
	const char *id;
	json_t *step;
	if (!json_is_object(workflow) || !json_object_size(workflow) ||
		json_object_size(workflow) > CACAO_STEPS)
		return wrong(c, "a workflow has 1 to %d steps", CACAO_STEPS);
	json_object_foreach((json_t *)workflow, id, step)
	{
		if (strlen(id) > 80)
			return wrong(c, "a step's id is at most 80 bytes");
		c->p->steps[c->p->step_count++].id = arena_text(c->arena, id);
	}
	for (size_t i = 0; i < c->p->step_count; i++)
		if (!check_step(c, &c->p->steps[i], json_object_get(workflow, c->p->steps[i].id)))
			return false;
	c->step = NULL;
	if (!get_step(c, json, "workflow_start", &c->p->start))
		return false;
	if (c->p->start < 0 || c->p->steps[c->p->start].kind != CACAO_START)
		return wrong(c, "workflow_start names a start step");
	if (!walk(c, c->p->start, 0))
		return false;
	for (size_t i = 0; i < c->p->step_count; i++) {
		c->step = c->p->steps[i].id;
		if (!c->state[i])
			return wrong(c, "nothing leads to this step");
		if (c->p->steps[i].kind == CACAO_START && (int)i != c->p->start)
			return wrong(c, "there is one start step");
	}
	c->step = NULL;
	return true;
}

// ---- The playbook itself.

static bool check_variables(struct checker *c, const json_t *json)
{
	static const char *const keys[] = {
		"type", "description", "value", "constant", "external", NULL};
	const json_t *all = json_object_get(json, "playbook_variables");
	const char *name;
	json_t *one;
	if (all && (!json_is_object(all) || json_object_size(all) > CACAO_VARIABLES))
		return wrong(c, "at most %d variables", CACAO_VARIABLES);
	json_object_foreach((json_t *)all, name, one)
	{
		struct cacao_variable *v = &c->p->variables[c->p->variable_count++];
		if (!json_is_object(one) || strlen(name) > 64 || !known_keys(c, one, keys))
			return c->problem->text[0] ? false : wrong(c, "a variable is an object");
		v->name = arena_text(c->arena, name);
		if (!get_text_of(c, one, "value", &v->value))
			return false;
	}
	return true;
}

static bool get_list(struct checker *c, const json_t *json, const char *key,
	const char *ret[CACAO_TAGS], size_t *ret_count) // five: a list with its count
{
	const json_t *list = json_object_get(json, key);
	if (list && (!json_is_array(list) || json_array_size(list) > CACAO_TAGS))
		return wrong(c, "'%s' is a list of at most %d", key, CACAO_TAGS);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_text(json_array_get(list, i));
		if (!text || !*text || strlen(text) > 120)
			return wrong(c, "'%s' has short texts", key);
		ret[(*ret_count)++] = arena_text(c->arena, text);
	}
	return true;
}

static bool check_trigger(struct checker *c, const json_t *json)
{
	static const char *const ours[] = {"trigger", NULL};
	static const char *const keys[] = {
		"tags", "rules", "sources", "level", "per", "quiet_seconds", NULL};
	static const char *const pers[] = {"", "actor", "patient", "address", NULL};
	struct cacao_trigger *t = &c->p->trigger;
	const json_t *extension, *trigger;
	const char *level = "";
	t->level = -1;
	t->per = "";
	t->quiet_s = 3600;
	if (!get_extension(c, json, "playbook_extensions", &extension) ||
		(extension && !known_keys(c, extension, ours)))
		return false;
	trigger = json_object_get(extension, "trigger");
	t->by_hand_only = !trigger;
	if (!trigger)
		return true;
	if (!json_is_object(trigger) || !known_keys(c, trigger, keys) ||
		!get_list(c, trigger, "tags", t->tags, &t->tag_count) ||
		!get_list(c, trigger, "rules", t->rules, &t->rule_count) ||
		!get_list(c, trigger, "sources", t->sources, &t->source_count) ||
		!get_text_of(c, trigger, "level", &level) ||
		!get_text_of(c, trigger, "per", &t->per) ||
		!get_number(c, trigger, "quiet_seconds", CACAO_MOST_WAIT_S, &t->quiet_s))
		return c->problem->text[0] ? false : wrong(c, "a trigger is an object");
	for (int i = 0; *level && i < SIGMA_LEVELS; i++)
		if (strcmp(sigma_level_text((enum sigma_level)i), level) == 0)
			t->level = i;
	if (*level && t->level < 0)
		return wrong(c, "'%.40s' is no level", level);
	if (!is_one_of(t->per, pers))
		return wrong(c, "a run is per actor, patient or address");
	if (t->level < 0 && !t->tag_count && !t->rule_count)
		return wrong(c, "a trigger names tags, rules or a level");
	return true;
}

enum err cacao_check(const json_t *json, const json_t *lines, struct arena *arena,
	struct cacao **ret_playbook, struct cacao_problem *ret_problem)
{
	static const char *const keys[] = {"type", "spec_version", "id", "name", "description",
		"playbook_types", "created_by", "created", "modified", "labels",
		"external_references", "priority", "severity", "impact", "workflow_start",
		"workflow", "playbook_variables", "extension_definitions", "playbook_extensions",
		NULL};
	struct checker c = {.lines = lines,
		.arena = arena,
		.p = arena_alloc(arena, sizeof *c.p),
		.problem = ret_problem};
	const char *type = "", *version = "";
	*ret_problem = (struct cacao_problem){0};
	bool fine = json_is_object(json) || wrong(&c, "a playbook is an object");
	fine = fine && known_keys(&c, json, keys) && get_text_of(&c, json, "type", &type) &&
	       get_text_of(&c, json, "spec_version", &version) &&
	       get_text_of(&c, json, "id", &c.p->id) && get_text_of(&c, json, "name", &c.p->name) &&
	       get_text_of(&c, json, "description", &c.p->description);
	if (fine && (strcmp(type, "playbook") != 0 || strcmp(version, "cacao-2.0") != 0))
		fine = wrong(&c, "only playbooks of cacao-2.0 are supported");
	if (fine && (!*c.p->name || strlen(c.p->name) > 80 || strncmp(c.p->id, "playbook--", 10)))
		fine = wrong(&c, "a playbook has a name, and an id that begins with playbook--");
	fine = fine && check_variables(&c, json) && check_trigger(&c, json) &&
	       check_workflow(&c, json);
	if (!fine)
		return ERR_INVALID;
	*ret_playbook = c.p;
	return OK;
}

// A step's line is where its id stands as a key.
static json_t *find_lines(const json_t *json, struct bytes text)
{
	json_t *lines = json_object(), *step;
	const char *id;
	json_object_foreach(json_object_get(json, "workflow"), id, step)
	{
		char quoted[160];
		int size = snprintf(quoted, sizeof quoted, "\"%.100s\"", id);
		json_int_t line = 1;
		for (size_t at = 0; at + (size_t)size < text.size; at++) {
			line += text.at[at] == '\n';
			if (memcmp(text.at + at, quoted, (size_t)size) != 0)
				continue;
			size_t next = at + (size_t)size;
			while (next < text.size && strchr(" \t\r\n", text.at[next]) &&
				text.at[next])
				next++;
			if (next < text.size && text.at[next] == ':') {
				json_object_set_new(lines, id, json_integer(line));
				break;
			}
		}
	}
	return lines;
}

enum err cacao_from_json(
	struct bytes text, json_t **ret_json, json_t **ret_lines, struct cacao_problem *ret_problem)
{
	const struct json_limits limits = {.most_bytes = CACAO_BYTES, .most_depth = 16};
	struct json_problem problem;
	json_t *json;
	enum err err = json_parse_strict(text, &limits, &json, &problem);
	if (err) {
		*ret_problem = (struct cacao_problem){.line = problem.line};
		snprintf(ret_problem->text, sizeof ret_problem->text, "%s", problem.words);
		return err;
	}
	*ret_lines = find_lines(json, text);
	*ret_json = json;
	return OK;
}

enum err cacao_read(struct bytes text, struct arena *arena, struct cacao **ret_playbook,
	json_t **ret_json, struct cacao_problem *ret_problem)
{
	json_t *json, *lines;
	size_t at = 0;
	while (at < text.size && text.at[at] && strchr(" \t\r\n", text.at[at]))
		at++;
	bool is_json = at < text.size && text.at[at] == '{';
	enum err err = is_json ? cacao_from_json(text, &json, &lines, ret_problem)
			       : cacao_from_yaml(text, &json, &lines, ret_problem);
	if (err)
		return err;
	err = cacao_check(json, lines, arena, ret_playbook, ret_problem);
	json_decref(lines);
	if (!err && ret_json)
		*ret_json = json;
	else
		json_decref(json);
	return err;
}
