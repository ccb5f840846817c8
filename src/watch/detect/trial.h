// trial: rules against events that must and must not match, as rule writers keep them beside the
// rules: RULES/detect/tests/ID.json.
//
//   {"match":    [{"name": "three at night", "findings": 1, "events": [{…}, …]}],
//    "no_match": [{"name": "by day", "events": [{…}]}]}
//
// An event names fields of common/format/ocsf.h; `category` stands for its class. `repeat` makes
// several of it, `every` so many seconds apart, with # in a text replaced by the number; `after`
// is the pause before it (one second unless said), `at` its time. Each case begins with nothing
// remembered and all rules of the folder loaded. A rule that makes findings must have a match and
// a no_match.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct trial {
	size_t rules, cases, failed; // rules that make findings; cases that ran; what was wrong
};
// `say` is told each thing that is wrong, in one line.
struct trial trial_run(
	const char *folder, void (*say)(void *context, const char *words), void *context);
