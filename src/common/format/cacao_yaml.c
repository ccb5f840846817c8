// The readable form of a playbook, compiled to CACAO's JSON. Each entry of a list of steps is one
// of: do, if, while, switch, together. docs/playbooks.md describes it for who writes one.
#include "common/format/cacao.h"

#include "common/format/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct compiler {
	json_t *workflow, *lines;
	const char *name;
	unsigned steps;
	struct cacao_problem *problem;
	bool failed;
};

[[gnu::format(printf, 3, 4)]] static void wrong(
	struct compiler *c, const struct yaml *at, const char *format, ...)
{
	va_list args;
	if (c->failed)
		return;
	c->failed = true;
	c->problem->line = at ? at->line : 1;
	va_start(args, format);
	vsnprintf(c->problem->text, sizeof c->problem->text, format, args);
	va_end(args);
}

static uint64_t mix(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
	return hash;
}

// The same file gives the same ids (RFC 9562, version 8), so that versions can be compared.
static void make_id(const char *kind, const char *name, unsigned number, char ret[100])
{
	char seed[160];
	snprintf(seed, sizeof seed, "%.100s/%u", name, number);
	uint64_t a = mix(0xcbf29ce484222325, seed), b = mix(mix(0x9e3779b97f4a7c15, kind), seed);
	snprintf(ret, 100, "%.30s--%08x-%04x-8%03x-%04x-%012llx", kind, (unsigned)(a >> 32),
		(unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff),
		(unsigned)(0x8000 | (b >> 48 & 0x3fff)), (unsigned long long)(b & 0xffffffffffff));
}

static bool known_keys(struct compiler *c, const struct yaml *map, const char *const *keys)
{
	if (map->kind != YAML_MAP) {
		wrong(c, map, "a map is expected here");
		return false;
	}
	for (const struct yaml *one = map->first; one; one = one->next) {
		const char *const *key = keys;
		while (*key && strcmp(*key, one->key) != 0)
			key++;
		if (!*key) {
			wrong(c, one, "'%.40s' is not known here", one->key);
			return false;
		}
	}
	return true;
}

// "90", "90s", "15m", "4h", "2d" in seconds.
static json_int_t seconds_of(struct compiler *c, const struct yaml *at)
{
	static const char units[] = "smhd";
	static const unsigned each[] = {1, 60, 3600, 86400};
	char *end;
	long long number = strtoll(at->text, &end, 10);
	const char *unit = *end ? strchr(units, *end) : units;
	if (at->kind != YAML_SCALAR || end == at->text || number < 0 || number > 10000000 ||
		!unit || !*unit || (*end && end[1])) {
		wrong(c, at, "a time like 90s, 15m or 4h is expected");
		return 0;
	}
	return number * each[unit - units];
}

static const char *text_of(struct compiler *c, const struct yaml *map, const char *key)
{
	const struct yaml *at = yaml_find(map, key);
	if (at && at->kind != YAML_SCALAR)
		wrong(c, at, "'%s' is a text", key);
	return at ? at->text : NULL;
}

static void set_text(
	struct compiler *c, json_t *json, const char *key, const struct yaml *map, const char *from)
{ // five: a text from here to there
	const char *text = text_of(c, map, from);
	if (text)
		json_object_set_new(json, key, json_string(text));
}

static const char *list_of(
	struct compiler *c, const struct yaml *list, unsigned depth, char ret_id[100]);

// A list of steps as a branch of its own.
static void add_branch(struct compiler *c, json_t *to, const char *key, const struct yaml *list,
	unsigned depth) // five: where to, and what
{
	char id[100];
	if (!list || list->kind != YAML_LIST || !list->first) {
		wrong(c, list, "a list of steps is expected");
		return;
	}
	if (!list_of(c, list, depth + 1, id))
		return;
	if (json_is_array(to))
		json_array_append_new(to, json_string(id));
	else
		json_object_set_new(to, key, json_string(id));
}

