// The strongest explanation among the facts of a patient, for one person at one time.
//
// The scale: 80 to 95 somebody who treats, was asked or ordered, while it lasts; 60 to 75 by the
// rosters, or for a while afterwards; 50 to 55 by neighbourhood in the house; below 50 too little
// to explain anything. How long something goes on explaining is in `fading`.
#include "vault/explain/explain_in.h"

#include "common/base/text.h"
#include "common/format/fhir_type.h"

#include <stdlib.h>
#include <string.h>

enum {
	CANDIDATES = 24,
	COLLEAGUES = 8,
	OWN_ACT_STRENGTH = 55, // what one entered oneself shortly before
	REFERRAL_STRENGTH = 85,
	DOCUMENT_STRENGTH = 55,
};

struct candidate {
	enum explained_kind kind;
	uint8_t strength;
	const struct fact *fact;
	const struct staff_place *place; // that leads to the fact, or NULL
	const struct staff_slot *slot;
	const struct staff_place *theirs; // and of a colleague
	const struct fact *colleague;     // who treats
};

struct judging {
	struct explain *x;
	const struct explain_ask *ask;
	struct arena *arena;
	struct dossier *d;
	struct staff *staff;
	enum duty duty;
	const struct staff_slot *slot;
	struct candidate list[CANDIDATES];
	size_t count;
	bool desk;
};

// Of a period: the whole strength from `before` days ahead until `full` days after, and less later.
static uint8_t fading(const struct fact *f, int64_t at_us, uint8_t strength, int before_days)
{
	int64_t from = f->from_us == INT64_MIN ? INT64_MIN : f->from_us - before_days * DAY_US;
	if (at_us < from)
		return 0;
	if (f->to_us == INT64_MAX || at_us <= f->to_us + 3 * DAY_US)
		return strength;
	int64_t days = (at_us - f->to_us) / DAY_US;
	uint8_t late = days <= 30 ? 75 : days <= 90 ? 60 : days <= 365 ? 35 : 15;
	return late < strength ? late : strength;
}

// Keeps the strongest, in order.
static void propose(struct judging *j, const struct candidate *c)
{
	size_t at = j->count;
	if (!c->strength)
		return;
	while (at && j->list[at - 1].strength < c->strength)
		at--;
	if (at == CANDIDATES)
		return;
	if (j->count < CANDIDATES)
		j->count++;
	memmove(&j->list[at + 1], &j->list[at], (j->count - 1 - at) * sizeof *j->list);
	j->list[at] = *c;
}

// Asked by somebody else: the same resource names another who asked.
static bool asked_by_another(const struct judging *j, const struct fact *f)
{
	for (size_t i = 0; i < j->d->count; i++) {
		const struct fact *o = &j->d->facts[i];
		if (o->kind == FACT_ORDER && o->type == f->type && strcmp(o->id, f->id) == 0 &&
			strcmp(o->who, j->ask->staff) != 0)
			return true;
	}
	return false;
}

static void consider_own(struct judging *j, const struct fact *f)
{
	struct candidate c = {.fact = f};
	int64_t at = j->ask->at_us;
	switch (f->kind) {
	case FACT_ENCOUNTER:
		c.kind = EXPLAINED_ENCOUNTER;
		c.strength = fading(f, at, 95, 1);
		break;
	case FACT_CARE_TEAM:
		c.kind = EXPLAINED_CARE_TEAM;
		c.strength = fading(f, at, 90, 1);
		break;
	case FACT_PRACTITIONER:
		c.kind = EXPLAINED_PRACTITIONER;
		c.strength = 80;
		break;
	case FACT_APPOINTMENT:
		c.kind = EXPLAINED_APPOINTMENT;
		c.strength = fading(f, at, 85, 7);
		c.strength = c.strength ? c.strength : fading(f, at, 55, 90);
		break;
	case FACT_ORDER:
		c.kind = EXPLAINED_ORDER;
		c.strength = fading(f, at, 80, 1);
		break;
	case FACT_REFERRAL:
		c.kind = asked_by_another(j, f) ? EXPLAINED_REFERRAL : EXPLAINED_ORDER;
		c.strength =
			fading(f, at, c.kind == EXPLAINED_REFERRAL ? REFERRAL_STRENGTH : 70, 1);
		break;
	case FACT_DOCUMENT:
		c.kind = EXPLAINED_DOCUMENT;
		c.strength = fading(f, at, DOCUMENT_STRENGTH, 0);
		break;
	default:
		break;
	}
	propose(j, &c);
}

static bool overlaps(const struct fact *f, int64_t at_us, int64_t slack_us)
{
	return (f->from_us == INT64_MIN || at_us >= f->from_us - slack_us) &&
	       (f->to_us == INT64_MAX || at_us <= f->to_us + slack_us);
}

static const struct staff_place *works_at(
	const struct staff *staff, const char *place, int64_t at_us)
{
	for (size_t i = 0; i < staff->place_count; i++) {
		const struct staff_place *p = &staff->places[i];
		if (strcmp(p->place, place) == 0 &&
			(p->from_us == INT64_MIN || at_us >= p->from_us) &&
			(p->to_us == INT64_MAX || at_us <= p->to_us))
			return p;
	}
	return NULL;
}

