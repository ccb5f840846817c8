// A group of a segment: what parses holds as many entries as it says. The digest is made right
// first, so that the fuzzer gets behind it.
#include "fuzz.h"

#include "vault/ledger/segment.h"

#include <string.h>

static void parse(struct bytes bytes)
{
	struct group group;
	struct bytes payload, entry;
	if (group_parse(bytes, &group, &payload) != OK)
		return;
	struct cursor in = cursor_of(payload);
	uint32_t count = 0;
	while (group_next(&in, &entry))
		count++;
	fuzz_rule(!in.err && count == group.count, "as many entries as it says");
	fuzz_rule(payload.size + SEGMENT_HEADER_BYTES <= bytes.size, "inside");
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	parse(bytes_of(at, size));
	if (size < 4)
		return 0;
	struct buf right = {0};
	uint8_t header[SEGMENT_HEADER_BYTES];
	struct group group = {.count = at[0], .first = at[1], .number = at[2]};
	struct bytes payload = bytes_of(at + 3, size - 3);
	group_encode(&group, payload, header);
	buf_add(&right, header, sizeof header);
	buf_add_bytes(&right, payload);
	parse(buf_bytes(&right));
	buf_done(&right);
	return 0;
}
