// Any text as sources.yaml: refused with its line, or sources that hold what sources.h says.
#include "fuzz.h"

#include "watch/intelligence/sources.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	struct sources s;
	if (!sources_parse(bytes_of(at, size), "/rules", &s))
		fuzz_rule(!s.count && s.problem_line && *s.problem, "a problem with its line");
	for (size_t i = 0; i < s.count; i++) {
		const struct source *one = &s.at[i];
		bool file = one->kind == SOURCE_FILE;
		fuzz_rule(sources_find(&s, one->name) == one, "one name each");
		fuzz_rule(file == !*one->feed && file == !!*one->path, "one place");
		fuzz_rule(!file || (strncmp(one->path, "/rules/", 7) == 0 &&
					   !strstr(one->path, "..")),
			"within the folder");
		fuzz_rule(strlen(one->feed) < 60 && one->every_us >= 5000000, "bounds");
		fuzz_rule(one->sure >= 0 && one->sure <= 100 && one->expires_us >= 0, "bounds");
	}
	sources_done(&s);
	return 0;
}
