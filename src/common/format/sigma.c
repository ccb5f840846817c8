#include "common/format/sigma_in.h"

#include <stdio.h>
#include <string.h>

static const char *const levels[SIGMA_LEVELS] = {
	"informational", "low", "medium", "high", "critical"};

const char *sigma_level_text(enum sigma_level level)
{
	return levels[level];
}

void sigma_fail(struct sigma_reader *reader, enum err err, unsigned line, const char *format, ...)
{
	va_list args;
	if (reader->err)
		return;
	reader->err = err;
	reader->problem->line = line;
	va_start(args, format);
	vsnprintf(reader->problem->text, sizeof reader->problem->text, format, args);
	va_end(args);
}

struct sigma_node *sigma_node_new(struct sigma_reader *reader, enum sigma_node_kind kind)
{
	struct sigma_node *node = arena_alloc(reader->arena, sizeof *node);
	node->kind = kind;
	return node;
}

const char *sigma_word(struct sigma_reader *reader, const struct yaml *node, const char *what)
{
	if (node->kind == YAML_SCALAR && *node->text)
		return node->text;
	sigma_fail(reader, ERR_INVALID, node->line, "%s must be a word", what);
	return "";
}

// ---- The detection.

// A map: all of its lines. A list of maps: any of them. A list of words: any of them, anywhere.
static struct sigma_node *read_selection(struct sigma_reader *r, const struct yaml *node)
{
	if (node->kind == YAML_SCALAR || !node->first)
		sigma_fail(r, ERR_INVALID, node->line,
			"a selection is a map or a list with something in it");
	if (r->err)
		return NULL;
	if (node->kind == YAML_LIST && node->first->kind == YAML_SCALAR)
		return sigma_keywords_read(r, node);
	struct sigma_node *made = sigma_node_new(r, node->kind == YAML_MAP ? NODE_ALL : NODE_ANY);
	struct sigma_node **last = &made->first;
	for (const struct yaml *one = node->first; one && !r->err; one = one->next) {
		if (node->kind == YAML_LIST && one->kind != YAML_MAP)
			sigma_fail(r, ERR_INVALID, one->line,
				"maps and words cannot be mixed in a list");
		else
			*last = node->kind == YAML_MAP ? sigma_item_read(r, one)
						       : read_selection(r, one);
		if (r->err)
			break;
		made->cost += (*last)->cost;
		last = &(*last)->next;
	}
	return made;
}

static void read_selections(struct sigma_reader *r, const struct yaml *map)
{
	for (const struct yaml *one = map->first; one && !r->err; one = one->next) {
		if (strcmp(one->key, "condition") == 0)
			continue;
		if (strcmp(one->key, "timeframe") == 0)
			sigma_fail(r, ERR_UNSUPPORTED, one->line,
				"timeframe is not supported: write a correlation");
		else if (r->selection_count == SIGMA_SELECTIONS)
			sigma_fail(r, ERR_LIMIT, one->line, "there are too many selections");
		else
			r->selections[r->selection_count++] =
				(struct sigma_selection){one->key, read_selection(r, one)};
	}
}

void sigma_detection_read(struct sigma_reader *r, const struct yaml *map)
{
	const struct yaml *condition = yaml_find(map, "condition");
	r->selection_count = 0;
	if (map->kind != YAML_MAP || !condition) {
		sigma_fail(r, ERR_INVALID, map->line, "a detection has selections and a condition");
		return;
	}
	read_selections(r, map);
	r->cost = 0; // from here on: what the condition names
	struct sigma_node *any = sigma_node_new(r, NODE_ANY), **last = &any->first;
	const struct yaml *one = condition->kind == YAML_LIST ? condition->first : condition;
	if (!one)
		sigma_fail(r, ERR_INVALID, condition->line, "the condition is missing");
	for (; one && !r->err; one = condition->kind == YAML_LIST ? one->next : NULL) {
		*last = sigma_condition_read(r, sigma_word(r, one, "the condition"), one->line);
		if (*last)
			last = &(*last)->next;
	}
	r->rule->detection = any;
}

// ---- What is said about the rule.

typedef void key_reader(struct sigma_reader *reader, const struct yaml *node);

