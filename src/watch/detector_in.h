// detector_in: what the two files of detector share. Nobody else includes this.
#pragma once

#include "watch/conduct.h"
#include "watch/detect/detect.h"
#include "watch/detect/findings.h"
#include "watch/detector.h"
#include "watch/scout.h"

struct detector {
	char rules[512], exceptions[512]; // the folder; the file that is written here
	uint64_t stamp, next;             // of the files; of the trail
	int64_t rules_read_us;
	struct detect *detect;
	struct findings *findings;
	struct seen *seen;
	struct ocsf_event event;
	struct conduct conduct;
	struct scout scout;
	struct arena *arena;
	int64_t hour; // of the newest event
	bool news;
};
