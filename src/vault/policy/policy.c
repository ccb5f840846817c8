#include "vault/policy/policy.h"

#include "common/format/fhir_type.h"
#include "common/io/file.h"
#include "vault/policy/caution.h"
#include "vault/policy/words.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MOST_RULES = 250,
	MOST_VERBS = 32,
	FILE_BYTES = 256 * 1024
};

struct rule {
	char name[80], why[200];
};

// For each condition the number of the rule that allows under it, 0 when none does.
struct cell {
	uint8_t rule[CONDITIONS];
};

struct policy {
	struct rule rules[MOST_RULES];
	size_t rule_count; // rules[0] is "deny by default"
	int types;
	struct cell *cells; // [role][type][action]
	bool second_factor[POLICY_ROLES];
	struct cautions cautions;
	const char *verbs[POLICY_ROLES][MOST_VERBS];
	size_t verb_count[POLICY_ROLES];
	struct arena *arena;
};

const char *policy_role_text(enum policy_role role)
{
	return role < POLICY_ROLES ? policy_roles[role].text : "?";
}

enum policy_role policy_role_find(const char *text)
{
	int found = policy_word_find(policy_roles, POLICY_ROLES, text);
	return found < 0 ? ROLE_NONE : (enum policy_role)found;
}

const char *policy_action_text(enum policy_action action)
{
	return action < POLICY_ACTIONS ? policy_actions[action].text : "?";
}

// ---- Reading the file.

struct loading {
	struct policy *policy;
	const struct yaml *groups;
	struct yaml_fault *fault;
	bool *grouped; // types that some group names: the rest is "other"
};

static struct cell *cell(
	const struct policy *policy, enum policy_role role, int type, enum policy_action action)
{
	return &policy->cells[((size_t)role * (size_t)policy->types + (size_t)type) *
				      POLICY_ACTIONS +
			      action];
}

static bool check_groups(struct loading *l)
{
	for (const struct yaml *g = l->groups ? l->groups->first : NULL; g; g = g->next) {
		if (g->kind != YAML_LIST || !g->first)
			return yaml_wrong(l->fault, g, "a group is a list of resource types");
		if (strcmp(g->key, "clinical") == 0 || strcmp(g->key, "other") == 0 ||
			fhir_type_find(g->key) != FHIR_TYPE_NONE)
			return yaml_wrong(l->fault, g, "'%s' has a meaning already", g->key);
		for (const struct yaml *t = g->first; t; t = t->next) {
			int type = fhir_type_find(t->text);
			if (type == FHIR_TYPE_NONE)
				return yaml_wrong(
					l->fault, t, "'%s' is not a resource type", t->text);
			if (l->grouped[type])
				return yaml_wrong(
					l->fault, t, "'%s' is in a group already", t->text);
			l->grouped[type] = true;
		}
	}
	return true;
}

// Marks the types that a word stands for: a group, "clinical", "other", or a type itself.
static bool add_types(struct loading *l, const struct yaml *word, bool *types)
{
	const struct yaml *group = yaml_find(l->groups, word->text);
	bool clinical = strcmp(word->text, "clinical") == 0;
	if (clinical || strcmp(word->text, "other") == 0) {
		for (int t = 0; t < l->policy->types; t++)
			if (!l->grouped[t] && fhir_type_in_compartment(t) == clinical)
				types[t] = true;
		return true;
	}
	if (group) {
		for (const struct yaml *t = group->first; t; t = t->next)
			types[fhir_type_find(t->text)] = true;
		return true;
	}
	int type = fhir_type_find(word->text);
	if (type == FHIR_TYPE_NONE)
		return yaml_wrong(
			l->fault, word, "'%s' is neither a group nor a resource type", word->text);
	types[type] = true;
	return true;
}

static bool add_words(struct loading *l, const struct yaml *list, const struct policy_word *known,
	size_t count, bool *marked)
{
	if (!yaml_is_list(list))
		return yaml_wrong(l->fault, list, "a list of words is expected here");
	for (const struct yaml *w = list->first; w; w = w->next) {
		int found = policy_word_find(known, count, w->text);
		if (found < 0 || (known == policy_roles && found == ROLE_NONE))
			return yaml_wrong(l->fault, w, "'%s' is not known here", w->text);
		marked[found] = true;
	}
	return true;
}

struct marks {
	bool roles[POLICY_ROLES], actions[POLICY_ACTIONS];
	bool *types;
	enum policy_condition when;
	bool break_glass;
};

static void apply(struct loading *l, const struct marks *marks, uint8_t rule)
{
	for (int role = 1; role < POLICY_ROLES; role++)
		for (int type = 0; type < l->policy->types; type++)
			for (int action = 0; action < POLICY_ACTIONS; action++) {
				if (!marks->roles[role] || !marks->types[type] ||
					!marks->actions[action])
					continue;
				struct cell *c = cell(l->policy, (enum policy_role)role, type,
					(enum policy_action)action);
				if (!c->rule[marks->when])
					c->rule[marks->when] = rule;
				if (marks->break_glass && !c->rule[GLASS])
					c->rule[GLASS] = rule;
			}
}