static json_t *approval_of(struct compiler *c, const struct yaml *map)
{
	static const char *const keys[] = {"by", "within", "otherwise", "to", NULL};
	json_t *json = json_object();
	const struct yaml *within = yaml_find(map, "within");
	if (!known_keys(c, map, keys))
		return json;
	set_text(c, json, "role", map, "by");
	set_text(c, json, "on_timeout", map, "otherwise");
	set_text(c, json, "escalate_to", map, "to");
	if (within)
		json_object_set_new(json, "within_seconds", json_integer(seconds_of(c, within)));
	return json;
}

static json_t *extension(const char *key, json_t *value)
{
	return json_pack("{s:{s:o}}", CACAO_EXTENSION, key, value);
}

static void add_action(struct compiler *c, json_t *json, const struct yaml *step)
{
	static const char *const keys[] = {"do", "name", "why", "wait", "for", "to", "text", "role",
		"approve", "within", NULL};
	const struct yaml *lasts = yaml_find(step, "for"), *approve = yaml_find(step, "approve"),
			  *within = yaml_find(step, "within");
	json_t *arguments = json_object();
	json_t *command = json_pack("{s:s, s:o}", "type", "hospitaller", "arguments", arguments);
	json_object_set_new(json, "commands", json_pack("[o]", command));
	if (!known_keys(c, step, keys))
		return;
	set_text(c, command, "command", step, "do");
	set_text(c, arguments, "to", step, "to");
	set_text(c, arguments, "for", step, "role");
	set_text(c, arguments, "text", step, "text");
	if (lasts)
		json_object_set_new(arguments, "seconds", json_integer(seconds_of(c, lasts)));
	if (within)
		json_object_set_new(json, "timeout", json_integer(seconds_of(c, within) * 1000));
	if (approve)
		json_object_set_new(
			json, "step_extensions", extension("approval", approval_of(c, approve)));
}

static void add_if(struct compiler *c, json_t *json, const struct yaml *step, unsigned depth)
{
	static const char *const keys[] = {"if", "then", "else", "name", "why", "wait", NULL};
	const struct yaml *otherwise = yaml_find(step, "else");
	if (!known_keys(c, step, keys))
		return;
	set_text(c, json, "condition", step, "if");
	add_branch(c, json, "on_true", yaml_find(step, "then"), depth);
	if (otherwise)
		add_branch(c, json, "on_false", otherwise, depth);
}

static void add_while(struct compiler *c, json_t *json, const struct yaml *step, unsigned depth)
{
	static const char *const keys[] = {"while", "most", "repeat", "name", "why", "wait", NULL};
	const struct yaml *most = yaml_find(step, "most");
	if (!known_keys(c, step, keys))
		return;
	set_text(c, json, "condition", step, "while");
	if (!most)
		wrong(c, step, "a loop says how often at most");
	else
		json_object_set_new(json, "step_extensions",
			extension("most", json_integer(strtol(most->text, NULL, 10))));
	add_branch(c, json, "on_true", yaml_find(step, "repeat"), depth);
}

static void add_switch(struct compiler *c, json_t *json, const struct yaml *step, unsigned depth)
{
	static const char *const keys[] = {"switch", "cases", "name", "why", "wait", NULL};
	const struct yaml *cases = yaml_find(step, "cases");
	json_t *all = json_object();
	json_object_set_new(json, "cases", all);
	if (!known_keys(c, step, keys))
		return;
	set_text(c, json, "switch", step, "switch");
	if (!cases || cases->kind != YAML_MAP)
		wrong(c, step, "a switch has cases");
	else
		for (const struct yaml *one = cases->first; one && !c->failed; one = one->next)
			add_branch(c, all, one->key, one, depth);
}

