// An entry of the trail that parses, and is written again, is the same bytes.
#include "fuzz.h"

#include "common/format/trail.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	struct arena *arena = arena_new();
	struct trail_entry entry;
	struct buf again = {0};
	if (trail_parse(bytes_of(at, size), arena, &entry) == OK) {
		trail_encode(&entry, &again);
		bool same = again.size == size && memcmp(again.at, at, size) == 0;
		fuzz_rule(same || at[0] == 1, "one spelling of this version");
		fuzz_rule(again.size <= TRAIL_ENTRY_BYTES, "fits an entry bundle");
		fuzz_rule(trail_sentence(&entry, NULL, arena)[0] != 0, "has a sentence");
		(void)trail_sentence(&entry, "Somebody", arena);
	}
	buf_done(&again);
	arena_free(arena);
	return 0;
}