static void key_id(struct sigma_reader *r, const struct yaml *node)
{
	r->rule->id = sigma_word(r, node, "the id");
	if (strlen(r->rule->id) != 36 || strspn(r->rule->id, "0123456789abcdefABCDEF-") != 36)
		sigma_fail(r, ERR_INVALID, node->line, "the id must be a UUID");
}

static void key_level(struct sigma_reader *r, const struct yaml *node)
{
	const char *word = sigma_word(r, node, "the level");
	for (int i = 0; i < SIGMA_LEVELS; i++)
		if (strcmp(levels[i], word) == 0) {
			r->rule->level = (enum sigma_level)i;
			return;
		}
	sigma_fail(r, ERR_INVALID, node->line,
		"the level is informational, low, medium, high or critical");
}

static void key_status(struct sigma_reader *r, const struct yaml *node)
{
	static const char *const words[] = {
		"stable", "test", "experimental", "deprecated", "unsupported"};
	r->rule->status = sigma_word(r, node, "the status");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i], r->rule->status) == 0)
			return;
	sigma_fail(r, ERR_INVALID, node->line,
		"the status is stable, test, experimental, deprecated or unsupported");
}

static void key_logsource(struct sigma_reader *r, const struct yaml *node)
{
	bool ours = false;
	if (node->kind != YAML_MAP)
		sigma_fail(r, ERR_INVALID, node->line, "a log source is a map");
	for (const struct yaml *one = node->first; one && !r->err; one = one->next) {
		const char *word = sigma_word(r, one, "this");
		if (strcmp(one->key, "product") == 0)
			ours = strcmp(word, "healthcare") == 0;
		else if (strcmp(one->key, "category") == 0)
			r->rule->class = ocsf_class_find(word);
		else if (strcmp(one->key, "definition") != 0)
			sigma_fail(r, ERR_UNSUPPORTED, one->line,
				"'%.40s' is not supported in a log source", one->key);
		if (strcmp(one->key, "category") == 0 && !r->rule->class)
			sigma_fail(r, ERR_UNSUPPORTED, one->line, "there is no category '%.40s'",
				word);
	}
	if (!ours)
		sigma_fail(r, ERR_UNSUPPORTED, node->line,
			"the only log source here is product: healthcare");
}

static void read_names(
	struct sigma_reader *r, const struct yaml *node, struct sigma_names *ret_names)
{
	if (node->kind == YAML_MAP)
		sigma_fail(r, ERR_INVALID, node->line, "a list is expected");
	const struct yaml *one = node->kind == YAML_LIST ? node->first : node;
	for (; one && !r->err; one = node->kind == YAML_LIST ? one->next : NULL) {
		if (ret_names->count == SIGMA_NAMES)
			sigma_fail(r, ERR_LIMIT, one->line, "there are too many here");
		else
			ret_names->at[ret_names->count++] = sigma_word(r, one, "this");
	}
}

static void key_tags(struct sigma_reader *r, const struct yaml *node)
{
	read_names(r, node, &r->rule->tags);
}

static void key_false_positives(struct sigma_reader *r, const struct yaml *node)
{
	read_names(r, node, &r->rule->false_positives);
}

static void key_references(struct sigma_reader *r, const struct yaml *node)
{
	read_names(r, node, &r->rule->references);
}

// {field}, {count} and {timespan}, and nothing else in braces.
static void key_sentence(struct sigma_reader *r, const struct yaml *node)
{
	char name[64];
	r->rule->sentence = sigma_word(r, node, "the sentence");
	for (const char *at = r->rule->sentence; (at = strchr(at, '{')); at++) {
		size_t size = strcspn(at + 1, "}");
		bool fits = size < sizeof name && at[1 + size] == '}';
		snprintf(name, sizeof name, "%.*s", (int)(fits ? size : 0), at + 1);
		if (ocsf_field_find(name) < 0 && strcmp(name, "count") != 0 &&
			strcmp(name, "timespan") != 0)
			sigma_fail(r, ERR_INVALID, node->line,
				"the sentence names '%s', which is no field", name);
	}
}

struct key_row {
	const char *name;
	key_reader *read; // NULL: a text, kept at `offset`
	size_t offset;
};

