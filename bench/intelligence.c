// How fast is everything held against a million indicators? Beside it, in the same run: a bare
// lookup of the same addresses in one hash table (common/base/map), which knows no ranges, no
// domains above, no expiry and no parts of user agents.
//   build/bench/bench_intelligence [indicators] [events]
#include "watch/intelligence/intelligence.h"
#include "common/base/map.h"
#include "common/base/time.h"
#include "common/format/trail.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PARTS = 2000 // of user agents
};

static uint64_t state_of_chance = 5;

static uint32_t draw(void)
{
	state_of_chance = state_of_chance * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state_of_chance >> 33);
}

static size_t findings;

static void on_found(void *context, const struct finding *finding)
{
	(void)context;
	(void)finding;
	findings++;
}

static double seconds_since(int64_t began_us)
{
	return (double)(time_monotonic_us() - began_us) / 1e6;
}

static double resident_mb(void)
{
	char line[200];
	double kb = 0;
	FILE *file = fopen("/proc/self/status", "r");
	while (file && fgets(line, sizeof line, file))
		if (sscanf(line, "VmRSS: %lf", &kb) == 1)
			break;
	if (file)
		fclose(file);
	return kb / 1024;
}

static void an_address(char *out, size_t room)
{
	snprintf(out, room, "%u.%u.%u.%u", 11 + draw() % 80, draw() % 256, draw() % 256,
		draw() % 256);
}

// Four of ten addresses, one range, three domains, one hash, one URL.
static void write_list(const char *path, size_t count)
{
	char address[32];
	FILE *file = fopen(path, "w");
	if (!file)
		abort();
	for (size_t i = 0; i < count; i++) {
		an_address(address, sizeof address);
		switch (i % 10) {
		case 0:
			fprintf(file, "%s/%u\n", address, 20 + draw() % 10);
			break;
		case 1:
		case 2:
		case 3:
			fprintf(file, "h%u.d%u.example\n", draw(), draw() % 100000);
			break;
		case 4:
			fprintf(file, "%08x%08x%08x%08x%08x%08x%08x%08x\n", draw(), draw(), draw(),
				draw(), draw(), draw(), draw(), draw());
			break;
		case 5:
			fprintf(file, "http://u%u.example/%x\n", draw(), draw());
			break;
		default:
			fprintf(file, "%s\n", address);
		}
	}
	for (size_t i = 0; i < PARTS; i++)
		fprintf(file, "agent part: grabber-%x\n", draw());
	fclose(file);
}

// A hospital's clients: 5000 addresses, one in a hundred from the indicators' ranges; 50 programs.
static void make_events(struct feed_event *events, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		events[i] = (struct feed_event){.seq = i + 1,
			.time_us = time_now_us(),
			.kind = TRAIL_ACCESS,
			.actor = 1 + draw() % 1000};
		if (draw() % 100)
			snprintf(events[i].address, sizeof events[i].address, "10.40.%u.%u",
				draw() % 20, draw() % 250);
		else
			an_address(events[i].address, sizeof events[i].address);
		snprintf(events[i].application, sizeof events[i].application,
			"Mozilla/5.0 (X11; Linux x86_64) Ward/%u.0 Hospital Reader", draw() % 50);
	}
}

static double bare(const struct feed_event *events, size_t count, size_t indicators)
{
	struct map *map = map_new();
	char address[32];
	size_t hits = 0;
	for (size_t i = 0; i < indicators; i++) {
		an_address(address, sizeof address);
		map_set(map, bytes_text(address), map);
	}
	int64_t began = time_monotonic_us();
	for (size_t i = 0; i < count; i++)
		hits += map_find(map, bytes_text(events[i].address)) != NULL;
	double taken = seconds_since(began);
	map_free(map);
	return hits > count ? 0 : (double)count / taken;
}

static double all(struct intelligence *i, const struct feed_event *events, size_t count)
{
	int64_t began = time_monotonic_us();
	for (size_t n = 0; n < count; n++)
		intelligence_event(i, &events[n]);
	return (double)count / seconds_since(began);
}

