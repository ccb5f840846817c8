#include "vault/policy/caution.h"

#include "common/format/fhir_type.h"
#include "vault/policy/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_words(const struct yaml *map, const char *key, const struct policy_word *known,
	bool *marked) // roles or actions
{
	const struct yaml *list = yaml_find(map, key);
	size_t count = known == policy_roles ? POLICY_ROLES : POLICY_ACTIONS;
	for (const struct yaml *w = list && list->kind == YAML_LIST ? list->first : NULL; w;
		w = w->next) {
		int found = policy_word_find(known, count, w->text);
		if (found < 0 || (known == policy_roles && found == ROLE_NONE))
			return false;
		marked[found] = true;
	}
	return list && list->kind == YAML_LIST && list->first;
}

static int number_of(const struct yaml *at, int most)
{
	size_t size = at ? strlen(at->text) : 0;
	if (!size || size > 5 || strspn(at->text, "0123456789") != size)
		return 0;
	int number = atoi(at->text);
	return number <= most ? number : 0;
}

static bool read_one(const struct yaml *map, struct caution *ret, struct yaml_fault *fault)
{
	struct caution c = {0};
	if (map->kind != YAML_MAP)
		return yaml_wrong(fault, map, "keys and values are expected here");
	for (const struct yaml *k = map->first; k; k = k->next)
		if (policy_word_find(policy_caution_keys, CAUTION_KEYS, k->key) < 0)
			return yaml_wrong(fault, k, "'%.40s' is not a key of this", k->key);
	const struct yaml *name = yaml_find(map, "name"), *why = yaml_find(map, "why"),
			  *from = yaml_find(map, "from"), *refuse = yaml_find(map, "refuse"),
			  *within = yaml_find(map, "second-factor-minutes");
	if (!name || !*name->text || strlen(name->text) >= sizeof c.name || !why || !*why->text ||
		strlen(why->text) >= sizeof c.why)
		return yaml_wrong(fault, map, "a rule needs a name and a why, not too long");
	if (!read_words(map, "roles", policy_roles, c.roles) ||
		!read_words(map, "actions", policy_actions, c.actions))
		return yaml_wrong(fault, map, "a rule needs a list of known roles and of actions");
	c.from = number_of(from, 10000);
	c.minutes = number_of(within, 24 * 60);
	if (!c.from)
		return yaml_wrong(fault, map, "from says from how many points on");
	bool refuses = refuse && strcmp(refuse->text, "true") == 0;
	if (refuses == (c.minutes > 0) || (refuse && !refuses) || (within && !c.minutes))
		return yaml_wrong(fault, map,
			"a rule says either refuse: true or second-factor-minutes, 1 to 1440");
	snprintf(c.name, sizeof c.name, "%s", name->text);
	snprintf(c.why, sizeof c.why, "%s", why->text);
	*ret = c;
	return true;
}

bool caution_read(const struct yaml *list, struct cautions *ret, struct yaml_fault *fault)
{
	if (list->kind != YAML_LIST)
		return yaml_wrong(fault, list, "risk is a list of rules");
	for (const struct yaml *one = list->first; one; one = one->next) {
		if (ret->count == CAUTIONS_MOST)
			return yaml_wrong(fault, one, "there are too many rules");
		if (!read_one(one, &ret->at[ret->count], fault))
			return false;
		ret->count++;
	}
	return true;
}

static bool care_comes_first(const struct policy_ask *ask)
{
	bool theirs = ask->of_patient && (ask->relationship || ask->own || ask->broken_glass);
	bool nobodys = !ask->of_patient && !fhir_type_in_compartment(ask->type);
	return ask->action == POLICY_BREAK_GLASS || theirs || nobodys || ask->one_person;
}

void caution_apply(const struct cautions *cautions, const struct policy_ask *ask,
	struct policy_decision *decision)
{
	if (care_comes_first(ask))
		return;
	for (size_t i = 0; i < cautions->count; i++) {
		const struct caution *c = &cautions->at[i];
		if (ask->risk < c->from || !c->roles[ask->role] || !c->actions[ask->action])
			continue;
		bool fresh = ask->second_factor && ask->factor_age_s < (int64_t)c->minutes * 60;
		if (c->minutes && fresh)
			continue;
		decision->allowed = false;
		decision->fresh_factor_would_help = c->minutes > 0;
		decision->risk_refused = true;
		decision->rule = c->name;
		decision->why = c->why;
		if (!c->minutes)
			return; // nothing would help: that is what is said
	}
}
