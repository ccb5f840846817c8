// slow: the story of somebody who takes a record or two a week, for weeks, while everybody else
// works as always. It needs a house whose clock can be turned: the weeks are played in a minute,
// and the trail has their days. Each week is told in a line that begins with "Week "; who it is and
// whose records are taken when stands in DIR/truth/slow.json. Written, as the other stories are,
// without any thought of how it might be noticed.
#pragma once

#include "story.h"

int slow_play(const struct story_wish *wish); // an exit status: 0, 1 could not be played
