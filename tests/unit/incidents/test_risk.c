// Risk: what adds up, what is capped, what decays, and what is an alert.
#include "../unit.h"

#include "watch/incidents/risk.h"

#include <string.h>

#define DAY_US ((int64_t)86400 * 1000000)

static struct risk_part part(
	const char *rule, const char *source, const char *tactics, enum sigma_level level)
{
	return (struct risk_part){.rule = rule,
		.source = source,
		.tactics = tactics,
		.level = level,
		.time_us = 100 * DAY_US};
}

// As the incidents keep it: a share for each rule.
static struct risk sum_of(
	const struct risk_part *parts, size_t count, enum risk_subject subject, int days_later)
{
	struct risk_share shares[8] = {0};
	size_t known = 0;
	for (size_t i = 0; i < count; i++) {
		size_t s = 0;
		while (s < known && strcmp(shares[s].rule, parts[i].rule) != 0)
			s++;
		if (s == known)
			shares[known++] = (struct risk_share){.rule = parts[i].rule,
				.source = parts[i].source,
				.tactics = parts[i].tactics};
		risk_add(&shares[s], &parts[i], subject);
	}
	return risk_sum(shares, known, (100 + days_later) * DAY_US);
}

static struct risk sum(const struct risk_part *parts, size_t count, int days_later)
{
	return sum_of(parts, count, RISK_PERSON, days_later);
}

static void points_follow_the_table_and_halve(void **state)
{
	(void)state;
	struct risk_part one = part("a", "rule", " collection ", SIGMA_HIGH);
	assert_int_equal(sum(&one, 1, 0).points, 30);
	assert_int_equal(sum(&one, 1, RISK_HALF_DAYS).points, 15);
	assert_int_equal(sum(&one, 1, 2 * RISK_HALF_DAYS).points, 7);
	assert_int_equal(sum(&one, 1, 70).points, 0);
	assert_int_equal(sum(&one, 1, 70).rules, 0);
	for (int level = 1; level < SIGMA_LEVELS; level++)
		assert_true(risk_points[level] > risk_points[level - 1]);
}

static void a_flood_of_one_rule_is_capped_and_no_alert(void **state)
{
	(void)state;
	struct risk_part flood[1000];
	for (size_t i = 0; i < 1000; i++)
		flood[i] = part("a", "rule", " collection exfiltration impact ", SIGMA_CRITICAL);
	struct risk risk = sum(flood, 1000, 0);
	assert_int_equal(risk.points, RISK_RULE_MOST);
	assert_true(RISK_RULE_MOST < RISK_ALERT);
	assert_false(risk.alert);
	assert_int_equal(risk.tactics, 3); // many tactics of one rule are still one rule
}

static void two_rules_of_one_source_and_tactic_are_no_alert(void **state)
{
	(void)state;
	struct risk_part all[] = {part("a", "rule", " collection ", SIGMA_CRITICAL),
		part("b", "rule", " collection ", SIGMA_CRITICAL)};
	struct risk risk = sum(all, 2, 0);
	assert_int_equal(risk.points, 80);
	assert_false(risk.alert);
}

static void two_tactics_or_two_sources_are(void **state)
{
	(void)state;
	struct risk_part tactics[] = {part("a", "rule", " collection ", SIGMA_HIGH),
		part("b", "rule", " exfiltration ", SIGMA_HIGH)};
	struct risk_part sources[] = {
		part("a", "rule", "", SIGMA_HIGH), part("b", "behaviour", "", SIGMA_HIGH)};
	assert_true(sum(tactics, 2, 0).alert);
	assert_true(sum(sources, 2, 0).alert);
	assert_false(sum(tactics, 1, 0).alert);
	assert_false(sum(tactics, 2, 2).alert); // two days later it is below
}

static void certain_is_an_alert_alone_and_for_a_week(void **state)
{
	(void)state;
	struct risk_part honey = part("h", "rule", "", SIGMA_HIGH);
	honey.certain = true;
	assert_int_equal(sum(&honey, 1, 0).points, RISK_CERTAIN);
	assert_true(sum(&honey, 1, 0).alert);
	assert_true(sum(&honey, 1, RISK_HALF_DAYS - 1).alert);
	assert_false(sum(&honey, 1, RISK_HALF_DAYS).alert);
}

static void what_many_share_counts_half(void **state)
{
	(void)state;
	struct risk_part all[] = {part("a", "rule", " collection ", SIGMA_HIGH),
		part("b", "rule", " exfiltration ", SIGMA_HIGH)};
	struct risk risk = sum_of(all, 2, RISK_ADDRESS, 0);
	assert_int_equal(risk.points, 30);
	assert_false(risk.alert);
}

static void what_is_taken_away_is_gone(void **state)
{
	(void)state;
	struct risk_part one = part("a", "rule", "collection", SIGMA_HIGH), old = one;
	struct risk_share share = {.rule = "a", .source = "rule", .tactics = "collection"};
	old.time_us -= 7 * DAY_US;
	risk_add(&share, &one, RISK_PERSON);
	risk_add(&share, &old, RISK_PERSON); // late: counts as a week old
	assert_int_equal(share.points, 40 * RISK_POINT);
	share.points = 45 * RISK_POINT;
	risk_remove(&share, &one, RISK_PERSON);
	assert_int_equal(share.points, 15 * RISK_POINT);
	risk_remove(&share, &old, RISK_PERSON);
	risk_remove(&share, &old, RISK_PERSON);
	assert_int_equal(share.points, 0);
	assert_int_equal(risk_sum(&share, 1, 100 * DAY_US).rules, 0);
	one.certain = true;
	risk_add(&share, &one, RISK_PERSON);
	assert_true(risk_sum(&share, 1, 100 * DAY_US).alert);
	risk_remove(&share, &one, RISK_PERSON);
	assert_false(risk_sum(&share, 1, 100 * DAY_US).alert);
}

static void nothing_informational_counts(void **state)
{
	(void)state;
	struct risk_part all[] = {part("a", "rule", " collection ", SIGMA_INFORMATIONAL),
		part("b", "behaviour", " exfiltration ", SIGMA_INFORMATIONAL),
		part("c", "rule", " impact ", SIGMA_CRITICAL)};
	struct risk risk = sum(all, 3, 0);
	assert_int_equal(risk.sources, 1);
	assert_int_equal(risk.tactics, 1);
	assert_int_equal(risk.rules, 1);
}

static void tactics_are_told_from_techniques(void **state)
{
	(void)state;
	assert_true(risk_is_tactic("collection"));
	assert_true(risk_is_tactic("impact"));
	assert_false(risk_is_tactic("t1213"));
	assert_false(risk_is_tactic(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(points_follow_the_table_and_halve),
		cmocka_unit_test(a_flood_of_one_rule_is_capped_and_no_alert),
		cmocka_unit_test(two_rules_of_one_source_and_tactic_are_no_alert),
		cmocka_unit_test(two_tactics_or_two_sources_are),
		cmocka_unit_test(certain_is_an_alert_alone_and_for_a_week),
		cmocka_unit_test(what_many_share_counts_half),
		cmocka_unit_test(what_is_taken_away_is_gone),
		cmocka_unit_test(nothing_informational_counts),
		cmocka_unit_test(tactics_are_told_from_techniques),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
