// The engine: reading again without forgetting, replays, floods, exceptions, what is refused.
#include "folder.h"

#define COUNT3                                                                                     \
	"  type: event_count\n  rules: [rule_a]\n  group-by: [actor.user.uid]\n  timespan: 1h\n"   \
	"  condition: {gte: 3}"

static void reading_again_forgets_nothing(void **state)
{
	(void)state;
	write_file("a.yml", arena_printf(arena, "%s%s", base('a'), correlation(1, COUNT3)));
	assert_false(detect_read(detect, folder));
	act(0, "x", "a", "p");
	act(1, "x", "a", "p");
	write_file("b.yml", base('b'));
	assert_false(detect_read(detect, folder));
	assert_false(detect_read(detect, folder));
	act(2, "x", "a", "p");
	assert_int_equal(found_count, 1);
}

static void a_threshold_may_change_a_grouping_begins_anew(void **state)
{
	(void)state;
	write_file("a.yml", arena_printf(arena, "%s%s", base('a'), correlation(1, COUNT3)));
	assert_false(detect_read(detect, folder));
	act(0, "x", "a", "p");
	act(1, "x", "a", "p");
	write_file("a.yml", arena_printf(arena, "%s%s", base('a'),
				    correlation(1, "  type: event_count\n  rules: [rule_a]\n"
						   "  group-by: [actor.user.uid]\n  timespan: 2h\n"
						   "  condition: {gte: 4}")));
	assert_false(detect_read(detect, folder));
	act(2, "x", "a", "p");
	assert_int_equal(found_count, 0);
	act(3, "x", "a", "p");
	assert_int_equal(found_count, 1);
	write_file("a.yml", arena_printf(arena, "%s%s", base('a'),
				    correlation(1, "  type: event_count\n  rules: [rule_a]\n"
						   "  group-by: [patient.uid]\n  timespan: 2h\n"
						   "  condition: {gte: 4}")));
	assert_false(detect_read(detect, folder));
	for (int i = 4; i < 7; i++)
		act(i, "x", "a", "p");
	assert_int_equal(found_count, 1);
}

// A file that is half written, and whole a moment later, costs nothing.
static void a_broken_file_does_not_make_a_rule_forget(void **state)
{
	(void)state;
	write_file("a.yml", arena_printf(arena, "%s%s", base('a'), correlation(1, COUNT3)));
	assert_false(detect_read(detect, folder));
	act(0, "x", "a", "p");
	act(1, "x", "a", "p");
	write_file("a.yml", "title: [");
	assert_true(detect_read(detect, folder));
	assert_string_equal(detect_rules(detect)->problems[0].file, "a.yml");
	write_file("a.yml", arena_printf(arena, "%s%s", base('a'), correlation(1, COUNT3)));
	assert_false(detect_read(detect, folder));
	act(2, "x", "a", "p");
	assert_int_equal(found_count, 1);
}

static void in_a_replay_only_what_was_found_then_is_remembered(void **state)
{
	(void)state;
	write_file("a.yml",
		arena_printf(arena, "%s%s%s", base('a'), base('b'), correlation(1, COUNT3)));
	assert_false(detect_read(detect, folder));
	detect_replay_until(detect, 4);
	act(0, "x", "a", "p");
	act(1, "x", "b", "p");
	act(2, "x", "a", "p");
	assert_int_equal(found_count, 0);
	act(3, "x", "a", "p"); // the third of them; what came before is remembered
	assert_int_equal(found_count, 1);
	assert_int_equal(found[0].seq, 4);
	detect_again();
	assert_false(detect_read(detect, folder));
	detect_replay_until(detect, 5);
	before_answer = true; // it was found then, at the fourth
	for (int i = 0; i < 6; i++)
		act(i, "x", "a", "p");
	assert_int_equal(found_count, 0); // and is quiet for an hour
}

static void the_same_again_from_zero(void **state)
{
	size_t counts[2];
	uint64_t sums[2] = {0};
	(void)state;
	write_file("a.yml",
		arena_printf(arena, "%s%s%s", base('a'), base('b'), correlation(1, COUNT3)));
	for (int round = 0; round < 2; round++) {
		detect_again();
		assert_false(detect_read(detect, folder));
		for (int i = 0; i < 5000; i++)
			act(i * 37, i % 7 ? "x" : "y", i % 50 ? "a" : "b", "p");
		counts[round] = found_count;
		for (size_t i = 0; i < found_count; i++)
			sums[round] = sums[round] * 31 + found[i].seq + found[i].count;
	}
	assert_int_equal(counts[0], counts[1]);
	assert_true(counts[0] > 10);
	assert_int_equal(sums[0], sums[1]);
}

