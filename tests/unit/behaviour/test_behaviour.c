#include "house.h"

#include <sys/wait.h>
#include <unistd.h>

enum {
	PEOPLE = 120,
	THE_ONE = 7, // what the tests are about
};

static struct house house;

static int begin(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	memset(&house, 0, sizeof house);
	house.dice = 11;
	return 0;
}

// An ordinary day of everybody but one.
static void others(struct house *h, int64_t day)
{
	for (uint64_t actor = 1; actor <= PEOPLE; actor++)
		if (actor != THE_ONE)
			house_work(h, day, actor, 4 + (unsigned)house_draw(h, 6));
}

static void ordinary(struct house *h, int64_t from, int64_t to)
{
	for (int64_t day = from; day < to; day++) {
		others(h, day);
		house_work(h, day, THE_ONE, 4 + (unsigned)house_draw(h, 6));
	}
}

static void test_a_day_far_out(void **state)
{
	(void)state;
	house_open(&house, NULL, false);
	ordinary(&house, 0, 45);
	size_t before = house.count;
	assert_true(before <= 45 * PEOPLE / 200); // honest days: the rates together are 1 in 187
	others(&house, 45);
	house_work(&house, 45, THE_ONE, 9); // as on other days
	assert_int_equal(house.count, before);
	others(&house, 46);
	house.last[0] = 0;
	house_work(&house, 46, THE_ONE, 160);
	assert_true(house.count > before);
	assert_non_null(strstr(house.last, "0000000000000007 opened "));
	assert_non_null(strstr(house.last, "working days before never more than"));
	assert_int_equal(house.level, SIGMA_HIGH); // it grew until it was far out
	behaviour_close(house.behaviour);
}

// Everybody has a patient and a volume of their own, so that no colleague's day gives it away.
static void spread(struct house *h, int64_t day, double the_one)
{
	for (uint64_t actor = 1; actor <= PEOPLE; actor++) {
		double usual = actor == THE_ONE ? the_one : 10.0 * (double)(1 + actor % 15);
		double noise = 0.8 + 0.4 * (double)house_draw(h, 1000) / 1000;
		house_work(h, day, actor, (unsigned)(usual * noise));
	}
}

static bool found_of_the_one(const struct house *h)
{
	return strstr(h->found, " 0000000000000007;") != NULL;
}

// Four weeks at 5 % a day more than the day before: four times as much at the end.
static bool is_trained(bool unfrozen)
{
	double volume = 20;
	begin(NULL);
	house.pool = 1;
	house_open(&house, NULL, unfrozen);
	for (int64_t day = 0; day < 42; day++)
		spread(&house, day, volume);
	house.found[0] = 0;
	for (int64_t day = 42; day < 70 && !found_of_the_one(&house); day++)
		spread(&house, day, volume *= 1.05);
	behaviour_close(house.behaviour);
	return !found_of_the_one(&house);
}

static void test_nobody_trains_it(void **state)
{
	(void)state;
	assert_false(is_trained(false));
	assert_true(is_trained(true)); // the control: what is not frozen follows
}

static void test_a_found_day_teaches_nothing(void **state)
{
	(void)state;
	house_open(&house, NULL, false);
	ordinary(&house, 0, 45);
	for (int64_t day = 45; day < 57; day++) {
		others(&house, day);
		house.found[0] = 0;
		house_work(&house, day, THE_ONE, day % 4 ? 7 : 120);
		assert_int_equal(found_of_the_one(&house), day % 4 == 0);
	}
	house.found[0] = 0;
	others(&house, 57); // past the renewal on the 56th day
	house_work(&house, 57, THE_ONE, 120);
	assert_true(found_of_the_one(&house));
	behaviour_close(house.behaviour);
}

// One in five of the role takes many records from the first day on, so that the role's days become
// wide, and then one of the others does so for a day: their own days still tell.
static void test_many_of_a_role_do_not_train_it_for_another(void **state)
{
	(void)state;
	house_open(&house, NULL, false);
	for (int64_t day = 0; day < 46; day++) {
		house.found[0] = 0;
		for (uint64_t actor = 1; actor <= PEOPLE; actor++) {
			bool poisoner = actor % 5 == 0, now = day == 45 && actor == THE_ONE;
			unsigned few = 4 + (unsigned)house_draw(&house, 6);
			house_work(&house, day, actor, poisoner || now ? 160 : few);
		}
	}
	behaviour_close(house.behaviour);
	assert_true(found_of_the_one(&house));
}

// Whoever was bad from the first day on has no good day to be compared with: the role's are left.
static void test_bad_from_the_first_day(void **state)
{
	(void)state;
	house_open(&house, NULL, false);
	for (int64_t day = 0; day < 45; day++) {
		others(&house, day);
		house_work(&house, day, THE_ONE, 120 + (unsigned)house_draw(&house, 20));
	}
	behaviour_close(house.behaviour);
	assert_true(found_of_the_one(&house));
}

