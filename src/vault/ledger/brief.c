#include "vault/ledger/ledger_in.h"

#include <string.h>

static void keep_id(char ret_id[TRAIL_ID_BYTES + 1], const char *id)
{
	size_t size = id ? strnlen(id, TRAIL_ID_BYTES) : 0;
	if (size)
		memcpy(ret_id, id, size);
	ret_id[size] = 0;
}

static void brief_of(const struct trail_entry *e, struct trail_brief *ret)
{
	const char *relationship = e->relationship ? e->relationship : "";
	ret->time_us = e->time_us;
	ret->kind = e->kind;
	ret->action = e->action;
	ret->outcome = e->outcome;
	ret->broken_glass = e->purpose && strcmp(e->purpose, "BTG") == 0;
	ret->related = *relationship && strcmp(relationship, "none") != 0;
	ret->patient_count = e->patient_count;
	keep_id(ret->actor, e->actor);
	keep_id(ret->patient, e->patients_here ? e->patients[0] : NULL);
}

void brief_keep(struct ledger *ledger, uint64_t seq, const struct trail_entry *entry)
{
	brief_of(entry, &ledger->briefs[seq % BRIEFS]);
}

static bool brief_kept(const struct ledger *ledger, uint64_t seq)
{
	return seq >= ledger->briefs_from && ledger->size - seq <= BRIEFS;
}

enum err ledger_brief(
	struct ledger *ledger, uint64_t seq, struct arena *arena, struct trail_brief *ret_brief)
{
	struct trail_entry entry;
	if (seq < ledger_durable(ledger) && brief_kept(ledger, seq)) {
		*ret_brief = ledger->briefs[seq % BRIEFS];
		return OK;
	}
	enum err err = ledger_read(ledger, seq, arena, &entry);
	if (!err)
		brief_of(&entry, ret_brief);
	return err;
}