static void add_together(struct compiler *c, json_t *json, const struct yaml *step, unsigned depth)
{
	static const char *const keys[] = {"together", "name", "why", "wait", NULL};
	const struct yaml *list = yaml_find(step, "together");
	json_t *all = json_array();
	json_object_set_new(json, "next_steps", all);
	if (!known_keys(c, step, keys))
		return;
	if (list->kind != YAML_LIST)
		wrong(c, list, "a list of branches is expected");
	else
		for (const struct yaml *one = list->first; one && !c->failed; one = one->next)
			add_branch(c, all, NULL, one, depth);
}

static const char *kind_of(const struct yaml *step)
{
	static const struct {
		const char *key, *kind;
	} all[] = {{"do", "action"}, {"if", "if-condition"}, {"while", "while-condition"},
		{"switch", "switch-condition"}, {"together", "parallel"}};
	for (size_t i = 0; step->kind == YAML_MAP && i < sizeof all / sizeof *all; i++)
		if (yaml_find(step, all[i].key))
			return all[i].kind;
	return NULL;
}

static json_t *new_step(
	struct compiler *c, const char *kind, const struct yaml *at, char ret_id[100])
{
	json_t *json = json_pack("{s:s}", "type", kind);
	make_id(kind, c->name, ++c->steps, ret_id);
	if (c->steps > CACAO_STEPS)
		wrong(c, at, "more than %d steps", CACAO_STEPS);
	json_object_set_new(c->workflow, ret_id, json);
	json_object_set_new(c->lines, ret_id, json_integer(at ? at->line : 1));
	return json;
}

static const char *step_of(
	struct compiler *c, const struct yaml *step, unsigned depth, char ret_id[100])
{
	const char *kind = kind_of(step);
	const struct yaml *delay = yaml_find(step->kind == YAML_MAP ? step : NULL, "wait");
	if (!kind || depth > CACAO_NESTING) {
		wrong(c, step,
			kind ? "this is nested too deeply"
			     : "a step begins with do, if, while, switch or together");
		return NULL;
	}
	json_t *json = new_step(c, kind, step, ret_id);
	set_text(c, json, "name", step, "name");
	set_text(c, json, "description", step, "why");
	if (delay)
		json_object_set_new(json, "delay", json_integer(seconds_of(c, delay) * 1000));
	if (*kind == 'a')
		add_action(c, json, step);
	else if (*kind == 'i')
		add_if(c, json, step, depth);
	else if (*kind == 'w')
		add_while(c, json, step, depth);
	else if (*kind == 's')
		add_switch(c, json, step, depth);
	else
		add_together(c, json, step, depth);
	return c->failed ? NULL : ret_id;
}

// The id of the first one, or NULL. An end step closes the list.
static const char *list_of(
	struct compiler *c, const struct yaml *list, unsigned depth, char ret_id[100])
{
	char before[100] = "", id[100];
	for (const struct yaml *one = list->first; one; one = one->next) {
		if (!step_of(c, one, depth, id))
			return NULL;
		if (!*before)
			memcpy(ret_id, id, sizeof id);
		else
			json_object_set_new(json_object_get(c->workflow, before), "on_completion",
				json_string(id));
		memcpy(before, id, sizeof id);
	}
	new_step(c, "end", list, id);
	json_object_set_new(json_object_get(c->workflow, before), "on_completion", json_string(id));
	return c->failed ? NULL : ret_id;
}

static json_t *words_of(struct compiler *c, const struct yaml *at)
{
	json_t *list = json_array();
	if (at->kind == YAML_SCALAR)
		json_array_append_new(list, json_string(at->text));
	else if (at->kind == YAML_MAP)
		wrong(c, at, "a list of words is expected");
	for (const struct yaml *one = at->first; one; one = one->next)
		json_array_append_new(list, json_string(one->text));
	return list;
}

