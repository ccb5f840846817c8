// Any text as a plain list.
#include "indicators.h"

#include "common/format/indicator_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	size_t count = 0;
	const struct indicator_taker taker = {fuzz_take, fuzz_left, &count};
	enum err err = indicator_list(bytes_of(at, size), &taker);
	fuzz_rule(!err || !count, "a refusal has taken nothing");
	return 0;
}
