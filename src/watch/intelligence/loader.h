// loader: the slow work, in a thread beside the events: reading files and fetched documents into
// the database, and making a new edition of it.
//
// One work at a time. While it runs, everything in `struct work` is the thread's, the database's
// connection too; loader_done() gives it back.
#pragma once

#include "watch/intelligence/edition.h"
#include "watch/intelligence/import.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
	LOADER_EVENTS = 500, // of a MISP feed, in one round
};

struct loader_event {
	char uuid[37];
	int64_t changed_s;
};

enum work_kind {
	WORK_FILES,    // files, lists and sources.yaml as they are now; then a new edition
	WORK_DOCUMENT, // a fetched document
	WORK_MANIFEST, // of a MISP feed: which events are new
	WORK_EDITION
};

struct work {
	// Given.
	enum work_kind kind;
	struct shelf *shelf;
	const char *state, *rules; // folders of watch and of the rules
	int64_t now_us;
	enum import_how how;
	char source[SOURCE_NAME_BYTES], part[64], document[520];
	int64_t since_s; // of a manifest
	// Given, and changed.
	struct states states;
	struct sources sources;
	// What came of it.
	enum err err;
	struct stix_page page;
	struct loader_event events[LOADER_EVENTS];
	size_t event_count;
	bool more_events;
	struct edition *edition;   // or NULL
	char warning_problem[200]; // a warning list that cannot be read, or ""
};

struct loader {
	struct work work;
	bool busy;
	pthread_t thread;
	atomic_bool done;
};

// A stamp of all files that WORK_FILES reads: when it changes, they should be read again.
uint64_t loader_stamp(const char *state, const char *rules);
void loader_start(struct loader *loader); // `work` is filled
// True once after the work has ended. `wait`: until then.
bool loader_done(struct loader *loader, bool wait);
