// cacao: playbooks after OASIS CACAO Security Playbooks 2.0, checked and made easy to walk.
//
// One structure from two forms: CACAO's JSON, and our YAML, which is compiled to that JSON first
// (cacao_from_yaml). What is not supported is refused with the step and its line, never ignored:
// playbook-action steps, agents and targets, commands of other types, signatures, markings.
// A playbook always ends: steps form no circle, a while-condition has a bound, and nesting has one.
// Every branch ends with its own end step, and then its container's on_completion follows.
//
// A command is of type "hospitaller": {"type": "hospitaller", "command": "block-address",
// "arguments": {"seconds": 3600}}, its names those of act.h. What CACAO has no words for stands in
// our extension (CACAO_EXTENSION): when a playbook starts, who must agree, the bound of a loop.
// Pure.
#pragma once

#include "common/format/act.h"

#include <jansson.h>

#define CACAO_EXTENSION "extension-definition--8c1b8f0e-3d0a-4f5b-9a55-6e1d0a3c7b21"

enum {
	CACAO_BYTES = 256 * 1024,
	CACAO_STEPS = 100,
	CACAO_BRANCHES = 8, // of one parallel or switch
	CACAO_NESTING = 8,
	CACAO_VARIABLES = 32,
	CACAO_TAGS = 16,
	CACAO_LOOPS = 100, // a while-condition at most
	CACAO_TERMS = 64,  // of one condition
	CACAO_TEXT_BYTES = 1000,
	CACAO_LEAST_WAIT_S = 10,
	CACAO_MOST_WAIT_S = 7 * 24 * 3600,
};

struct cacao_problem {
	unsigned line; // of the file; 0: not known
	char text[240];
};

enum cacao_kind {
	CACAO_START,
	CACAO_END,
	CACAO_ACTION,
	CACAO_PARALLEL,
	CACAO_IF,
	CACAO_WHILE,
	CACAO_SWITCH,
	CACAO_KINDS
};
const char *cacao_kind_text(enum cacao_kind kind); // "if-condition"

enum cacao_late { // what happens when nobody answers
	CACAO_SKIP,
	CACAO_DO,
	CACAO_ESCALATE,
};
const char *cacao_late_text(enum cacao_late late); // "skip"

struct cacao_approval {
	const char *role; // NULL: nobody has to agree
	uint32_t within_s;
	enum cacao_late late;
	const char *escalate_to; // a role; asked as long again, then skipped
};

struct cacao_expression;

struct cacao_step {
	const char *id, *name, *description;
	enum cacao_kind kind;
	unsigned line;
	int next, success, failure; // numbers of steps; -1: none
	uint32_t delay_ms, timeout_ms;
	const struct act_kind *act; // of an action
	uint32_t seconds;           // how long it holds; 0: nothing ends
	const char *to, *text;      // arguments: a destination or role, words
	struct cacao_approval approval;
	struct cacao_expression *condition; // of if and while
	const char *condition_text;
	const char *variable; // of switch: "__level__"
	int branches[CACAO_BRANCHES];
	const char *cases[CACAO_BRANCHES]; // of switch; NULL: default. Of if: "true", "false"
	size_t branch_count;
	unsigned most; // of while
};

struct cacao_variable {
	const char *name, *value;
};

struct cacao_trigger {
	const char *tags[CACAO_TAGS], *rules[CACAO_TAGS], *sources[CACAO_TAGS]; // any of each
	size_t tag_count, rule_count, source_count;
	int level;         // at least this one of Sigma's; -1: any
	const char *per;   // "actor", "patient", "address" or "": one run of each at a time
	uint32_t quiet_s;  // and none again before
	bool by_hand_only; // nothing starts it by itself
};

struct cacao {
	const char *id, *name, *description;
	struct cacao_trigger trigger;
	struct cacao_variable variables[CACAO_VARIABLES];
	size_t variable_count;
	struct cacao_step steps[CACAO_STEPS];
	size_t step_count;
	int start;
};

// Our YAML as CACAO's JSON; ret_lines has the line of each step's id. The caller's references.
enum err cacao_from_yaml(struct bytes text, json_t **ret_json, json_t **ret_lines,
	struct cacao_problem *ret_problem);
// CACAO's JSON as it is in a file. The caller's references.
enum err cacao_from_json(struct bytes text, json_t **ret_json, json_t **ret_lines,
	struct cacao_problem *ret_problem);
// Either, by its first character; then checked, everything copied into the arena. ret_json is the
// CACAO form, the caller's reference, or NULL when it is not wanted.
enum err cacao_read(struct bytes text, struct arena *arena, struct cacao **ret_playbook,
	json_t **ret_json, struct cacao_problem *ret_problem); // five: two forms of one thing
enum err cacao_check(const json_t *json, const json_t *lines, struct arena *arena,
	struct cacao **ret_playbook, struct cacao_problem *ret_problem);

// ---- Conditions: comparisons of STIX patterns over variables, as CACAO has them:
//   __level__:value IN ('high', 'critical') AND NOT __address__:value ISSUBSET '10.0.0.0/8'
// with = == != < <= > >= IN LIKE ISSUBSET ISSUPERSET, AND, OR, NOT and parentheses. Numbers compare
// as numbers where both are; MATCHES is refused.

// The variable's value, or NULL. A variable that is not there makes its comparison false.
struct cacao_values {
	const char *(*find)(void *context, const char *name);
	void *context;
};
enum err cacao_condition_parse(const char *text, struct arena *arena,
	struct cacao_expression **ret_expression, char ret_problem[160]);
bool cacao_condition_holds(
	const struct cacao_expression *expression, const struct cacao_values *values);