static bool check_keys(
	struct loading *l, const struct yaml *map, const struct policy_word *known, size_t count)
{
	if (map->kind != YAML_MAP)
		return yaml_wrong(l->fault, map, "keys and values are expected here");
	for (const struct yaml *k = map->first; k; k = k->next)
		if (policy_word_find(known, count, k->key) < 0)
			return yaml_wrong(l->fault, k, "'%s' is not a key of this", k->key);
	return true;
}

static bool read_rule(struct loading *l, const struct yaml *map)
{
	struct policy *p = l->policy;
	struct marks marks = {.types = arena_alloc(p->arena, (size_t)p->types)};
	static const char *const flags[2] = {"false", "true"};
	if (!check_keys(l, map, policy_rule_keys, POLICY_RULE_KEYS))
		return false;
	const struct yaml *name = yaml_find(map, "name"), *why = yaml_find(map, "why");
	const struct yaml *when = yaml_find(map, "when"), *types = yaml_find(map, "resources");
	if (!name || !*name->text || !why || !*why->text)
		return yaml_wrong(l->fault, map, "a rule needs a name and a why");
	if (strlen(name->text) >= sizeof p->rules->name ||
		strlen(why->text) >= sizeof p->rules->why)
		return yaml_wrong(l->fault, name, "the name or the why of this rule is too long");
	if (!yaml_is_list(types) || !yaml_is_list(yaml_find(map, "roles")) ||
		!yaml_is_list(yaml_find(map, "actions")))
		return yaml_wrong(
			l->fault, map, "a rule needs a list of roles, resources and actions");
	for (size_t i = 0; i < p->rule_count; i++)
		if (strcmp(p->rules[i].name, name->text) == 0)
			return yaml_wrong(l->fault, name, "there is a rule of this name already");
	if (p->rule_count == MOST_RULES)
		return yaml_wrong(l->fault, map, "there are too many rules");
	for (const struct yaml *w = types->first; w; w = w->next)
		if (!add_types(l, w, marks.types))
			return false;
	int condition = when ? policy_word_find(policy_conditions, GLASS, when->text) : ALWAYS;
	if (condition < 0)
		return yaml_wrong(l->fault, when,
			"'%s' is not a condition: always, relationship, own", when->text);
	marks.when = (enum policy_condition)condition;
	if (!add_words(l, yaml_find(map, "roles"), policy_roles, POLICY_ROLES, marks.roles) ||
		!add_words(l, yaml_find(map, "actions"), policy_actions, POLICY_ACTIONS,
			marks.actions) ||
		!yaml_choice(l->fault, yaml_find(map, "break-glass"), flags, &marks.break_glass))
		return false;
	struct rule *rule = &p->rules[p->rule_count];
	snprintf(rule->name, sizeof rule->name, "%s", name->text);
	snprintf(rule->why, sizeof rule->why, "%s", why->text);
	apply(l, &marks, (uint8_t)p->rule_count++);
	return true;
}

static bool read_work(struct loading *l, const struct yaml *work)
{
	if (work && work->kind != YAML_MAP)
		return yaml_wrong(l->fault, work, "work is a list of verbs for each role");
	for (const struct yaml *r = work ? work->first : NULL; r; r = r->next) {
		enum policy_role role = policy_role_find(r->key);
		bool marked[POLICY_VERBS] = {0};
		if (role == ROLE_NONE)
			return yaml_wrong(l->fault, r, "'%s' is not a role", r->key);
		if (!add_words(l, r, policy_verb_words, POLICY_VERBS, marked))
			return false;
		for (size_t v = 0; v < POLICY_VERBS; v++)
			if (marked[v])
				l->policy->verbs[role][l->policy->verb_count[role]++] =
					policy_verb_words[v].text;
	}
	return true;
}

static bool read_file(struct loading *l, const struct yaml *root)
{
	if (!check_keys(l, root, policy_keys, POLICY_KEYS))
		return false;
	l->groups = yaml_find(root, "groups");
	const struct yaml *rules = yaml_find(root, "rules"),
			  *factor = yaml_find(root, "second-factor"),
			  *risk = yaml_find(root, "risk");
	if (l->groups && l->groups->kind != YAML_MAP)
		return yaml_wrong(l->fault, l->groups, "groups have names");
	if (rules && rules->kind != YAML_LIST)
		return yaml_wrong(l->fault, rules, "rules are a list");
	if (!check_groups(l))
		return false;
	if (factor && !add_words(l, factor, policy_roles, POLICY_ROLES, l->policy->second_factor))
		return false;
	for (const struct yaml *r = rules ? rules->first : NULL; r; r = r->next)
		if (!read_rule(l, r))
			return false;
	if (risk && !caution_read(risk, &l->policy->cautions, l->fault))
		return false;
	return read_work(l, yaml_find(root, "work"));
}

