#include "../unit.h"

#include "courier/queue.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];
static struct queue queue;
static const struct queue_limits wide = {100, 1 << 20};

static int begin(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/queue-XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_ok(queue_open(&queue, dir, &wide));
	return 0;
}

static void each_file(void (*run)(const char *path))
{
	char path[512];
	DIR *folder = opendir(dir);
	for (struct dirent *one; folder && (one = readdir(folder));)
		if (*one->d_name != '.') {
			snprintf(path, sizeof path, "%s/%s", dir, one->d_name);
			run(path);
		}
	closedir(folder);
}

static void remove_file(const char *path)
{
	assert_int_equal(unlink(path), 0);
}

static int finish(void **state)
{
	(void)state;
	queue_close(&queue);
	each_file(remove_file);
	return rmdir(dir);
}

static void again(const struct queue_limits *limits)
{
	queue_close(&queue);
	assert_ok(queue_open(&queue, dir, limits));
}

static struct errand errand(uint64_t id)
{
	return (struct errand){.id = id,
		.destination = "mail",
		.kind = ERRAND_FINDING,
		.severity = 3,
		.subject = "Größe",
		.type = "text/plain"};
}

static struct queued *add(uint64_t id, const char *content)
{
	struct errand e = errand(id);
	struct queued *one;
	assert_ok(queue_add(&queue, &e, bytes_text(content), 1000 + (int64_t)id, &one));
	return one;
}

static void what_was_added_is_there_after_a_new_start(void **state)
{
	(void)state;
	struct buf content = {0};
	add(1, "first");
	queue_attempted(&queue, add(2, ""));
	queue_attempted(&queue, queue.last);
	again(&wide);
	assert_int_equal(queue.count, 2);
	assert_int_equal(queue.damaged, 0);
	const struct queued *one = queue.first, *two = one->next;
	assert_int_equal(one->errand.id, 1);
	assert_string_equal(one->errand.destination, "mail");
	assert_string_equal(one->errand.subject, "Größe");
	assert_string_equal(one->errand.type, "text/plain");
	assert_int_equal(one->errand.kind, ERRAND_FINDING);
	assert_int_equal(one->errand.severity, 3);
	assert_int_equal(one->errand.size, 5);
	assert_int_equal(one->created_us, 1001);
	assert_int_equal(one->attempts, 0);
	assert_int_equal(two->attempts, 2);
	assert_ok(queue_content(&queue, one, &content));
	assert_memory_equal(content.at, "first", 5);
	buf_done(&content);
	assert_ok(queue_content(&queue, two, &content));
	assert_int_equal(content.size, 0);
	buf_done(&content);
}

static void what_is_removed_stays_away(void **state)
{
	(void)state;
	add(1, "a");
	struct queued *two = add(2, "b");
	add(3, "c");
	queue_attempted(&queue, two);
	assert_ok(queue_remove(&queue, two));
	assert_ok(queue_remove(&queue, queue.last));
	struct errand e = errand(2);
	assert_null(queue_find(&queue, &e));
	again(&wide);
	assert_int_equal(queue.count, 1);
	e = errand(1);
	assert_ptr_equal(queue_find(&queue, &e), queue.first);
	strcpy(e.destination, "other");
	assert_null(queue_find(&queue, &e)); // a number of another destination is another errand
	assert_ok(queue_remove(&queue, queue.first));
	assert_int_equal(queue.count, 0);
	assert_int_equal(queue.bytes, 0);
	add(4, "d");
	assert_ptr_equal(queue.first, queue.last);
}

static void what_does_not_fit_is_refused(void **state)
{
	(void)state;
	static const struct queue_limits two = {2, 1 << 20}, small = {100, 300};
	struct errand e = errand(9);
	struct queued *one;
	again(&two);
	add(1, "a");
	add(2, "b");
	assert_err(queue_add(&queue, &e, bytes_text("c"), 1, &one), ERR_LIMIT);
	assert_int_equal(queue.count, 2);
	assert_ok(queue_remove(&queue, queue.first));
	assert_ok(queue_add(&queue, &e, bytes_text("c"), 1, &one));
	again(&small);
	assert_int_equal(queue.count, 2); // what is there is never dropped
	assert_err(queue_add(&queue, &e, bytes_text("c"), 1, &one), ERR_LIMIT);
}

static void where_the_disk_refuses_nothing_is_queued(void **state)
{
	(void)state;
	struct errand e = errand(1);
	struct queued *one;
	char aside[80];
	snprintf(aside, sizeof aside, "%s.aside", dir);
	assert_int_equal(rename(dir, aside), 0);
	assert_err(queue_add(&queue, &e, bytes_text("c"), 1, &one), ERR_IO);
	assert_int_equal(rename(aside, dir), 0);
	assert_int_equal(queue.count, 0);
	add(1, "c");
}

static void flip_last_of_content(const char *path)
{
	uint8_t byte;
	int fd = open(path, O_RDWR);
	off_t at = lseek(fd, -33, SEEK_END);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

static void cut_in_half(const char *path)
{
	struct stat info;
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(truncate(path, info.st_size / 2), 0);
}

static void empty(const char *path)
{
	assert_int_equal(truncate(path, 0), 0);
}

static void what_is_damaged_is_set_aside_and_counted(void **state)
{
	(void)state;
	static void (*const damages[])(const char *) = {flip_last_of_content, cut_in_half, empty};
	struct buf content = {0};
	for (size_t i = 0; i < 3; i++) {
		struct queued *one = add(i + 1, "content");
		each_file(damages[i]);
		assert_err(queue_content(&queue, one, &content), ERR_CORRUPT);
		again(&wide);
		assert_int_equal(queue.count, 0);
		assert_int_equal(queue.damaged, 1);
		add(70, "later"); // its file does not take a name that was used
		again(&wide);
		assert_int_equal(queue.count, 1);
		assert_int_equal(queue.damaged, 0); // it is only told once
		assert_ok(queue_remove(&queue, queue.first));
		each_file(remove_file);
	}
	buf_done(&content);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_added_is_there_after_a_new_start),
		TEST(what_is_removed_stays_away),
		TEST(what_does_not_fit_is_refused),
		TEST(where_the_disk_refuses_nothing_is_queued),
		TEST(what_is_damaged_is_set_aside_and_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