// Half before midnight, half after it: two days, each with half of it, in one sitting.
static void test_midnight_halves_nothing(void **state)
{
	(void)state;
	house_open(&house, NULL, false);
	ordinary(&house, 0, 45);
	others(&house, 45);
	house.found[0] = 0;
	int64_t midnight_us = (FIRST_DAY + 46) * DAY_US;
	for (int i = 0; i < 60; i++) {
		struct feed_event e =
			house_event(&house, midnight_us + (i - 30) * 10000000ll, THE_ONE);
		e.patient_count = e.patients_here = 1;
		e.patient = e.patients[0] = 7000000 + (uint64_t)i;
		behaviour_event(house.behaviour, &e);
	}
	behaviour_close(house.behaviour);
	assert_true(found_of_the_one(&house));
}

static void test_a_few_each_day(void **state)
{
	(void)state;
	house_open(&house, NULL, false);
	for (int64_t day = 0; day < 60; day++) {
		others(&house, day);
		house_work(&house, day, THE_ONE, 6);
		for (unsigned i = 0; i < 3 && day > 20; i++) { // patients of nobody here
			struct feed_event e = house_event(&house, house.now_us, THE_ONE);
			e.patient_count = e.patients_here = 1;
			e.patient = e.patients[0] = 5000000 + (uint64_t)day * 10 + i;
			behaviour_event(house.behaviour, &e);
		}
	}
	behaviour_close(house.behaviour);
	assert_true(found_of_the_one(&house));
}

// ---- Restarts.

static void hurried(struct house *h, struct feed_event *events, size_t *count, size_t most)
{
	for (int64_t day = 0; day < 30; day++)
		for (uint64_t actor = 1; actor <= PEOPLE; actor++) {
			unsigned records = 3 + (unsigned)house_draw(h, 5);
			if (day > 22 && actor == (uint64_t)day)
				records = 90;
			for (unsigned i = 0; i < records && *count < most; i++) {
				int64_t eight = (FIRST_DAY + day) * DAY_US + 8 * HOUR_US;
				h->now_us = h->now_us < eight ? eight : h->now_us + 5000000;
				struct feed_event e = house_event(h, h->now_us, actor);
				e.patient_count = e.patients_here = 1;
				e.patient = e.patients[0] = 100 + house_draw(h, 3000);
				events[(*count)++] = e;
			}
		}
}

// Goes on from where the database is, saves now and then, and is killed after so many events.
static void run_killed(const char *path, const struct feed_event *events, size_t count, size_t life)
{
	pid_t child = fork();
	assert_true(child >= 0);
	if (!child) {
		char text[96];
		struct house *h = calloc(1, sizeof *h);
		house_open(h, path, false);
		snprintf(text, sizeof text, "%s.found", path);
		FILE *out = fopen(text, "a");
		for (size_t i = behaviour_place(h->behaviour); i < count && life--; i++) {
			behaviour_event(h->behaviour, &events[i]);
			if (*h->found) {
				fprintf(out, "%s\n", h->last);
				fflush(out);
				h->found[0] = 0;
			}
			if (i % 40 == 0 && behaviour_save(h->behaviour))
				_exit(1);
		}
		_exit(0); // nothing is closed
	}
	int status;
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
}

