// Any text as a file of rules: it is refused with its place, or every rule of it can be asked about
// events, and gives the same answer twice.
#include "fuzz.h"

#include "common/format/sigma.h"

#include <string.h>

static const char *const list_values[] = {"one", "t*o", "%three%"};
static const struct sigma_list list = {list_values, 3};

static const struct sigma_list *find(void *context, const char *name)
{
	(void)context;
	return strlen(name) % 2 ? &list : NULL;
}

// Some values of every kind, the same in each run; one of them hostile to expressions.
static void build(struct ocsf_event *event, struct arena *arena, int which)
{
	static const char *const texts[] = {"read", "10.1.2.3",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "Zm9v -x /y \xe2\x80\x93z",
		"2001:db8::1", "\xc3\xa9\xf0\x9f\x98\x80", "x"};
	ocsf_begin(event, arena);
	ocsf_set_when(event, (uint64_t)which, which * 60000000);
	ocsf_set_class(event, &ocsf_classes[(size_t)which % ocsf_class_count]);
	for (int field = which % 3; field < OCSF_FIELDS; field += 1 + which % 2) {
		if (ocsf_fields[field].type == OCSF_NUMBER)
			ocsf_add_number(event, (enum ocsf_field)field, which * 7 - 3);
		else
			ocsf_add_text(event, (enum ocsf_field)field, texts[(field + which) % 7]);
		if (ocsf_fields[field].many)
			ocsf_add_text(
				event, (enum ocsf_field)field, texts[(field * 3 + which) % 7]);
	}
}

static void check(struct sigma_rule *rule)
{
	fuzz_rule(rule->title && rule->id && strlen(rule->id) == 36, "a title and an id");
	fuzz_rule(!rule->detection != !rule->correlation, "one of both");
	fuzz_rule((rule->kind == SIGMA_DETECTION) == (rule->detection != NULL), "of its kind");
	fuzz_rule(rule->level < SIGMA_LEVELS && rule->line > 0, "a level and a line");
	const struct sigma_correlation *c = rule->correlation;
	if (!c)
		return;
	fuzz_rule(c->rule_count > 0 && c->rule_count <= SIGMA_REFERENCES, "rules to count");
	fuzz_rule(c->group_count <= SIGMA_GROUP_FIELDS, "groups");
	fuzz_rule(
		c->timespan_us > 0 && c->timespan_us <= SIGMA_TIMESPAN_DAYS * INT64_C(86400000000),
		"a timespan");
	if (rule->kind == SIGMA_EVENT_COUNT || rule->kind == SIGMA_VALUE_COUNT)
		fuzz_rule(c->least > 0 && c->least <= SIGMA_THRESHOLD + 1 && c->most >= c->least,
			"a count that can be met");
	for (size_t g = 0; g < c->group_count; g++)
		for (size_t i = 0; i < c->rule_count; i++)
			fuzz_rule(c->fields[g][i] >= 0 && c->fields[g][i] < OCSF_FIELDS, "a field");
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	static struct ocsf_event event;
	struct arena *arena = arena_new(), *own = arena_new();
	struct sigma_rule *first = NULL;
	struct sigma_problem problem = {0};
	const struct sigma_lists lists = {find, NULL};
	enum err err = sigma_parse(bytes_of(at, size), &lists, arena, &first, &problem);
	if (err)
		fuzz_rule(!first && problem.line > 0 && *problem.text, "a problem with its place");
	else
		fuzz_rule(first != NULL, "a rule");
	for (struct sigma_rule *rule = first; rule; rule = rule->next) {
		check(rule);
		for (int which = 0; which < 4; which++) {
			arena_reset(own);
			build(&event, own, which);
			bool once = sigma_match(rule, &event);
			fuzz_rule(once == sigma_match(rule, &event), "the same answer");
			fuzz_rule(!once || rule->detection, "a correlation never matches");
		}
	}
	sigma_free(first);
	arena_free(own);
	arena_free(arena);
	return 0;
}
