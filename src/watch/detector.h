// detector: watch's detection as one thing: the rules, who was seen when, and the findings kept.
//
// Reads RULES/detect at the start and whenever a file of it changes, and loses nothing by it. Ends
// the role when findings cannot be kept: it starts again at its place, and makes them again.
#pragma once

#include "common/message/feed.h"

#include <jansson.h>

struct intelligence;
struct messenger;

struct detector;
struct finding;
struct rules;

enum {
	DETECTOR_KEPT = 5000 // findings
};

struct detector_places {
	const char *state; // folder of watch
	const char *rules; // folder of the rules
};
// ERR_IO when the database cannot be opened; logged.
enum err detector_open(const struct detector_places *places, struct detector **ret_detector);
void detector_close(struct detector *detector); // NULL is fine

// Where to begin in the trail: far enough before the place for what correlations remember.
uint64_t detector_from(const struct detector *detector);
// A batch in its order; `next` is what follows, `size` the trail's. What was found is kept before
// this returns. What tells of an explanation is no act of anybody: only the rules see whom and what
// it is about; for all that comes after them it is left without. ERR_IO: the role must end.
enum err detector_events(struct detector *detector, struct feed_event *events, size_t count,
	uint64_t next, uint64_t size); // five: the batch as the feed tells it
// Now and then: keeps the place, and reads the rules again should a file have changed. ERR_IO.
enum err detector_tick(struct detector *detector);

// Often: whatever is done beside the events. ERR_IO: the role must end.
enum err detector_often(struct detector *detector, struct messenger *messenger);
// No event should come before.
bool detector_ready(const struct detector *detector);
struct intelligence *detector_intelligence(struct detector *detector);

struct findings *detector_findings(struct detector *detector); // borrowed
// What a person ordinarily does, and today (behaviour_profile()). The caller's reference.
json_t *detector_profile(struct detector *detector, uint64_t actor);
json_t *detector_conduct(struct detector *detector); // behaviour_json(), or NULL
// One finding by its number, or NULL; DETECTOR_KEPT are kept. The caller's reference.
json_t *detector_finding(const struct detector *detector, uint64_t id);

// Something that another part of watch found; kept with the next tick.
void detector_add(struct detector *detector, const struct finding *finding);
bool detector_knows(struct detector *detector, const struct finding *finding); // the same one
uint64_t detector_total(const struct detector *detector);                      // ever made
uint64_t detector_last(const struct detector *detector); // the number of the newest
// The rules that count now (watch/detect/rules.h), borrowed until they are read again; the file of
// exceptions that watch itself may write; and reading all of it again at once.
const struct rules *detector_rules(const struct detector *detector);
const char *detector_exceptions(const struct detector *detector);
void detector_read_again(struct detector *detector);

// Was there anything new since the last call?
bool detector_news(struct detector *detector);
// {"findings": [newest first], "detect": {…}} for the vault; fits a message.
void detector_tell(struct detector *detector, struct buf *out);
// "findings": {"total", "newest": [{"title", "level", "time", "seq"}]}, to stand in an object.
void detector_brief(struct detector *detector, struct buf *out);