static json_t *trigger_of(struct compiler *c, const struct yaml *map)
{
	static const char *const keys[] = {
		"tags", "rules", "sources", "level", "per", "quiet", NULL};
	json_t *json = json_object();
	if (!known_keys(c, map, keys))
		return json;
	for (const struct yaml *one = map->first; one; one = one->next) {
		if (strcmp(one->key, "quiet") == 0)
			json_object_set_new(
				json, "quiet_seconds", json_integer(seconds_of(c, one)));
		else if (strcmp(one->key, "level") == 0 || strcmp(one->key, "per") == 0)
			json_object_set_new(json, one->key, json_string(one->text));
		else
			json_object_set_new(json, one->key, words_of(c, one));
	}
	return json;
}

static void add_variables(struct compiler *c, json_t *json, const struct yaml *map)
{
	json_t *all = json_object();
	json_object_set_new(json, "playbook_variables", all);
	if (map->kind != YAML_MAP)
		wrong(c, map, "a map is expected here");
	for (const struct yaml *one = map->first; one && !c->failed; one = one->next)
		json_object_set_new(all, one->key,
			json_pack("{s:s, s:s}", "type", "string", "value", one->text));
}

static void add_playbook(struct compiler *c, json_t *json, const struct yaml *root)
{
	static const char *const keys[] = {
		"name", "description", "written", "when", "variables", "steps", NULL};
	const struct yaml *steps = yaml_find(root, "steps"), *when = yaml_find(root, "when"),
			  *variables = yaml_find(root, "variables");
	char id[100], first[100];
	if (!known_keys(c, root, keys))
		return;
	c->name = text_of(c, root, "name");
	if (!c->name || !*c->name || !steps || steps->kind != YAML_LIST || !steps->first) {
		wrong(c, root, "a playbook has a name and steps");
		return;
	}
	make_id("playbook", c->name, 0, id);
	json_object_set_new(json, "id", json_string(id));
	set_text(c, json, "name", root, "name");
	set_text(c, json, "description", root, "description");
	set_text(c, json, "created", root, "written");
	set_text(c, json, "modified", root, "written");
	if (variables)
		add_variables(c, json, variables);
	json_t *start = new_step(c, "start", steps, id);
	json_object_set_new(json, "workflow_start", json_string(id));
	if (list_of(c, steps, 0, first))
		json_object_set_new(start, "on_completion", json_string(first));
	if (when)
		json_object_set_new(
			json, "playbook_extensions", extension("trigger", trigger_of(c, when)));
}

static json_t *definition(void)
{
	return json_pack("{s:{s:s, s:s, s:s, s:s, s:s}}", CACAO_EXTENSION, "type",
		"extension-definition", "name", "Hospitaller", "description",
		"When a playbook starts by itself, who must agree to a step, how often a loop runs.",
		"created_by", "identity--8c1b8f0e-3d0a-4f5b-9a55-6e1d0a3c7b22", "version", "1.0");
}

enum err cacao_from_yaml(
	struct bytes text, json_t **ret_json, json_t **ret_lines, struct cacao_problem *ret_problem)
{
	struct compiler c = {.problem = ret_problem};
	struct yaml_problem problem;
	struct yaml *root;
	struct arena *arena = arena_new();
	*ret_problem = (struct cacao_problem){0};
	enum err err =
		text.size > CACAO_BYTES ? ERR_LIMIT : yaml_parse(text, arena, &root, &problem);
	if (err) {
		ret_problem->line = text.size > CACAO_BYTES ? 1 : problem.line;
		snprintf(ret_problem->text, sizeof ret_problem->text, "%s",
			text.size > CACAO_BYTES ? "the file is too large" : problem.words);
		arena_free(arena);
		return err;
	}
	json_t *json = json_pack("{s:s, s:s}", "type", "playbook", "spec_version", "cacao-2.0");
	c.workflow = json_object();
	c.lines = json_object();
	add_playbook(&c, json, root);
	json_object_set_new(json, "workflow", c.workflow);
	json_object_set_new(json, "extension_definitions", definition());
	arena_free(arena);
	if (c.failed) {
		json_decref(json);
		json_decref(c.lines);
		return ERR_INVALID;
	}
	*ret_json = json;
	*ret_lines = c.lines;
	return OK;
}
