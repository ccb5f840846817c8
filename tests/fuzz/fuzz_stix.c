// Any text as a STIX bundle: refused whole, or indicators that hold what indicator.h says.
#include "indicators.h"

#include "common/format/stix.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	static bool ready;
	if (!ready)
		json_init();
	ready = true;
	size_t count = 0;
	struct stix_page page = {0};
	const struct indicator_taker taker = {fuzz_take, fuzz_left, &count};
	enum err err = stix_parse(bytes_of(at, size), &taker, &page);
	fuzz_rule(!err || !count, "a refusal has taken nothing");
	fuzz_rule(fuzz_is_line(page.next) && page.indicators <= page.objects, "a page");
	fuzz_rule(count >= page.indicators, "each was taken, or left with its reason");
	return 0;
}
