#include "vault/facts.h"

#include "common/base/log.h"
#include "common/base/time.h"
#include "vault/ledger/ledger.h"

#include <stdio.h>
#include <string.h>

static uint64_t opaque(struct facts *facts, const char *id)
{
	return *id ? mac_token_again(facts->opaque, bytes_text(id)) : 0;
}

// Too many for those that are remembered, and seldom asked for again.
static uint64_t opaque_resource(struct facts *facts, const char *resource)
{
	return strchr(resource, '/') ? mac_token(facts->opaque, bytes_text(resource)) : 0;
}

static void fill_texts(const struct trail_entry *e, struct feed_event *ret)
{
	size_t type = strcspn(e->resource, "/");
	feed_text(ret->role, sizeof ret->role, e->role);
	feed_text(ret->purpose, sizeof ret->purpose, e->purpose);
	feed_text(ret->resource_type, sizeof ret->resource_type, e->resource);
	if (type < sizeof ret->resource_type)
		ret->resource_type[type] = 0;
	feed_text(ret->relationship, sizeof ret->relationship, e->relationship);
	feed_text(ret->address, sizeof ret->address, e->address);
	feed_text(ret->application, sizeof ret->application, e->application);
	feed_text(ret->rule, sizeof ret->rule, e->rule);
	feed_text(ret->flags, sizeof ret->flags, e->flags);
}

static void fill_event(struct facts *facts, const struct trail_entry *e, struct feed_event *ret)
{
	*ret = (struct feed_event){.seq = ret->seq,
		.time_us = e->time_us,
		.kind = (uint8_t)e->kind,
		.action = (uint8_t)e->action,
		.outcome = (uint8_t)e->outcome,
		.broken_glass = strcmp(e->purpose, "BTG") == 0,
		.by_id =
			e->action == TRAIL_SEARCH &&
			(trail_asks_for(e->query, "_id") || trail_asks_for(e->query, "identifier")),
		.related = *e->relationship && strcmp(e->relationship, "none") != 0,
		.status = e->status,
		.patient_count = e->patient_count,
		.actor = opaque(facts, e->actor),
		.session = opaque(facts, e->session),
		.user = opaque(facts, e->target),
		.resource = opaque_resource(facts, e->resource)};
	for (; ret->patients_here < FEED_PATIENTS && ret->patients_here < e->patients_here;
		ret->patients_here++)
		ret->patients[ret->patients_here] = opaque(facts, e->patients[ret->patients_here]);
	ret->patient = ret->patients[0];
	fill_texts(e, ret);
}

void facts_detail(const struct facts_look *look, char ret_text[FACTS_DETAIL_BYTES])
{
	snprintf(ret_text, FACTS_DETAIL_BYTES, "%u of 100, look %u, patient %u", look->strength,
		look->look, look->index);
}

enum err facts_detail_parse(const char *text, struct facts_look *ret_look)
{
	struct facts_look look;
	char again[FACTS_DETAIL_BYTES];
	if (sscanf(text, "%3u of 100, look %1u, patient %3u", &look.strength, &look.look,
		    &look.index) != 3)
		return ERR_SYNTAX;
	facts_detail(&look, again);
	if (strcmp(again, text) != 0 || look.strength > 100 || look.look < 1 || look.look > 2 ||
		look.index > UINT8_MAX)
		return ERR_SYNTAX;
	*ret_look = look;
	return OK;
}

// Only the patient who was looked at; the access may have been to several.
static void narrow(
	struct facts *facts, const struct trail_entry *access, unsigned index, struct feed_event *e)
{
	memset(e->patients, 0, sizeof e->patients);
	e->patients_here = 1;
	e->patient_count = 1;
	e->patient = e->patients[0] = opaque(facts, access->patients[index]);
}

