// Correlations as the specification says: counts, values, order; in time, by group, bounded.
#include "folder.h"

static void with(const char *first, const char *second)
{
	write_file("a.yml", arena_printf(arena, "%s%s%s%s", base('a'), base('b'), first, second));
	if (detect_read(detect, folder))
		fail_msg("%s:%u %s", detect_rules(detect)->problems[0].file,
			detect_rules(detect)->problems[0].line,
			detect_rules(detect)->problems[0].text);
}

#define COUNT(rest)                                                                                \
	"  type: event_count\n  rules: [rule_a]\n  group-by: [actor.user.uid]\n  timespan: 1m\n" rest

static void events_are_counted_by_group_and_within_the_time(void **state)
{
	(void)state;
	with(correlation(1, COUNT("  condition: {gte: 3}")), "");
	act(0, "x", "a", "p");
	act(10, "y", "a", "p");
	act(20, "x", "a", "p");
	act(21, "x", "c", "p");
	act(22, "", "a", "p"); // belongs to no group
	assert_int_equal(found_count, 0);
	act(30, "x", "a", "p");
	assert_int_equal(found_count, 1);
	assert_int_equal(found[0].count, 3);
	assert_int_equal(found[0].seq, 6);
	assert_int_equal(found[0].evidence_count, 3);
	assert_int_equal(found[0].evidence[0], 1);
	assert_int_equal(found[0].evidence[2], 6);
	assert_string_equal(found[0].key, "actor.user.uid=x");
	assert_string_equal(found[0].sentence, "3 by x in 1m");
}

static void what_is_older_does_not_count(void **state)
{
	(void)state;
	with(correlation(1, COUNT("  condition: {gte: 3}")), "");
	act(0, "x", "a", "p");
	act(30, "x", "a", "p");
	act(60, "x", "a", "p"); // the first is a whole minute old
	assert_int_equal(found_count, 0);
	act(61, "x", "a", "p");
	assert_int_equal(found_count, 1);
}

static void one_finding_for_one_timespan(void **state)
{
	(void)state;
	with(correlation(1, COUNT("  condition: {gte: 3}")), "");
	for (int i = 0; i < 120; i++)
		act(i, "x", "a", "p");
	assert_int_equal(found_count, 2); // at 2 and at 62 seconds
	assert_int_equal(found[1].count, 60);
}

static void bounds(void **state)
{
	static const struct {
		const char *condition;
		int64_t first; // the event at which it is met, of ten; 0: never
	} cases[] = {{"  condition: {gt: 3}", 4}, {"  condition: {gte: 3}", 3},
		{"  condition: {eq: 5}", 5}, {"  condition: {gte: 3, lt: 4}", 3},
		{"  condition: {gt: 2, lte: 3}", 3}, {"  condition: {gte: 11}", 0}};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		detect_again();
		with(correlation(1, arena_printf(arena, COUNT("%s"), cases[i].condition)), "");
		for (int e = 0; e < 10; e++)
			act(e, "x", "a", "p");
		assert_int_equal(found_count, cases[i].first ? 1 : 0);
		if (cases[i].first)
			assert_int_equal(found[0].seq, cases[i].first);
	}
}

static void values_are_counted_once(void **state)
{
	(void)state;
	with(correlation(1, "  type: value_count\n  rules: [rule_a]\n  group-by: [actor.user.uid]\n"
			    "  timespan: 1m\n  condition: {field: patient.uid, gte: 3}"),
		"");
	act(0, "x", "a", "p");
	act(1, "x", "a", "q");
	act(2, "x", "a", "p");
	act(3, "x", "a", "q");
	assert_int_equal(found_count, 0);
	act(61, "x", "a", "r"); // q was seen at 3, p at 2: both within the minute before
	assert_int_equal(found_count, 1);
	assert_int_equal(found[0].count, 3);
	assert_int_equal(found[0].evidence[0], 3);
}

#define TEMPORAL(type)                                                                             \
	"  type: " type "\n  rules: [rule_a, rule_b]\n  group-by: [actor.user.uid]\n  timespan: 1m"

static void all_rules_in_any_order(void **state)
{
	(void)state;
	with(correlation(1, TEMPORAL("temporal")), "");
	act(0, "x", "b", "p");
	act(1, "y", "a", "p");
	act(2, "x", "b", "p");
	assert_int_equal(found_count, 0);
	act(3, "x", "a", "p");
	assert_int_equal(found_count, 1);
	act(200, "x", "a", "p");
	act(261, "x", "b", "p"); // too late
	assert_int_equal(found_count, 1);
}

