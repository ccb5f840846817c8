// The story of somebody who takes a record or two a week. It needs weeks: so it is played in a
// private house whose clock is turned, while the house's whole staff works as always.
#include "cli/demo_house.h"

#include "common/base/time.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	HALF_LIFE_DAYS = 14, // of what adds up (docs/explained-access.md)
	BAR_POINTS = 4,      // of one sign
	BAR_MOST = 40,
	LOOKS_MOST = 16
};
static const char *const size[3] = {"300", "100", "42"}; // patients, staff, days

int demo_slow(const struct invocation *invocation)
{
	struct show show;
	struct demo_house house = {.show = &show};
	if (geteuid() != 0)
		return fail(invocation, EXIT_REFUSED,
			"the story slow starts a house of its own, which needs root");
	show_init(&show, invocation);
	show.weeks = true;
	show.quiet_ms = 5000;
	int result = EXIT_REFUSED;
	if (demo_house_open(&house, invocation, size)) {
		show.invocation = &house.invocation;
		const char *arguments[] = {house.program, "story", "slow", "--dir", house.town,
			"--url", house.url, "--clock", house.clock, NULL};
		show_story(&show, arguments);
		json_t *all = show_json(&show);
		print_json(all);
		json_decref(all);
	}
	demo_house_close(&house, true);
	puts(house.folder);
	show_done(&show);
	return result;
}
