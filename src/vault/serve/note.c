#include "vault/serve/who.h"

#include "common/format/fhir_type.h"
#include "vault/ledger/ledger.h"

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

uint64_t note_add(struct vault *vault, struct exchange *x, const struct trail_entry *entry)
{
	if (entry->patients_here > TRAIL_PATIENTS) {
		struct trail_entry first = *entry;
		return note_add_patients(vault, x, &first, entry->patients, entry->patients_here);
	}
	uint64_t seq = ledger_append(vault->parts.ledger, entry);
	x->trail_end = seq + 1;
	return seq;
}

uint64_t note_add_patients(struct vault *vault, struct exchange *x, struct trail_entry *entry,
	const char *const *patients, size_t count)
{
	entry->patients = patients;
	entry->patient_count = (uint32_t)count;
	entry->patients_here = (uint32_t)(count < TRAIL_PATIENTS ? count : TRAIL_PATIENTS);
	uint64_t seq = note_add(vault, x, entry);
	for (size_t at = TRAIL_PATIENTS; at < count; at += TRAIL_PATIENTS) {
		struct trail_entry more = *entry;
		size_t left = count - at;
		more.action = TRAIL_CONTINUED;
		more.refers_to = seq;
		more.patients = patients + at;
		more.patients_here = (uint32_t)(left < TRAIL_PATIENTS ? left : TRAIL_PATIENTS);
		note_add(vault, x, &more);
	}
	return seq;
}