static void a_flood_of_one_rule_is_held_back_and_counted(void **state)
{
	(void)state;
	write_file("a.yml", arena_printf(arena, "%s%s", base('a'), base('b')));
	assert_false(detect_read(detect, folder));
	for (int i = 0; i < DETECT_HOURLY + 50; i++)
		act(i, "x", "a", "p");
	assert_int_equal(found_count, DETECT_HOURLY + 1); // and that something is held back, once
	assert_non_null(strstr(found[DETECT_HOURLY].sentence, "\"base a\" found something more"));
	assert_int_equal(found[DETECT_HOURLY].seq, DETECT_HOURLY + 1);
	act(200, "x", "b", "p");
	assert_int_equal(found_count, DETECT_HOURLY + 2); // the other one is there
	assert_string_equal(found[DETECT_HOURLY + 1].title, "base b");
	json_t *json = detect_json(detect, 0);
	json_t *rule = json_array_get(json_object_get(json, "rules"), 0);
	assert_int_equal(json_integer_value(json_object_get(rule, "held_back")), 50);
	assert_int_equal(json_integer_value(json_object_get(rule, "hits")), DETECT_HOURLY + 50);
	json_decref(json);
	act(3600, "x", "a", "p");
	assert_int_equal(found_count, DETECT_HOURLY + 3);
}

// Whoever makes a hundred findings of a rule does not hide that somebody else made one, too.
static void a_flood_by_one_hides_nobody_else(void **state)
{
	char who[20];
	(void)state;
	write_file("a.yml", base('a'));
	assert_false(detect_read(detect, folder));
	for (int i = 0; i < DETECT_HOURLY + 50; i++)
		act(i, "x", "a", "p");
	act(200, "y", "a", "p");
	assert_string_equal(found[found_count - 1].title, "base a");
	assert_int_equal(found[found_count - 1].seq, DETECT_HOURLY + 51);
	for (int i = 0; found_count < DETECT_SUBJECTS - 20; i++) { // nor do many
		snprintf(who, sizeof who, "z%d", i);
		act(300 + i, who, "a", "p");
	}
	size_t before = found_count;
	act(2000, "y", "a", "p"); // of whom it told already
	assert_int_equal(found_count, before);
}

// As many groups as are kept, and more: what is forgotten is told, once in an hour.
static void what_is_forgotten_for_want_of_room_is_told(void **state)
{
	char who[20];
	(void)state;
	write_file("a.yml", arena_printf(arena, "%s%s", base('a'), correlation(1, COUNT3)));
	assert_false(detect_read(detect, folder));
	act(0, "x", "a", "p");
	act(0, "x", "a", "p");
	for (int i = 0; i < CORRELATE_GROUPS + 500; i++) {
		snprintf(who, sizeof who, "y%d", i);
		act(1 + i / 20, who, "a", "p");
	}
	assert_int_equal(found_count, 1);
	assert_non_null(strstr(found[0].sentence, "\"corr 1\" counts for more than"));
	act(2000, "x", "a", "p"); // the third: it was pushed out, and that was told
	assert_int_equal(found_count, 1);
}

// Those whose time is over anyway are no loss.
static void what_is_over_may_be_forgotten_without_a_word(void **state)
{
	char who[20];
	(void)state;
	write_file("a.yml", arena_printf(arena, "%s%s", base('a'), correlation(1, COUNT3)));
	assert_false(detect_read(detect, folder));
	for (int i = 0; i < 2 * CORRELATE_GROUPS; i++) {
		snprintf(who, sizeof who, "y%d", i);
		act(i, who, "a", "p");
	}
	assert_int_equal(found_count, 0);
}

#define RULE_A "00000000-0000-0000-0000-000000000061"
#define CORR_1 "00000000-0000-0000-0000-000000000101"

static void exceptions_fit_a_rule_and_a_value_until_their_day(void **state)
{
	(void)state;
	write_file("a.yml", base('a'));
	write_file("exceptions.yaml",
		"- {rule: " RULE_A ", when: actor.user.uid=x, reason: known, until: 1970-01-02}\n");
	assert_false(detect_read(detect, folder));
	act(0, "x", "a", "p");
	act(1, "y", "a", "p");
	act(2 * 86400 - 1, "x", "a", "p"); // the last second of the day
	assert_int_equal(found_count, 1);
	json_t *json = detect_json(detect, 3 * INT64_C(86400000000));
	json_t *one = json_array_get(json_object_get(json, "exceptions"), 0);
	assert_int_equal(json_integer_value(json_object_get(one, "used")), 2);
	assert_true(json_is_true(json_object_get(one, "ended")));
	json_decref(json);
	act(2 * 86400, "x", "a", "p");
	assert_int_equal(found_count, 2);
}

static void an_excepted_event_does_not_count_for_a_correlation(void **state)
{
	(void)state;
	write_file("a.yml", arena_printf(arena, "%s%s", base('a'), correlation(1, COUNT3)));
	write_file("exceptions.yaml",
		"- {rule: " CORR_1 ", when: patient.uid=p, reason: known, until: 2030-01-01}\n");
	assert_false(detect_read(detect, folder));
	act(0, "x", "a", "q");
	act(1, "x", "a", "p");
	act(2, "x", "a", "q");
	assert_int_equal(found_count, 0);
	act(3, "x", "a", "q");
	assert_int_equal(found_count, 1);
	assert_false(detect_read(detect, folder)); // the count of its use stays
	json_t *json = detect_json(detect, 0);
	assert_int_equal(json_integer_value(json_object_get(
				 json_array_get(json_object_get(json, "exceptions"), 0), "used")),
		1);
	json_decref(json);
}

