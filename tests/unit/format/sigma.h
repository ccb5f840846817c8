// sigma: a rule from the lines of its detection, and an event from "field=value;field=value".
#pragma once

#include "../unit.h"

#include "common/format/sigma.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RULE_HEAD                                                                                  \
	"title: t\nid: 11111111-2222-3333-4444-555555555555\nlogsource: {product: healthcare}\n"

static struct arena *arena;
static struct ocsf_event event;

static int begin(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int finish(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

// Several values of a field are several pairs.
[[maybe_unused]] static void event_of(const char *text)
{
	char *copy = arena_text(arena, text), *save = NULL;
	ocsf_begin(&event, arena);
	for (char *pair = strtok_r(copy, ";", &save); pair; pair = strtok_r(NULL, ";", &save)) {
		char *is = strchr(pair, '=');
		assert_non_null(is);
		*is = 0;
		int field = ocsf_field_find(pair);
		if (field < 0)
			fail_msg("there is no field %s", pair);
		if (ocsf_fields[field].type == OCSF_NUMBER)
			ocsf_add_number(&event, (enum ocsf_field)field, atoll(is + 1));
		else
			ocsf_add_text(&event, (enum ocsf_field)field, is + 1);
	}
}

// The one list there is.
[[maybe_unused]] static const struct sigma_list *list_of(void *context, const char *name)
{
	static const char *const values[] = {"night", "weekend", "w*ard"};
	static const struct sigma_list list = {values, 3}, empty = {values, 0};
	(void)context;
	return strcmp(name, "shifts") == 0 ? &list : strcmp(name, "none") == 0 ? &empty : NULL;
}

[[maybe_unused]] static enum err read_text(
	const char *text, struct sigma_rule **ret_rule, struct sigma_problem *ret_problem)
{
	const struct sigma_lists lists = {list_of, NULL};
	return sigma_parse(bytes_text(text), &lists, arena, ret_rule, ret_problem);
}

[[maybe_unused]] static struct sigma_rule *rule_of(const char *detection)
{
	struct sigma_rule *rule = NULL;
	struct sigma_problem problem = {0};
	const char *text = arena_printf(arena, RULE_HEAD "detection:\n%s\n", detection);
	if (read_text(text, &rule, &problem))
		fail_msg("%s\nline %u: %s", text, problem.line, problem.text);
	return rule;
}
