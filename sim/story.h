// story: one misuse from beginning to end, at a pace at which somebody can watch it, through the
// server: what `hospitaller demo` plays. Each act is said in a line on standard output before the
// next one. It was written, as misuse is, without any thought of how it might be noticed.
#pragma once

#include <stddef.h>

struct story_wish {
	const char *name; // of a story
	const char *dir;  // of `make`, with accounts
	const char *url;
	const char *login; // who does it; NULL: the story's own choice
	const char *clock; // of the house, which "slow" turns; else NULL
	int quick;         // no pauses
};

struct story_kind {
	const char *name, *help;
};
extern const struct story_kind story_kinds[];
extern const size_t story_kind_count;

int story_play(const struct story_wish *wish); // an exit status: 0, 1 could not be played, 2