static struct policy *policy_new(void)
{
	struct policy *policy = calloc(1, sizeof *policy);
	if (!policy)
		abort();
	policy->arena = arena_new();
	policy->types = fhir_type_count();
	policy->cells = calloc(
		(size_t)policy->types * POLICY_ROLES * POLICY_ACTIONS, sizeof *policy->cells);
	if (!policy->cells)
		abort();
	policy->rules[policy->rule_count++] =
		(struct rule){"deny by default", "No rule of the policy allows this."};
	return policy;
}

enum err policy_load(const char *path, struct policy **ret_policy, struct yaml_fault *fault)
{
	struct buf text = {0};
	struct policy *policy = policy_new();
	struct arena *arena = arena_new();
	struct yaml *root;
	enum err err = file_read(path, FILE_BYTES, &text);
	if (err) {
		*fault = (struct yaml_fault){0, "cannot be read"};
		err = err == ERR_NOT_FOUND ? ERR_IO : err;
		goto out;
	}
	err = yaml_read(buf_bytes(&text), arena, &root, fault);
	if (err)
		goto out;
	struct loading loading = {.policy = policy,
		.fault = fault,
		.grouped = arena_alloc(arena, (size_t)policy->types)};
	err = read_file(&loading, root) ? OK : ERR_INVALID;
out:
	buf_done(&text);
	arena_free(arena);
	if (err)
		policy_free(policy);
	else
		*ret_policy = policy;
	return err;
}

void policy_free(struct policy *policy)
{
	if (!policy)
		return;
	arena_free(policy->arena);
	free(policy->cells);
	free(policy);
}

// ---- Deciding.

void policy_decide(const struct policy *policy, const struct policy_ask *ask,
	struct policy_decision *ret_decision)
{
	struct policy_decision d = {.rule = policy->rules[0].name, .why = policy->rules[0].why};
	*ret_decision = d;
	if (ask->role <= ROLE_NONE || ask->role >= POLICY_ROLES || ask->type < 0 ||
		ask->type >= policy->types || ask->action >= POLICY_ACTIONS)
		return;
	const struct cell *c = cell(policy, ask->role, ask->type, ask->action);
	uint8_t rule = c->rule[ALWAYS];
	if (!rule && (ask->relationship || !ask->of_patient))
		rule = c->rule[RELATIONSHIP];
	if (!rule && ask->own)
		rule = c->rule[OWN];
	if (!rule && ask->broken_glass)
		rule = c->rule[GLASS];
	d.rule = policy->rules[rule].name;
	d.why = policy->rules[rule].why;
	d.allowed = rule != 0;
	d.break_glass_would_help = !rule && ask->of_patient && c->rule[GLASS];
	if (d.allowed && policy->second_factor[ask->role] && !ask->second_factor) {
		d.allowed = false;
		d.second_factor_would_help = true;
		d.why = "This role needs its second factor.";
	}
	if (d.allowed && ask->risk > 0)
		caution_apply(&policy->cautions, ask, &d);
	*ret_decision = d;
}

bool policy_may(const struct policy *policy, enum policy_role role, const char *verb)
{
	for (size_t i = 0; role < POLICY_ROLES && i < policy->verb_count[role]; i++)
		if (strcmp(policy->verbs[role][i], verb) == 0)
			return true;
	return false;
}

bool policy_needs_factor(const struct policy *policy, enum policy_role role)
{
	return role < POLICY_ROLES && policy->second_factor[role];
}

size_t policy_verbs(const struct policy *policy, enum policy_role role, const char *ret_verbs[32])
{
	size_t count = role < POLICY_ROLES ? policy->verb_count[role] : 0;
	for (size_t i = 0; i < count; i++)
		ret_verbs[i] = policy->verbs[role][i];
	return count;
}

char *policy_explain(const struct policy *policy, struct arena *arena)
{
	struct buf buf = {0};
	for (int role = 1; role < POLICY_ROLES; role++)
		for (int type = 0; type < policy->types; type++)
			for (int action = 0; action < POLICY_ACTIONS; action++)
				for (int when = 0; when < CONDITIONS; when++) {
					uint8_t rule = cell(policy, (enum policy_role)role, type,
						(enum policy_action)action)
							       ->rule[when];
					if (rule)
						buf_printf(&buf, "%s\t%s\t%s\t%s\t%s\n",
							policy_roles[role].text,
							fhir_type_name(type),
							policy_actions[action].text,
							policy_conditions[when].text,
							policy->rules[rule].name);
				}
	char *text = arena_text_n(arena, (const char *)buf.at, buf.size);
	buf_done(&buf);
	return text;
}
