// Correlation rules: what is counted, by what it is grouped, within which time.
#include "common/format/sigma_in.h"

#include <stdlib.h>
#include <string.h>

static void read_type(struct sigma_reader *r, const struct yaml *map)
{
	static const struct {
		const char *name;
		enum sigma_kind kind;
	} types[] = {{"event_count", SIGMA_EVENT_COUNT}, {"value_count", SIGMA_VALUE_COUNT},
		{"temporal", SIGMA_TEMPORAL}, {"temporal_ordered", SIGMA_TEMPORAL_ORDERED}};
	const struct yaml *node = yaml_find(map, "type");
	if (!node) {
		sigma_fail(r, ERR_INVALID, map->line, "a correlation needs its type");
		return;
	}
	const char *word = sigma_word(r, node, "the type");
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(types[i].name, word) == 0) {
			r->rule->kind = types[i].kind;
			return;
		}
	sigma_fail(
		r, ERR_UNSUPPORTED, node->line, "the correlation '%.40s' is not supported", word);
}

// A word or a list of words.
static size_t read_words(
	struct sigma_reader *r, const struct yaml *node, const char **ret_words, size_t most)
{
	size_t count = 0;
	const struct yaml *one = node && node->kind == YAML_LIST ? node->first : node;
	for (; one && !r->err; one = node->kind == YAML_LIST ? one->next : NULL) {
		if (count == most)
			sigma_fail(r, ERR_LIMIT, one->line, "there are too many here");
		else
			ret_words[count++] = sigma_word(r, one, "this");
	}
	return count;
}

static void read_rules(struct sigma_reader *r, const struct yaml *map)
{
	struct sigma_correlation *c = r->rule->correlation;
	const struct yaml *node = yaml_find(map, "rules");
	c->rule_count = read_words(r, node, c->names, SIGMA_REFERENCES);
	if (!c->rule_count)
		sigma_fail(r, ERR_INVALID, map->line, "a correlation needs rules to count");
	const struct yaml *one = node && node->kind == YAML_LIST ? node->first : node;
	for (size_t i = 0; i < c->rule_count && one; i++, one = one->next)
		c->lines[i] = one->line;
	for (size_t i = 0; i < c->rule_count && !r->err; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(c->names[i], c->names[j]) == 0)
				sigma_fail(r, ERR_INVALID, c->lines[i], "this rule is named twice");
}

static void read_timespan(struct sigma_reader *r, const struct yaml *map)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	struct sigma_correlation *c = r->rule->correlation;
	const struct yaml *node = yaml_find(map, "timespan");
	char *end = NULL;
	c->timespan = node ? sigma_word(r, node, "the timespan") : "";
	long long number =
		*c->timespan >= '0' && *c->timespan <= '9' ? strtoll(c->timespan, &end, 10) : 0;
	for (size_t i = 0; end && i < sizeof units / sizeof *units; i++)
		if (*end == units[i].unit && !end[1] && number > 0 &&
			number <= SIGMA_TIMESPAN_DAYS * 86400LL / units[i].seconds)
			c->timespan_us = number * units[i].seconds * 1000000;
	if (!c->timespan_us)
		sigma_fail(r, ERR_INVALID, node ? node->line : map->line,
			"a timespan is a number with s, m, h, d or w, at most %d days",
			SIGMA_TIMESPAN_DAYS);
}

// The field that a group means in one rule: an alias says it for each, else it is its own name.
static int group_field(
	struct sigma_reader *r, const struct yaml *aliases, const char *name, size_t rule)
{
	const struct sigma_correlation *c = r->rule->correlation;
	const struct yaml *alias = yaml_find(aliases, name);
	if (!alias)
		return ocsf_field_find(name);
	const struct yaml *one = yaml_find(alias, c->names[rule]);
	return one && one->kind == YAML_SCALAR ? ocsf_field_find(one->text) : -1;
}

static void check_aliases(struct sigma_reader *r, const struct yaml *aliases)
{
	const struct sigma_correlation *c = r->rule->correlation;
	if (aliases && aliases->kind != YAML_MAP)
		sigma_fail(r, ERR_INVALID, aliases->line, "aliases are a map");
	for (const struct yaml *a = aliases ? aliases->first : NULL; a && !r->err; a = a->next) {
		bool used = false;
		for (size_t i = 0; i < c->group_count; i++)
			used |= strcmp(c->groups[i], a->key) == 0;
		if (!used || a->kind != YAML_MAP)
			sigma_fail(r, ERR_INVALID, a->line,
				"an alias names a field of each rule, and group-by uses it");
		for (const struct yaml *one = a->first; one && !r->err; one = one->next) {
			bool known = false;
			for (size_t i = 0; i < c->rule_count; i++)
				known |= strcmp(c->names[i], one->key) == 0;
			if (!known)
				sigma_fail(r, ERR_INVALID, one->line,
					"this rule is not among those that are counted");
		}
	}
}

static void read_groups(struct sigma_reader *r, const struct yaml *map)
{
	struct sigma_correlation *c = r->rule->correlation;
	const struct yaml *node = yaml_find(map, "group-by"), *aliases = yaml_find(map, "aliases");
	c->group_count = read_words(r, node, c->groups, SIGMA_GROUP_FIELDS);
	check_aliases(r, aliases);
	for (size_t g = 0; g < c->group_count && !r->err; g++)
		for (size_t i = 0; i < c->rule_count && !r->err; i++) {
			c->fields[g][i] = group_field(r, aliases, c->groups[g], i);
			if (c->fields[g][i] < 0)
				sigma_fail(r, ERR_INVALID, node->line,
					"'%.60s' is no field of the rule '%.60s'", c->groups[g],
					c->names[i]);
		}
}

