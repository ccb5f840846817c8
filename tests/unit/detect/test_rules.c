// The rules that come with the product: all can be read, all say what a person needs, and each has
// events that must and must not match.
#include "../unit.h"

#include "watch/detect/rules.h"
#include "watch/detect/trial.h"

#include <stdlib.h>
#include <string.h>

static const char *folder(void)
{
	return getenv("RULES_DETECT");
}

static void say(void *context, const char *words)
{
	(void)context;
	print_error("%s\n", words);
}

static void every_rule_is_tried(void **state)
{
	(void)state;
	struct trial trial = trial_run(folder(), say, NULL);
	assert_int_equal(trial.failed, 0);
	assert_true(trial.rules >= 15);
	assert_true(trial.cases >= 2 * trial.rules);
	print_message("%zu rules, %zu cases\n", trial.rules, trial.cases);
}

static bool has_technique(const struct sigma_rule *rule)
{
	for (size_t i = 0; i < rule->tags.count; i++)
		if (strncmp(rule->tags.at[i], "attack.", 7) == 0)
			return true;
	return false;
}

static void every_rule_says_what_a_person_needs(void **state)
{
	(void)state;
	struct rules *rules = rules_read(folder());
	for (size_t i = 0; i < rules->count; i++) {
		const struct sigma_rule *rule = rules->at[i].rule;
		if (rule->referred)
			continue;
		if (!*rule->description || !*rule->sentence || !*rule->advice ||
			!rule->false_positives.count ||
			(rule->level > SIGMA_INFORMATIONAL && !has_technique(rule)))
			fail_msg("%s lacks something", rules->at[i].file);
	}
	rules_free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_is_tried),
		cmocka_unit_test(every_rule_says_what_a_person_needs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
