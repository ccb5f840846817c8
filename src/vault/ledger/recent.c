#include "vault/ledger/ledger_in.h"

#include <stdlib.h>

void recent_keep(struct ledger *ledger, uint64_t seq, struct bytes encoded)
{
	struct buf *kept = &ledger->recent[seq % RECENT];
	buf_clear(kept);
	buf_add_bytes(kept, encoded);
}

void recent_forget(struct ledger *ledger)
{
	for (size_t i = 0; i < RECENT; i++)
		buf_done(&ledger->recent[i]);
	free(ledger->recent);
}

enum err ledger_follow(
	struct ledger *ledger, uint64_t seq, struct arena *arena, struct trail_entry *ret_entry)
{
	bool kept = seq >= ledger->recent_from && seq < ledger_durable(ledger) &&
		    ledger->size - seq <= RECENT;
	if (!kept)
		return ledger_read(ledger, seq, arena, ret_entry);
	return trail_parse(buf_bytes(&ledger->recent[seq % RECENT]), arena, ret_entry);
}