static void consider_place(struct judging *j, const struct fact *f)
{
	struct candidate c = {.kind = EXPLAINED_WARD, .fact = f, .slot = j->slot};
	if (!overlaps(f, j->ask->at_us, DAY_US))
		return;
	c.place = works_at(j->staff, f->who, j->ask->at_us);
	bool whole_house = text_starts(f->who, "Organization/");
	if (c.place)
		c.strength = whole_house           ? 40
			     : j->duty == DUTY_OFF ? 45
			     : j->duty == DUTY_ON  ? 75
						   : 65;
	propose(j, &c);
}

static void consider_stay(struct judging *j, const struct fact *f)
{
	struct candidate c = {.fact = f, .slot = j->slot};
	if (!overlaps(f, j->ask->at_us, DAY_US / 2) || f->from_us == INT64_MIN)
		return;
	if (j->slot && j->slot->on_call) {
		c.kind = EXPLAINED_ON_CALL;
		c.strength = 65;
		propose(j, &c);
	}
	c.kind = EXPLAINED_HOUSE;
	c.strength = j->desk ? 55 : j->duty == DUTY_OFF ? 15 : 35;
	propose(j, &c);
}

// Somebody rings to ask when it was: that is the desk's work, too.
static void consider_coming(struct judging *j, const struct fact *f)
{
	struct candidate c = {.kind = EXPLAINED_HOUSE, .fact = f};
	if (j->desk && f->from_us != INT64_MIN && j->ask->at_us < f->to_us + DAY_US &&
		j->ask->at_us > f->from_us - 180 * DAY_US)
		c.strength = 50;
	propose(j, &c);
}

static bool treats_now(const struct fact *f, int64_t at_us)
{
	return (f->kind == FACT_ENCOUNTER || f->kind == FACT_CARE_TEAM ||
		       f->kind == FACT_APPOINTMENT) &&
	       f->from_us != INT64_MIN && overlaps(f, at_us, DAY_US);
}

static const struct staff_place *common_place(
	const struct staff *own, const struct staff *other, const struct staff_place **ret_theirs)
{
	for (size_t i = 0; i < own->place_count; i++)
		for (size_t k = 0; k < other->place_count; k++)
			if (text_starts(own->places[i].place, "Location/") &&
				strcmp(own->places[i].place, other->places[k].place) == 0) {
				*ret_theirs = &other->places[k];
				return &own->places[i];
			}
	return NULL;
}

// Works on the same ward as somebody who treats the patient now.
static enum err consider_colleagues(struct judging *j)
{
	size_t looked = 0;
	for (size_t i = 0; i < j->d->count && looked < COLLEAGUES; i++) {
		const struct fact *f = &j->d->facts[i];
		struct candidate c = {.kind = EXPLAINED_DEPARTMENT, .fact = f, .colleague = f};
		struct staff *other;
		if (!treats_now(f, j->ask->at_us) || strcmp(f->who, j->ask->staff) == 0)
			continue;
		looked++;
		enum err err = staff_find(j->x, f->who, &other);
		if (err)
			return err;
		c.place = common_place(j->staff, other, &c.theirs);
		c.strength = !c.place ? 0 : j->duty == DUTY_OFF ? 40 : 55;
		propose(j, &c);
	}
	return OK;
}

static bool names(const struct record *record, const char *mention, struct arena *arena)
{
	const char *quoted = arena_printf(arena, "\"%s\"", mention);
	return memmem(record->json.at, record->json.size, quoted, strlen(quoted)) != NULL;
}

// Since which version the resource has named them, without a gap. A record that changed too often
// is taken as new as the oldest version that was looked at.
static enum err since_when(struct judging *j, const struct fact *f, struct record *ret)
{
	struct record_key key = {.type = f->type, .id = f->id};
	struct record record = {.version = f->version, .updated_us = f->updated_us};
	*ret = record;
	for (unsigned i = 0; i < EXPLAIN_VERSIONS && record.version > 1; i++) {
		key.version = record.version - 1;
		enum err err = records_read(j->x->records, &key, j->arena, &record);
		if (err == ERR_GONE || err == ERR_NOT_FOUND)
			return OK;
		if (err)
			return err;
		if (*f->mention && !names(&record, f->mention, j->arena))
			return OK;
		*ret = record;
	}
	return OK;
}

// Did somebody else write that version? What the trail does not say is taken as one's own.
static enum err by_another(
	struct judging *j, const struct fact *f, uint64_t version, bool *ret_another)
{
	const struct trail_query query = {
		.resource = arena_printf(j->arena, "%s/%s", fhir_type_name(f->type), f->id),
		.limit = 32,
		.walk = EXPLAIN_TRAIL};
	struct trail_page page;
	enum err err = ledger_search(j->x->ledger, &query, j->arena, &page);
	*ret_another = false;
	for (size_t i = 0; !err && i < page.count; i++) {
		const struct trail_entry *e = &page.hits[i].entry;
		bool wrote = e->outcome == TRAIL_INTENDED || e->outcome == TRAIL_ALLOWED;
		if (wrote && e->action >= TRAIL_CREATE && e->action <= TRAIL_IMPORT &&
			e->version == version)
			*ret_another = strcmp(e->actor, j->ask->actor) != 0;
	}
	return err;
}