static void all_rules_in_their_order(void **state)
{
	(void)state;
	with(correlation(1, TEMPORAL("temporal_ordered")), "");
	act(0, "x", "b", "p");
	act(1, "x", "a", "p");
	assert_int_equal(found_count, 0);
	act(2, "y", "b", "p");
	assert_int_equal(found_count, 0);
	act(3, "x", "b", "p");
	assert_int_equal(found_count, 1);
	assert_int_equal(found[0].evidence[0], 2);
	assert_int_equal(found[0].evidence[1], 4);
}

static void the_newest_way_counts(void **state)
{
	(void)state;
	with(correlation(1, TEMPORAL("temporal_ordered")), "");
	act(0, "x", "a", "p");
	act(50, "x", "a", "p");
	act(70, "x", "b", "p"); // the first a is too old, the second is not
	assert_int_equal(found_count, 1);
	assert_int_equal(found[0].evidence[0], 2);
}

static void an_alias_names_a_field_of_each_rule(void **state)
{
	(void)state;
	with(correlation(1,
		     "  type: temporal_ordered\n  rules: [rule_a, rule_b]\n  group-by: [who]\n"
		     "  aliases:\n    who: {rule_a: patient.uid, rule_b: actor.user.uid}\n"
		     "  timespan: 1m"),
		"");
	act(0, "x", "a", "z");
	act(1, "x", "b", "x");
	assert_int_equal(found_count, 0);
	act(2, "z", "b", "x");
	assert_int_equal(found_count, 1);
}

static void correlations_of_correlations(void **state)
{
	(void)state;
	with(correlation(1, COUNT("  condition: {gte: 3}")),
		correlation(2, "  type: temporal_ordered\n  rules: [corr_1, rule_b]\n"
			       "  group-by: [actor.user.uid]\n  timespan: 10m"));
	act(0, "x", "b", "p");
	for (int i = 1; i < 4; i++)
		act(i, "x", "a", "p");
	assert_int_equal(found_count, 0); // corr_1 is only counted
	act(10, "x", "b", "p");
	assert_int_equal(found_count, 1);
	assert_string_equal(found[0].title, "corr 2");
}

static void what_is_counted_makes_findings_only_if_it_says_so(void **state)
{
	(void)state;
	with(correlation(1, COUNT("  condition: {gte: 3}\n  generate: true")), "");
	act(0, "x", "a", "p");
	assert_int_equal(found_count, 1);
	assert_string_equal(found[0].title, "base a");
	act(1, "x", "b", "p"); // nobody counts it
	assert_int_equal(found_count, 2);
}

static void memory_is_bounded(void **state)
{
	struct correlate_stats stats;
	struct sigma_rule *rule = NULL;
	(void)state;
	with(correlation(1, COUNT("  condition: {gte: 900}")), "");
	for (size_t i = 0; i < detect_rules(detect)->count; i++)
		if (detect_rules(detect)->at[i].rule->correlation)
			rule = detect_rules(detect)->at[i].rule;
	struct correlate *one = correlate_new(rule);
	static struct ocsf_event event;
	struct arena *own = arena_new();
	for (int i = 0; i < 2 * CORRELATE_GROUPS; i++) {
		arena_reset(own);
		ocsf_begin(&event, own);
		ocsf_set_when(&event, (uint64_t)i, 1000 + i); // all within a moment
		ocsf_add_opaque(&event, OCSF_ACTOR, (uint64_t)i + 1000);
		for (int e = 0; e < 9; e++)
			correlate_event(
				one, rule, 0, &event, &(const struct correlate_sink){NULL, NULL});
	}
	correlate_stats(one, &stats);
	assert_true(stats.groups <= CORRELATE_GROUPS && stats.marks <= CORRELATE_MARKS);
	assert_true(stats.evicted_groups >= CORRELATE_GROUPS);
	assert_true(stats.bytes < 16 * 1024 * 1024);
	correlate_free(one);
	arena_free(own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(events_are_counted_by_group_and_within_the_time),
		TEST(what_is_older_does_not_count),
		TEST(one_finding_for_one_timespan),
		TEST(bounds),
		TEST(values_are_counted_once),
		TEST(all_rules_in_any_order),
		TEST(all_rules_in_their_order),
		TEST(the_newest_way_counts),
		TEST(an_alias_names_a_field_of_each_rule),
		TEST(correlations_of_correlations),
		TEST(what_is_counted_makes_findings_only_if_it_says_so),
		TEST(memory_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