static double find_each(struct intelligence *i, enum observable kind, size_t count)
{
	char text[80];
	struct table_hit hit;
	double taken = 0;
	size_t hits = 0;
	for (size_t n = 0; n < count; n++) {
		snprintf(text, sizeof text, "www.h%u.d%u.example", draw(), draw() % 100000);
		if (kind == OBSERVABLE_ADDRESS)
			an_address(text, sizeof text);
		int64_t began = time_monotonic_us();
		for (int again = 0; again < 10; again++)
			hits += intelligence_match(i, kind, bytes_text(text), time_now_us(), &hit);
		taken += seconds_since(began);
	}
	return hits > 10 * count ? 0 : 10 * (double)count / taken;
}

// Until everything has been read; how long the longest moment was in which the caller could not go
// on.
static double load(struct intelligence *i, double *ret_longest)
{
	int64_t began = time_monotonic_us();
	*ret_longest = 0;
	for (bool busy = true; busy;) {
		int64_t moment = time_monotonic_us();
		if (intelligence_tick(i, time_now_us()))
			abort();
		double taken = seconds_since(moment);
		*ret_longest = taken > *ret_longest ? taken : *ret_longest;
		json_t *status = intelligence_status(i);
		busy = json_is_true(json_object_get(status, "busy")) || !intelligence_ready(i);
		json_decref(status);
		usleep(1000);
	}
	return seconds_since(began);
}

static struct intelligence *opened(const char *state)
{
	struct intelligence *i;
	char problem[256];
	const struct intelligence_places places = {state, "/nonexistent", on_found, NULL};
	if (intelligence_open(&places, &i, problem)) {
		fprintf(stderr, "%s\n", problem);
		exit(1);
	}
	return i;
}

int main(int argc, char **argv)
{
	size_t indicators = argc > 1 ? (size_t)atoll(argv[1]) : 1000000;
	size_t count = argc > 2 ? (size_t)atoll(argv[2]) : 500000;
	char state[] = "/tmp/bench-intelligence-XXXXXX", path[100], command[120];
	double longest, again_longest;
	struct stat database;
	struct feed_event *events = calloc(count, sizeof *events);
	if (!events || !mkdtemp(state))
		return 1;
	snprintf(path, sizeof path, "%s/feeds", state);
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/feeds/list.txt", state);
	write_list(path, indicators);
	make_events(events, count);
	double before = resident_mb();
	struct intelligence *i = opened(state);
	double first = load(i, &longest);
	intelligence_close(i);
	malloc_trim(0);
	i = opened(state);
	double again = load(i, &again_longest);
	malloc_trim(0);
	double held = resident_mb() - before;
	json_t *status = intelligence_status(i);
	printf("%lld indicators of %d kinds, with %d parts of user agents\n",
		(long long)json_integer_value(json_object_get(status, "indicators")), OBSERVABLES,
		PARTS);
	snprintf(path, sizeof path, "%s/intelligence.db", state);
	printf("%12.2f s  until a list of them is read, stored and matched; the events waited %.1f ms at most\n",
		first, 1e3 * longest);
	printf("%12.2f s  until they match after a start; of it building: %.2f s\n", again,
		(double)json_integer_value(json_object_get(status, "built_in_ms")) / 1e3);
	printf("%12.1f MB in memory (%.1f MB more resident), %.1f MB on disk\n",
		(double)json_integer_value(json_object_get(status, "memory_bytes")) / 1e6, held,
		stat(path, &database) ? 0 : (double)database.st_size / 1e6);
	double hash = bare(events, count, indicators), full = all(i, events, count);
	printf("%12.0f events/s  one lookup each in a bare hash table of as many addresses\n",
		hash);
	printf("%12.0f events/s  address and user agent against everything, %zu findings\n", full,
		findings);
	printf("%12.0f addresses/s, %.0f domains/s with what is above them\n",
		find_each(i, OBSERVABLE_ADDRESS, 20000), find_each(i, OBSERVABLE_DOMAIN, 20000));
	printf("ratio to a bare hash table: %.3f\n", full / hash);
	json_decref(status);
	intelligence_close(i);
	free(events);
	snprintf(command, sizeof command, "rm -r %s", state);
	return system(command);
}
