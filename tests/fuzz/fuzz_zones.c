// Any file as the zones: it is refused with its place, or the ruleset made from it stays in its
// table, and nothing of the file gets out of its quotes.
#include "fuzz.h"

#include "guard/ruleset.h"

#include <string.h>

static void check_line(const char *line, size_t size)
{
	static const char table[] = " inet hospitaller";
	int quotes = 0;
	fuzz_rule(strncmp(line, "add ", 4) == 0 || strncmp(line, "flush chain ", 12) == 0,
		"it adds, or empties a chain of its own");
	fuzz_rule(memmem(line, size < 40 ? size : 40, table, sizeof table - 1) != NULL,
		"in our table");
	for (size_t i = 0; i < size; i++) {
		quotes += line[i] == '"';
		fuzz_rule((unsigned char)line[i] >= 0x20, "without control characters");
		fuzz_rule(line[i] != ';' || memmem(line, size, "{ type ", 7), "one command a line");
		fuzz_rule(line[i] != '\\' && line[i] != '$' && line[i] != '#', "nothing to expand");
	}
	fuzz_rule(quotes % 2 == 0, "quotes are closed");
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	static struct zones zones;
	struct yaml_fault problem = {0};
	struct buf text = {0};
	char why[240];
	if (zones_parse(bytes_of(at, size), &zones, &problem)) {
		fuzz_rule(*problem.text, "a problem has words");
		return 0;
	}
	ruleset_whole(&zones, &text);
	for (size_t i = 0; i < text.size;) {
		const char *line = (const char *)text.at + i,
			   *end = memchr(line, '\n', text.size - i);
		fuzz_rule(end != NULL, "lines are whole");
		check_line(line, (size_t)(end - line));
		i += (size_t)(end - line) + 1;
	}
	for (size_t i = 0; i < zones.kept_count; i++)
		fuzz_rule(zones_keep(&zones, &zones.kept[i].prefix, why), "what is kept is kept");
	fuzz_rule(zones.longest_s > 0 && zones.longest_s <= 7 * 24 * 3600, "every block ends");
	buf_done(&text);
	return 0;
}
