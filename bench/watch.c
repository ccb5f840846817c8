// How fast does watch look at events with everything it has: rules, behaviour, threat intelligence,
// weighing of accesses, findings, risk and incidents, playbooks? As watch itself does it: batch by
// batch through the same functions, with its databases on a disk, on one core. Every explanation
// that it asks for is answered at once; reading the trail and the channel to the vault are not in
// it.
//   build/bench/bench_watch RULES [events] [indicators]
#include "common/base/time.h"
#include "common/format/explained.h"
#include "day.h"
#include "parts.h"
#include "watch/access/access.h"
#include "watch/activity.h"
#include "watch/conductor.h"
#include "watch/detector.h"
#include "watch/messenger.h"
#include "watch/warden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	TICK_US = 2000000
};

struct bench {
	struct watch_parts parts;
	struct messenger messenger;
	struct warden warden;
	struct activity *activity;
	int64_t ticked_us;
};

static double processor_s(void)
{
	struct rusage used;
	getrusage(RUSAGE_SELF, &used);
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void write_list(const char *state, size_t count)
{
	char path[200];
	snprintf(path, sizeof path, "%s/feeds", state);
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/feeds/list.txt", state);
	FILE *file = fopen(path, "w");
	fail_if(!file, path);
	for (size_t i = 0; i < count; i++)
		fprintf(file, "%zu.%zu.%zu.%zu\n", 11 + i / 65536 % 80, i / 256 % 256, i % 256,
			i * 7 % 256);
	fclose(file);
}

static void open_all(struct bench *b, const char *state, const char *rules)
{
	const struct detector_places places = {state, rules};
	struct watch_parts *p = &b->parts;
	p->messenger = &b->messenger;
	p->warden = &b->warden;
	parts_open(state, rules, p);
	fail_if(conductor_open(&places, p, &p->conductor), "the playbooks do not open");
	b->activity = activity_new();
}

static void explain(struct access *access)
{
	static struct feed_wish wishes[FEED_WISHES];
	static struct feed_explained answers[FEED_WISHES];
	for (size_t count; (count = access_wishes(access, wishes));) {
		for (size_t i = 0; i < count; i++)
			answers[i] = (struct feed_explained){.wish = wishes[i],
				.fine = true,
				.told = {.kind = EXPLAINED_ENCOUNTER, .strength = 95, .steps = 3}};
		fail_if(access_explained(access, answers, count), "answers do not fit");
	}
}

static void take(struct bench *b, struct feed_event *events, size_t count, uint64_t size)
{
	struct watch_parts *p = &b->parts;
	for (size_t i = 0; i < count; i++)
		activity_count(b->activity, &events[i]);
	parts_take(p, events, count, size);
	fail_if(conductor_take(p->conductor), "something cannot be kept");
	explain(p->access);
	if (time_monotonic_us() < b->ticked_us + TICK_US)
		return;
	b->ticked_us = time_monotonic_us();
	fail_if(conductor_tick(p->conductor) || detector_tick(p->detector) ||
			access_save(p->access),
		"something cannot be saved");
}

int main(int argc, char **argv)
{
	static struct bench b;
	char state[] = "/var/tmp/bench-watch-XXXXXX", command[120];
	const char *rules = argc > 1 ? argv[1] : "rules";
	size_t count = argc > 2 ? (size_t)atoll(argv[2]) : 300000;
	size_t indicators = argc > 3 ? (size_t)atoll(argv[3]) : 100000;
	struct feed_event *events = calloc(count, sizeof *events);
	fail_if(!events || !count || !mkdtemp(state), "no memory or folder");
	day_make(events, count, time_now_us() - (int64_t)count * DAY_EVERY_US);
	write_list(state, indicators);
	open_all(&b, state, rules);
	int64_t began_us = time_monotonic_us();
	double began = processor_s();
	for (size_t i = 0; i < count; i += FEED_BATCH)
		take(&b, &events[i], count - i < FEED_BATCH ? count - i : FEED_BATCH, count + 1);
	double taken = processor_s() - began;
	double passed = (double)(time_monotonic_us() - began_us) / 1e6;
	printf("%zu events of %d people, %zu indicators, %llu findings\n", count, DAY_STAFF,
		indicators, (unsigned long long)detector_total(b.parts.detector));
	printf("%12.0f events/s of one core's time\n%12.0f events/s on this machine's clock\n",
		(double)count / taken, (double)count / passed);
	conductor_close(b.parts.conductor);
	parts_close(&b.parts);
	activity_free(b.activity);
	free(events);
	snprintf(command, sizeof command, "rm -r %s", state);
	return system(command) != 0;
}
