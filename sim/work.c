#include "work.h"

#include "make.h"
#include "request.h"
#include "schedule.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { WRITE_BYTES = 1 << 20 };

static FILE *open_labels(const char *dir)
{
	char path[1024];
	snprintf(path, sizeof path, "%s/truth/work.jsonl", dir);
	FILE *file = fopen(path, "we");
	if (!file)
		fprintf(stderr, "hospital-sim: %s: %s\n", path, strerror(errno));
	return file;
}

static int write_schedule(const struct schedule *schedule, FILE *file)
{
	struct buf buf = {0};
	for (size_t i = 0; i < schedule->count; i++) {
		request_label(schedule->town, &schedule->acts[i], NULL, &buf);
		if (buf.size < WRITE_BYTES && i + 1 < schedule->count)
			continue;
		fwrite(buf.at, 1, buf.size, file);
		buf_clear(&buf);
	}
	buf_done(&buf);
	return ferror(file);
}

static void summarize(const struct schedule *schedule)
{
	size_t whys[WHYS] = {0};
	for (size_t i = 0; i < schedule->count; i++)
		whys[schedule->acts[i].why]++;
	printf("%zu requests in %d days:", schedule->count, schedule->wish.days);
	for (size_t i = 0; i < WHYS; i++)
		if (whys[i])
			printf(" %zu %s", whys[i], why_texts[i]);
	putchar('\n');
}

static int dry_run(const struct town *town, const struct work_wish *wish)
{
	struct schedule schedule;
	const struct schedule_wish wanted = {.seed = wish->seed, .days = wish->days, .misuse = wish->misuse};
	FILE *file = open_labels(wish->dir);
	if (!file)
		return 1;
	schedule_make(town, &wanted, &schedule);
	int failed = write_schedule(&schedule, file);
	failed = fclose(file) != 0 || failed;
	summarize(&schedule);
	schedule_done(&schedule);
	return failed;
}

int work_do(const struct work_wish *wish)
{
	struct town *town = make_again(wish->dir);
	int failed = 1;
	if (town && wish->days > town->days)
		fprintf(stderr, "hospital-sim: %s has only %d days\n", wish->dir, town->days);
	else if (town && wish->dry_run)
		failed = dry_run(town, wish);
	town_free(town);
	return failed;
}