static int by_line(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

// Lines without repetition, in order: what the findings' database would hold.
static size_t lines_of(char *text, char *lines[], size_t most)
{
	size_t count = 0, kept = 0;
	for (char *line = strtok(text, "\n"); line && count < most; line = strtok(NULL, "\n"))
		lines[count++] = line;
	qsort(lines, count, sizeof *lines, by_line);
	for (size_t i = 0; i < count; i++)
		if (!i || strcmp(lines[i], lines[kept - 1]) != 0)
			lines[kept++] = lines[i];
	return kept;
}

static void test_killed_and_restarted(void **state)
{
	(void)state;
	static struct feed_event events[40000];
	static char whole[FOUND_BYTES], parts[FOUND_BYTES];
	static char *expected[2000], *got[2000];
	char folder[] = "/tmp/test-behaviour-XXXXXX", path[64], found[96], command[96];
	size_t count = 0;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/b.db", folder);
	snprintf(found, sizeof found, "%s.found", path);
	hurried(&house, events, &count, 40000);
	run_killed(path, events, count, SIZE_MAX);
	FILE *file = fopen(found, "r");
	assert_non_null(file);
	whole[fread(whole, 1, sizeof whole - 1, file)] = 0;
	fclose(file);
	snprintf(command, sizeof command, "rm -f %s/*", folder);
	assert_int_equal(system(command), 0);
	for (size_t done = 0, round = 0; done < count; round++) {
		run_killed(path, events, count, 1500 + round * 377 % 1999);
		struct house *h = calloc(1, sizeof *h);
		house_open(h, path, false);
		done = round > 200 ? count : behaviour_place(h->behaviour) + 1200;
		behaviour_close(h->behaviour);
		free(h);
	}
	run_killed(path, events, count, SIZE_MAX);
	file = fopen(found, "r");
	parts[fread(parts, 1, sizeof parts - 1, file)] = 0;
	fclose(file);
	size_t wanted = lines_of(whole, expected, 2000), made = lines_of(parts, got, 2000);
	assert_true(wanted >= 3);
	assert_int_equal(made, wanted);
	for (size_t i = 0; i < wanted; i++)
		assert_string_equal(got[i], expected[i]);
	snprintf(command, sizeof command, "rm -rf %s", folder);
	assert_int_equal(system(command), 0);
}

// ---- Bounds, and what a person sees.

static void test_bounded(void **state)
{
	(void)state;
	house_open(&house, NULL, false);
	for (uint64_t actor = 1; actor <= BEHAVIOUR_PEOPLE + 50; actor++)
		house_work(&house, 0, actor, 1);
	json_t *counts = behaviour_json(house.behaviour);
	assert_int_equal(json_integer_value(json_object_get(counts, "people")), BEHAVIOUR_PEOPLE);
	assert_int_equal(json_integer_value(json_object_get(counts, "forgotten")), 50);
	json_decref(counts);
	json_t *gone = behaviour_profile(house.behaviour, 1);
	assert_false(json_is_true(json_object_get(gone, "known")));
	json_decref(gone);
	behaviour_close(house.behaviour);
}

// An entry that explains an earlier act, and somebody who tries to sign in as another, are no day.
static void test_what_is_no_day(void **state)
{
	(void)state;
	house_open(&house, NULL, false);
	ordinary(&house, 0, 2);
	struct feed_event e = house_event(&house, house.now_us + 1000000, 500);
	e.action = TRAIL_EXPLAINED;
	behaviour_event(house.behaviour, &e);
	json_t *profile = behaviour_profile(house.behaviour, 500);
	assert_false(json_is_true(json_object_get(profile, "known")));
	json_decref(profile);
	for (int64_t day = 2; day < 16; day++) {
		others(&house, day);
		e = house_event(&house, house.now_us, THE_ONE);
		e.kind = TRAIL_SIGN_IN;
		e.action = TRAIL_SIGNED_IN;
		e.outcome = TRAIL_DENIED;
		behaviour_event(house.behaviour, &e);
	}
	profile = behaviour_profile(house.behaviour, THE_ONE);
	assert_int_equal(json_integer_value(json_object_get(profile, "days")), 2);
	json_decref(profile);
	behaviour_close(house.behaviour);
}

static json_int_t number(const json_t *profile, size_t at, const char *key)
{
	const json_t *row = json_array_get(json_object_get(profile, "features"), at);
	return json_integer_value(json_object_get(row, key));
}

static void test_profile(void **state)
{
	(void)state;
	house_open(&house, NULL, false);
	ordinary(&house, 0, 15);
	others(&house, 15);
	house_work(&house, 15, THE_ONE, 12);
	json_t *profile = behaviour_profile(house.behaviour, THE_ONE);
	assert_true(json_is_true(json_object_get(profile, "known")));
	assert_string_equal(json_string_value(json_object_get(profile, "role")), "nurse");
	assert_string_equal(
		json_string_value(json_object_get(profile, "actor")), "0000000000000007");
	assert_int_equal(number(profile, 0, "today"), 12);
	assert_int_equal(number(profile, 0, "days"), 14);
	assert_true(number(profile, 0, "most") >= 7 && number(profile, 0, "most") <= 9);
	assert_true(number(profile, 0, "median") >= 4 && number(profile, 0, "median") <= 9);
	assert_int_equal(number(profile, 0, "peers_p99"), 9);
	const json_t *hours = json_object_get(profile, "usual_hours");
	assert_int_equal(json_array_size(hours), 24);
	assert_true(json_integer_value(json_array_get(hours, 8)) > 90);
	assert_true(json_integer_value(json_array_get(hours, 3)) == 0);
	json_decref(profile);
	behaviour_close(house.behaviour);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_a_day_far_out, begin),
		cmocka_unit_test_setup(test_nobody_trains_it, begin),
		cmocka_unit_test_setup(test_a_found_day_teaches_nothing, begin),
		cmocka_unit_test_setup(test_many_of_a_role_do_not_train_it_for_another, begin),
		cmocka_unit_test_setup(test_bad_from_the_first_day, begin),
		cmocka_unit_test_setup(test_midnight_halves_nothing, begin),
		cmocka_unit_test_setup(test_a_few_each_day, begin),
		cmocka_unit_test_setup(test_killed_and_restarted, begin),
		cmocka_unit_test_setup(test_bounded, begin),
		cmocka_unit_test_setup(test_what_is_no_day, begin),
		cmocka_unit_test_setup(test_profile, begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
