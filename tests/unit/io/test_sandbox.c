#include "../unit.h"

#include "common/io/sandbox.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

// What a process says that has confined itself so: its first log line, then for each family
// whether it gets a socket.
static void confined(const struct sandbox *sandbox, char ret_said[1024])
{
	static const int tried[] = {AF_INET, AF_INET6, AF_NETLINK, AF_UNIX};
	int pipes[2];
	ssize_t got;
	size_t size = 0;
	assert_int_equal(pipe(pipes), 0);
	pid_t child = fork();
	if (child == 0) {
		struct sandbox_report report;
		bool fine = sandbox_enter(sandbox, &report) == OK;
		dprintf(pipes[1], "%s\n", report.words);
		for (size_t i = 0; i < 4; i++) {
			int fd = socket(tried[i], SOCK_DGRAM, 0);
			dprintf(pipes[1], "%d", fd >= 0 ? 0 : errno);
		}
		_exit(!fine);
	}
	close(pipes[1]);
	while ((got = read(pipes[0], ret_said + size, 1023 - size)) > 0)
		size += (size_t)got;
	close(pipes[0]);
	ret_said[size] = 0;
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void test_without_a_list_no_socket_is_made(void **state)
{
	char said[1024];
	const struct sandbox none = {0};
	(void)state;
	confined(&none, said);
	assert_non_null(strstr(said, "confined: seccomp, Landlock "));
	assert_non_null(strstr(said, ", no capabilities"));
	assert_string_equal(strchr(said, '\n') + 1, "1111"); // EPERM
}

static void test_sockets_of_the_listed_families_alone(void **state)
{
	static const int families[] = {AF_INET, AF_NETLINK, 0};
	char said[1024];
	const struct sandbox two = {.families = families, .keeps = "capability X alone"};
	(void)state;
	confined(&two, said);
	assert_non_null(strstr(said, "confined: seccomp (IPv4, netlink sockets alone), Landlock "));
	assert_non_null(strstr(said, ", capability X alone"));
	assert_string_equal(strchr(said, '\n') + 1, "0101");
}

static void test_what_is_lacking_stands_at_the_end(void **state)
{
	static const int families[] = {AF_INET6, 0};
	const struct rlimit some = {65536, 65536}; // so that memory cannot be locked
	char said[1024];
	const struct sandbox one = {.families = families};
	(void)state;
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &some), 0);
	confined(&one, said);
	assert_non_null(strstr(said, "no capabilities; lacking: "));
	assert_non_null(strstr(said, "memory may be swapped out\n"));
	assert_string_equal(strchr(said, '\n') + 1, "1011");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_a_list_no_socket_is_made),
		cmocka_unit_test(test_sockets_of_the_listed_families_alone),
		cmocka_unit_test(test_what_is_lacking_stands_at_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