void facts_event(struct facts *facts, const struct trail_entry *entry, struct arena *arena,
	struct feed_event *ret)
{
	struct trail_entry access;
	struct facts_look look;
	struct feed_event e = {.seq = ret->seq};
	bool about = entry->action == TRAIL_EXPLAINED &&
		     facts_detail_parse(entry->detail, &look) == OK &&
		     ledger_read(facts->ledger, entry->refers_to, arena, &access) == OK &&
		     look.index < access.patients_here;
	fill_event(facts, about ? &access : entry, ret);
	if (!about)
		return;
	narrow(facts, &access, look.index, ret);
	ret->seq = e.seq;
	ret->about = entry->refers_to;
	ret->about_us = ret->time_us;
	ret->about_action = ret->action;
	ret->time_us = entry->time_us;
	ret->kind = (uint8_t)entry->kind;
	ret->action = (uint8_t)entry->action;
	ret->look = (uint8_t)look.look;
	ret->strength = (uint8_t)look.strength;
	feed_text(ret->explanation, sizeof ret->explanation, entry->relationship);
	feed_text(ret->flags, sizeof ret->flags, entry->flags);
}

// ---- Explanations.

static void flags_text(uint32_t flags, struct buf *out)
{
	for (unsigned bit = 0; bit < EXPLAINED_FLAGS; bit++)
		if (flags >> bit & 1)
			buf_printf(out, "%s%s", out->size ? " " : "", explained_flag_code(bit));
	put_u8(out, 0);
}

static bool is_worth_it(const struct feed_explained *done, int64_t at_us)
{
	const struct explained *told = &done->told;
	bool old = time_now_us() - at_us > FACTS_DAYS * 86400000000ll;
	bool noticeable = told->flags & ~(uint32_t)EXPLAINED_CUT;
	return done->fine && told->kind != EXPLAINED_UNKNOWN && !old &&
	       (told->strength < EXPLAINED_ENOUGH || noticeable);
}

// One look at one patient of one access, as a number that is not 0.
static uint64_t look_number(uint64_t seq, unsigned index, unsigned look)
{
	return (seq << 10 | (uint64_t)index << 2 | look) + 1;
}

static void remember(struct facts *facts, const struct trail_entry *e)
{
	struct facts_look look;
	if (facts_detail_parse(e->detail, &look) == OK)
		told_add(&facts->told, look_number(e->refers_to, look.index, look.look));
	facts->read++;
}

enum err facts_remember(struct facts *facts)
{
	if (facts->known)
		return OK;
	const struct trail_query query = {.action = TRAIL_EXPLAINED,
		.since_us = time_now_us() - FACTS_DAYS * 86400000000ll,
		.before = facts->before,
		.limit = FACTS_PAGE,
		.walk = 5 * FACTS_PAGE};
	struct trail_page page = {0};
	struct arena *arena = arena_new();
	enum err err = ledger_search(facts->ledger, &query, arena, &page);
	for (size_t i = 0; !err && i < page.count; i++)
		remember(facts, &page.hits[i].entry);
	if (err)
		log_error("what was explained before cannot be read, and may be written again: %s",
			err_text(err));
	facts->before = page.next;
	facts->known = err || !page.next || facts->read >= TOLD_REMEMBERED;
	arena_free(arena);
	return facts->known ? OK : ERR_BUSY;
}

void facts_explained(struct facts *facts, const struct feed_explained *done, int64_t at_us)
{
	char detail[FACTS_DETAIL_BYTES];
	struct buf flags = {0};
	const struct facts_look look = {
		done->told.strength, done->wish.known_us > at_us ? 2 : 1, done->wish.index};
	uint64_t what = look_number(done->wish.seq, done->wish.index, look.look);
	if (!is_worth_it(done, at_us) || told_has(&facts->told, what))
		return;
	told_add(&facts->told, what);
	facts_detail(&look, detail);
	flags_text(done->told.flags, &flags);
	const struct trail_entry note = {.time_us = time_now_us(),
		.kind = TRAIL_SYSTEM,
		.action = TRAIL_EXPLAINED,
		.outcome = TRAIL_ALLOWED,
		.refers_to = done->wish.seq,
		.actor = "vault",
		.actor_name = "Hospitaller",
		.relationship = explained_kind_code(done->told.kind),
		.flags = (const char *)flags.at,
		.detail = detail};
	facts->end = ledger_append(facts->ledger, &note) + 1;
	buf_done(&flags);
}
