// Any acts by anybody at any time: what is found is well-formed, and is the same when the state is
// saved in between, put away and read again.
#include "fuzz.h"

#include "common/format/trail.h"
#include "watch/behaviour/behaviour.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	BYTES = 5, // of an event
	EVENTS_MOST = 2500
};

struct found {
	uint64_t hash, count;
};

static void on_found(void *context, const struct finding *finding)
{
	struct found *found = context;
	json_t *json = finding_json(finding);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	fuzz_rule(text != NULL, "a finding is JSON");
	fuzz_rule(strlen(finding->sentence) < FINDING_SENTENCE_BYTES, "a sentence is short");
	fuzz_rule(finding->evidence_count > 0, "a finding has evidence");
	for (const char *c = text; *c; c++)
		found->hash = (found->hash ^ (uint8_t)*c) * 1099511628211ull;
	found->count++;
	free(text);
	json_decref(json);
}

static void fill(struct feed_event *e, const uint8_t *b)
{
	static const char *const roles[] = {"nurse", "clinician", "", "patient", "application"};
	static const int64_t steps_us[] = {1, 1000000, 600000000, 3600000000, 30000000000,
		86400000000, 700000000000, -4000000000, -90000000000, 90000000000000,
		300000000000000000};
	if (e->time_us > 1000000000000000000 || e->time_us < -1000000000000000000)
		e->time_us = 1772618400000000;
	*e = (struct feed_event){.seq = e->seq + 1 + (b[0] == 255),
		.time_us = e->time_us + steps_us[b[0] % (sizeof steps_us / sizeof *steps_us)],
		.kind = (uint8_t)(1 + b[1] % 5),
		.action = (uint8_t)(1 + b[1] % (TRAIL_ACTIONS - 1)),
		.outcome = (uint8_t)(1 + b[2] % 5),
		.patient_count = b[2] > 250 ? b[2] * 100u : b[2] % 30,
		.actor = b[3] % 40};
	e->patients_here =
		(uint8_t)(e->patient_count < FEED_PATIENTS ? e->patient_count : FEED_PATIENTS);
	for (unsigned i = 0; i < e->patients_here; i++)
		e->patients[i] = b[4] * 7u + i;
	strcpy(e->role, roles[b[3] % 5]);
	snprintf(e->address, sizeof e->address, "10.0.0.%d", b[3] % 3);
	strcpy(e->resource_type, b[4] % 2 ? "Patient" : "Observation");
}

static struct behaviour *open_it(const char *path, struct found *found)
{
	struct behaviour *behaviour;
	char problem[256];
	const struct behaviour_options options = {
		.path = path, .found = on_found, .context = found};
	fuzz_rule(behaviour_open(&options, &behaviour, problem) == OK, "it opens");
	return behaviour;
}

static void save(struct behaviour *behaviour)
{
	for (int i = 0; i <= BEHAVIOUR_SAVE_CALLS; i++)
		fuzz_rule(behaviour_save(behaviour) == OK, "it is saved");
}

static struct found run(const uint8_t *at, size_t size, const char *path)
{
	struct found found = {1469598103934665603ull, 0};
	struct behaviour *behaviour = open_it(path, &found);
	struct feed_event e = {.time_us = 1772618400000000};
	size_t count = size / BYTES < EVENTS_MOST ? size / BYTES : EVENTS_MOST;
	for (size_t i = 0; i < count; i++) {
		fill(&e, at + i * BYTES);
		behaviour_event(behaviour, &e);
		if (path && i == count / 2) {
			save(behaviour);
			behaviour_abandon(behaviour);
			behaviour = open_it(path, &found);
		}
	}
	for (uint64_t actor = 1; actor < 40; actor += 13)
		json_decref(behaviour_profile(behaviour, actor));
	json_decref(behaviour_json(behaviour));
	behaviour_abandon(behaviour);
	return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	static char path[64];
	setenv("TZ", "UTC", 1);
	if (!*path)
		snprintf(path, sizeof path, "/dev/shm/fuzz-behaviour-%d", (int)getpid());
	struct found once = run(at, size, NULL), again;
	if (size && at[size - 1] % 16 == 0) {
		again = run(at, size, path);
		unlink(path);
		char other[80];
		snprintf(other, sizeof other, "%s-wal", path);
		unlink(other);
		snprintf(other, sizeof other, "%s-shm", path);
		unlink(other);
	} else {
		again = run(at, size, NULL);
	}
	fuzz_rule(again.hash == once.hash && again.count == once.count, "the same again");
	return 0;
}