static void take_bound(struct sigma_reader *r, const struct yaml *node)
{
	static const struct {
		const char *name;
		int least, most; // what is added to the number, where it sets a bound
		bool sets_least, sets_most;
	} bounds[] = {{"gt", 1, 0, true, false}, {"gte", 0, 0, true, false},
		{"lt", 0, -1, false, true}, {"lte", 0, 0, false, true}, {"eq", 0, 0, true, true}};
	struct sigma_correlation *c = r->rule->correlation;
	const char *word = sigma_word(r, node, "the number");
	char *end = NULL;
	long number = *word >= '0' && *word <= '9' ? strtol(word, &end, 10) : -1;
	for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
		if (strcmp(bounds[i].name, node->key) != 0)
			continue;
		if (number < 0 || *end || number > SIGMA_THRESHOLD)
			sigma_fail(r, ERR_INVALID, node->line, "a number from 0 to %d is expected",
				SIGMA_THRESHOLD);
		if (bounds[i].sets_least && number + bounds[i].least > c->least)
			c->least = number + bounds[i].least;
		if (bounds[i].sets_most && number + bounds[i].most < c->most)
			c->most = number + bounds[i].most;
		return;
	}
	sigma_fail(r, ERR_UNSUPPORTED, node->line, "the condition '%.40s' is not supported",
		node->key);
}

static void read_count(struct sigma_reader *r, const struct yaml *map)
{
	struct sigma_correlation *c = r->rule->correlation;
	const struct yaml *node = yaml_find(map, "condition"), *field = yaml_find(node, "field");
	c->least = 0;
	c->most = INT64_MAX;
	if (!node || node->kind != YAML_MAP) {
		sigma_fail(r, ERR_INVALID, node ? node->line : map->line,
			"counting needs a condition, such as gte: 10");
		return;
	}
	for (const struct yaml *one = node->first; one && !r->err; one = one->next)
		if (one != field)
			take_bound(r, one);
	if ((r->rule->kind == SIGMA_VALUE_COUNT) != (field != NULL))
		sigma_fail(r, ERR_INVALID, node->line,
			"value_count needs the field whose values are counted, event_count has none");
	if (field && !r->err) {
		c->value_field = ocsf_field_find(sigma_word(r, field, "the field"));
		if (c->value_field < 0)
			sigma_fail(r, ERR_INVALID, field->line, "there is no field '%.60s'",
				field->text);
	}
	if (!r->err && (c->least < 1 || c->most < c->least))
		sigma_fail(r, ERR_UNSUPPORTED, node->line,
			"a count needs a bound from below (gte, gt or eq) that can be met: what is true of no event at all cannot be noticed");
}

void sigma_correlation_read(struct sigma_reader *r, const struct yaml *map)
{
	static const char *const keys[] = {
		"type", "rules", "group-by", "timespan", "condition", "aliases", "generate"};
	struct sigma_correlation *c = arena_alloc(r->arena, sizeof *c);
	r->rule->correlation = c;
	if (map->kind != YAML_MAP) {
		sigma_fail(r, ERR_INVALID, map->line, "a correlation is a map");
		return;
	}
	for (const struct yaml *one = map->first; one; one = one->next) {
		size_t i = 0, count = sizeof keys / sizeof *keys;
		while (i < count && strcmp(keys[i], one->key) != 0)
			i++;
		if (i == count)
			sigma_fail(r, ERR_UNSUPPORTED, one->line,
				"'%.40s' is not supported in a correlation", one->key);
	}
	read_type(r, map);
	read_rules(r, map);
	read_timespan(r, map);
	if (!r->err)
		read_groups(r, map);
	const struct yaml *generate = yaml_find(map, "generate"),
			  *when = yaml_find(map, "condition");
	if (generate) {
		const char *word = sigma_word(r, generate, "generate");
		c->generate = strcmp(word, "true") == 0;
		if (!c->generate && strcmp(word, "false") != 0)
			sigma_fail(r, ERR_INVALID, generate->line, "generate is true or false");
	}
	if (r->err)
		return;
	if (r->rule->kind == SIGMA_EVENT_COUNT || r->rule->kind == SIGMA_VALUE_COUNT)
		read_count(r, map);
	else if (when)
		sigma_fail(r, ERR_UNSUPPORTED, when->line,
			"temporal correlations look for all their rules; a condition is not supported");
	else if (c->rule_count < 2)
		sigma_fail(r, ERR_INVALID, map->line, "a temporal correlation needs two rules");
}

enum err sigma_resolve(struct sigma_rule *rule,
	struct sigma_rule *(*find)(void *context, const char *name), void *context,
	struct sigma_problem *ret_problem)
{
	struct sigma_correlation *c = rule->correlation;
	struct sigma_problem problem;
	struct sigma_reader r = {.problem = &problem};
	for (size_t i = 0; c && i < c->rule_count; i++) {
		c->rules[i] = find(context, c->names[i]);
		if (!c->rules[i])
			sigma_fail(&r, ERR_NOT_FOUND, c->lines[i],
				"there is no rule '%.60s', or it was refused, or it refers back to this one",
				c->names[i]);
	}
	if (r.err)
		*ret_problem = problem;
	return r.err;
}
