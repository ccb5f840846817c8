// intelligence_in: what the files of this folder share behind intelligence.h.
#pragma once

#include "watch/intelligence/intelligence.h"
#include "watch/intelligence/loader.h"
#include "watch/intelligence/sightings.h"

#include <stdio.h>

// One feed at a time, document by document: pages of TAXII, a manifest of MISP and its events.
enum fetch_stage {
	FETCH_NONE,
	FETCH_DOCUMENT,
	FETCH_PAGE_OF,
	FETCH_MANIFEST,
	FETCH_EVENT
};

struct fetching {
	enum fetch_stage stage;
	bool asked; // on its way
	bool ended; // it is there, and waits for the thread
	enum errand_fetch_state how;
	char etag[ERRAND_ETAG_BYTES], words[SHELF_WORDS_BYTES];
	char source[SOURCE_NAME_BYTES], next[STIX_NEXT_BYTES];
	int64_t begun_us;
	unsigned documents;
	struct loader_event events[LOADER_EVENTS];
	size_t event_count, event_at;
	bool more_events, changed;
	FILE *file;
};

struct intelligence {
	char state[480], rules[480], document[520];
	struct intelligence_places places;
	struct shelf *shelf;
	struct sightings *sightings;
	struct edition *edition;
	struct loader loader;
	struct states states;
	struct sources sources;
	struct fetching fetching;
	char warning_problem[200];
	json_t *examples;     // of what was left out, by source; the thread may have the database
	uint64_t stamp, next; // of the files; of the trail
	int64_t now_us, looked_us, hour;
	unsigned this_hour;
	bool wants_edition;
};

void tell_examples(struct intelligence *i, const char *source); // reads them again (tell.c)
// feeds.c
void feeds_tick(struct intelligence *i);   // a document that came goes to the thread
void feeds_worked(struct intelligence *i); // and this is what came of it
bool intelligence_usable(const struct table_hit *hit, int64_t time_us);
// "2026-01-31T…Z", or null.
json_t *intelligence_time(int64_t at_us);
void intelligence_work(struct intelligence *i, enum work_kind kind); // starts it
