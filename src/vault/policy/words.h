// words: every word that the policy file knows, each with what it means. The reader of the file,
// and the manual page hospitaller-policy(5), run on these tables.
#pragma once

#include "vault/policy/policy.h"

struct policy_word {
	const char *text, *help;
};

enum policy_condition {
	ALWAYS,
	RELATIONSHIP,
	OWN,
	GLASS,
	CONDITIONS
};
enum {
	POLICY_VERBS = 8,
	POLICY_KEYS = 5,
	POLICY_CAUTION_KEYS = 7,
	POLICY_RULE_KEYS = 7
};

extern const struct policy_word policy_roles[POLICY_ROLES]; // the first is nobody's
extern const struct policy_word policy_actions[POLICY_ACTIONS];
extern const struct policy_word policy_conditions[CONDITIONS];   // the last cannot be written
extern const struct policy_word policy_verb_words[POLICY_VERBS]; // work in the console
extern const struct policy_word policy_keys[POLICY_KEYS];        // of the file
extern const struct policy_word policy_rule_keys[POLICY_RULE_KEYS];
extern const struct policy_word policy_caution_keys[POLICY_CAUTION_KEYS]; // of a rule of `risk`

// Its place in a table, or -1.
int policy_word_find(const struct policy_word *words, size_t count, const char *text);