static void wrong_exceptions_are_refused(void **state)
{
	static const char *const texts[] = {"a: b\n", "- x\n", "- {rule: r}\n",
		"- {rule: r, when: purpose=x, reason: y}\n",
		"- {rule: r, when: purpose=x, until: 2030-01-01}\n",
		"- {rule: r, when: nothing=x, reason: y, until: 2030-01-01}\n",
		"- {rule: r, when: purpose, reason: y, until: 2030-01-01}\n",
		"- {rule: r, when: purpose=, reason: y, until: 2030-01-01}\n",
		"- {rule: r, when: purpose=x, reason: y, until: tomorrow}\n",
		"- {rule: r, when: purpose=x, reason: y, until: 2030-02-31}\n",
		"- {rule: r, when: purpose=x, reason: y, until: 2030-01-01, for: ever}\n"};
	(void)state;
	write_file("a.yml", base('a'));
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		write_file("exceptions.yaml", texts[i]);
		if (!detect_read(detect, folder))
			fail_msg("%s is not refused", texts[i]);
		assert_string_equal(detect_rules(detect)->problems[0].file, "exceptions.yaml");
		assert_int_equal(detect_rules(detect)->problems[0].line, 1);
		assert_int_equal(detect_rules(detect)->exceptions.count, 0);
	}
}

static void what_refers_to_nothing_is_refused_and_the_rest_counts(void **state)
{
	(void)state;
	write_file("a.yml", arena_printf(arena, "%s%s", base('b'), correlation(1, COUNT3)));
	assert_true(detect_read(detect, folder));
	assert_int_equal(detect_rules(detect)->problem_count, 1);
	assert_non_null(strstr(detect_rules(detect)->problems[0].text, "'rule_a'"));
	assert_int_equal(detect_rules(detect)->problems[0].line, 14);
	act(0, "x", "b", "p");
	assert_int_equal(found_count, 1);
}

static void circles_and_twins_are_refused(void **state)
{
	(void)state;
	write_file("a.yml",
		arena_printf(arena, "%s%s%s", base('a'),
			correlation(1,
				"  type: event_count\n  rules: [corr_2]\n  timespan: 1h\n  condition: {gte: 2}"),
			correlation(2,
				"  type: event_count\n  rules: [corr_1]\n  timespan: 1h\n  condition: {gte: 2}")));
	assert_true(detect_read(detect, folder));
	assert_int_equal(detect_rules(detect)->problem_count, 2);
	assert_int_equal(detect_rules(detect)->count, 1);
	write_file("a.yml", base('a'));
	write_file("b.yml", base('a'));
	assert_true(detect_read(detect, folder));
	assert_string_equal(detect_rules(detect)->problems[0].file, "b.yml");
	assert_int_equal(detect_rules(detect)->count, 1);
}

static void lists_and_folders(void **state)
{
	(void)state;
	write_file("lists/two.txt", "# words\nx\n\ny\n");
	write_file("deep/a.yml", "title: t\nid: " RULE_A "\nlogsource: {product: healthcare}\n"
				 "detection: {s: {purpose|expand: '%two%'}, condition: s}\n");
	assert_false(detect_read(detect, folder));
	act(0, "x", "y", "p");
	act(1, "x", "z", "p");
	assert_int_equal(found_count, 1);
	uint64_t stamp = rules_stamp(folder);
	assert_true(stamp == rules_stamp(folder));
	write_file("lists/two.txt", "x\nz\nlonger\n");
	assert_true(stamp != rules_stamp(folder));
	assert_false(detect_read(detect, folder));
	act(2, "x", "z", "p");
	assert_int_equal(found_count, 2);
}

static void a_folder_that_is_missing_is_a_problem(void **state)
{
	(void)state;
	assert_true(detect_read(detect, "/nonexistent/rules"));
	assert_int_equal(detect_rules(detect)->count, 0);
	act(0, "x", "a", "p");
	assert_int_equal(found_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reading_again_forgets_nothing),
		TEST(a_threshold_may_change_a_grouping_begins_anew),
		TEST(a_broken_file_does_not_make_a_rule_forget),
		TEST(in_a_replay_only_what_was_found_then_is_remembered),
		TEST(the_same_again_from_zero),
		TEST(a_flood_of_one_rule_is_held_back_and_counted),
		TEST(a_flood_by_one_hides_nobody_else),
		TEST(what_is_forgotten_for_want_of_room_is_told),
		TEST(what_is_over_may_be_forgotten_without_a_word),
		TEST(exceptions_fit_a_rule_and_a_value_until_their_day),
		TEST(an_excepted_event_does_not_count_for_a_correlation),
		TEST(wrong_exceptions_are_refused),
		TEST(what_refers_to_nothing_is_refused_and_the_rest_counts),
		TEST(circles_and_twins_are_refused),
		TEST(lists_and_folders),
		TEST(a_folder_that_is_missing_is_a_problem),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
