#include "../unit.h"

#include "common/io/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void write_file(const char *path, size_t size)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	for (size_t i = 0; i < size; i++)
		fputc('a' + (int)(i % 26), file);
	assert_int_equal(fclose(file), 0);
}

static void a_file_is_read_whole_or_not(void **state)
{
	char path[] = "/tmp/test-file-XXXXXX";
	struct buf out = {0};
	close(mkstemp(path));
	write_file(path, 200000);
	assert_ok(file_read(path, 200000, &out));
	assert_int_equal(out.size, 200000);
	for (size_t i = 0; i < out.size; i++)
		assert_int_equal(out.at[i], 'a' + (int)(i % 26));
	assert_ok(file_read(path, 200000, &out)); // appended
	assert_int_equal(out.size, 400000);
	buf_clear(&out);
	assert_err(file_read(path, 199999, &out), ERR_LIMIT);
	assert_true(out.size > 199999);
	unlink(path);
	buf_clear(&out);
	assert_err(file_read(path, 10, &out), ERR_NOT_FOUND);
	assert_err(file_read("/tmp", 10, &out), ERR_IO);
	buf_done(&out);
}

static void a_pipe_without_a_writer_is_not_waited_for(void **state)
{
	char path[64];
	struct buf out = {0};
	snprintf(path, sizeof path, "/tmp/test-pipe-%d", (int)getpid());
	assert_int_equal(mkfifo(path, 0600), 0);
	alarm(10);
	assert_err(file_read(path, 10, &out), ERR_IO);
	assert_err(file_read("/dev/zero", 10, &out), ERR_IO);
	alarm(0);
	assert_int_equal(out.size, 0);
	unlink(path);
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read_whole_or_not),
		cmocka_unit_test(a_pipe_without_a_writer_is_not_waited_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
