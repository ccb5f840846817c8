#include "vault/explain/explain_in.h"

#include <time.h>

// The server's own time zone would make the words differ from the trail's: all are UTC.
const char *words_time(int64_t at_us, struct arena *arena)
{
	char text[48];
	time_t at = (time_t)(at_us / 1000000);
	struct tm tm;
	gmtime_r(&at, &tm);
	strftime(text, sizeof text, "%e %b %Y %H:%M", &tm);
	return arena_text(arena, text + (*text == ' '));
}

const char *words_period(int64_t from_us, int64_t to_us, struct arena *arena)
{
	bool from = from_us != INT64_MIN, to = to_us != INT64_MAX;
	if (from && to)
		return arena_printf(
			arena, ", %s to %s", words_time(from_us, arena), words_time(to_us, arena));
	if (from)
		return arena_printf(arena, " since %s", words_time(from_us, arena));
	return to ? arena_printf(arena, " until %s", words_time(to_us, arena)) : "";
}
