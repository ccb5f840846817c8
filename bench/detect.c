// How fast do all rules look at events? Beside it, in the same run and over the same events: what a
// search for one word in lines costs (strstr over the event as a line of text), and building the
// event alone.
//   build/bench/bench_detect [RULES/detect] [events]
#include "watch/detect/detect.h"
#include "day.h"
#include "watch/detect/from_feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static size_t findings;

static void on_found(void *context, const struct finding *finding)
{
	(void)context;
	(void)finding;
	findings++;
}

// Of this thread: other work on the machine does not count.
static double processor_s(void)
{
	struct timespec at;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static size_t line_of(const struct ocsf_event *event, char *ret_line, size_t most)
{
	size_t size = 0;
	for (uint16_t i = 0; i < event->count && size + 200 < most; i++)
		size += (size_t)snprintf(ret_line + size, most - size, "%.*s ",
			(int)event->values[i].text.size, (const char *)event->values[i].text.at);
	return size;
}

// The lines are made before; only looking is measured.
static double grep_like(const struct feed_event *events, size_t count)
{
	static struct ocsf_event event;
	struct arena *arena = arena_new();
	char *lines = malloc(count * 512), *at = lines;
	size_t hits = 0;
	if (!lines)
		abort();
	for (size_t i = 0; i < count; i++) {
		arena_reset(arena);
		ocsf_from_feed(&events[i], &event, arena);
		at += line_of(&event, at, 512) + 1;
	}
	double began = processor_s();
	for (const char *line = lines; line < at; line += strlen(line) + 1)
		hits += strstr(line, "break-glass") != NULL;
	double taken = processor_s() - began;
	free(lines);
	arena_free(arena);
	return hits > count ? 0 : (double)count / taken;
}

static double through_all(const struct feed_event *events, size_t count, struct detect *detect)
{
	static struct ocsf_event event;
	struct arena *arena = arena_new();
	double began = processor_s();
	for (size_t i = 0; i < count; i++) {
		arena_reset(arena);
		ocsf_from_feed(&events[i], &event, arena);
		if (detect)
			detect_event(detect, &event);
	}
	double taken = processor_s() - began;
	arena_free(arena);
	return (double)count / taken;
}

int main(int argc, char **argv)
{
	const char *folder = argc > 1 ? argv[1] : "rules/detect";
	size_t count = argc > 2 ? (size_t)atoll(argv[2]) : 500000;
	const struct detect_owner owner = {on_found, NULL, NULL};
	struct detect *detect = detect_new(&owner);
	struct feed_event *events = calloc(count, sizeof *events);
	if (!events || detect_read(detect, folder) || !detect_rules(detect)->count) {
		fprintf(stderr, "%s has no rules, or wrong ones\n", folder);
		return 1;
	}
	day_make(events, count, 1772618400000000);
	double grep = grep_like(events, count), build = through_all(events, count, NULL);
	double all = through_all(events, count, detect);
	json_t *json = detect_json(detect, 0), *memory = json_object_get(json, "memory");
	printf("%zu rules over %zu events, %zu findings\n", detect_rules(detect)->count, count,
		findings);
	printf("%12.0f events/s  one word in each event as a line (strstr)\n", grep);
	printf("%12.0f events/s  building the event alone\n", build);
	printf("%12.0f events/s  through all rules\n", all);
	printf("ratio to one word: %.3f; memory of the correlations: %lld groups, %.1f MB, %lld groups evicted\n",
		all / grep, (long long)json_integer_value(json_object_get(memory, "groups")),
		(double)json_integer_value(json_object_get(memory, "bytes")) / 1e6,
		(long long)json_integer_value(json_object_get(memory, "evicted_groups")));
	json_decref(json);
	detect_free(detect);
	free(events);
	return 0;
}
