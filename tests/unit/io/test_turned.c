#include "../unit.h"

#include "common/base/time.h"
#include "common/io/turned.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	NEAR_US = 60 * 1000000
};

static char dir[] = "/tmp/test-turned-XXXXXX", path[64];
static char problem[TURNED_PROBLEM_BYTES];

static int begin(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof path, "%s/" TURNED_FILE, dir);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(dir);
}

static void what_is_set_is_the_time_and_goes_on(void **state)
{
	(void)state;
	struct turned turned;
	int64_t real_us = time_now_us(), wanted_us = 1795000000000000, steady_us;
	assert_ok(turned_open(path, &turned, problem));
	assert_in_range(time_now_us() - real_us, 0, NEAR_US); // made without a turn
	steady_us = time_monotonic_us();
	turned_set(&turned, wanted_us);
	assert_in_range(time_now_us() - wanted_us, 0, NEAR_US);
	usleep(1000);
	assert_true(time_now_us() >= wanted_us + 1000);
	assert_in_range(time_monotonic_us() - steady_us, 0, NEAR_US); // lengths are not turned
	turned_set(&turned, real_us);
	assert_in_range(time_now_us() - real_us, 0, NEAR_US);
}

static void who_follows_sees_it_at_once(void **state)
{
	(void)state;
	struct turned turned;
	int64_t wanted_us = 1795000000000000;
	assert_ok(turned_open(path, &turned, problem));
	assert_ok(turned_follow(path, problem)); // another mapping, as another process has
	turned_set(&turned, wanted_us);
	assert_in_range(time_now_us() - wanted_us, 0, NEAR_US);
}

static void what_anybody_could_write_is_refused(void **state)
{
	(void)state;
	struct turned turned;
	assert_ok(turned_open(path, &turned, problem));
	assert_int_equal(chmod(path, 0664), 0);
	assert_int_equal(turned_follow(path, problem), ERR_INVALID);
	assert_non_null(strstr(problem, "nobody else"));
	assert_int_equal(chmod(path, 0644), 0);
	assert_ok(turned_follow(path, problem));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(turned_follow(path, problem), ERR_IO);
	assert_int_equal(symlink("/etc/hostname", path), 0);
	assert_int_equal(turned_follow(path, problem), ERR_IO);
	assert_int_equal(unlink(path), 0);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs("soon", file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(turned_follow(path, problem), ERR_INVALID);
	assert_non_null(strstr(problem, "eight bytes"));
}

int main(void)
{
	if (geteuid() != 0) {
		puts("skipped: the clock's file must be root's");
		return 77;
	}
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_set_is_the_time_and_goes_on),
		cmocka_unit_test(who_follows_sees_it_at_once),
		cmocka_unit_test(what_anybody_could_write_is_refused)};
	return cmocka_run_group_tests(tests, begin, finish);
}
