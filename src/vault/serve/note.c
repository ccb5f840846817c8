#include "vault/serve/who.h"

#include "common/base/text.h"
#include "common/format/fhir_type.h"
#include "vault/ledger/ledger.h"
#include "vault/records/records.h"
#include "vault/serve/honey.h"

#include <string.h>

struct trail_entry note_begin(const struct exchange *x, enum trail_kind kind,
	enum trail_action action, enum trail_outcome outcome)
{
	return (struct trail_entry){
		.time_us = x->now_us,
		.kind = kind,
		.action = action,
		.outcome = outcome,
		.actor = x->who.account,
		.actor_name = x->who.name,
		.role = x->who.role,
		.session = x->who.session,
		.address = x->ask.peer,
		.application = x->ask.user_agent,
		.trace = x->ask.trace,
	};
}

struct trail_entry note_access(const struct exchange *x, const struct access *access,
	const struct verdict *verdict, enum trail_outcome outcome)
{
	struct trail_entry entry = note_begin(x, TRAIL_ACCESS, access->action, outcome);
	const char *type = access->type >= 0 ? fhir_type_name(access->type) : "";
	entry.resource = access->id ? arena_printf(x->arena, "%s/%s", type, access->id) : type;
	entry.version = access->version;
	entry.relationship = verdict->relationship;
	entry.evidence = verdict->evidence;
	entry.purpose = verdict->purpose;
	entry.reason = verdict->reason;
	entry.rule = verdict->rule;
	entry.query = access->query;
	if (access->patient) {
		const char **patient = arena_alloc(x->arena, sizeof *patient);
		*patient = access->patient;
		entry.patients = patient;
		entry.patients_here = entry.patient_count = 1;
	} else {
		entry.patients = access->patients;
		entry.patients_here = entry.patient_count = (uint32_t)access->patient_count;
	}
	return entry;
}

// The decision may have rested on one of several, or on none: what is written is true of all.
static void note_cares(struct vault *vault, struct exchange *x, struct trail_entry *entry)
{
	size_t known = 0;
	struct care care = {.evidence = ""};
	bool several = entry->patient_count > 1, own = text_starts(x->who.person, "Patient/");
	bool decided = entry->relationship && strcmp(entry->relationship, "none") != 0;
	if (entry->kind != TRAIL_ACCESS || !entry->patient_count || own || (!several && decided))
		return;
	for (uint32_t i = 0; i < entry->patient_count; i++) {
		if (who_cares(vault, x, entry->patients[i], &care)) {
			entry->relationship = "unknown";
			entry->evidence = "it could not be looked up";
			return;
		}
		known += care.kind != CARE_NONE;
	}
	entry->relationship = !several                        ? care_kind_text(care.kind)
			      : known == entry->patient_count ? "all"
			      : known                         ? "some"
							      : "none";
	entry->evidence = several ? arena_printf(x->arena, "%zu of %u", known, entry->patient_count)
				  : care.evidence;
}

static uint64_t append(struct vault *vault, struct exchange *x, const struct trail_entry *entry)
{
	struct trail_entry marked = *entry;
	marked.flags = honey_flags(vault, x, entry);
	uint64_t seq = ledger_append(vault->parts.ledger, &marked);
	x->trail_end = seq + 1;
	return seq;
}

uint64_t note_add(struct vault *vault, struct exchange *x, const struct trail_entry *entry)
{
	struct trail_entry first = *entry;
	return entry->patients_here
		       ? note_add_patients(vault, x, &first, entry->patients, entry->patients_here)
		       : append(vault, x, entry);
}

void note_undone(struct vault *vault, struct exchange *x, uint64_t first)
{
	if (x->trail_end <= first)
		return;
	struct trail_entry note = note_begin(x, TRAIL_ACCESS, TRAIL_TRANSACTION, TRAIL_ABORTED);
	note.refers_to = first;
	note.detail = "every intended change from there to here was undone";
	note_add(vault, x, &note);
}

uint64_t note_add_patients(struct vault *vault, struct exchange *x, struct trail_entry *entry,
	const char *const *patients, size_t count)
{
	entry->patients = patients;
	entry->patient_count = (uint32_t)count;
	entry->patients_here = (uint32_t)(count < TRAIL_PATIENTS ? count : TRAIL_PATIENTS);
	note_cares(vault, x, entry);
	uint64_t seq = append(vault, x, entry);
	for (size_t at = TRAIL_PATIENTS; at < count; at += TRAIL_PATIENTS) {
		struct trail_entry more = *entry;
		size_t left = count - at;
		more.action = TRAIL_CONTINUED;
		more.refers_to = seq;
		more.patients = patients + at;
		more.patients_here = (uint32_t)(left < TRAIL_PATIENTS ? left : TRAIL_PATIENTS);
		append(vault, x, &more);
	}
	return seq;
}
