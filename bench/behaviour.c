// bench/behaviour: how fast behaviour looks at events, and what it takes to keep what it knows.
// What it finds is counted by bench/whole.c, together with everything else.
//
//	bench_behaviour [EVENTS]
#include "watch/behaviour/behaviour.h"
#include "common/base/time.h"
#include "day.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	SPEED_DAYS = 40, // so that most of them have a reference to be compared with
};
static const int64_t day_us = 86400000000;

static void fail_if(bool wrong, const char *what)
{
	if (!wrong)
		return;
	fprintf(stderr, "bench_behaviour: %s\n", what);
	exit(1);
}

// The same acts, over weeks.
static void make_days(struct feed_event *events, size_t count)
{
	const int64_t begin_us = 1772618400000000, step_us = SPEED_DAYS * day_us / (int64_t)count;
	day_make(events, count, begin_us);
	for (size_t i = 0; i < count; i++)
		events[i].time_us = begin_us + (int64_t)i * step_us;
}

static double processor_s(void)
{
	struct timespec at;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static long memory_kib(void)
{
	char line[256];
	long kib = 0;
	FILE *file = fopen("/proc/self/status", "r");
	while (file && fgets(line, sizeof line, file))
		if (strncmp(line, "VmRSS:", 6) == 0)
			kib = atol(line + 6);
	if (file)
		fclose(file);
	return kib;
}

static void on_count(void *context, const struct finding *finding)
{
	(void)finding;
	++*(size_t *)context;
}

static void measure_speed(size_t count)
{
	struct behaviour *behaviour;
	char problem[256], path[] = "/tmp/bench-behaviour-XXXXXX";
	size_t findings = 0;
	struct feed_event *events = calloc(count, sizeof *events);
	fail_if(!events || !mkdtemp(path), "no memory or folder");
	char file[64], command[96];
	snprintf(file, sizeof file, "%s/behaviour.db", path);
	const struct behaviour_options options = {
		.path = file, .found = on_count, .context = &findings};
	make_days(events, count);
	long before_kib = memory_kib();
	fail_if(behaviour_open(&options, &behaviour, problem), problem);
	double begin = processor_s();
	for (size_t i = 0; i < count; i++)
		behaviour_event(behaviour, &events[i]);
	double taken = processor_s() - begin;
	long kib = memory_kib() - before_kib;
	begin = processor_s();
	behaviour_close(behaviour);
	double saved = processor_s() - begin;
	begin = processor_s();
	fail_if(behaviour_open(&options, &behaviour, problem), problem);
	printf("%zu events of %d people in %d days, %zu findings: %.0f events/s of one core; %ld KiB; everything saved in %.0f ms, loaded in %.0f ms\n",
		count, DAY_STAFF, SPEED_DAYS, findings, (double)count / taken, kib, saved * 1e3,
		(processor_s() - begin) * 1e3);
	behaviour_close(behaviour);
	snprintf(command, sizeof command, "rm -rf %s", path);
	fail_if(system(command) != 0, "the folder stays");
	free(events);
}

int main(int argc, char **argv)
{
	measure_speed(argc > 1 ? (size_t)atoll(argv[1]) : 1000000);
	return 0;
}
