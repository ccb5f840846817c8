#include "vault/serve/honey.h"

#include "common/base/text.h"
#include "vault/identity/identity.h"
#include "vault/ledger/ledger.h"
#include "vault/lures/lures.h"
#include "vault/serve/who.h"

#include <string.h>

enum {
	TOKEN_PAUSE_US = 1000000
};

// A name that is looked for may be somebody else's; an id is not looked for by chance.
static bool is_list(const struct trail_entry *e)
{
	bool person =
		e->action == TRAIL_SEARCH && e->resource && strcmp(e->resource, "Patient") == 0;
	bool by_id = trail_asks_for(e->query, "_id");
	return e->patient_count > 1 || (person && !by_id);
}

const char *honey_flags(struct vault *vault, const struct exchange *x, const struct trail_entry *e)
{
	const struct lures *lures = vault->parts.lures;
	if (e->flags)
		return e->flags;
	if (!lures || !lures_count(lures) || x->entrance == ENTRANCE_LOCAL)
		return "";
	if (e->target && *e->target && lures_find(lures, LURE_ACCOUNT, e->target))
		return "honey";
	if (e->kind != TRAIL_ACCESS)
		return "";
	for (uint32_t i = 0; i < e->patients_here; i++)
		if (lures_find(lures, LURE_PATIENT, e->patients[i]))
			return is_list(e) ? "honey-listed" : "honey";
	return "";
}

void honey_token(struct vault *vault, struct exchange *x)
{
	struct lure *lure = lures_token(vault->parts.lures, x->ask.token);
	if (!lure)
		return;
	int64_t passed_us = x->now_us - lure->told_us;
	if (lure->told_us && passed_us >= 0 && passed_us < TOKEN_PAUSE_US) {
		lure->left_out++;
		return;
	}
	struct trail_entry note = note_begin(x, TRAIL_SIGN_IN, TRAIL_TOKEN_USED, TRAIL_DENIED);
	note.status = 401;
	note.flags = "honey";
	note.target = arena_printf(x->arena, "lure %.16s", lure->id);
	note.detail = lure->left_out ? arena_printf(x->arena, "%s; %llu more since the last entry",
					       lure->label, (unsigned long long)lure->left_out)
				     : lure->label;
	lure->told_us = x->now_us;
	lure->left_out = 0;
	(void)ledger_append(vault->parts.ledger, &note);
}

const char *honey_account(struct vault *vault, struct exchange *x, const char *login)
{
	struct account account;
	if (!vault->parts.lures || !lures_count(vault->parts.lures) ||
		identity_account_find(vault->parts.identity, login, x->arena, &account))
		return NULL;
	return lures_find(vault->parts.lures, LURE_ACCOUNT, account.id) ? account.id : NULL;
}
