// Any text as a STIX pattern: all of it or nothing.
#include "fuzz.h"

#include "common/format/stix_pattern.h"

static void on_value(void *context, enum observable kind, struct bytes text)
{
	size_t *count = context;
	fuzz_rule(kind < OBSERVABLES && (text.at || !text.size), "a value");
	(*count)++;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	size_t count = 0;
	const char *why = NULL;
	enum err err = stix_pattern(bytes_of(at, size), on_value, &count, &why);
	fuzz_rule(err ? !count && why : count && count <= STIX_PATTERN_VALUES, "all or nothing");
	return 0;
}
