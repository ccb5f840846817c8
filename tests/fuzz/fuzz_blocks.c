// The file of blocks, with mangled bytes: what is read is written the same, and each makes a line
// for the kernel.
#include "fuzz.h"

#include "guard/blocks.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	static struct blocks blocks, again;
	struct buf out = {0}, twice = {0}, rules = {0};
	if (blocks_parse(bytes_of(at, size), &blocks)) {
		fuzz_rule(blocks.count == 0, "nothing of what is not whole");
		return 0;
	}
	blocks_encode(&blocks, &out);
	fuzz_rule(blocks_parse(buf_bytes(&out), &again) == OK, "it is read again");
	blocks_encode(&again, &twice);
	fuzz_rule(out.size == twice.size && memcmp(out.at, twice.at, out.size) == 0, "the same");
	for (size_t i = 0; i < blocks.count; i++)
		ruleset_add(blocks.at[i].kind, &blocks.at[i].prefix, 1, &rules);
	buf_done(&out);
	buf_done(&twice);
	buf_done(&rules);
	return 0;
}