#define KEPT(field) offsetof(struct sigma_rule, field)
enum {
	NOT_KEPT = 0 // `next` stands there: no text of ours
};
static const struct key_row keys[] = {
	{"title", NULL, KEPT(title)},
	{"id", key_id, 0},
	{"name", NULL, KEPT(name)},
	{"status", key_status, 0},
	{"description", NULL, KEPT(description)},
	{"author", NULL, KEPT(author)},
	{"sentence", key_sentence, 0},
	{"advice", NULL, KEPT(advice)},
	{"license", NULL, NOT_KEPT},
	{"date", NULL, NOT_KEPT},
	{"modified", NULL, NOT_KEPT},
	{"references", key_references, 0},
	{"logsource", key_logsource, 0},
	{"detection", sigma_detection_read, 0},
	{"correlation", sigma_correlation_read, 0},
	{"falsepositives", key_false_positives, 0},
	{"level", key_level, 0},
	{"tags", key_tags, 0},
};
#undef KEPT

static void read_key(struct sigma_reader *r, const struct yaml *node)
{
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		if (strcmp(keys[i].name, node->key) != 0)
			continue;
		if (keys[i].read) {
			keys[i].read(r, node);
			return;
		}
		const char *word = sigma_word(r, node, node->key);
		if (keys[i].offset != NOT_KEPT)
			memcpy((char *)r->rule + keys[i].offset, &word, sizeof word);
		return;
	}
	sigma_fail(r, ERR_UNSUPPORTED, node->line, "'%.40s' is not supported", node->key);
}

static void check_rule(struct sigma_reader *r, const struct yaml *document)
{
	const struct sigma_rule *rule = r->rule;
	const char *missing = !rule->title ? "a title" : !rule->id ? "an id" : NULL;
	if (!rule->detection == !rule->correlation)
		missing = "either a detection or a correlation";
	else if (rule->detection && !yaml_find(document, "logsource"))
		missing = "a logsource";
	if (missing)
		sigma_fail(r, ERR_INVALID, document->line, "a rule needs %s", missing);
}

static struct sigma_rule *read_rule(struct sigma_reader *r, const struct yaml *document)
{
	struct sigma_rule *rule = arena_alloc(r->arena, sizeof *rule);
	*rule = (struct sigma_rule){.line = document->line,
		.description = "",
		.status = "",
		.author = "",
		.sentence = "",
		.advice = "",
		.level = SIGMA_LOW};
	r->rule = rule;
	r->cost = 0;
	if (document->kind != YAML_MAP)
		sigma_fail(r, ERR_INVALID, document->line, "a rule is a map");
	for (const struct yaml *one = document->first; one && !r->err; one = one->next)
		read_key(r, one);
	if (!r->err)
		check_rule(r, document);
	return rule;
}

enum err sigma_parse(struct bytes text, const struct sigma_lists *lists, struct arena *arena,
	struct sigma_rule **ret_first, struct sigma_problem *ret_problem)
{
	struct sigma_problem problem = {0};
	struct sigma_reader *r = arena_alloc(arena, sizeof *r);
	struct yaml_problem yaml;
	struct yaml *list;
	struct sigma_rule *first = NULL, **last = &first;
	size_t count = 0;
	*r = (struct sigma_reader){.arena = arena, .lists = lists, .problem = &problem};
	enum err err = yaml_parse_all(text, arena, &list, &yaml);
	if (err) {
		*ret_problem = (struct sigma_problem){.line = yaml.line};
		snprintf(ret_problem->text, sizeof ret_problem->text, "%s", yaml.words);
		return err;
	}
	for (const struct yaml *one = list->first; one && !r->err; one = one->next) {
		*last = read_rule(r, one);
		last = &(*last)->next;
		if (++count > SIGMA_RULES)
			sigma_fail(r, ERR_LIMIT, one->line, "there are too many rules in one file");
	}
	if (!first)
		sigma_fail(r, ERR_INVALID, 1, "there is no rule in this file");
	if (r->err) {
		sigma_free(first);
		*ret_problem = problem;
		return r->err;
	}
	*ret_first = first;
	return OK;
}

void sigma_free(struct sigma_rule *first)
{
	for (; first; first = first->next) {
		regex_free_all(first->regexes);
		first->regexes = NULL;
	}
}