// Whether this may explain anything, and how strongly: not what became known too late, not what
// one wrote oneself afterwards, little what one wrote oneself just before.
static enum err admit(struct judging *j, struct candidate *c, int64_t *ret_recorded)
{
	struct record since;
	bool another = true;
	enum err err = since_when(j, c->fact, &since);
	if (err)
		return err;
	if (since.updated_us > j->ask->known_us) {
		c->strength = 0;
		return OK;
	}
	if (since.updated_us > j->ask->at_us - DAY_US)
		err = by_another(j, c->fact, since.version, &another);
	if (!another && since.updated_us > j->ask->at_us)
		c->strength = 0;
	else if (!another && c->strength > OWN_ACT_STRENGTH)
		c->strength = OWN_ACT_STRENGTH;
	*ret_recorded = since.updated_us;
	return err;
}

static void step(struct explanation *e, const char *resource, const char *words)
{
	if (e->told.steps < EXPLAINED_STEPS)
		e->steps[e->told.steps++] =
			(struct explain_step){.resource = resource, .words = words};
}

static void step_to_place(struct judging *j, const struct candidate *c, struct explanation *e)
{
	if (c->slot)
		step(e, arena_printf(j->arena, "Slot/%s", c->slot->id),
			arena_printf(j->arena, "%s%s", c->slot->on_call ? "on call" : "on duty",
				words_period(c->slot->from_us, c->slot->to_us, j->arena)));
	if (!c->place)
		return;
	step(e, arena_text(j->arena, c->place->from),
		arena_printf(j->arena, "works there%s",
			words_period(c->place->from_us, c->place->to_us, j->arena)));
	step(e, arena_text(j->arena, c->place->place), "");
}

static void tell(struct judging *j, const struct candidate *c, struct explanation *e)
{
	const struct fact *f = c->fact;
	struct arena *arena = j->arena;
	e->told.kind = c->kind;
	e->told.strength = c->strength;
	step(e, arena_text(arena, j->ask->staff), "the person");
	if (f->via && !c->place)
		step(e, arena_text(arena, f->via), "in this role");
	step_to_place(j, c, e);
	if (c->theirs)
		step(e, arena_text(arena, c->colleague->who), "works there, too");
	if (e->told.steps == EXPLAINED_STEPS)
		e->told.steps--; // the resource that leads to the patient is always shown
	step(e, arena_printf(arena, "%s/%s", fhir_type_name(f->type), f->id),
		arena_printf(arena, "%s%s", f->what, words_period(f->from_us, f->to_us, arena)));
	if (f->type != fhir_type_patient())
		step(e, arena_printf(arena, "Patient/%s", j->ask->patient), "the patient");
}

static enum err gather(struct judging *j)
{
	for (size_t i = 0; i < j->d->count; i++) {
		const struct fact *f = &j->d->facts[i];
		if (f->kind == FACT_PLACE)
			consider_place(j, f);
		else if (f->kind == FACT_STAY)
			consider_stay(j, f);
		else if (f->kind == FACT_COMING)
			consider_coming(j, f);
		else if (strcmp(f->who, j->ask->staff) == 0)
			consider_own(j, f);
	}
	return consider_colleagues(j);
}

// The best of what this depth holds.
static enum err judge_at(
	struct judging *j, enum depth depth, struct candidate *ret_best, int64_t *ret_recorded)
{
	struct candidate best = {0};
	enum err err = dossier_find(j->x, j->ask->patient, depth, &j->d);
	j->count = 0;
	if (!err)
		err = gather(j);
	for (size_t i = 0; i < j->count && !err && j->list[i].strength > best.strength; i++) {
		int64_t since = 0;
		err = admit(j, &j->list[i], &since);
		if (!err && j->list[i].strength > best.strength) {
			best = j->list[i];
			*ret_recorded = since;
		}
	}
	*ret_best = best;
	return err;
}

enum err judge(struct explain *x, const struct explain_ask *ask, struct arena *arena,
	struct explanation *ret)
{
	// Nothing in a greater depth is stronger than this.
	static const uint8_t enough[DEPTHS] = {REFERRAL_STRENGTH, DOCUMENT_STRENGTH, 0};
	struct judging j = {
		.x = x, .ask = ask, .arena = arena, .desk = strcmp(ask->role, "front-desk") == 0};
	struct explanation e = {.told = {.kind = EXPLAINED_NOTHING}};
	struct candidate best = {0};
	enum err err = staff_find(x, ask->staff, &j.staff);
	if (!err)
		err = staff_duty(x, j.staff, ask->at_us, &j.duty, &j.slot);
	for (int depth = 0; depth < DEPTHS && !err; depth++) {
		err = judge_at(&j, (enum depth)depth, &best, &e.recorded_us);
		if (best.strength >= enough[depth])
			break;
	}
	if (!err && best.strength)
		tell(&j, &best, &e);
	if (!err)
		*ret = e;
	return err;
}
